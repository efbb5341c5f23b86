"""The Web API through Slack's own library, with its network taken out: every call goes through `Io`."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.request import Request

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from adapters.slack.config import SlackConfig
from adapters.slack.errors import Answer, translated, unclear
from inbox.contract import AdapterError, Io, Rejected, TryLater, Uncertain

SECONDS = 10.0
"""How long a call may take altogether."""
_ANSWER_MAX = 8 << 20
_MISREAD = (TypeError, ValueError, KeyError, AttributeError, RecursionError)
# The library writes what it could not decode into the log, with all that it holds.
_SILENT = logging.Logger("slack_sdk", logging.CRITICAL + 1)  # noqa: LOG001 - one that nobody else shares or sets


class Client(WebClient):
    """The library's client over `Io.http`. `answered` tells whether anything came back."""

    def __init__(self, token: str, base_url: str, io: Io, seconds: float) -> None:
        super().__init__(
            token, base_url=base_url, retry_handlers=[], logger=_SILENT, user_agent_prefix="Onethread"
        )
        self._io, self._seconds = io, seconds
        self.answered = False

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        """One exchange, in the form in which the library takes it. Raises what `Io.http` raises."""
        self.answered = False
        body = req.data if isinstance(req.data, bytes) else b""
        answer = self._io.http(
            "POST", url, headers=dict(req.headers), body=body, timeout=self._seconds, max_bytes=_ANSWER_MAX
        )
        self.answered = True
        return {
            "status": answer.status,
            "headers": dict(answer.headers),
            "body": answer.body.decode("utf-8", "replace"),
        }


class Api:
    """The Web API for one account. `client` makes the calls, `ask` and `change` run them."""

    def __init__(self, config: SlackConfig, io: Io, seconds: float = SECONDS) -> None:
        self.client = Client(config.bot_token.get_secret_value(), f"{config.api_base}/api/", io, seconds)

    def ask(self, call: Callable[..., SlackResponse], **options: Any) -> SlackResponse:
        """The answer to a call that may be made twice. Raises TryLater, Rejected or NeedsReauth."""
        try:
            return self._answer(call, options, changes=False)
        except Uncertain as error:
            raise TryLater(error.reason, code=error.code) from error

    def change(self, call: Callable[..., SlackResponse], **options: Any) -> SlackResponse:
        """The answer to a call that must not be made twice. Raises Uncertain besides those of `ask`."""
        return self._answer(call, options, changes=True)

    def _answer(
        self, call: Callable[..., SlackResponse], options: dict[str, Any], *, changes: bool
    ) -> SlackResponse:
        try:
            return call(**options)
        except AdapterError:
            raise
        except SlackApiError as error:
            raise _translated(error, changes=changes) from None
        except (SlackClientError, *_MISREAD) as error:
            if not self.client.answered:
                raise Rejected(
                    "This cannot be put into a call of Slack's Web API.", code="request"
                ) from error
            raise unclear(changes, "in no known way") from error


def _translated(error: SlackApiError, *, changes: bool) -> AdapterError:
    response = error.response
    if not isinstance(response, SlackResponse):
        return unclear(changes, "in no known way")
    headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
    return translated(Answer(response.status_code, response.data, headers.get("retry-after", ""), changes))

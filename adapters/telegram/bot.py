"""The library's `Bot`, run without an event loop over our own way to the network.

All that its methods ever wait for is the request object, and ours does its work at once. So a method's coroutine
ends the first time it is sent on, in any thread, greenlet or forked process: there is no loop to share, to start
or to find closed (python-telegram-bot #4023, #4107, #4289).
"""

import json
from collections.abc import Coroutine
from typing import Any, TypeVar

from telegram import Bot
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData
from urllib3.filepost import encode_multipart_formdata

from adapters.telegram import library
from adapters.telegram.config import TelegramConfig
from adapters.telegram.errors import Call, Carried, translated, unclear
from inbox.contract import AdapterError, Io, Rejected

T = TypeVar("T")

SECONDS = 20.0
"""How long a call without files may take altogether."""
_UPLOAD_RATE = 128 * 1024
_UPLOAD_MAX = 300.0
_ANSWER_MAX = 16 << 20
# What the library raises when an answer does not have the form that it expects.
_MISREAD = (TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError)


class Wire(BaseRequest):
    """The library's interface to the network, over `Io.http`.

    Remembers the last answer: its `status`, and its `result` if Telegram said that it did what was asked.
    """

    __slots__ = ("_io", "_seconds", "result", "status")

    def __init__(self, io: Io, seconds: float = SECONDS) -> None:
        self._io = io
        self._seconds = seconds
        self.status = 0
        self.result: Any = None

    @property
    def read_timeout(self) -> float:
        """Seconds for a call when it does not say otherwise."""
        return self._seconds

    async def initialize(self) -> None:
        """Nothing to open: every call has a connection of its own."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """One exchange: the status and the body of the answer. Raises Carried."""
        body, media_type = _encoded(request_data)
        seconds = self._seconds if read_timeout is BaseRequest.DEFAULT_NONE else read_timeout
        self.status, self.result = 0, None
        try:
            answer = self._io.http(
                method,
                url,
                headers={"Content-Type": media_type},
                body=body,
                timeout=min(seconds + len(body) / _UPLOAD_RATE, max(seconds, _UPLOAD_MAX)),
                max_bytes=_ANSWER_MAX,
            )
        except AdapterError as error:
            raise Carried(error) from error
        self.status = answer.status
        return answer.status, answer.body

    def parse_json_payload(self, payload: bytes) -> dict[str, Any]:  # type: ignore[override]  # a static one there
        """An answer as data. The library's own would write foreign bodies into the log."""
        try:
            data = json.loads(payload.decode("utf-8", "replace"))
        except (ValueError, RecursionError) as error:
            raise TelegramError("The answer is no JSON.") from error
        if not isinstance(data, dict):
            raise TelegramError("The answer is no object.")
        self.result = data.get("result") if data.get("ok") is True else None
        return data


class Api:
    """The Bot API for one account. `bot` makes the calls, `ask` and `change` run them."""

    def __init__(self, config: TelegramConfig, io: Io, wire: Wire | None = None) -> None:
        library.prepare()
        self.wire = wire or Wire(io)
        self.bot = Bot(
            config.token.get_secret_value(),
            base_url=f"{config.api_base}/bot",
            base_file_url=f"{config.api_base}/file/bot",
            request=self.wire,
            get_updates_request=self.wire,
        )

    def ask(self, call: Coroutine[Any, Any, T]) -> T:
        """The result of a call that may be made twice. Raises TryLater, Rejected or NeedsReauth."""
        try:
            return run(call)
        except TelegramError as error:
            raise self._translated(error, changes=False) from _cause(error)
        except _MISREAD as error:
            raise self._misread(changes=False) from error

    def change(self, call: Coroutine[Any, Any, Any]) -> Any:
        """The result, as JSON, of a call that must not be made twice. Raises Uncertain besides those of `ask`.

        Once Telegram has said that it did it, it is done, whether or not the library understands the rest.
        """
        try:
            run(call)
        except TelegramError as error:
            raise self._translated(error, changes=True) from _cause(error)
        except _MISREAD as error:
            if self.wire.result is None:
                raise self._misread(changes=True) from error
        return self.wire.result

    def _translated(self, error: TelegramError, *, changes: bool) -> AdapterError:
        return translated(error, Call(self.wire.status, changes))

    def _misread(self, *, changes: bool) -> AdapterError:
        if not self.wire.status:
            return Rejected("This cannot be put into a call of the Bot API.", code="request")
        return unclear(Call(self.wire.status, changes))


def _cause(error: TelegramError) -> Exception:
    return error.error if isinstance(error, Carried) else error


def run(call: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never really waits."""
    try:
        call.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    call.close()
    raise RuntimeError("a call of the Bot API waited for an event loop")


def _encoded(data: RequestData | None) -> tuple[bytes, str]:
    """A call's parameters and files as a body, with its media type."""
    if data is None:
        return b"", "application/x-www-form-urlencoded"
    if not data.contains_files:
        return data.url_encoded_parameters().encode("ascii"), "application/x-www-form-urlencoded"
    fields: list[tuple[str, Any]] = [*data.json_parameters.items(), *data.multipart_data.items()]
    return encode_multipart_formdata(fields)

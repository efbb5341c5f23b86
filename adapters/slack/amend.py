"""Changing and taking back what has gone out. A reply may be several messages in Slack, and one of files."""

import functools
from collections.abc import Callable, Sequence

from adapters.slack import styled
from adapters.slack.api import Api
from adapters.slack.config import SlackConfig
from adapters.slack.people import Spot, spot_at
from inbox.contract import AdapterError, Io, Posted, Rejected, Uncertain

_FILE = "file/"
_GONE = ("message_not_found", "file_not_found", "file_deleted")
"""What is not there is taken back."""


def edit(config: SlackConfig, posted: Posted, text: str, io: Io) -> None:
    """Change what a reply says, message by message. Raises TryLater, Rejected, NeedsReauth or Uncertain."""
    before, parts = styled.parts(posted.text), styled.parts(text)
    spots = _spots(posted)
    if not before:
        raise Rejected("This reply is files only in Slack; they cannot be given a text.", code="edit")
    if not parts:
        raise Rejected("Slack takes no empty message. Take the reply back instead.", code="no_text")
    if len(parts) != len(before) or len(spots) < len(before):
        raise Rejected(
            "In Slack this reply is several messages, or would become so. Take it back and write anew, or keep about "
            "its length.",
            code="edit",
        )
    api = Api(config, io)
    io.checkpoint("before_wire")
    _all(
        [
            functools.partial(_update, api, spot, styled.mrkdwn(part))
            for spot, part in zip(spots, parts, strict=False)
        ],
        io,
    )
    io.checkpoint("after_wire")


def delete(config: SlackConfig, posted: Posted, io: Io) -> None:
    """Take back a reply with its files, as far as they are there. Raises as `edit`."""
    spots = _spots(posted)
    files = [each.removeprefix(_FILE) for each in posted.external_ids if each.startswith(_FILE)]
    if not spots and not files:
        raise Rejected("It is not known which messages of Slack's this reply became.", code="edit")
    api = Api(config, io)
    io.checkpoint("before_wire")
    _all(
        [
            *(functools.partial(_remove_file, api, file) for file in files),
            *(functools.partial(_remove, api, spot) for spot in spots),
        ],
        io,
    )
    io.checkpoint("after_wire")


def _spots(posted: Posted) -> list[Spot]:
    """The reply's messages as they stand below one another: its texts first, then its files."""
    found = {spot.ts: spot for each in posted.external_ids if (spot := spot_at(each)) is not None}
    return [found[ts] for ts in sorted(found, key=_order)]


def _order(ts: str) -> tuple[int, str]:
    seconds, _dot, rest = ts.partition(".")
    return int(seconds), rest


def _all(calls: Sequence[Callable[[], None]], io: Io) -> None:
    """All calls in order. Raises Uncertain once a part is done and the rest is not."""
    for done, call in enumerate(calls):
        try:
            call()
        except AdapterError as error:
            if not done:
                raise
            raise Uncertain(
                f"{done} of {len(calls)} parts of this reply were changed. {error.reason}", code=error.code
            ) from error
        io.checkpoint("mid_body")


def _update(api: Api, spot: Spot, text: str) -> None:
    api.change(
        api.client.chat_update,
        channel=spot.channel,
        ts=spot.ts,
        text=text,
        parse="none",
        link_names=False,
    )


def _remove(api: Api, spot: Spot) -> None:
    _unless_gone(lambda: api.change(api.client.chat_delete, channel=spot.channel, ts=spot.ts))


def _remove_file(api: Api, file: str) -> None:
    _unless_gone(lambda: api.change(api.client.files_delete, file=file))


def _unless_gone(call: Callable[[], object]) -> None:
    try:
        call()
    except Rejected as error:
        if error.code not in _GONE:
            raise

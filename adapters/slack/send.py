"""Handing a reply to Slack. What arrived of a reply of several messages is never sent again by itself."""

import functools
import time
from collections.abc import Callable
from typing import Any

from adapters.slack import styled
from adapters.slack.api import Api
from adapters.slack.config import SlackConfig
from adapters.slack.messages import EVENT_TYPE
from adapters.slack.people import Spot, ident, is_chat, spot_at, stamp
from adapters.slack.upload import Uploaded, shared, upload
from inbox.contract import (
    AdapterError,
    Io,
    Outgoing,
    Receipt,
    Rejected,
    TryLater,
    Uncertain,
    Unreadable,
)

PATIENCE = 30.0
"""Seconds that a reply may wait for Slack between its messages: one a second is what a channel takes."""


def send(config: SlackConfig, message: Outgoing, io: Io) -> Receipt:
    """Send a reply. Raises TryLater, Rejected, NeedsReauth or Uncertain."""
    texts = [styled.mrkdwn(part) for part in styled.parts(message.text)]
    if not texts and not message.files:
        raise Rejected("Slack takes no empty message.", code="no_text")
    api = Api(config, io)
    place = place_for(api, message)
    # Nobody sees a file before it is shared, so up to here all may be done again.
    files = upload(api, io, message.files)
    io.checkpoint("before_wire")
    names = _Sender(api, io, place, message).send(texts, files)
    io.checkpoint("after_wire")
    return Receipt(external_id=names[0], aliases=tuple(dict.fromkeys(names[1:])))


def place_for(api: Api, message: Outgoing) -> Spot:
    """Where a reply goes: its conversation, and as `root` the thread there, or "". Raises as `send`.

    In a place of several people an answer goes below the message that it answers; in a chat with one person only
    where he has begun a thread himself, or an agent chose the message.
    """
    answered = spot_at(message.in_reply_to)
    channel = ident_of(message.to.address)
    if channel[:1] in "UW":
        known = answered.channel if answered is not None and is_chat(answered.channel) else ""
        channel = known or _chat_with(api, channel)
    if answered is None or answered.channel != channel:
        return Spot(channel, "")
    return Spot(
        channel, "", answered.root or ("" if is_chat(channel) and not message.chosen else answered.ts)
    )


def ident_of(address: str) -> str:
    """The id that an identity's address is. Raises Rejected."""
    try:
        found = ident(address)
    except Unreadable as error:
        raise Rejected("This is no address in Slack.", code="address") from error
    if not found:
        raise Rejected("This is no address in Slack.", code="address")
    return found


def _chat_with(api: Api, user: str) -> str:
    """The chat with a person, which is opened if there was none. Raises as `send`, but never Uncertain."""
    opened = api.ask(api.client.conversations_open, users=user).get("channel")
    channel = opened.get("id") if isinstance(opened, dict) else None
    if not isinstance(channel, str) or not channel:
        raise TryLater("Slack opened no chat with this person.", code="answer")
    return channel


class _Sender:
    """Sends the messages of one reply, and knows the names of those that have arrived."""

    def __init__(self, api: Api, io: Io, place: Spot, message: Outgoing) -> None:
        self._api, self._io, self._place, self._message = api, io, place, message
        self._names: list[str] = []
        self._arrived = 0
        self._left = PATIENCE

    def send(self, texts: list[str], files: list[Uploaded]) -> list[str]:
        """The ids of all messages that went out, the first one's first."""
        steps: list[dict[str, Any]] = [
            {"text": text, "part": number, "parts": len(texts)} for number, text in enumerate(texts, 1)
        ]
        total = len(steps) + bool(files)
        try:
            for step in steps:
                self._again(functools.partial(self._post, step, files))
            if files:
                self._again(functools.partial(self._share, files))
        except AdapterError as error:
            if not self._arrived:
                raise
            raise _partly(error, self._arrived, total) from error
        return self._names

    def _again(self, call: Callable[[], None]) -> None:
        """One call, made again only where Slack has said that it did not take it."""
        while True:
            try:
                call()
                self._arrived += 1
                self._io.checkpoint("mid_body")
                return
            except TryLater as error:
                if not self._arrived or not self._wait(error.after):
                    raise

    def _post(self, step: dict[str, Any], files: list[Uploaded]) -> None:
        last = step["part"] == step["parts"]
        told = {
            "idem_key": self._message.idem_key,
            "part": step["part"],
            "parts": step["parts"],
            "files": ",".join(file.id for file in files) if last else "",
        }
        answer = self._api.change(
            self._api.client.chat_postMessage,
            channel=self._place.channel,
            text=step["text"],
            thread_ts=self._place.root or None,
            metadata={"event_type": EVENT_TYPE, "event_payload": told},
            mrkdwn=True,
            parse="none",
            link_names=False,
            unfurl_links=False,
            unfurl_media=False,
        )
        try:
            ts = stamp(answer.get("ts"))
        except Unreadable:
            ts = ""
        if not ts:
            raise Uncertain("Slack took a message without saying which.", code="answer")
        self._note(Spot(self._place.channel, ts, self._place.root))

    def _share(self, files: list[Uploaded]) -> None:
        """Show the uploaded files. Slack tells in time, and not at once, which message they became."""
        self._api.change(
            self._api.client.files_completeUploadExternal,
            files=[{"id": file.id, "title": file.title} for file in files],
            channel_id=self._place.channel,
            thread_ts=self._place.root or None,
        )
        ts = shared(self._api, files[0].id, self._place.channel)
        if ts:
            self._note(Spot(self._place.channel, ts, self._place.root))
        self._names += [f"file/{file.id}" for file in files]

    def _note(self, found: Spot) -> None:
        self._names += [found.external_id, *found.aliases]

    def _wait(self, seconds: float | None) -> bool:
        """Let Slack have its pause, if it is a short one; False when it is not, or the process ends."""
        wish = 1.0 if seconds is None else seconds
        self._left -= wish
        until = time.monotonic() + wish
        while self._left >= 0 and not self._io.stopping():
            if (left := until - time.monotonic()) <= 0:
                return True
            time.sleep(min(left, 0.5))
        return False


def _partly(error: AdapterError, arrived: int, total: int) -> AdapterError:
    """An error after a part has arrived: nobody but a person may send the whole again."""
    head = f"{arrived} of {total} messages of this reply arrived"
    if isinstance(error, Uncertain):
        return Uncertain(f"{head}; whether the next one did is not known. {error.reason}", code=error.code)
    unreachable = isinstance(error, Rejected) and error.unreachable
    return Rejected(f"{head}, the rest did not. {error.reason}", code=error.code, unreachable=unreachable)

"""Handing a reply to Messenger or Instagram: by what right it goes out now, and its texts and files one by one."""

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from adapters.meta.batch import Fields
from adapters.meta.config import MetaConfig
from adapters.meta.direct import MADE_UP
from adapters.meta.direct_config import LATE_WINDOW, REPLY_WINDOW
from adapters.meta.direct_key import Part
from adapters.meta.errors import WINDOW
from adapters.meta.graph import Graph
from adapters.meta.steps import carry_out
from inbox.contract import Io, OutFile, Outgoing, Party, Receipt, Rejected, Uncertain
from inbox.contract.cutting import pieces
from inbox.contract.markup import to_text

_QUICK = 5.0
_RIGHT: Fields = {"messaging_type": "RESPONSE"}
_LATE_RIGHT: Fields = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}


@dataclass(frozen=True)
class Limits:
    """What a network takes. `kind` gives Meta's word for a file, or raises Rejected for one that it does not take.

    `metadata`: whether a message may carry our key, which comes back with its echo. `more` are fields of an upload.
    """

    text_max: int
    size: Callable[[str], int]
    kind: Callable[[OutFile], str]
    metadata: bool = False
    more: tuple[tuple[str, str], ...] = ()

    def parts(self, text: str) -> tuple[str, ...]:
        """The messages as which a text is sent: none for a text without anything to see."""
        return tuple(pieces(to_text(text), self.text_max, self.size))


def send(config: MetaConfig, message: Outgoing, io: Io, limits: Limits, *, late: bool) -> Receipt:
    """Send a reply. `late`: a person may answer up to 7 days. Raises TryLater, Rejected, NeedsReauth or Uncertain."""
    sender = _Sender(Graph(config, io), message, limits, rights(message, io, late=late))
    return carry_out(sender.steps(), message.files, io)


def rights(message: Outgoing, io: Io, *, late: bool) -> tuple[Fields, ...]:
    """By what right a message may go out, to be tried in order. Raises Rejected where there is none.

    When the customer last wrote is not always known to us; then Meta decides.
    """
    late = late and not message.automatic
    silent = timedelta(0) if message.heard_at is None else io.now() - message.heard_at
    if silent.total_seconds() <= REPLY_WINDOW:
        # Meta's clock decides at the border.
        return (_RIGHT, _LATE_RIGHT) if late else (_RIGHT,)
    if late and silent.total_seconds() <= LATE_WINDOW:
        return (_LATE_RIGHT,)
    raise Rejected(_too_late(message, silent, late=late), code="window")


def _too_late(message: Outgoing, silent: timedelta, *, late: bool) -> str:
    told = "More than 24 hours have passed since the customer's last message, and "
    if late or silent.total_seconds() > LATE_WINDOW:
        return (
            "More than 7 days have passed since the customer's last message. The customer has to write again."
        )
    if message.automatic:
        return told + "Meta lets only a person answer after that."
    return told + (
        "this account has not the right to answer later (“Human Agent”). The customer has to write again."
    )


def typing(config: MetaConfig, to: Party, io: Io) -> None:
    """Show for a few seconds that somebody writes."""
    Graph(config, io, _QUICK).post(
        "me/messages", {"recipient": {"id": to.address}, "sender_action": "typing_on"}
    )


class _Sender:
    """Sends the messages of one reply."""

    def __init__(self, graph: Graph, message: Outgoing, limits: Limits, rights: tuple[Fields, ...]) -> None:
        self._graph = graph
        self._message = message
        self._limits = limits
        self._rights = rights

    def steps(self) -> list[Callable[[], str]]:
        """Its texts, then its files; the first one answers. Raises Rejected for a file that cannot be sent."""
        kinds = [self._limits.kind(file) for file in self._message.files]
        texts = self._limits.parts(self._message.text)
        total = len(texts) + len(kinds)
        found: list[Callable[[], str]] = []
        for text in texts:
            part = Part(len(found) + 1, total)
            found.append(functools.partial(self._post, {"text": text}, part))
        for file, kind in zip(self._message.files, kinds, strict=True):
            part = Part(len(found) + 1, total)
            found.append(functools.partial(self._post_file, file, kind, part))
        return found

    def _post_file(self, file: OutFile, kind: str, part: Part) -> str:
        attachment = {"attachment": {"type": kind, "payload": {"is_reusable": True}}}
        fields = {**dict(self._limits.more), "message": json.dumps(attachment)}
        number = self._graph.upload("me/message_attachments", fields, "filedata", file).get("attachment_id")
        return self._post({"attachment": {"type": kind, "payload": {"attachment_id": number}}}, part)

    def _reply_to(self) -> Fields:
        answers = self._message.in_reply_to
        return {"reply_to": {"mid": answers}} if answers and not answers.startswith(MADE_UP) else {}

    def _post(self, message: Fields, part: Part) -> str:
        """One message. What Meta has refused for sure is asked for in another way, where there is one."""
        metadata = {"metadata": part.key(self._message.idem_key)} if self._limits.metadata else {}
        reply_to = self._reply_to() if part.number == 1 else {}
        fields: Fields = {"recipient": {"id": self._message.to.address}, "message": {**message, **metadata}}
        while True:
            try:
                return _id_in(self._graph.post("me/messages", {**fields, **self._rights[0], **reply_to}))
            except Rejected as error:
                if error.code in WINDOW and len(self._rights) > 1:
                    self._rights = self._rights[1:]
                elif reply_to and _may_be_about_answer(error):
                    # The message that this one answers was deleted meanwhile, which is no obstacle.
                    reply_to = {}
                else:
                    raise


def _may_be_about_answer(error: Rejected) -> bool:
    return error.code.partition("/")[0] == "100" and not error.unreachable


def _id_in(answer: Fields) -> str:
    found: Any = answer.get("message_id")
    if not isinstance(found, str) or not found:
        raise Uncertain(
            "Meta took the message in no known way, so it is not known whether it has it.", code="answer"
        )
    return found

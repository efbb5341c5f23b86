"""Handing a reply to WhatsApp. What arrived of a reply of several messages is never sent again by itself."""

from functools import partial
from typing import Any

from adapters.meta.batch import Fields
from adapters.meta.graph import Graph
from adapters.meta.steps import Step, carry_out
from adapters.meta.whatsapp.config import WhatsAppConfig
from adapters.meta.whatsapp.outgoing import Piece, Text, envelope, plan
from adapters.meta.whatsapp.templates import fields_of
from inbox.contract import Io, Outgoing, Party, Receipt, Rejected, Uncertain

_QUICK = 5.0
_WAMID = "wamid."


def send(config: WhatsAppConfig, message: Outgoing, io: Io) -> Receipt:
    """Send a reply. Raises TryLater, Rejected, NeedsReauth or Uncertain."""
    sender = _Sender(config, message, io)
    if message.template is not None:
        return carry_out([partial(sender.put, fields_of(message.template))], (), io)
    parts = plan(message)
    steps = [sender.step(part, number == 0, number + 1 == len(parts)) for number, part in enumerate(parts)]
    return carry_out(steps, message.files, io)


def typing(config: WhatsAppConfig, answering: str, io: Io) -> None:
    """Show that a message is read and being answered, where there is one. Raises as `send`."""
    if not answering.startswith(_WAMID):
        return
    shown = {"status": "read", "message_id": answering, "typing_indicator": {"type": "text"}}
    Graph(config, io, _QUICK).post(_messages(config), {"messaging_product": "whatsapp", **shown})


def react(config: WhatsAppConfig, to: Party, external_id: str, emoji: tuple[str, ...], io: Io) -> None:
    """Put our reaction on a customer's message, or take it away. Raises as `send`."""
    if len(emoji) > 1:
        raise Rejected("In WhatsApp a message can have one reaction of ours.", code="reaction")
    if not external_id.startswith(_WAMID):
        raise Rejected("WhatsApp does not have this message.", code="reaction")
    message = Outgoing(idem_key=external_id, to=to, text="", created_at=io.now())
    reaction = {"message_id": external_id, "emoji": emoji[0] if emoji else ""}
    Graph(config, io).post(_messages(config), {**envelope(message), "type": "reaction", "reaction": reaction})


class _Sender:
    """Sends the messages of one reply."""

    def __init__(self, config: WhatsAppConfig, message: Outgoing, io: Io) -> None:
        self._config = config
        self._message = message
        self._graph = Graph(config, io)
        envelope(message)  # an address that is none is refused before anything goes out

    def step(self, part: Text | Piece, first: bool, last: bool) -> Step:
        """What sends one message and gives its id."""
        if isinstance(part, Text):
            return partial(self.put, part.fields(), first, last)
        return partial(self._put_file, part, first, last)

    def put(self, fields: dict[str, Any], first: bool = True, last: bool = True) -> str:
        """Send one message; its id. Raises as `send`."""
        body = {**envelope(self._message, first=first, last=last), **fields}
        return _id_of(self._graph.post(_messages(self._config), body))

    def _put_file(self, piece: Piece, first: bool, last: bool) -> str:
        return self.put(piece.fields(self._upload(piece)), first, last)

    def _upload(self, piece: Piece) -> str:
        """Put a file where the message can name it; its id there."""
        file = piece.file.model_copy(update={"media_type": piece.media_type})
        beside = {"messaging_product": "whatsapp", "type": piece.media_type}
        try:
            found = self._graph.upload(f"{self._config.phone_number_id}/media", beside, "file", file)
        except Rejected as error:
            if error.code != "100":
                raise
            told = f"WhatsApp does not take {file.name}: files of the kind {piece.media_type} are not sent there."
            raise Rejected(told, code="media_type") from error
        media_id = found.get("id")
        if not isinstance(media_id, str) or not media_id:
            raise Rejected(f"WhatsApp took {file.name} and gave it no name.", code="media")
        return media_id


def _messages(config: WhatsAppConfig) -> str:
    return f"{config.phone_number_id}/messages"


def _id_of(answer: Fields) -> str:
    """The id of the message that was taken. Raises Uncertain."""
    found = answer.get("messages")
    first = found[0] if isinstance(found, list) and found else None
    own = first.get("id") if isinstance(first, dict) else None
    if not isinstance(own, str) or not own:
        raise Uncertain(
            "WhatsApp answered in no known way, so it is not known whether it took it.", code="answer"
        )
    return own

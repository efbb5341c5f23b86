"""Reading a visitor's message as our web layer kept it."""

from collections.abc import Iterator

from pydantic import ValidationError

from adapters.chat_widget.config import WidgetConfig
from inbox.contract import File, Inbound, Item, Level, Party, Raw, Unreadable
from inbox.contract.site import SiteMessage, visitor_name


def parse(config: WidgetConfig, raw: Raw, namespace: str) -> tuple[Item, ...]:
    """The message. Raises Unreadable."""
    try:
        message = SiteMessage.model_validate_json(raw.body)
    except ValidationError as error:
        raise Unreadable("This is no message of a site's panel.") from error
    if not message.visitor or not message.client_msg_id:
        raise Unreadable("The message does not say which browser it is from.")
    if any("\0" in text for text in _texts(message.model_dump())):
        raise Unreadable("The message has characters that cannot be stored.")
    sender = Party(
        namespace=namespace,
        account=config.account,
        address=message.visitor,
        display=visitor_name(message.visitor),
        name=_line(message.name),
        level=Level.VERIFIED if message.proved else Level.CHANNEL,
        level_reason=_line(message.proved) or "Wrote from the browser that began this conversation.",
    )
    files = tuple(
        File(name=_file(file.name), media_type=file.media_type, size=file.size, upload=file.id)
        for file in message.files
    )
    return (
        Inbound(
            external_id=f"{message.visitor}:{message.client_msg_id}",
            sender=sender,
            sent_at=message.at,
            text=message.text,
            files=files,
            claims=message.claims,
            locale=message.locale,
        ),
    )


def _line(text: str) -> str:
    return " ".join(text.split())


def _file(name: str) -> str:
    return _line(name).replace("/", "_").replace("\\", "_")


def _texts(value: object) -> Iterator[str]:
    """All texts inside of plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)

"""Reading a call of WhatsApp's: entries, changes, and in them messages, statuses and news of the account. Pure."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain

from adapters.meta.batch import Fields, each, entries, ident, line, moment, obj, objects, some
from adapters.meta.whatsapp import account, people, statuses
from adapters.meta.whatsapp.config import WhatsAppConfig
from adapters.meta.whatsapp.content import about_it, content_of
from adapters.meta.whatsapp.people import Person
from inbox.contract import (
    Edit,
    Ignored,
    Inbound,
    Item,
    Moved,
    Notice,
    Party,
    Raw,
    Reacted,
    Recipient,
    Removal,
)
from inbox.contract.addresses import is_phone

OBJECT = "whatsapp_business_account"

_STANDBY = Notice(code="standby", text="Another app of this business answers in this conversation now.")
_SKIPPED = {
    "calls": "a call, which is not taken here",
    "history": "messages from before the number was connected",
    "smb_app_state_sync": "the address book of the WhatsApp Business app",
    "flows": "the state of a form",
    "messaging_handovers": "which app answers has changed",
}


def parse(config: WhatsAppConfig, raw: Raw) -> tuple[Item, ...]:
    """What a call means, always at least one item. Raises Unreadable for what is no call of WhatsApp's."""
    found = entries(raw, OBJECT)
    return some(_once(each(found, "Entry", partial(_entry, config))))


def _once(items: Iterable[Item]) -> Iterator[Item]:
    """The items; that somebody has another address is said once."""
    told: set[tuple[str, str]] = set()
    for item in items:
        if isinstance(item, Moved):
            if (item.old.address, item.new.address) in told:
                continue
            told.add((item.old.address, item.new.address))
        yield item


def _entry(config: WhatsAppConfig, entry: Fields) -> Iterator[Item]:
    return each(entry.get("changes"), "Change", partial(_change, config, entry))


def _change(config: WhatsAppConfig, entry: Fields, change: Fields) -> Iterator[Item]:
    field, value = line(change.get("field")), obj(change, "value")
    about = obj(value, "metadata").get("phone_number_id")
    if about is not None and about != config.phone_number_id:
        yield Ignored(reason="about another number of the business")
    elif about is None and config.waba_id and line(entry.get("id")) not in ("", config.waba_id):
        yield Ignored(reason="about another account of the business")
    elif field in _SKIPPED:
        yield Ignored(reason=_SKIPPED[field])
    elif about is None:
        yield account.news(field, value, moment(entry.get("time")))
    else:
        yield from _conversations(field, value)


def _conversations(field: str, value: Fields) -> Iterator[Item]:
    """What people wrote, what became of what we wrote, and what was written elsewhere in our name."""
    contacts = people.contacts_of(value)
    standby = (_STANDBY,) if field == "standby" else ()
    read = (
        ("messages", "Message", partial(_message, contacts, standby)),
        ("statuses", "Status", partial(statuses.status, contacts)),
        ("message_echoes", "Echo", partial(_echo, value, contacts)),
        ("user_preferences", "Preference", _preference),
    )
    found = [each(value[name], what, meaning) for name, what, meaning in read if value.get(name) is not None]
    yield from chain.from_iterable(found)
    if not found:
        yield Ignored(reason=_nothing(field, value))


def _nothing(field: str, value: Fields) -> str:
    errors = objects(value, "errors")
    if errors:
        return f"Meta reports trouble: {statuses.reason(errors)[0]}"
    return f"news that mean nothing here: {field or 'without a name'}"


# Messages


def _message(contacts: tuple[Person, ...], notices: tuple[Notice, ...], message: Fields) -> Iterator[Item]:
    kind = line(message.get("type"))
    if kind == "system":
        yield from _system(message)
        return
    if kind == "revoke":
        yield _removal(message)
        return
    if kind == "request_welcome":
        yield Ignored(reason="the chat was opened", external_id=ident(message.get("id"), "the message"))
        return
    author = people.author_of(message, contacts)
    item = _read(message, kind, author.party())
    if isinstance(item, Inbound):
        item = item.model_copy(update={"claims": author.claims(), "notices": (*item.notices, *notices)})
    yield from author.moves()
    yield item


def _read(message: Fields, kind: str, sender: Party) -> Inbound | Edit | Reacted:
    """A message as its author's. Raises Unreadable."""
    if kind == "reaction":
        return _reaction(message, sender)
    if kind == "edit":
        return _edit(message, sender)
    own = ident(message.get("id"), "the message")
    content = content_of(message)
    answered = line(obj(message, "context").get("id"))
    return Inbound(
        external_id=own,
        sender=sender,
        sent_at=moment(message.get("timestamp")),
        text=content.text,
        files=content.files,
        references=(answered,) if answered and answered != own else (),
        notices=(*content.notices, *about_it(message)),
    )


def _reaction(message: Fields, sender: Party) -> Reacted:
    found = obj(message, "reaction")
    emoji = line(found.get("emoji"))
    return Reacted(
        external_id=ident(found.get("message_id"), "the message reacted to"),
        sender=sender,
        emoji=(emoji,) if emoji else (),
        at=moment(message.get("timestamp")),
    )


def _edit(message: Fields, sender: Party) -> Edit:
    found = obj(message, "edit")
    return Edit(
        external_id=ident(found.get("original_message_id"), "the edited message"),
        sender=sender,
        text=content_of(obj(found, "message")).text,
        at=moment(message.get("timestamp")),
    )


def _removal(message: Fields) -> Removal:
    found = obj(message, "revoke").get("original_message_id")
    return Removal(
        external_ids=(ident(found, "the message taken back"),), at=moment(message.get("timestamp"))
    )


def _system(message: Fields) -> Iterator[Item]:
    """A line of WhatsApp's own: somebody has another number, and with it another id."""
    found = obj(message, "system")
    kind = line(found.get("type"))
    if "changed" not in kind or "identity" in kind:
        yield Ignored(reason=f"a line of WhatsApp's own: {kind or 'without a kind'}")
        return
    new = Person(
        user_id=people.user_id(found.get("user_id")),
        number=people.number(found.get("wa_id") or found.get("new_wa_id")),
        parent_id=people.user_id(found.get("parent_user_id")),
    ).party()
    before = (
        people.user_id(found.get("previous_user_id")) or people.user_id(message.get("from_user_id")),
        people.number(found.get("customer") or message.get("from")),
        people.user_id(found.get("previous_parent_user_id")),
    )
    old = [address for address in before if address and address != new.address]
    for address in old:
        yield Moved(old=_known_as(address), new=new)
    if not old:
        yield Ignored(reason="somebody's address changed, and it is not told from which")


def _known_as(address: str) -> Party:
    return Person(number=address).party() if is_phone(address) else Person(user_id=address).party()


# What was written elsewhere


def _echo(value: Fields, contacts: tuple[Person, ...], echo: Fields) -> Iterator[Item]:
    """A message of ours from the WhatsApp Business app or another app of the business."""
    kind = line(echo.get("type"))
    if kind == "revoke":
        yield _removal(echo)
        return
    if kind == "reaction":
        yield Ignored(reason="a reaction of the business itself")
        return
    item = _read(echo, kind, people.business(value, echo))
    if isinstance(item, Inbound):
        reader = people.reader_of(echo, contacts)
        yield from reader.moves()
        to = Recipient(role="to", party=reader.party())
        item = item.model_copy(update={"outgoing": True, "recipients": (to,)})
    yield item


def _preference(found: Fields) -> Iterator[Item]:
    said, about = line(found.get("value")), line(found.get("category"))
    yield Ignored(reason=f"a wish about {about or 'messages'}: {said or 'none'}")

"""What became of our messages, in the order in which the news happen to come."""

from collections.abc import Iterator

from adapters.meta.batch import Fields, ident, line, moment, obj, objects
from adapters.meta.errors import final_sentence
from adapters.meta.whatsapp import people
from adapters.meta.whatsapp.outgoing import reply_of
from adapters.meta.whatsapp.people import Person
from inbox.contract import Ignored, Item, StatusChange, Unreadable

_STATES = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}


def status(contacts: tuple[Person, ...], told: Fields) -> Iterator[Item]:
    """What one status means. Raises Unreadable."""
    own, said = ident(told.get("id"), "the message"), line(told.get("status"))
    state = _STATES.get(said)
    if state is None:
        yield Ignored(reason=f"a status that means nothing here: {said or 'none'}", external_id=own)
        return
    reader = Person(
        user_id=people.user_id(told.get("recipient_user_id")),
        number=people.number(told.get("recipient_id")),
    )
    if line(told.get("recipient_type")) != "group":
        yield from _recognised(reader, contacts).moves()
    word = line(told.get("biz_opaque_callback_data"))
    why, code = reason(objects(told, "errors")) if state == "failed" else ("", "")
    yield StatusChange.model_validate(
        {
            "state": state,
            "tokens": reply_of(word, failed=state == "failed"),
            "external_ids": (own,),
            "reason": why,
            "code": code,
            "at": moment(told.get("timestamp")),
        }
    )


def _recognised(reader: Person, contacts: tuple[Person, ...]) -> Person:
    return people.reader_of({"to": reader.number, "to_user_id": reader.user_id}, contacts)


def reason(errors: list[Fields]) -> tuple[str, str]:
    """Why something failed, as a sentence and Meta's code. Raises Unreadable."""
    if not errors:
        return "Meta does not say why it could not be delivered.", ""
    error = errors[0]
    code, subcode = error.get("code"), error.get("error_subcode")
    said = (
        line(obj(error, "error_data").get("details"))
        or line(error.get("message"))
        or line(error.get("title"))
    )
    if not isinstance(code, int) or isinstance(code, bool):
        raise Unreadable("its error has no code", code="error")
    return final_sentence(code, subcode if isinstance(subcode, int) else None, said), str(code)

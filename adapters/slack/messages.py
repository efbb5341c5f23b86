"""Messages, and what becomes of them: written, changed, taken back. Pure.

Who wrote decides: the bot itself, a colleague in a channel that is shared with a customer's company, or a customer.
"""

from dataclasses import dataclass
from typing import Any

from adapters.slack import entities
from adapters.slack.config import SlackConfig
from adapters.slack.content import content_of
from adapters.slack.files import ids
from adapters.slack.payload import Frame
from adapters.slack.people import SLACKBOT, Spot, ident, is_chat, line, moment, name_of, party, spot_of
from inbox.contract import Edit, Ignored, Inbound, Item, Party, Recipient, Removal

EVENT_TYPE = "onethread_message"
"""The type of the metadata that our own messages bear."""

_WRITTEN = {"", "file_share", "thread_broadcast", "me_message", "bot_message"}


@dataclass(frozen=True)
class Author:
    """Who wrote: `user` is "" for apps without one. `kind` is "we", "colleague", "customer" or "machine"."""

    user: str
    name: str
    kind: str
    is_machine: bool


def message(config: SlackConfig, frame: Frame, event: dict[str, Any]) -> Item:
    """A message event of any subtype. Raises Unreadable."""
    channel, subtype = ident(event.get("channel")), line(event.get("subtype"))
    if not channel:
        return Ignored(reason="a message in no channel")
    if subtype == "message_changed":
        return _changed(config, frame, channel, event)
    if subtype == "message_deleted":
        return _deleted(config, frame, channel, event)
    found = spot_of(channel, event)
    if subtype not in _WRITTEN or not found.ts:
        return Ignored(reason=f"a line of Slack's own: {subtype[:60] or 'without a time'}")
    author = author_of(frame, event)
    if author.user == SLACKBOT or not (author.user or author.is_machine):
        return Ignored(reason="a message of Slack's own", external_id=found.external_id)
    if channel == config.team_place:
        return _of_team(config, event, found, author)
    item = _written(config, event, found, author)
    if author.kind == "we" or _concerns_us(config, frame, event) or not isinstance(item, Inbound):
        return item
    if not found.root:
        return Ignored(reason="a message in a public channel that does not mention the bot")
    # Who asked the bot goes on in the thread without calling it again, and others may do so elsewhere.
    return item.model_copy(update={"follows": True})


def author_of(frame: Frame, event: dict[str, Any]) -> Author:
    """Who wrote a message, as far as its event tells."""
    profile = event.get("user_profile")
    profile = profile if isinstance(profile, dict) else {}
    app = event.get("bot_profile")
    app = app if isinstance(app, dict) else {}
    user, is_machine = ident(event.get("user")), bool(ident(event.get("bot_id")) or app)
    name = (line(app.get("name")) or line(event.get("username"))) if is_machine else name_of(profile)
    ours = frame.app and frame.app in (event.get("app_id"), app.get("app_id"))
    if ours or (user and user == frame.bot):
        return Author(user or frame.bot, name, "we", is_machine=True)
    teams = (event.get("user_team"), profile.get("team"), app.get("team_id"), event.get("team"))
    home = next((ident(team) for team in teams if team), "")
    guest = profile.get("is_restricted") is True or profile.get("is_ultra_restricted") is True
    is_colleague = frame.shared and bool(home) and home == frame.team and not guest
    return Author(user, name, "colleague" if is_colleague else "customer", is_machine)


def _concerns_us(config: SlackConfig, frame: Frame, event: dict[str, Any]) -> bool:
    """Whether a message is meant for us: everything but what people say among themselves in a public channel."""
    public = event.get("channel_type") == "channel" and not frame.shared
    if not public or config.public_channels == "all":
        return True
    text = event.get("text")
    return isinstance(text, str) and entities.mentions(text, frame.bot)


def _of_team(config: SlackConfig, event: dict[str, Any], found: Spot, author: Author) -> Item:
    if author.kind == "we" or author.is_machine:
        return Ignored(reason="an app's message in the team's place", external_id=found.external_id)
    content = content_of(event)
    return Inbound(
        external_id=found.external_id,
        aliases=found.aliases,
        sender=party(config, author.user, author.name),
        sent_at=moment(found.ts),
        text=content.text,
        quoted_text=content.quoted_text,
        files=content.files,
        references=found.above,
        place="team",
    )


def _written(config: SlackConfig, event: dict[str, Any], found: Spot, author: Author) -> Item:
    content = content_of(event)
    chat = is_chat(found.channel)
    place = party(config, author.user if chat else found.channel, author.name if chat else "")
    person = party(config, author.user or author.name or "app", author.name)
    outgoing = author.kind != "customer"
    if not outgoing and chat and not author.user:
        return Ignored(reason="an app's message in a chat with nobody", external_id=found.external_id)
    ours = author.kind == "we"
    # The chat with a person tells his own id in what he writes only; what we wrote there names him nowhere.
    recipients = () if not outgoing or (ours and chat) else (Recipient(role="to", party=place),)
    return Inbound(
        external_id=found.external_id,
        aliases=(*found.aliases, *(ids(event.get("files")) if ours else ())),
        sender=person if outgoing else place,
        recipients=recipients,
        sent_at=moment(found.ts),
        text=content.text,
        html=content.html,
        quoted_text=content.quoted_text,
        files=content.files,
        references=found.above,
        automatic=_automatic(author),
        outgoing=outgoing,
        ours=ours,
        idem_key=_idem_key(event) if ours else "",
        partial=ours and _is_part(event),
        author="" if chat or ours else author.name,
        writer=None if chat or ours or not author.user else person,
    )


def _automatic(author: Author) -> str:
    if author.kind == "we" or not author.is_machine:
        return ""
    return f"sent by the app {author.name}" if author.name else "sent by an app"


def _is_part(event: dict[str, Any]) -> bool:
    """Whether it is a part of a reply of ours that does not prove the whole: others, or files, come after it."""
    told = _told(event)
    return bool(_idem_key(event)) and (told.get("part") != told.get("parts") or bool(told.get("files")))


def _idem_key(event: dict[str, Any]) -> str:
    return line(_told(event).get("idem_key"))


def _told(event: dict[str, Any]) -> dict[str, Any]:
    """What our own messages say of themselves, where Slack passes it on."""
    metadata = event.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return {}
    told = metadata.get("event_payload")
    return told if isinstance(told, dict) else {}


def _changed(config: SlackConfig, frame: Frame, channel: str, event: dict[str, Any]) -> Item:
    inner, before = event.get("message"), event.get("previous_message")
    if not isinstance(inner, dict):
        return Ignored(reason="a change of no message")
    found = spot_of(channel, inner)
    if not found.ts:
        return Ignored(reason="a change of no message")
    if channel == config.team_place:
        return Ignored(reason="a change in the team's place", external_id=found.external_id)
    edited = inner.get("edited")
    if line(inner.get("subtype")) == "tombstone":
        # What was answered in a thread stays as an empty line when its author takes it back.
        return Removal(external_ids=(found.external_id,), at=moment(event.get("event_ts")))
    if not isinstance(edited, dict):
        return Ignored(reason="a preview or another change that nobody made", external_id=found.external_id)
    told = {**inner, "channel_type": event.get("channel_type")}
    was = {**(before if isinstance(before, dict) else {}), "channel_type": event.get("channel_type")}
    author = author_of(frame, inner)
    if author.kind == "we":
        return Ignored(reason="a change of our own message", external_id=found.external_id)
    if not (_concerns_us(config, frame, told) or _concerns_us(config, frame, was)):
        return Ignored(reason="a message in a public channel that does not mention the bot")
    content = content_of(inner)
    return Edit(
        external_id=found.external_id,
        sender=_changer(config, channel, author),
        text=content.text,
        html=content.html,
        at=moment(edited.get("ts")),
    )


def _changer(config: SlackConfig, channel: str, author: Author) -> Party:
    in_place = not is_chat(channel) and author.kind == "customer"
    return party(config, channel if in_place else author.user or "app", "" if in_place else author.name)


def _deleted(config: SlackConfig, frame: Frame, channel: str, event: dict[str, Any]) -> Item:
    found = spot_of(channel, {"ts": event.get("deleted_ts")})
    if not found.ts:
        return Ignored(reason="a removal of no message")
    before = event.get("previous_message")
    was = {**(before if isinstance(before, dict) else {}), "channel_type": event.get("channel_type")}
    if author_of(frame, was).kind != "we" and not _concerns_us(config, frame, was):
        return Ignored(reason="a message in a public channel that does not mention the bot")
    if channel == config.team_place:
        return Ignored(reason="a removal in the team's place", external_id=found.external_id)
    return Removal(external_ids=(found.external_id,), at=moment(event.get("event_ts") or event.get("ts")))

"""Checking a reply before it is written: by which channel, to whom, and whether the network takes it so."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.channels import actions as channel_actions
from inbox.channels import lookup as channels
from inbox.channels import rights
from inbox.commerce.inserts import unfilled
from inbox.contract import BadAddress, Capabilities, Filled, Party
from inbox.errors import Invalid, NotFound
from inbox.flows.context import Context
from inbox.flows.templates import NO_TEMPLATES
from inbox.threads import answering, lookup, rules, sent
from inbox.threads.answering_rules import NO_ADDRESS, TEMPLATES_ONLY, Address, Window, length

if TYPE_CHECKING:
    from inbox.flows.reply import ReplyRequest
    from inbox.threads.models import Thread

BODY_MAX = 200_000
"""Longest text of one message, in characters."""

NOT_HERE = "The message that this answers is not in this thread."
OTHER_CHANNEL = "The message that this answers was written on another channel."
OTHER_ADDRESS = "The message that this answers was written from another address than this goes to."
TAKEN_BACK = "The message that this answers was taken back."
NO_ANSWERS = "On this channel a reply cannot be given as the answer to one message."
NO_SUCH_CLAIM = "The customer claims no such address on this channel any more."


@dataclass(frozen=True)
class Plan:
    """A reply that may be written: to whom, under which subject, and how long it can be taken back.

    `identity_id` is whose address it is: of a claim (`claim_id`) his who made it. `joining` are those whom the agent
    lets into the thread by writing to them: copies, and the Reply-To address when he chose it.
    """

    to: Party
    identity_id: int | None
    claim_id: int | None
    joining: tuple[Party, ...]
    recipients: list[dict[str, Any]]
    subject: str
    undo: float
    template: Filled | None = None
    answers: int | None = None
    """The message that an agent chose to answer."""

    @property
    def request(self) -> dict[str, Any]:
        """What the delivery keeps of it."""
        kept: dict[str, Any] = {"to": self.to.model_dump(mode="json")}
        if self.claim_id is not None:
            kept["claim_id"] = self.claim_id
        if self.template is not None:
            kept["template"] = self.template.model_dump(mode="json")
        if self.answers is not None:
            kept["answers"] = self.answers
        return kept


def plan(session: Session, ctx: Context, thread: "Thread", asked: "ReplyRequest") -> Plan:
    """Check a reply against what the channel can do and whom it reaches. Raises Invalid."""
    channel = channels.usable(session, asked.channel_id)
    adapter = ctx.registry.get(channel.kind)
    account = rights.account(ctx.registry, channel)
    can = account.can
    if asked.template is None:
        check_body(asked.body, bool(asked.attachment_ids))
        check_filled(asked.body)
    else:
        _check_alone(can, asked)
    _check_fits(can, asked)
    # What goes out later has to be in time then.
    moment = max(ctx.clock(), asked.send_after or ctx.clock())
    found = answering.ways(session, thread.id, [account], moment)
    address = _address(found, asked)
    to = address.party if asked.reply_to is None else _typed(adapter, asked.reply_to, "/reply_to")
    _check_answers(session, thread, can, asked, address)
    cc = tuple(_typed(adapter, text, "/cc") for text in asked.cc)
    bcc = tuple(_typed(adapter, text, "/bcc") for text in asked.bcc)
    return Plan(
        to,
        address.identity_id if address.claim_id is None else address.claimed_by,
        address.claim_id,
        cc if asked.reply_to is None else (to, *cc),
        [
            {"role": role, "address": party.address, "name": party.name}
            for role, parties in (("to", (to,)), ("cc", cc), ("bcc", bcc))
            for party in parties
        ],
        lookup.reply_subject(session, thread, channel.id, asked.subject) if can.subject else "",
        float(can.undo if ctx.settings.undo_seconds is None else ctx.settings.undo_seconds),
        asked.template,
        asked.in_reply_to_message_id,
    )


def parts(ctx: Context, agent: AgentIdentity, thread_id: int, channel_id: int, body: str) -> tuple[str, ...]:
    """The messages as which a text would be sent on a channel. Raises NotFound or Invalid."""
    with ctx.db.read() as session:
        thread = lookup.thread(session, thread_id)
        if not rules.may_see(agent, thread.team_id, thread.assignee_id):
            raise NotFound("There is no such thread.")
        channel = channels.usable(session, channel_id)
    adapter = ctx.registry.get(channel.kind)
    if not rights.can(ctx.registry, channel).splits:
        return (body,)
    return adapter.parts(channel_actions.public_config(ctx.registry, channel), body)


def check_body(body: str, has_files: bool) -> None:
    """Raise Invalid unless there is something to write, and not too much of it."""
    if not body.strip() and not has_files:
        raise Invalid("The message is empty.", "/body")
    if len(body) > BODY_MAX:
        raise Invalid(f"The message is longer than {BODY_MAX} characters.", "/body")


def check_filled(body: str) -> None:
    """Raise Invalid for a variable that nothing has filled: the customer would read it as it is."""
    for name in unfilled(body)[:1]:
        raise Invalid(f"Nothing fills {{{{{name}}}}}.", "/body", slug="variable-unfilled")


def check_length(can: Capabilities, body: str) -> None:
    """Raise Invalid for a text that the channel takes neither as one message nor as several."""
    if can.text_max is not None and not can.splits and length(body, can.text_unit) > can.text_max:
        raise Invalid(
            f"The text is longer than the {can.text_max} {can.text_unit} this channel takes.", "/body"
        )


def _check_alone(can: Capabilities, asked: "ReplyRequest") -> None:
    """Raise Invalid unless a template stands for itself: providers take nothing beside it."""
    if not can.templates:
        raise Invalid(NO_TEMPLATES, "/template", slug="template-unknown")
    if asked.body.strip():
        raise Invalid("A template goes out as it is. Write the rest when the customer has answered.", "/body")
    if asked.attachment_ids:
        raise Invalid("A template goes out as it is, without files.", "/attachment_ids")


def _check_fits(can: Capabilities, asked: "ReplyRequest") -> None:
    check_length(can, asked.body)
    if not can.attachments and asked.attachment_ids:
        raise Invalid("This channel takes no attachments.", "/attachment_ids")
    if can.attachments_max is not None and len(asked.attachment_ids) > can.attachments_max:
        raise Invalid(
            f"This channel takes at most {can.attachments_max} files per message.", "/attachment_ids"
        )
    if not can.cc and (asked.cc or asked.bcc):
        raise Invalid("This channel has no copies.", "/cc")


def _check_answers(
    session: Session, thread: "Thread", can: Capabilities, asked: "ReplyRequest", address: Address
) -> None:
    """Raise Invalid unless the chosen message is one of the customer's that this reply can be the answer to."""
    if asked.in_reply_to_message_id is None:
        return
    pointer = "/in_reply_to_message_id"
    found = sent.inbound_of(session, thread.id, asked.in_reply_to_message_id)
    if found is None:
        raise Invalid(NOT_HERE, pointer)
    if found.channel_id != asked.channel_id:
        raise Invalid(OTHER_CHANNEL, pointer)
    if not can.answers or asked.template is not None:
        raise Invalid(NO_ANSWERS, pointer)
    if found.removed_at is not None:
        raise Invalid(TAKEN_BACK, pointer)
    elsewhere = asked.reply_to is not None or address.identity_id != found.identity_id
    if elsewhere or address.party.place != found.place:
        raise Invalid(OTHER_ADDRESS, pointer)


def _address(found: list[answering.Way], asked: "ReplyRequest") -> Address:
    """The address that was asked for, else the best one that is no claim. Raises Invalid."""
    if asked.to_claim_id is not None and asked.to_identity_id is not None:
        raise Invalid("A reply goes to one address.", "/to_claim_id")
    fitting = [way for way in found if _fits(way.address, asked)]
    if not fitting and asked.to_claim_id is not None:
        raise Invalid(NO_SUCH_CLAIM, "/to_claim_id")
    if not fitting:
        nobody = next((way.verdict.reason for way in found if way.address is None), None)
        raise Invalid(nobody or NO_ADDRESS, "/channel_id")
    chosen = min(fitting, key=lambda way: (not way.verdict.usable, way.verdict.window is Window.TEMPLATES))
    if chosen.address is None or not chosen.verdict.usable:
        slug = "window-closed" if chosen.verdict.window is Window.CLOSED else ""
        raise Invalid(chosen.verdict.reason or NO_ADDRESS, "/channel_id", slug=slug)
    if chosen.verdict.window is Window.TEMPLATES and asked.template is None:
        raise Invalid(TEMPLATES_ONLY, "/template", slug="template-needed")
    return chosen.address


def _fits(address: Address | None, asked: "ReplyRequest") -> bool:
    if address is None:
        return False
    if asked.to_claim_id is not None or asked.to_identity_id is not None:
        return (address.claim_id, address.identity_id) == (asked.to_claim_id, asked.to_identity_id)
    return address.claim_id is None


def _typed(adapter: Any, text: str, pointer: str) -> Party:
    try:
        party: Party = adapter.normalise(text)
    except BadAddress as error:
        raise Invalid(error.reason, pointer) from error
    return party

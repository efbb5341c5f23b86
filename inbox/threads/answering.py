"""The ways to answer in a thread, as the composer offers them. Channels differ by their capabilities only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.channels import rights
from inbox.channels.models import Channel
from inbox.channels.registry import Registry
from inbox.channels.rights import Account
from inbox.channels.words import ChannelState
from inbox.contract import Capabilities, Level, Party
from inbox.customers import reach
from inbox.customers.lookup import party_of
from inbox.customers.models import Claim, Customer, Identity
from inbox.errors import Invalid
from inbox.shapes import ReplyCan, ReplyChannel, ReplyTo, iso_or_null
from inbox.threads import heard
from inbox.threads.answering_rules import NO_ADAPTER, Address, Verdict, Window, judge, narrowed, offered
from inbox.threads.models import Message, Thread
from inbox.threads.words import Kind

ADDRESSES = 20
"""Addresses of a customer that are offered, the last seen first; and as many claims, the newest first."""

_PLAIN = Capabilities()


@dataclass(frozen=True)
class Way:
    """An account of ours, an address that it reaches (None: nobody), and whether it may be used."""

    account: Account
    address: Address | None
    verdict: Verdict
    comes_from: str = ""
    """Who an answer seems to come from, where that is not the account itself."""

    @property
    def channel(self) -> Channel:
        """The account's channel."""
        return self.account.channel


@dataclass(frozen=True)
class LastInbound:
    """The customer's newest message: where it came from, and another address it asked to answer to."""

    channel_id: int | None
    identity_id: int | None
    reply_to: str | None


def reply_channels(
    session: Session, thread_id: int, *, registry: Registry, undo_seconds: int | None, now: datetime
) -> list[ReplyChannel]:
    """Every connected channel with whom a reply on it would reach; those that cannot be used say why.

    `undo_seconds` overrides the channels' own.
    The default is the way by which the customer wrote last, else the one he used before it; never a claim.
    """
    channels = session.scalars(
        select(Channel).where(Channel.state != ChannelState.REMOVED).order_by(Channel.id)
    ).all()
    installed, views = _installed(channels, registry), []
    last = _last_inbound(session, thread_id)
    found = ways(session, thread_id, installed, now)
    default = _default(session, thread_id, found, last)
    name = _customer_name(session, thread_id)
    for channel in channels:
        if all(channel is not known.channel for known in installed):
            views.append(_without_adapter(channel))
        for way in found:
            if way.channel is channel:
                undo = way.account.can.undo if undo_seconds is None else undo_seconds
                views.append(_view(way, last, name, undo, is_default=way is default))
    return views


def ways(session: Session, thread_id: int, accounts: Sequence[Account], now: datetime) -> list[Way]:
    """The ways to answer on some accounts, the best of each first."""
    people = session.scalars(
        select(Identity)
        .join(Thread, Thread.customer_id == Identity.customer_id)
        .where(Thread.id == thread_id)
        .order_by(Identity.last_seen_at.desc(), Identity.id.desc())
        .limit(ADDRESSES)
    ).all()
    claims = session.scalars(
        select(Claim)
        .join(Thread, Thread.customer_id == Claim.customer_id)
        .where(Thread.id == thread_id)
        .order_by(Claim.id.desc())
        .limit(ADDRESSES)
    ).all()
    counted = [a.channel.id for a in accounts if not a.can.can_start or a.can.reply_window]
    wrote = heard.by_place(session, thread_id, counted) if counted else {}
    shut = reach.shut(session, [person.id for person in people])
    found = []
    for account in accounts:
        addresses: Sequence[Address | None] = offered(
            account.can, _addresses(account, people, claims, wrote, shut)
        )
        judged = [_way(account, address, now) for address in addresses or (None,)]
        found += _one_each(judged)
    return found


def _way(account: Account, address: Address | None, now: datetime) -> Way:
    verdict = judge(account.can, account.channel.state, address, now)
    if address is None or address.claim_id is not None:
        return Way(account, address, verdict)
    facts = account.channel.facts
    network = account.adapter.may_answer(facts, address.party, address.wrote_at, now)
    return Way(account, address, narrowed(verdict, network), network.account)


def _one_each(judged: Sequence[Way]) -> list[Way]:
    """One way to each address: of several places where it is met the first that is usable, else the first."""
    found: dict[tuple[int | None, int | None], Way] = {}
    for way in judged:
        address = way.address
        key = (None, None) if address is None else (address.identity_id, address.claim_id)
        known = found.setdefault(key, way)
        if way.verdict.usable and not known.verdict.usable:
            found[key] = way
    return list(found.values())


def _installed(channels: Sequence[Channel], registry: Registry) -> list[Account]:
    installed = []
    for channel in channels:
        try:
            installed.append(rights.account(registry, channel))
        except Invalid:
            continue
    return installed


def _addresses(
    account: Account,
    people: Sequence[Identity],
    claims: Sequence[Claim],
    wrote: Mapping[tuple[int, int], Mapping[str, datetime | None]],
    shut: Mapping[tuple[int, int, str], str],
) -> list[Address]:
    channel, manifest = account.channel, account.manifest
    same = [p for p in people if p.namespace == manifest.namespace and p.account in ("", channel.account)]
    known = {person.address for person in same}
    return [
        *(
            Address(
                party_of(person).model_copy(update={"place": place}),
                identity_id=person.id,
                unreachable=person.unreachable or shut.get((person.id, channel.id, place)),
                wrote_at=wrote_at,
            )
            for person in same
            for place, wrote_at in (wrote.get((channel.id, person.id)) or {"": None}).items()
        ),
        *(
            Address(
                Party(
                    namespace=claim.namespace,
                    address=claim.address,
                    display=claim.display,
                    level=Level.CLAIMED,
                ),
                claim_id=claim.id,
                claimed_by=claim.identity_id,
            )
            for claim in claims
            if claim.namespace == manifest.namespace and claim.address not in known
        ),
    ]


def _last_inbound(session: Session, thread_id: int) -> LastInbound:
    row = session.execute(
        select(Message.channel_id, Message.identity_id, Message.recipients)
        .where(Message.thread_id == thread_id, Message.kind == Kind.INBOUND)
        .order_by(Message.seq.desc())
        .limit(1)
    ).first()
    if row is None:
        return LastInbound(None, None, None)
    asked = next((to["address"] for to in row.recipients if to["role"] == "reply_to"), None)
    return LastInbound(row.channel_id, row.identity_id, asked)


def _default(session: Session, thread_id: int, found: Sequence[Way], last: LastInbound) -> Way | None:
    """The way that is chosen until an agent chooses: a claim never is."""
    used = session.scalar(select(Thread.channel_ids).where(Thread.id == thread_id)) or []
    order = {channel_id: place for place, channel_id in enumerate(used)}
    usable = [way for way in found if way.verdict.usable and way.address and way.address.claim_id is None]

    def place(way: Way) -> tuple[bool, bool, int]:
        is_last = way.address is not None and way.address.identity_id == last.identity_id
        return (
            way.verdict.window is Window.TEMPLATES,  # where words of one's own can be written comes first
            not (is_last and way.channel.id == last.channel_id),
            order.get(way.channel.id, len(order)),
        )

    return min(usable, key=place, default=None)


def _customer_name(session: Session, thread_id: int) -> str:
    named = (
        select(Customer.name).join(Thread, Thread.customer_id == Customer.id).where(Thread.id == thread_id)
    )
    return session.scalar(named) or ""


def _view(way: Way, last: LastInbound, name: str, undo: int, *, is_default: bool) -> ReplyChannel:
    channel, address = way.channel, way.address
    is_last = address is not None and (channel.id, address.identity_id) == (last.channel_id, last.identity_id)
    elsewhere = last.reply_to if address is not None and last.reply_to != address.party.address else None
    return {
        "channel_id": channel.id,
        "kind": channel.kind,
        "title": way.account.manifest.title,
        "name": channel.name,
        "account": way.comes_from or channel.known_as,
        "to": None if address is None else _to(address, name),
        "reply_to": elsewhere if is_last else None,
        "usable": way.verdict.usable,
        "reason": way.verdict.reason,
        "default": is_default,
        "closes_at": iso_or_null(way.verdict.closes_at),
        "window": None if way.verdict.window is None else way.verdict.window.value,
        "can": _can(way.account.can),
        "undo_seconds": undo,
    }


def _to(address: Address, name: str) -> ReplyTo:
    return {
        "identity_id": address.identity_id,
        "claim_id": address.claim_id,
        "address": address.party.display or address.party.address,
        "name": address.party.name or name,
        "level": address.party.level.value,
        "unreachable": address.unreachable,
    }


def _can(can: Capabilities) -> ReplyCan:
    return {
        "subject": can.subject,
        "cc": can.cc,
        "attachments": can.attachments,
        "attachment_max": can.attachment_max,
        "attachments_max": can.attachments_max,
        "text_max": can.text_max,
        "text_unit": can.text_unit,
        "formats": list(can.formats),
        "splits": can.splits,
        "answers": can.answers,
        "reactions": can.reactions,
        "typing": can.typing,
        "edit": can.edit,
        "edit_within": can.edit_within,
        "delete": can.delete,
        "delete_within": can.delete_within,
        "templates": can.templates,
        "reply_window": can.reply_window,
    }


def _without_adapter(channel: Channel) -> ReplyChannel:
    return {
        "channel_id": channel.id,
        "kind": channel.kind,
        "title": channel.kind,
        "name": channel.name,
        "account": channel.known_as,
        "to": None,
        "reply_to": None,
        "usable": False,
        "reason": NO_ADAPTER,
        "default": False,
        "closes_at": None,
        "window": None,
        "can": _can(_PLAIN),
        "undo_seconds": 0,
    }

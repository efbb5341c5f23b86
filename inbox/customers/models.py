"""Tables of people: customers, their identities, what they claim, and what is known about them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from inbox.contract import Level
from inbox.customers.words import ErasureStep, FieldType, SuggestionState
from inbox.db.base import Base, Id, Key, Word


class Customer(Base):
    """A person. Has many identities and exactly one thread. `sort_name` is case-folded.

    `fields` holds values of custom fields by their key. One that was merged away keeps its row, so that old
    links lead on: `merged_into_id` is where.
    """

    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    sort_name: Mapped[str] = mapped_column(Key, index=True)
    locale: Mapped[str | None] = mapped_column(String)
    time_zone: Mapped[str | None] = mapped_column(String)
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    erased_at: Mapped[datetime | None]


class Identity(Base):
    """An address of a customer and how sure we are of it. One row per (namespace, account, address)."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("namespace", "account", "address"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    namespace: Mapped[str] = mapped_column(Key)
    account: Mapped[str] = mapped_column(Key, default="")
    address: Mapped[str] = mapped_column(Key, index=True)
    display: Mapped[str] = mapped_column(String)
    name: Mapped[str] = mapped_column(String, default="")
    level: Mapped[Level] = mapped_column(Word(Level))
    level_reason: Mapped[str] = mapped_column(String, default="")
    proved_at: Mapped[datetime | None]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    proved_as: Mapped[int | None] = mapped_column(Id)
    """Addresses that their holder himself proved in one act to be his bear the same number. What agents merge and
    what a link code joins does not: of that nobody has proved that he may read it."""
    unreachable: Mapped[str | None] = mapped_column(String)
    """Why messages to this address cannot arrive, whichever way they go, as the last bounce said; cleared by the
    next inbound. What concerns one channel is in `Shut`."""


class Shut(Base):
    """An address that one channel cannot write to, though others may: its holder blocked that account or left it.

    `place` is where the channel meets him (see `Party.place`): in another place it may still write.
    """

    __tablename__ = "shut"

    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"), primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True, index=True)
    place: Mapped[str] = mapped_column(Key, primary_key=True, default="")
    reason: Mapped[str] = mapped_column(String)
    at: Mapped[datetime]


class Block(Base):
    """An address from which a channel takes nothing, because an agent blocked it there."""

    __tablename__ = "block"

    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"), primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True, index=True)
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    at: Mapped[datetime]


class Claim(Base):
    """An address that somebody says is his, typed or sent along without proof.

    It is no identity: the row of that address may belong to somebody else, or to nobody yet, and a claim never
    leads mail into a thread. `mailed_at` is when an agent decided to write to it all the same: an answer from
    there, with our token, is the proof.
    """

    __tablename__ = "claim"
    __table_args__ = (UniqueConstraint("customer_id", "namespace", "address"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identity.id"), index=True)
    """Who claimed it."""
    namespace: Mapped[str] = mapped_column(Key)
    address: Mapped[str] = mapped_column(Key, index=True)
    display: Mapped[str] = mapped_column(String)
    source: Mapped[str] = mapped_column(String)
    created_at: Mapped[datetime]
    mailed_at: Mapped[datetime | None]


class Suggestion(Base):
    """Two customers who may be one person, with the evidence; `low_id` < `high_id`. A rejection is for good."""

    __tablename__ = "suggestion"
    __table_args__ = (UniqueConstraint("low_id", "high_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    low_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    high_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    evidence: Mapped[list[Any]] = mapped_column(default=list)
    score: Mapped[int]
    state: Mapped[SuggestionState] = mapped_column(Word(SuggestionState))
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))


class Merge(Base):
    """The journal of a merge (two customers became one) or a split (an identity got a customer of its own).

    `other_id` is the customer that was merged away, or that the split made. `before` is what the customers'
    own fields were. `reason` is why it happened without an agent.
    """

    __tablename__ = "merge_journal"
    __table_args__ = (Index("ix_merge_journal_survivor", "survivor_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    is_split: Mapped[bool] = mapped_column(default=False)
    survivor_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    reason: Mapped[str] = mapped_column(String, default="")
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    at: Mapped[datetime]
    undo_until: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)


class MergeRow(Base):
    """A row that a merge moved or changed, and what it was before. `place` names the table."""

    __tablename__ = "merge_row"

    merge_id: Mapped[int] = mapped_column(
        ForeignKey("merge_journal.id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[str] = mapped_column(Key, primary_key=True)
    row_id: Mapped[int] = mapped_column(Id, primary_key=True)
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)


class CustomerNote(Base):
    """Something agents should know about a person, whatever the request."""

    __tablename__ = "customer_note"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime | None]


class CustomerTag(Base):
    """A tag of a customer; `tag` is as shown, and unique as spelled."""

    __tablename__ = "customer_tag"

    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    tag: Mapped[str] = mapped_column(Key, primary_key=True, index=True)


class CustomField(Base):
    """A field that an admin added to the customer page. `options` are the choices of a choice field."""

    __tablename__ = "custom_field"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(Key, unique=True)
    label: Mapped[str] = mapped_column(String)
    type: Mapped[FieldType] = mapped_column(Word(FieldType))
    options: Mapped[list[Any]] = mapped_column(default=list)
    position: Mapped[int] = mapped_column(default=0)


class Consent(Base):
    """What a customer allowed or refused on a kind of address; the newest row counts, the older ones prove."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_customer", "customer_id", "namespace", "purpose", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    namespace: Mapped[str] = mapped_column(Key)
    purpose: Mapped[str] = mapped_column(Key)
    granted: Mapped[bool]
    source: Mapped[str] = mapped_column(String)
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    at: Mapped[datetime]


class Erasure(Base):
    """The erasing of a customer: what is still to be done, and afterwards the record that it was done.

    `sought` are the addresses and external ids by which payloads of his that belong to no message are known;
    it is emptied at the end. `step` says what is being done, `position` how far it is.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        Index(
            "ix_erasure_open",
            "id",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), unique=True)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    asked_at: Mapped[datetime]
    sought: Mapped[list[Any]] = mapped_column(default=list)
    step: Mapped[ErasureStep] = mapped_column(Word(ErasureStep))
    position: Mapped[int] = mapped_column(Id, default=0)
    done_at: Mapped[datetime | None]


class OneTimeCode(Base):
    """A secret that proves something once: `purpose` says what, `data` what it is about.

    Kept as its hash. `attempts` counts wrong guesses at codes that are short enough to be guessed.
    """

    __tablename__ = "one_time_code"

    hash: Mapped[str] = mapped_column(Key, primary_key=True)
    purpose: Mapped[str] = mapped_column(Key)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]

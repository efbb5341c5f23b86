"""Everything that this room knows of a person, as JSON for himself. The shape is described in docs/api.md."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from inbox.agents.models import Agent
from inbox.customers import blocks, fields, profile, reach
from inbox.customers.models import Claim, Consent, Customer, CustomerNote, Identity, Merge
from inbox.shapes import iso, iso_or_null


def person(session: Session, customer_id: int) -> dict[str, Any]:
    """A customer with addresses, claims, tags, values of fields, notes, consents, merges and splits."""
    row = session.get_one(Customer, customer_id)
    labels = {field.key: field.label for field in fields.fields(session)}
    return {
        "customer": {
            "id": row.id,
            "name": row.name,
            "locale": row.locale,
            "time_zone": row.time_zone,
            "created_at": iso(row.created_at),
            "tags": profile.tags(session, [row.id]).get(row.id, []),
            "fields": [
                {"key": key, "label": labels.get(key), "value": value}
                for key, value in sorted(row.fields.items())
            ],
        },
        "identities": _identities(session, row.id),
        "claims": _claims(session, row.id),
        "notes": _notes(session, row.id),
        "consents": _consents(session, row.id),
        "merges": _merges(session, row.id),
    }


def identity_ids(session: Session, customer_ids: Collection[int]) -> list[int]:
    """The identities of customers."""
    found = select(Identity.id).where(Identity.customer_id.in_(customer_ids)).order_by(Identity.id)
    return list(session.scalars(found))


def _identities(session: Session, customer_id: int) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(Identity).where(Identity.customer_id == customer_id).order_by(Identity.id)
    ).all()
    shut = reach.shut(session, [row.id for row in rows])
    blocked = blocks.among(session, [row.id for row in rows])
    return [
        {
            "id": row.id,
            "namespace": row.namespace,
            "account": row.account,
            "address": row.address,
            "display": row.display,
            "name": row.name,
            "level": row.level.value,
            "level_reason": row.level_reason,
            "proved_at": iso_or_null(row.proved_at),
            "first_seen_at": iso(row.first_seen_at),
            "last_seen_at": iso(row.last_seen_at),
            "unreachable": row.unreachable,
            "blocked": row.id in blocked,
            "unreachable_on": [
                {"channel_id": channel_id, "reason": reason}
                for (identity_id, channel_id, _place), reason in shut.items()
                if identity_id == row.id
            ],
        }
        for row in rows
    ]


def _claims(session: Session, customer_id: int) -> list[dict[str, Any]]:
    rows = session.scalars(select(Claim).where(Claim.customer_id == customer_id).order_by(Claim.id))
    return [
        {
            "namespace": row.namespace,
            "address": row.address,
            "display": row.display,
            "source": row.source,
            "created_at": iso(row.created_at),
            "mailed_at": iso_or_null(row.mailed_at),
        }
        for row in rows
    ]


def _notes(session: Session, customer_id: int) -> list[dict[str, Any]]:
    rows = session.execute(
        select(CustomerNote, Agent.name)
        .outerjoin(Agent, Agent.id == CustomerNote.author_id)
        .where(CustomerNote.customer_id == customer_id)
        .order_by(CustomerNote.id)
    )
    return [
        {
            "body": note.body,
            "author": author,
            "created_at": iso(note.created_at),
            "updated_at": iso_or_null(note.updated_at),
        }
        for note, author in rows
    ]


def _consents(session: Session, customer_id: int) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Consent, Agent.name)
        .outerjoin(Agent, Agent.id == Consent.agent_id)
        .where(Consent.customer_id == customer_id)
        .order_by(Consent.id)
    )
    return [
        {
            "namespace": consent.namespace,
            "purpose": consent.purpose,
            "granted": consent.granted,
            "source": consent.source,
            "noted_by": agent,
            "at": iso(consent.at),
        }
        for consent, agent in rows
    ]


def _merges(session: Session, customer_id: int) -> list[dict[str, Any]]:
    """What was merged and split: that and when, without the names of whom it turned out not to be."""
    rows = session.scalars(
        select(Merge)
        .where(or_(Merge.survivor_id == customer_id, Merge.other_id == customer_id))
        .order_by(Merge.id)
    )
    return [
        {
            "kind": "split" if row.is_split else "merge",
            "at": iso(row.at),
            "undone_at": iso_or_null(row.undone_at),
        }
        for row in rows
    ]

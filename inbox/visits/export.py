"""What is known of a person's visits to the shop's site, as JSON for himself."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.shapes import iso, iso_or_null
from inbox.visits.models import Visit, VisitorSession


def visits(session: Session, identity_ids: Collection[int]) -> list[dict[str, Any]]:
    """Sessions of these identities, each with where its visitor was."""
    rows = session.execute(
        select(VisitorSession, Visit)
        .outerjoin(Visit, Visit.session_id == VisitorSession.id)
        .where(VisitorSession.identity_id.in_(identity_ids))
        .order_by(VisitorSession.id)
    )
    return [_visit(browser, visit) for browser, visit in rows]


def _visit(browser: VisitorSession, visit: Visit | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "channel_id": browser.channel_id,
        "created_at": iso(browser.created_at),
        "last_seen_at": iso(browser.last_seen_at),
        "verified_until": iso_or_null(browser.verified_until),
        "ended_at": iso_or_null(browser.ended_at),
    }
    if visit is not None:
        found |= {
            "page_url": visit.page_url,
            "page_title": visit.page_title,
            "referrer": visit.referrer,
            "page_at": iso_or_null(visit.page_at),
            "pages": visit.pages,
            "cart": visit.cart,
            "attributes": visit.attributes,
            "said": visit.said,
            "locale": visit.locale,
        }
    return found

"""News of the account itself: restrictions, quality, limits, templates, as Meta tells them."""

from datetime import datetime
from typing import Any

from adapters.meta.batch import Fields, line
from inbox.contract import Account, Ignored, Item

KEPT = (
    "account_update",
    "account_alerts",
    "account_review_update",
    "business_capability_update",
    "phone_number_quality_update",
    "phone_number_name_update",
    "security",
)
"""What is kept with the channel, each under its own name: the newest of its kind counts."""
_LISTED_MAX = 20


def news(field: str, value: Fields, at: datetime | None) -> Item:
    """What a change without a conversation means."""
    if field.startswith(("message_template", "template")):
        return Ignored(reason=f"news of a template, which are asked for when needed: {_template(value)}")
    if field not in KEPT:
        return Ignored(reason=f"news that mean nothing here: {field or 'without a name'}")
    told = _plain(value, 0)
    return Account(facts={field: {**told, "at": at.isoformat() if at else ""}})


def _template(value: Fields) -> str:
    names = (
        "message_template_name",
        "message_template_language",
        "event",
        "new_category",
        "new_quality_score",
    )
    return " ".join(filter(None, (line(value.get(name)) for name in names))) or "which is not told"


def _plain(value: Fields, depth: int) -> dict[str, Any]:
    """Texts, numbers and a few levels of what is inside, each bounded."""
    listed = sorted(name for name in value if line(name))[:_LISTED_MAX]
    return {line(name)[:100]: _kept(value[name], depth + 1) for name in listed}


def _kept(value: Any, depth: int) -> Any:
    if isinstance(value, dict):
        return _plain(value, depth) if depth < 3 else {}
    if isinstance(value, list):
        return [_kept(each, depth + 1) for each in value[:_LISTED_MAX]] if depth < 4 else []
    if isinstance(value, str):
        return line(value)[:500]
    fits = value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < 1 << 53)
    return value if fits else line(str(value))[:100]

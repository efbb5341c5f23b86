"""What connecting Messenger and Instagram has in common: the rights of a token, and how our events are ordered."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from pydantic import JsonValue

from adapters.meta import batch
from adapters.meta.graph import Graph
from inbox.contract import AdapterError, Health, Io, NeedsReauth, Rejected

TEST_SECONDS = 8.0
_SOON = 7 * 24 * 3600


def health(facts: Mapping[str, JsonValue], problems: Iterable[str]) -> Health:
    """The result of a live test."""
    found = tuple(problem for problem in problems if problem)
    return Health(ok=not found, problems=found, facts=dict(facts))


def troubled(error: AdapterError) -> Health:
    """The result of a live test that could not be made."""
    return Health(ok=False, problems=(error.reason,), refused=isinstance(error, NeedsReauth))


def rights(graph: Graph, token: str, needed: Iterable[str], io: Io) -> tuple[dict[str, JsonValue], list[str]]:
    """What Meta tells about a token, and what is wrong with it. Raises TryLater or NeedsReauth.

    Not every token may be asked about; then sending shows what it is good for.
    """
    try:
        told = batch.obj(graph.get("debug_token", input_token=token), "data")
    except Rejected:
        return {"rights": "not told"}, []
    scopes = [scope for scope in told.get("scopes") or () if isinstance(scope, str)]
    expires = told.get("expires_at")
    facts: dict[str, JsonValue] = {
        "rights": list(scopes),
        "app_id": batch.line(told.get("app_id")),
        "token_expires": expires if isinstance(expires, int) else 0,
    }
    problems = []
    missing = [scope for scope in needed if scope not in scopes]
    if missing:
        problems.append(
            f"The access token lacks {' and '.join(missing)}. Grant the app what is missing and make a new token."
        )
    if isinstance(expires, int) and 0 < expires < io.now().timestamp() + _SOON:
        day = datetime.fromtimestamp(expires, UTC)
        problems.append(
            f"The access token runs out on {day:%d %B %Y}. Make one that does not, so that nothing stops then."
        )
    return facts, problems


def wrong_app(config_app: str, facts: Mapping[str, JsonValue]) -> str:
    """A sentence where the token is of another app than the settings say, or ""."""
    told = facts.get("app_id")
    if config_app and told and told != config_app:
        return f"The access token belongs to the app {told}, and the settings say {config_app}."
    return ""


def lost(told: Iterable[str], wanted: Iterable[str], what: str) -> str:
    """A sentence where a connected account tells us less than was ordered, or ""."""
    known = set(told)
    missing = [field for field in wanted if field not in known]
    if not missing:
        return ""
    return f"Meta no longer tells the app about {', '.join(missing)} of this {what}. Test and save the settings again."


def fields_of(graph: Graph, app: JsonValue) -> list[str] | None:
    """What the account tells our app about; None where it cannot be told which app is ours.

    Raises TryLater, Rejected or NeedsReauth.
    """
    apps = batch.objects(graph.get("me/subscribed_apps"), "data")
    if not app and len(apps) != 1:
        return None
    mine = [each for each in apps if not app or str(each.get("id")) == app]
    return [str(field) for each in mine for field in each.get("subscribed_fields") or ()]


def next_step(hook_url: str, where: str) -> str:
    """What a person does to try it."""
    if not hook_url:
        return "Meta has to reach us: set ONETHREAD_PUBLIC_URL to the https address of this installation, and save."
    return f"Enter {hook_url} with your verify token in the app's settings at Meta, then {where}."

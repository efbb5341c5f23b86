"""Connecting a Page: the live test, and what the Page tells our app from now on."""

from pydantic import JsonValue

from adapters.meta import batch, direct_connect
from adapters.meta.graph import Graph
from adapters.meta.messenger.config import MessengerConfig
from inbox.contract import AdapterError, Health, Io, Setup

FIELDS = (
    "messages",
    "messaging_postbacks",
    "messaging_referrals",
    "message_echoes",
    "message_deliveries",
    "message_reads",
    "message_reactions",
    "message_edits",
    "standby",
)
"""What we want to hear of."""
PERMISSIONS = ("pages_messaging", "pages_manage_metadata")
"""What the token has to have: to write, and to order what the Page tells."""


def check(config: MessengerConfig, io: Io) -> Health:
    """Ask whose the token is, what it may do, and whether we still hear of the Page. Changes nothing; never raises."""
    graph = Graph(config, io, direct_connect.TEST_SECONDS)
    token = config.access_token.get_secret_value()
    try:
        me = graph.get("me", fields="id,name,username")
        facts, problems = direct_connect.rights(graph, token, PERMISSIONS, io)
        problems += [_wrong_page(config, me), direct_connect.wrong_app(config.app_id, facts)]
        if not any(problems):
            problems.append(_lost(config, graph, facts, io))
    except AdapterError as error:
        return direct_connect.troubled(error)
    username = batch.line(me.get("username"))
    named: dict[str, JsonValue] = {"account_name": batch.line(me.get("name")), "username": username}
    return direct_connect.health({**facts, **named}, problems)


def connected(config: MessengerConfig, hook_url: str, io: Io) -> Setup:
    """Have the Page tell our app what happens. Raises TryLater, Rejected or NeedsReauth."""
    Graph(config, io).order("me/subscribed_apps", {"subscribed_fields": ",".join(FIELDS)})
    name = str(io.facts.get("account_name") or "") or "the Page"
    return Setup(
        facts={"subscribed": True},
        next_step=direct_connect.next_step(hook_url, f"write to {name} in Messenger"),
        next_url=f"https://m.me/{io.facts.get('username') or config.page_id}",
    )


def disconnected(config: MessengerConfig, io: Io) -> None:
    """Have the Page tell our app no more. Raises TryLater, Rejected or NeedsReauth."""
    Graph(config, io).undo("me/subscribed_apps")


def _wrong_page(config: MessengerConfig, me: batch.Fields) -> str:
    found = batch.line(str(me.get("id", "")))
    if found == config.page_id:
        return ""
    whose = batch.line(me.get("name")) or found or "nobody"
    return (
        f"The access token belongs to {whose} ({found}) and not to the Page {config.page_id}. "
        "Make a Page access token for this Page."
    )


def _lost(config: MessengerConfig, graph: Graph, facts: dict[str, JsonValue], io: Io) -> str:
    """A sentence where a connected Page tells us less than was ordered, or ""."""
    if not io.facts.get("subscribed"):
        return ""
    told = direct_connect.fields_of(graph, config.app_id or facts.get("app_id"))
    return "" if told is None else direct_connect.lost(told, FIELDS, "Page")

"""Connecting an Instagram account: the live test, and what it tells our app from now on."""

from pydantic import JsonValue

from adapters.meta import batch, direct_connect
from adapters.meta.batch import Fields
from adapters.meta.graph import Graph
from adapters.meta.instagram.config import InstagramConfig
from inbox.contract import AdapterError, Health, Io, Setup

FIELDS = (
    "messages",
    "messaging_postbacks",
    "messaging_referral",
    "messaging_seen",
    "message_reactions",
    "message_edit",
    "standby",
)
"""What we want to hear of. With a Page's token they are chosen in the app's settings for all accounts at once."""
PAGE_FIELDS = ("messages",)
"""What the Page has to tell the app so that its Instagram account does."""
PERMISSIONS = ("instagram_basic", "instagram_manage_messages", "pages_manage_metadata")
"""What a Page's token has to have."""
OWN_PERMISSIONS = ("instagram_business_basic", "instagram_business_manage_messages")
"""What a token of Instagram's own login has to have. Meta does not tell whether it does."""


def check(config: InstagramConfig, io: Io) -> Health:
    """Ask whose the token is, what it may do, and whether we still hear of the account.

    Changes nothing; never raises.
    """
    graph = Graph(config, io, direct_connect.TEST_SECONDS)
    facts: dict[str, JsonValue] = {}
    problems: list[str] = []
    try:
        me = _me(config, graph)
        if not config.is_own_login:
            token = config.access_token.get_secret_value()
            facts, problems = direct_connect.rights(graph, token, PERMISSIONS, io)
        problems += [_wrong_account(config, me), direct_connect.wrong_app(config.app_id, facts)]
        if not any(problems):
            problems.append(_lost(config, graph, facts, io))
    except AdapterError as error:
        return direct_connect.troubled(error)
    username = batch.line(me.get("username"))
    named: dict[str, JsonValue] = {
        "account_name": f"@{username}" if username else "",
        "username": username,
    }
    return direct_connect.health({**facts, **named}, problems)


def connected(config: InstagramConfig, hook_url: str, io: Io) -> Setup:
    """Have the account tell our app what happens. Raises TryLater, Rejected or NeedsReauth."""
    Graph(config, io).order("me/subscribed_apps", {"subscribed_fields": ",".join(_wanted(config))})
    username = str(io.facts.get("username") or "")
    whom = f"@{username}" if username else "the account"
    return Setup(
        facts={"subscribed": True},
        next_step=direct_connect.next_step(hook_url, f"write to {whom} in Instagram"),
        next_url=f"https://ig.me/m/{username}" if username else "",
    )


def disconnected(config: InstagramConfig, io: Io) -> None:
    """Have the account tell our app no more. Raises TryLater, Rejected or NeedsReauth."""
    Graph(config, io).undo("me/subscribed_apps")


def _wanted(config: InstagramConfig) -> tuple[str, ...]:
    return FIELDS if config.is_own_login else PAGE_FIELDS


def _me(config: InstagramConfig, graph: Graph) -> Fields:
    """The account that the token is for, with the number that webhooks carry as `id`; empty where there is none."""
    if not config.is_own_login:
        return batch.obj(
            graph.get("me", fields="instagram_business_account{id,username}"), "instagram_business_account"
        )
    me = graph.get("me", fields="user_id,username")
    # `id` is another number here, which is good for this app only.
    return {"id": str(me.get("user_id", "")), "username": me.get("username")}


def _wrong_account(config: InstagramConfig, me: Fields) -> str:
    found = batch.line(str(me.get("id", "")))
    if found == config.ig_id:
        return ""
    if not found:
        return "The access token is of a Page that no professional Instagram account is linked to."
    whose = batch.line(me.get("username")) or "another account"
    return (
        f"The access token is good for {whose} ({found}) and not for the account {config.ig_id}. "
        "Make a token for this account, or correct its number."
    )


def _lost(config: InstagramConfig, graph: Graph, facts: dict[str, JsonValue], io: Io) -> str:
    """A sentence where a connected account tells us less than was ordered, or ""."""
    if not io.facts.get("subscribed"):
        return ""
    told = direct_connect.fields_of(graph, config.app_id or facts.get("app_id"))
    return "" if told is None else direct_connect.lost(told, _wanted(config), "account")

"""Who and what there is: me, agents, teams, channels, views."""

from typing import Literal

from typing_extensions import TypedDict

from inbox.agents import queries as agents
from inbox.agents.identity import AgentIdentity
from inbox.channels import queries as channels
from inbox.errors import Invalid
from inbox.flows import templates
from inbox.flows.context import Context
from inbox.shapes import Moment, TemplateList, ViewCount, iso_or_null
from inbox.threads import queries as threads
from inbox.web.api.table import route
from inbox.web.auth import me
from inbox.web.context import context
from inbox.web.i18n import gettext as _
from inbox.web.pages import photos

TAG = "Directory"
RoleWord = Literal["agent", "supervisor", "admin"]


class Me(TypedDict):
    """The agent who asks."""

    id: int
    name: str
    email: str
    role: RoleWord
    locale: str
    time_zone: str
    team_ids: list[int]


class AgentView(TypedDict):
    """A colleague. `photo` is the address of his picture, which needs no signing in."""

    id: int
    name: str
    role: RoleWord
    initials: str
    photo: str | None
    team_ids: list[int]


class TeamView(TypedDict):
    """A team."""

    id: int
    name: str
    member_ids: list[int]


class ChannelView(TypedDict):
    """A connected account. `title` is the name of its kind."""

    id: int
    kind: str
    title: str
    name: str
    account: str
    state: Literal["active", "paused", "needs_reauth", "removed"]
    team_id: int | None
    last_in_at: Moment | None
    last_out_at: Moment | None
    last_error: str | None
    last_error_at: Moment | None


class Agents(TypedDict):
    """All active agents by name."""

    items: list[AgentView]


class Teams(TypedDict):
    """All teams by name."""

    items: list[TeamView]


class Channels(TypedDict):
    """All connected channels by name."""

    items: list[ChannelView]


class Views(TypedDict):
    """All views in the order in which they are shown."""

    items: list[ViewCount]


@route("GET", "/me", tag=TAG, answers={200: Me})
def get_me() -> Me:
    """Tell who I am."""
    return me_view(me())


@route("GET", "/agents", tag=TAG, answers={200: Agents})
def list_agents() -> Agents:
    """List all active agents."""
    return {"items": agent_views()}


@route("GET", "/teams", tag=TAG, answers={200: Teams})
def list_teams() -> Teams:
    """List all teams with their members."""
    return {"items": team_views()}


@route("GET", "/channels", tag=TAG, answers={200: Channels})
def list_channels() -> Channels:
    """List all connected channels and how they are."""
    return {"items": channel_views(context())}


@route(
    "GET",
    "/channels/<id:channel_id>/templates",
    tag=TAG,
    answers={200: TemplateList},
    errors=(404,),
)
def list_templates(channel_id: int) -> TemplateList:
    """List the texts that a channel's provider has approved.

    They are a few minutes old at most. 503 when the provider cannot be asked just now, and 422 when it refuses; the
    `detail` is what it says. A channel that has no such thing has none.
    """
    return {
        "items": [
            {
                "name": template.name,
                "language": template.language,
                "text": template.text,
                "fields": [{"name": gap.name, "example": gap.example} for gap in template.fields],
                "kind": template.kind,
                "problem": template.problem or None,
            }
            for template in templates.of_channel(context(), channel_id)
        ]
    }


@route("GET", "/views", tag=TAG, answers={200: Views})
def list_views() -> Views:
    """Count the threads of each view, as far as counting is worth it."""
    return {"items": view_counts(me())}


def me_view(agent: AgentIdentity) -> Me:
    """The agent who asks, for himself."""
    return {
        "id": agent.id,
        "name": agent.name,
        "email": agent.email,
        "role": agent.role.value,
        "locale": agent.locale,
        "time_zone": agent.time_zone,
        "team_ids": sorted(agent.team_ids),
    }


def agent_views() -> list[AgentView]:
    """All active agents by name."""
    with context().db.read() as session:
        return [
            {
                "id": agent.id,
                "name": agent.name,
                "role": agent.role.value,
                "initials": initials(agent.name),
                "photo": photos.address(agent.photo),
                "team_ids": sorted(agent.team_ids),
            }
            for agent in agents.agents(session, active_only=True)
        ]


def team_views() -> list[TeamView]:
    """All teams by name."""
    with context().db.read() as session:
        return [
            {"id": team.id, "name": team.name, "member_ids": sorted(team.member_ids)}
            for team in agents.teams(session)
        ]


def channel_views(ctx: Context) -> list[ChannelView]:
    """All connected channels by name."""
    with ctx.db.read() as session:
        found = channels.channels(session)
    return [
        {
            "id": channel.id,
            "kind": channel.kind,
            "title": _title(ctx, channel.kind),
            "name": channel.name,
            "account": channel.known_as,
            "state": channel.state.value,
            "team_id": channel.team_id,
            "last_in_at": iso_or_null(channel.last_in_at),
            "last_out_at": iso_or_null(channel.last_out_at),
            "last_error": channel.last_error,
            "last_error_at": iso_or_null(channel.last_error_at),
        }
        for channel in found
    ]


def view_counts(agent: AgentIdentity) -> list[ViewCount]:
    """The agent's views with their sizes."""
    labels = {
        "mine": _("Mine"),
        "unassigned": _("Unassigned"),
        "waiting": _("Waiting"),
        "open": _("All open"),
        "closed": _("Closed"),
        "drafts": _("Drafts"),
        "failed": _("Not delivered"),
    }
    with context().db.read() as session:
        counts = threads.counts(session, agent)
    return [
        {
            "key": key,
            "label": labels[key],
            "count": min(count, threads.COUNTED),
            "capped": count > threads.COUNTED,
        }
        for key, count in counts.items()
    ]


def initials(name: str) -> str:
    """One or two letters that stand for a name."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def _title(ctx: Context, kind: str) -> str:
    try:
        return ctx.registry.get(kind).manifest.title
    except Invalid:
        return kind  # its adapter is not installed any more

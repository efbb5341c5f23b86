"""What has to be done at Slack: the rights and events the app needs, and the manifest that asks for all of them."""

import json

from inbox.contract import Step

SCOPES = {
    "app_mentions:read": "hear when the bot is mentioned",
    "channels:history": "read public channels it is in",
    "channels:read": "know their names",
    "chat:write": "write",
    "files:read": "fetch customers' files",
    "files:write": "send files",
    "groups:history": "read private channels it is in",
    "groups:read": "know their names",
    "im:history": "read its chats with people",
    "im:read": "know whose chats they are",
    "im:write": "open a chat",
    "metadata.message:read": "recognise its own messages, so that none is sent twice",
    "mpim:history": "read chats of several people it is in",
    "mpim:read": "know them",
    "reactions:read": "see reactions",
    "reactions:write": "react",
    "team:read": "know the workspace's name",
    "users:read": "know people's names",
    "users:read.email": "know their e-mail addresses",
}
"""Rights of the bot, each with what it is for."""

NEEDED = ("chat:write", "im:history", "users:read")
"""Without these nothing works; without any other, something is missing."""

EVENTS = (
    "app_mention",
    "app_uninstalled",
    "channel_archive",
    "channel_deleted",
    "channel_id_changed",
    "channel_left",
    "channel_unarchive",
    "group_archive",
    "group_deleted",
    "group_left",
    "group_unarchive",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "reaction_added",
    "reaction_removed",
    "tokens_revoked",
    "user_change",
)
"""What the bot hears of."""

APP_SCOPES = ("connections:write",)
"""Rights of the app-level token, for Socket Mode."""


def app_manifest(hook_url: str = "", *, name: str = "Support") -> str:
    """The manifest to paste at api.slack.com/apps, "Create New App", "From a manifest", as JSON.

    `hook_url` is the address that Slack calls; without one the app is set up for Socket Mode.
    """
    subscriptions: dict[str, object] = {"bot_events": list(EVENTS)}
    if hook_url:
        subscriptions = {"request_url": hook_url, **subscriptions}
    manifest = {
        "display_information": {"name": name[:35], "description": "Customer support in Slack"},
        "features": {
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": name[:80], "always_online": True},
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": subscriptions,
            "interactivity": {"is_enabled": False},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not hook_url,
            "token_rotation_enabled": False,
        },
    }
    return json.dumps(manifest, indent=2)


def guide(hook_url: str, *, by_socket: bool) -> tuple[Step, ...]:
    """The steps before an app is connected, and those afterwards. `by_socket`: the settings say Socket Mode."""
    return (
        Step(
            title="Make an app at Slack",
            text=(
                "Open [Your Apps](https://api.slack.com/apps), press *Create New App*, choose *From a manifest* and "
                "your workspace, and paste this as JSON. It asks for every right and every event that is used."
            ),
            copy_text=app_manifest(),
        ),
        Step(
            title="Install it",
            text=(
                "Under *Install App* press *Install to Workspace* and allow it. Then copy the *Bot User OAuth Token*, "
                "which begins with `xoxb-`."
            ),
        ),
        Step(
            title="Choose how messages come in",
            text=(
                "**Socket Mode** needs no public address: under *Basic Information → App-Level Tokens* press *Generate "
                "Token and Scopes*, add the scope below, and enter the token, which begins with `xapp-`.\n\n"
                "**Events API**, where Slack calls this installation: leave that token empty, and enter the *Signing "
                "Secret* from *Basic Information → App Credentials*."
            ),
            copy_text=", ".join(APP_SCOPES),
        ),
        *(() if by_socket or not hook_url else (_called(hook_url),)),
        Step(
            title="Invite the bot",
            text=(
                "In every channel where customers write, shared ones too, send `/invite` and choose the bot. People of "
                "your workspace can write to it directly, under *Apps*."
            ),
            when="after",
        ),
    )


def _called(hook_url: str) -> Step:
    return Step(
        title="Only for the Events API: tell Slack our address",
        text=(
            "With an app-level token, go on with the next step. Otherwise open the app's *App Manifest*, put this in "
            "place of what is there, save, and press *Verify* where Slack asks for it."
        ),
        copy_text=app_manifest(hook_url),
        when="after",
    )

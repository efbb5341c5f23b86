"""What Slack's refusals mean to us: one table by the code in the answer, and a rule for the HTTP status."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from inbox.contract import AdapterError, NeedsReauth, Rejected, TryLater, Uncertain

PAUSE = 30.0
"""Seconds to wait where Slack asks for a pause without saying how long."""
_CODE_MAX = 60


@dataclass(frozen=True)
class Meaning:
    """What a code means. `gone`: the recipient cannot be reached at all, whatever is sent."""

    kind: Literal["reauth", "rejected", "later", "unclear"]
    sentence: str
    gone: bool = False


_REFUSED = "Slack does not accept the bot token any more. Install the app in the workspace again and enter its token."
_RIGHTS = "The app lost its place in the workspace. Install it there again and enter its bot token."
_FULL = "The workspace has no room for further files."
_NOT_ALLOWED = "The workspace does not let the app write in this channel."

MEANINGS: Mapping[str, Meaning] = {
    "invalid_auth": Meaning("reauth", _REFUSED),
    "not_authed": Meaning("reauth", _REFUSED),
    "token_revoked": Meaning("reauth", _REFUSED),
    "token_expired": Meaning("reauth", _REFUSED),
    "account_inactive": Meaning("reauth", _RIGHTS),
    "user_removed_from_team": Meaning("reauth", _RIGHTS),
    "team_access_not_granted": Meaning("reauth", _RIGHTS),
    "org_login_required": Meaning("reauth", _RIGHTS),
    "two_factor_setup_required": Meaning("reauth", "The workspace asks for two-factor authentication first."),
    "not_allowed_token_type": Meaning(
        "reauth", "Slack does not take this kind of token. Enter the bot token (xoxb-…)."
    ),
    "access_denied": Meaning("reauth", _RIGHTS),
    "ekm_access_denied": Meaning(
        "rejected", "The workspace's administrators have suspended writing for now."
    ),
    "no_permission": Meaning("rejected", "The app has no right to do this in the workspace."),
    "channel_not_found": Meaning("rejected", "Slack knows no such conversation for this app.", gone=True),
    "not_in_channel": Meaning(
        "rejected", "The bot is no member of this channel. Invite it there again.", gone=True
    ),
    "is_archived": Meaning("rejected", "The channel was archived.", gone=True),
    "user_not_found": Meaning("rejected", "Slack knows no such person for this app.", gone=True),
    "user_not_visible": Meaning("rejected", "The app cannot see this person any more.", gone=True),
    "user_disabled": Meaning("rejected", "This person's Slack account was deactivated.", gone=True),
    "users_not_found": Meaning("rejected", "Slack knows no such person for this app.", gone=True),
    "cannot_dm_bot": Meaning("rejected", "Slack lets no bot write to another one.", gone=True),
    "messages_tab_disabled": Meaning(
        "rejected", "Messages to the app are switched off. Switch on the “Messages Tab” of its App Home."
    ),
    "restricted_action": Meaning("rejected", _NOT_ALLOWED),
    "restricted_action_read_only_channel": Meaning("rejected", _NOT_ALLOWED),
    "restricted_action_thread_only_channel": Meaning(
        "rejected", "In this channel one may write in threads only."
    ),
    "restricted_action_non_threadable_channel": Meaning("rejected", "In this channel there are no threads."),
    "restricted_action_thread_locked": Meaning("rejected", "The thread is locked."),
    "cannot_reply_to_message": Meaning("rejected", "Slack takes no answers to this message."),
    "msg_too_long": Meaning("rejected", "The text is too long for Slack."),
    "no_text": Meaning("rejected", "Slack takes no empty message."),
    "msg_blocks_too_long": Meaning("rejected", "The text is too long for Slack."),
    "metadata_too_large": Meaning("rejected", "Slack refused what the message says of itself."),
    "invalid_metadata_format": Meaning("rejected", "Slack refused what the message says of itself."),
    "message_not_found": Meaning("rejected", "The message is not there any more."),
    "cant_update_message": Meaning("rejected", "Slack does not let the app change this message."),
    "edit_window_closed": Meaning("rejected", "The workspace does not let messages be changed any more."),
    "cant_delete_message": Meaning("rejected", "Slack does not let the app take this message back."),
    "cant_delete_file": Meaning("rejected", "Slack does not let the app take this file back."),
    "thread_not_found": Meaning("rejected", "The message that is answered is not there any more."),
    "already_reacted": Meaning("rejected", "The reaction is there already."),
    "no_reaction": Meaning("rejected", "The reaction is not there any more."),
    "invalid_name": Meaning("rejected", "Slack does not offer this emoji as a reaction."),
    "too_many_emoji": Meaning("rejected", "There are too many reactions on this message."),
    "too_many_reactions": Meaning("rejected", "There are too many reactions on this message."),
    "file_not_found": Meaning("rejected", "Slack does not have this file any more."),
    "file_deleted": Meaning("rejected", "The file was deleted in Slack."),
    "access_to_file_denied": Meaning("rejected", "The app may not see this file."),
    "file_uploads_disabled": Meaning("rejected", "The workspace takes no files."),
    "file_uploads_except_images_disabled": Meaning("rejected", "The workspace takes pictures only."),
    "storage_limit_reached": Meaning("rejected", _FULL),
    "over_file_limit": Meaning("rejected", _FULL),
    "posting_to_channel_denied": Meaning("rejected", _NOT_ALLOWED),
    "blocked_file_type": Meaning("rejected", "The workspace does not take this kind of file."),
    "ratelimited": Meaning("later", "Slack asks for a pause."),
    "rate_limited": Meaning("later", "Slack asks for a pause."),
    "message_limit_exceeded": Meaning(
        "later", "The workspace sends more messages than Slack takes at a time."
    ),
    "accesslimited": Meaning("later", "Slack refuses the workspace for now."),
    "team_added_to_org": Meaning("later", "The workspace is being moved into an organisation."),
    "request_timeout": Meaning("later", "The request did not reach Slack whole."),
    "service_unavailable": Meaning("unclear", "Slack has trouble of its own."),
    "internal_error": Meaning("unclear", "Slack has trouble of its own."),
    "fatal_error": Meaning("unclear", "Slack has trouble of its own."),
}


@dataclass(frozen=True)
class Answer:
    """An answer that is no success. `changes`: whether the call may have changed something that people see."""

    status: int
    data: Any
    retry_after: str
    changes: bool


def translated(answer: Answer) -> AdapterError:
    """The contract's error for an answer of Slack's."""
    data = answer.data if isinstance(answer.data, dict) else {}
    code = data.get("error")
    code = code[:_CODE_MAX] if answer.status < 500 and isinstance(code, str) and code.isprintable() else ""
    if answer.status == 429:
        return _later("Slack asks for a pause.", answer, "429")
    if code == "missing_scope":
        return _missing(data)
    found = MEANINGS.get(code)
    if found is None:
        known = code.replace("_", "").isalnum() if code else False
        if known or 400 <= answer.status < 500:
            return Rejected(
                f"Slack refused it: {code or f'HTTP {answer.status}'}.", code=code or str(answer.status)
            )
        return unclear(answer.changes, f"HTTP {answer.status}")
    match found.kind:
        case "reauth":
            return NeedsReauth(found.sentence, code=code)
        case "later":
            return _later(found.sentence, answer, code)
        case "unclear":
            return unclear(answer.changes, code)
    return Rejected(found.sentence, code=code, unreachable=found.gone)


def unclear(changes: bool, told: str) -> AdapterError:
    """The error for an answer that says neither yes nor no: what was to change may have changed."""
    if changes:
        return Uncertain(f"Slack answered {told}, so it is not known whether it took it.", code="answer")
    return TryLater(f"Slack has trouble of its own: it answered {told}.", code="answer")


def _later(sentence: str, answer: Answer, code: str) -> TryLater:
    wish = (
        float(answer.retry_after) if answer.retry_after.isascii() and answer.retry_after.isdigit() else PAUSE
    )
    return TryLater(sentence, after=min(wish, 86_400.0), code=code)


def _missing(data: Mapping[str, Any]) -> AdapterError:
    """Without the right to write nothing goes out, so replies are held; any other right is missed at its own place."""
    needed = data.get("needed")
    scopes = needed[:200] if isinstance(needed, str) else ""
    right = scopes or "Slack does not say which"
    text = f"The app lacks a right: {right}. Add it at OAuth & Permissions and install the app again."
    return (
        NeedsReauth(text, code="missing_scope")
        if "chat:write" in scopes
        else Rejected(text, code="missing_scope")
    )

"""Telegram's own lines in a chat ("Anna joined the group"), as a table from the field to a sentence."""

from collections.abc import Callable
from typing import Any

from telegram import Message

from adapters.telegram.people import line, name_of


def sentence(message: Message) -> tuple[str, str] | None:
    """What a service message says, with the name of its field, or None for a message that is none."""
    for field, told in _SENTENCES.items():
        found = getattr(message, field, None)
        if found is not None and found is not False and found != ():
            return field, told if isinstance(told, str) else told(found)
    return None


def _names(users: Any) -> str:
    return ", ".join(name_of(user) or str(user.id) for user in users)


def _name(user: Any) -> str:
    return name_of(user) or str(user.id)


def _amount(payment: Any) -> str:
    # The last two digits are cents for most currencies; without a table of them the raw amount is honest.
    return f"{payment.total_amount} {line(payment.currency)} (in the smallest unit)"


_SENTENCES: dict[str, str | Callable[[Any], str]] = {
    "new_chat_members": lambda users: f"{_names(users)} joined the group.",
    "left_chat_member": lambda user: f"{_name(user)} left the group.",
    "chat_owner_left": "The group's owner left.",
    "chat_owner_changed": "The group has a new owner.",
    "new_chat_title": lambda title: f"The group is called “{line(title)}” now.",
    "new_chat_photo": "The group has a new photo.",
    "delete_chat_photo": "The group's photo was removed.",
    "group_chat_created": "The group was created.",
    "supergroup_chat_created": "The supergroup was created.",
    "channel_chat_created": "The channel was created.",
    "message_auto_delete_timer_changed": "The time after which messages are deleted was changed.",
    "pinned_message": "A message was pinned.",
    "successful_payment": lambda payment: f"A payment succeeded: {_amount(payment)}.",
    "refunded_payment": lambda payment: f"A payment was refunded: {_amount(payment)}.",
    "users_shared": lambda shared: f"{len(shared.users)} users were shared with the bot.",
    "chat_shared": "A chat was shared with the bot.",
    "gift": "A gift was sent.",
    "unique_gift": "A unique gift was sent.",
    "gift_upgrade_sent": "An upgrade of a gift was bought.",
    "connected_website": lambda domain: f"Signed in at {line(domain)} with Telegram.",
    "write_access_allowed": "The bot was allowed to write.",
    "passport_data": "Documents of Telegram Passport were sent, which cannot be read here.",
    "proximity_alert_triggered": "Somebody came near a shared place.",
    "boost_added": "The group was boosted.",
    "chat_background_set": "The chat has a new background.",
    "checklist_tasks_done": "Tasks of a checklist were marked.",
    "checklist_tasks_added": "Tasks were added to a checklist.",
    "direct_message_price_changed": "The price of direct messages was changed.",
    "forum_topic_created": lambda topic: f"The topic “{line(topic.name)}” was opened.",
    "forum_topic_edited": "The topic was changed.",
    "forum_topic_closed": "The topic was closed.",
    "forum_topic_reopened": "The topic was opened again.",
    "general_forum_topic_hidden": "The topic “General” was hidden.",
    "general_forum_topic_unhidden": "The topic “General” is shown again.",
    "giveaway_created": "A giveaway was planned.",
    "giveaway_completed": "A giveaway ended without public winners.",
    "managed_bot_created": "A bot was made that this one manages.",
    "paid_message_price_changed": "The price of messages was changed.",
    "poll_option_added": "An answer was added to a poll.",
    "poll_option_deleted": "An answer was removed from a poll.",
    "suggested_post_approved": "A suggested post was approved.",
    "suggested_post_approval_failed": "A suggested post could not be approved.",
    "suggested_post_declined": "A suggested post was declined.",
    "suggested_post_paid": "A suggested post was paid.",
    "suggested_post_refunded": "The payment for a suggested post was returned.",
    "video_chat_scheduled": "A video chat was planned.",
    "video_chat_started": "A video chat began.",
    "video_chat_ended": "A video chat ended.",
    "video_chat_participants_invited": lambda chat: f"{_names(chat.users)} were invited to a video chat.",
}

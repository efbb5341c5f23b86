"""Every kind of event there is."""

import enum


class EventKind(enum.StrEnum):
    """What can happen. Thread events reach those who may read the thread; `*_own` ones only their agent."""

    MESSAGE_RECEIVED = "message.received"
    MESSAGE_REPLIED = "message.replied"
    MESSAGE_NOTED = "message.noted"
    DELIVERY_CHANGED = "delivery.changed"
    EPISODE_OPENED = "episode.opened"
    EPISODE_RESOLVED = "episode.resolved"
    EPISODE_REOPENED = "episode.reopened"
    EPISODE_RATED = "episode.rated"
    THREAD_CHANGED = "thread.changed"
    CUSTOMER_CHANGED = "customer.changed"
    CUSTOMER_EXPORTED = "customer.exported"
    CUSTOMER_ERASED = "customer.erased"
    CHANNEL_CHANGED = "channel.changed"
    SHOP_CHANGED = "shop.changed"
    COMMERCE_CHANGED = "commerce.changed"
    ENVELOPE_FAILED = "envelope.failed"
    AGENT_CHANGED = "agent.changed"
    THREAD_READ = "thread.read"
    THREAD_MERGED = "thread.merged"
    THREAD_SPLIT = "thread.split"
    MESSAGE_CHANGED = "message.changed"
    VISITOR_CHANGED = "visitor.changed"
    CUSTOMER_TYPING = "customer.typing"
    AGENT_TYPING = "agent.typing"
    DRAFT_CHANGED = "draft.changed"

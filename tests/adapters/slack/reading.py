"""Helpers: events and what they mean."""

import json
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from adapters.slack import ADAPTER
from adapters.slack.config import SlackConfig
from inbox.contract import Inbound, Item, Raw
from tests.peers.slack import BOT_TOKEN, SIGNING_SECRET, Slack

TEAM_CHANNEL = "C0TEAMHELP"
_WHOLE = SlackConfig.model_validate(
    {"bot_token": BOT_TOKEN, "signing_secret": SIGNING_SECRET, "team_channel": TEAM_CHANNEL}
)
CONFIG = _WHOLE.model_copy(update={"bot_token": SecretStr(""), "signing_secret": SecretStr("")})
"""As `parse` gets it: without secrets."""
ANNA, DM = "U0ANNA001", "D0ANNA001"
SAMPLES = Path(__file__).parents[3] / "adapters" / "slack" / "samples"


def message(text: str = "Hello", **fields: Any) -> dict[str, Any]:
    """A message of Anna's to the bot."""
    ts = fields.get("ts", "1760000000.000100")
    head = {"type": "message", "user": ANNA, "channel": DM, "channel_type": "im", "ts": ts, "event_ts": ts}
    return {**head, "text": text, **fields}


def read(event: dict[str, Any], *, config: SlackConfig = CONFIG, shared: bool = False) -> Item:
    """What an event means."""
    [item] = ADAPTER.parse(config, Raw(body=json.dumps(Slack().payload(event, shared=shared)).encode()))
    return item


def inbound(text: str = "Hello", **fields: Any) -> Inbound:
    """A message of Anna's as the product gets it."""
    item = read(message(text, **fields))
    assert isinstance(item, Inbound), item
    return item

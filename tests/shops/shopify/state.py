"""What is in a made-up Shopify shop, and how it tells of changes."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from inbox.contract import HookRequest
from tests.shops.shopify.store import Person, Sale, Variant, number

DOMAIN = "alpe.myshopify.com"
CLIENT, SECRET = "client of these tests", "client secret of these tests"
ALL_SCOPES = (
    *(
        "read_customers",
        "read_orders",
        "read_all_orders",
        "read_products",
        "read_inventory",
        "read_locations",
    ),
    *("read_returns", "read_merchant_managed_fulfillment_orders", "read_store_credit_accounts"),
    *("write_orders", "write_draft_orders", "write_discounts", "write_returns"),
)


class State:
    """The shop. Tests set `scopes`, `hides` (personal data), `points` (of the bucket), `slow_jobs` and `refuses`."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.sales: dict[str, Sale] = {}
        self.variants = [
            Variant(401, "SLIP-38", "Hut slippers", Decimal("39.90")),
            Variant(402, "ROPE-60", "Rope of 60 m", Decimal("149.50")),
        ]
        self.drafts: list[dict[str, Any]] = []
        self.codes: dict[str, dict[str, Any]] = {}
        self.hooks: list[dict[str, Any]] = []
        self.sent: list[HookRequest] = []
        self.tokens: dict[str, datetime] = {}
        self.scopes = list(ALL_SCOPES)
        self.hides = False
        self.points = 2000.0
        self.slow_jobs = False
        self.jobs: list[Callable[[], None]] = []
        self.refuses = ""
        self.asked: list[str] = []
        self.once: dict[str, Any] = {}

    def changed(self, sale: Sale, topic: str, body: dict[str, Any]) -> None:
        """An order is another than before, and those who want to know are told."""
        sale.touched()
        self.tell(topic, body)

    def tell(self, topic: str, body: dict[str, Any]) -> None:
        """Send an event to all who subscribed to its topic."""
        raw = json.dumps(body).encode()
        head, _, last = topic.rpartition("_")
        for hook in self.hooks:
            if hook["topic"] == topic:
                signature = base64.b64encode(hmac.digest(SECRET.encode(), raw, hashlib.sha256)).decode()
                headers = {
                    "content-type": "application/json",
                    "x-shopify-topic": f"{head}/{last}".lower(),
                    "x-shopify-hmac-sha256": signature,
                    "x-shopify-shop-domain": DOMAIN,
                    "x-shopify-webhook-id": f"delivery-{number()}",
                    "x-shopify-triggered-at": datetime.now(UTC).isoformat(),
                    "x-shopify-api-version": "2026-10",
                }
                self.sent.append(HookRequest(method="POST", body=raw, headers=headers, args={}))

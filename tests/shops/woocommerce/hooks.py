"""The webhooks of a WooCommerce site in memory: signed, sent once, and tried by a form that nobody signs."""

import base64
import hashlib
import hmac
import json
import re
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

URL = "https://woo.example"


class Refusal(Exception):
    """An error of the REST API."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.body = status, {"code": code, "message": message, "data": {"status": status}}


def invalid(name: str) -> Refusal:
    return Refusal(400, "rest_invalid_param", f"Invalid parameter(s): {name}")


class Hooks:
    """What is subscribed. `number` gives out ids."""

    def __init__(self, number: Callable[[], int]) -> None:
        self.number = number
        self.known: dict[int, dict[str, Any]] = {}
        self.lost = False
        self._secrets: dict[int, str] = {}

    def tell(self, topic: str, body: Mapping[str, Any]) -> None:
        """Send a webhook to those who listen: once, whatever comes of it."""
        for number, hook in self.known.items():
            if hook["topic"] == topic and hook["status"] == "active":
                raw = json.dumps(body, default=str).encode()
                proof = base64.b64encode(hmac.digest(self._secrets[number].encode(), raw, hashlib.sha256))
                headers = {
                    "Content-Type": "application/json",
                    "X-WC-Webhook-Source": f"{URL}/",
                    "X-WC-Webhook-Topic": topic,
                    "X-WC-Webhook-Resource": topic.split(".", maxsplit=1)[0],
                    "X-WC-Webhook-Event": topic.split(".")[1],
                    "X-WC-Webhook-Signature": proof.decode(),
                    "X-WC-Webhook-ID": str(number),
                    "X-WC-Webhook-Delivery-ID": f"{number:016x}{self.number():016x}",
                }
                self._post(hook["delivery_url"], raw, headers)

    def _post(self, url: str, raw: bytes, headers: Mapping[str, str]) -> None:
        if not self.lost:
            urllib.request.urlopen(urllib.request.Request(url, raw, dict(headers)), timeout=30).close()

    def save(self, number: int, body: Any) -> dict[str, Any]:
        fresh = number not in self.known
        if not re.fullmatch(
            r"(order|customer|product|coupon)\.(created|updated|deleted|restored)", body["topic"]
        ):
            raise Refusal(
                400, "woocommerce_rest_invalid_webhook_topic", "Webhook topic is required and must be valid."
            )
        shown = {key: value for key, value in body.items() if key != "secret"}
        self.known[number] = {"id": number, **shown}
        self._secrets[number] = body["secret"]
        if fresh:
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            self._post(body["delivery_url"], f"webhook_id={number}".encode(), form)
        return self.known[number]

"""Telling the inbox what happens in the shop: signed posts to its webhook, as from any other shop."""

import hashlib
import hmac
import json
import queue
import threading
import time
import urllib.error
import urllib.request
import uuid

import structlog

log = structlog.get_logger(__name__)
SECONDS = 10.0


class Teller:
    """Posts to `url`, signed with `secret`, in the background and in order, until the process ends."""

    def __init__(self, url: str, secret: str) -> None:
        self._url, self._secret = url, secret.encode()
        self._waiting: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="demo-shop-events", daemon=True).start()

    def tell(self, topic: str, changed_id: str) -> None:
        """Something in the shop has changed."""
        self._waiting.put((topic, changed_id))

    def _work(self) -> None:
        while True:
            topic, changed_id = self._waiting.get()
            try:
                self._post(json.dumps({"topic": topic, "id": changed_id}).encode())
            except (OSError, urllib.error.URLError) as error:
                # As with a real shop, what is lost here is found at the next look.
                log.warning("demo.event_lost", topic=topic, reason=str(error))

    def _post(self, body: bytes) -> None:
        delivery, stamp = uuid.uuid4().hex, str(int(time.time()))
        signed = hmac.new(self._secret, f"{stamp}.{delivery}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Shop-Delivery": delivery,
            "X-Shop-Timestamp": stamp,
            "X-Shop-Signature": f"v1={signed}",
        }
        request = urllib.request.Request(self._url, data=body, headers=headers, method="POST")  # noqa: S310
        with urllib.request.urlopen(request, timeout=SECONDS):  # noqa: S310  our own address
            pass

"""Fetching updates by long polling, and looking after the webhook where Telegram calls us."""

import json
import threading
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from telegram.error import TelegramError

from adapters.telegram import update
from adapters.telegram.bot import Api, Wire
from adapters.telegram.config import TelegramConfig
from adapters.telegram.connect import ALLOWED_UPDATES, mode_of, set_webhook
from inbox.contract import AdapterError, Batch, Io, Raw, RawItem, TryLater, Unreadable
from inbox.contract.adapter import Cursor

LIMIT = 100
LONG = 25
"""Seconds that one long poll stays open."""
HASTE = 0.75
"""A long poll that ends sooner without news was none; so many seconds pass before the next."""
QUIET = timedelta(days=6)
"""After a week without updates Telegram counts on from a random number; before that we no longer say ours."""
WATCH = 300.0
"""Seconds between looks at the webhook."""


@dataclass(frozen=True)
class _Ahead:
    """What a long poll brought, or why it brought nothing, until `fetch` takes it."""

    offset: int | None
    updates: list[Any]
    error: AdapterError | None = None


class UpdatePoller:
    """Fetches updates. The contract's `Poller`.

    Telegram forgets an update when a higher one is asked for, and that happens only after the cursor was committed.
    """

    def __init__(self, config: TelegramConfig, io: Io) -> None:
        self._config = config
        self._io = io
        self._offset: int | None = None
        self._ahead: _Ahead | None = None

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Up to 100 updates after `cursor`. Raises TryLater, NeedsReauth or Rejected."""
        today = self._io.now().date()
        offset = _offset(cursor, today)
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead.error is not None:
            raise ahead.error
        found = ahead.updates if ahead is not None and ahead.offset == offset else self._get(offset, 0)
        items = tuple(_item(each) for each in found)
        numbers = [each["update_id"] for each in found if _has_number(each)]
        after: Cursor = dict(cursor or {})
        if numbers:
            # The last one and not the highest: numbers may begin anew.
            after = {"offset": numbers[-1] + 1, "on": today.isoformat()}
        self._offset = _offset(after, today)
        return Batch(items=items, cursor=after, more=len(found) >= LIMIT)

    def wait(self, seconds: float) -> None:
        """Return when there are updates, polling fails, the process ends, or `seconds` have passed."""
        until = time.monotonic() + seconds
        while self._ahead is None and (left := until - time.monotonic()) > 0 and not self._io.stopping():
            self._poll_long(max(1, min(LONG, int(left))))

    def close(self) -> None:
        """Nothing is open: a poll that still waits ends by itself, and confirms nothing."""

    def _poll_long(self, seconds: int) -> None:
        """One long poll in a thread of its own, so that the order to stop is heard meanwhile."""
        offset = self._offset
        done = threading.Event()
        got: list[_Ahead] = []

        def run() -> None:
            try:
                got.append(_Ahead(offset, self._get(offset, seconds)))
            except AdapterError as error:
                got.append(_Ahead(offset, [], error))
            finally:
                done.set()

        began = time.monotonic()
        threading.Thread(target=run, name=f"telegram-{self._config.bot_id}", daemon=True).start()
        while not done.wait(0.25):
            if self._io.stopping():
                return
        if not got:
            error = TryLater("Fetching failed in an unforeseen way.", code="thread")
            self._ahead = _Ahead(offset, [], error)
        elif got[0].updates or got[0].error:
            self._ahead = got[0]
        elif time.monotonic() - began < HASTE:
            time.sleep(HASTE)  # a server that does not wait for news must not be asked without a pause

    def _get(self, offset: int | None, seconds: int) -> list[Any]:
        try:
            return self._ask(offset, seconds)
        except TryLater as error:
            if error.code != "conflict" or "mode" in self._io.facts:
                raise
            # Nobody has arranged this account yet: it was saved without a test.
            api = Api(self._config, self._io)
            api.ask(api.bot.delete_webhook())
            return self._ask(offset, seconds)

    def _ask(self, offset: int | None, seconds: int) -> list[Any]:
        wire = _Updates(self._io)
        api = Api(self._config, self._io, wire)
        api.ask(
            api.bot.get_updates(
                offset=offset, limit=LIMIT, timeout=seconds, allowed_updates=list(ALLOWED_UPDATES)
            )
        )
        return wire.updates


class _Updates(Wire):
    """Keeps updates as they came. The library would make objects of all of them, and fail for one bad one."""

    __slots__ = ("updates",)

    def __init__(self, io: Io) -> None:
        super().__init__(io)
        self.updates: list[Any] = []

    def parse_json_payload(self, payload: bytes) -> dict[str, Any]:  # type: ignore[override]  # as in `Wire`
        """An answer as data, without the updates, which are set aside."""
        data = super().parse_json_payload(payload)
        if not data.get("ok"):
            return data
        if not isinstance(self.result, list):
            raise TelegramError("The answer holds no list.")
        self.updates = self.result
        return {**data, "result": []}


class WebhookWatch:
    """Looks now and then whether Telegram still calls us and gets through. The contract's `Poller`."""

    def __init__(self, config: TelegramConfig, io: Io) -> None:
        self._config = config
        self._io = io

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Nothing, as updates come by themselves. Raises TryLater with what hinders them, or NeedsReauth."""
        url = str(self._io.facts.get("hook_url") or "")
        api = Api(self._config, self._io)
        found = api.ask(api.bot.get_webhook_info())
        if url and found.url != url:
            set_webhook(self._config, url, self._io)
        elif url and isinstance(found.last_error_date, datetime) and found.pending_update_count:
            failed = self._io.now() - found.last_error_date
            if failed < timedelta(seconds=2 * WATCH):
                raise TryLater(
                    f"Telegram does not get through to us: {found.last_error_message or 'it does not say why'}. "
                    f"{found.pending_update_count} messages wait there.",
                    after=60.0,
                    code="webhook",
                )
        return Batch(cursor=dict(cursor or {}))

    def wait(self, seconds: float) -> None:
        """Return when it is time for another look, or the process ends."""
        until = time.monotonic() + min(seconds, WATCH)
        while (left := until - time.monotonic()) > 0 and not self._io.stopping():
            time.sleep(min(left, 0.5))

    def close(self) -> None:
        """Nothing is open."""


def poller(config: TelegramConfig, io: Io) -> UpdatePoller | WebhookWatch:
    """What brings in the updates of an account as it was arranged."""
    return WebhookWatch(config, io) if mode_of(config, io.facts) == "webhook" else UpdatePoller(config, io)


def _offset(cursor: Cursor | None, today: date) -> int | None:
    """The number to ask from, or None for everything that was not confirmed."""
    offset, on = (cursor or {}).get("offset"), (cursor or {}).get("on")
    if not isinstance(offset, int) or not isinstance(on, str):
        return None
    return offset if today - date.fromisoformat(on) < QUIET else None


def _has_number(found: Any) -> bool:
    return isinstance(found, dict) and isinstance(found.get("update_id"), int)


def _item(found: Any) -> RawItem:
    body = json.dumps(found, separators=(",", ":")).encode()
    try:
        key = update.dedupe_key(update.read(body))
    except Unreadable:
        key = update.nameless(body)
    return RawItem(dedupe_key=key, raw=Raw(body=body))

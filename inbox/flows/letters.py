"""One mail outside of any thread, such as the code that proves a mailbox.

Whoever can make us write to an address of his choice has a relay for spam, so the callers' texts are fixed and
hold nothing that a visitor typed, and the letters are counted: to an address, for an asker, and all together.
"""

import threading
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from inbox.agents import limits
from inbox.agents.rules import Limit
from inbox.channels import actions as channels
from inbox.channels import lookup as channel_lookup
from inbox.channels.words import Side
from inbox.contract import (
    AdapterError,
    BadAddress,
    NeedsReauth,
    Outgoing,
    Party,
    Rejected,
    TryLater,
    Uncertain,
)
from inbox.errors import Invalid, OnethreadError
from inbox.flows.context import Context

if TYPE_CHECKING:
    from inbox.channels.models import Channel

log = structlog.get_logger(__name__)

_DAY = timedelta(hours=24)
TO_ONE: Final = Limit(3, timedelta(minutes=1), timedelta(hours=2), _DAY)
"""Letters to one address, whoever asks for them."""
FOR_ONE: Final = Limit(5, timedelta(minutes=1), timedelta(hours=2), _DAY)
"""Letters that one asker may cause, to whatever addresses."""
IN_ALL: Final = Limit(300, timedelta(seconds=10), timedelta(minutes=10), timedelta(hours=1))
"""The backstop: letters of the whole installation."""

PAUSES = (0.5, 1.5)
"""Seconds before each further try of a letter that was certainly not sent."""
PATIENCE = 20.0
"""Seconds a caller waits at most; a letter that takes longer is still tried to its end."""
AT_ONCE = 4
_slots = threading.BoundedSemaphore(AT_ONCE)


class NotPosted(OnethreadError):
    """The letter did not go out, or nobody knows; the sentence may be shown to whoever asked for it."""


def recipient(ctx: Context, text: str, *, is_demo: bool = False) -> Party:
    """The party at an address that somebody typed. Raises Invalid, or NotPosted when no channel could write."""
    channel = _carrier(ctx, is_demo)
    try:
        party = ctx.registry.get(channel.kind).normalise(text)
    except BadAddress as error:
        raise Invalid(error.reason, "/address") from error
    if party.address == channel.account:
        raise Invalid("This is our own address.", "/address")
    return party


def post(
    ctx: Context,
    party: Party,
    subject: str,
    text: str,
    *,
    automatic: bool = True,
    asker: str = "",
    is_demo: bool = False,
) -> None:
    """Send one mail outside of any thread. `asker` names who made us write it ("identity:17").

    Raises TooMany (with the seconds to wait), or NotPosted when no channel can send it, the address is refused,
    or the mail server does not answer.
    """
    channel = _carrier(ctx, is_demo)
    _count(ctx, party, asker)
    message = Outgoing(
        idem_key=uuid.uuid4().hex,
        to=party,
        subject=subject,
        text=text,
        automatic=automatic,
        created_at=ctx.clock(),
    )
    if not _slots.acquire(timeout=PATIENCE / 4):
        raise NotPosted("Many mails are being sent right now. Try again in a minute.")
    attempt = _Attempt(ctx, channel, message)
    attempt.start()
    attempt.join(PATIENCE)
    if attempt.is_alive():
        raise NotPosted("The mail server is slow. The mail may still arrive; if not, try again in a minute.")
    if attempt.problem:
        raise NotPosted(attempt.problem)


def _carrier(ctx: Context, is_demo: bool) -> "Channel":
    with ctx.db.read() as session:
        found = channel_lookup.carriers(session, ctx.registry, is_demo=is_demo)
    if not found:
        raise NotPosted("No mailbox is connected that could send a mail.")
    return found[0]


def _count(ctx: Context, party: Party, asker: str) -> None:
    checks = [(f"letter:to:{party.namespace}:{party.address}", TO_ONE), ("letter:all", IN_ALL)]
    if asker:
        checks.append((f"letter:for:{asker}", FOR_ONE))
    ctx.db.run(limits.spend, lambda key: ctx.vault.digest("login-attempt", key), checks, ctx.clock())


class _Attempt(threading.Thread):
    """Sends a letter in a thread of its own: whoever waits for it does not wait for ever."""

    def __init__(self, ctx: Context, channel: "Channel", message: Outgoing) -> None:
        super().__init__(name="letter", daemon=True)
        self._ctx, self._channel, self._message = ctx, channel, message
        self.problem = "The mail could not be sent."

    def run(self) -> None:
        try:
            self.problem = self._send()
        finally:
            _slots.release()

    def _send(self) -> str:
        """Send it, with a few tries where that is safe; the problem as a sentence, or ""."""
        ctx, channel = self._ctx, self._channel
        adapter = ctx.registry.get(channel.kind)
        config = channels.open_config(ctx.registry, ctx.vault, channel)
        io = ctx.make_io(
            channel.facts,
            lambda updates: channels.keep_secrets(ctx.db, ctx.registry, ctx.vault, channel.id, updates),
        )
        for pause in (*PAUSES, None):
            try:
                adapter.send(config, self._message, io)
            except TryLater as error:
                if pause is not None and not ctx.stop.wait(pause):
                    continue
                self._log(error)
                ctx.db.run(channels.note_error, channel.id, error.reason, Side.OUT)
                return "The mail server does not take mail right now. Try again in a few minutes."
            except NeedsReauth as error:
                self._log(error)
                ctx.db.run(channels.needs_reauth, channel.id, error.reason)
                return "The mailbox that sends this is not connected right now."
            except Rejected as error:
                self._log(error)
                return "The mail server did not take a mail for this address."
            except Uncertain as error:
                self._log(error)  # it may have arrived; whoever waits for it in vain asks for another
            ctx.db.run(channels.note_out, channel.id)
            return ""
        raise AssertionError("unreachable")

    def _log(self, error: AdapterError) -> None:
        log.warning("letter.not_sent", channel=self._channel.id, reason=error.reason, code=error.code)

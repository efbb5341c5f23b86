"""What a newcomer does as a customer besides chatting on the site: answers a mail, writes to the bot.

A stand-in for a mailbox and for Telegram's app, so that nobody needs either to try the demo.
"""

import itertools
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

from inbox.demo import mails, script, telegram
from inbox.demo.arrivals import Arrivals
from inbox.demo.mails import Answered
from inbox.demo.voices import keep_mail, keep_update
from inbox.flows.context import Context

TEXT_MAX = 4000
LINES_MAX = 200


@dataclass(frozen=True)
class Line:
    """A message in the stand-in for Telegram's app."""

    mine: bool
    text: str
    files: tuple[str, ...]
    at: datetime


class Newcomer:
    """Writes into the demo's channels, and knows what was said in Telegram since the start."""

    def __init__(self, ctx: Context, mailbox_id: int, bot_id: int, arrivals: Arrivals) -> None:
        self._ctx, self._mailbox_id, self._bot_id, self._arrivals = ctx, mailbox_id, bot_id, arrivals
        # Far above the numbers of the script, and growing from start to start.
        self._numbers = itertools.count(int(time.time()))
        self._lock = threading.Lock()
        self._said: list[tuple[int, Line]] = []

    def answer(self, number: int, text: str) -> bool:
        """Answer a mail that arrived; False when it is not here any more."""
        arrival = self._arrivals.get(number)
        if arrival is None or not arrival.answers:
            return False
        name, address = parseaddr(arrival.to)
        now, key = self._ctx.clock(), uuid.uuid4().hex
        body = mails.build(
            script.Customer(name or address.partition("@")[0], address, ""),
            key,
            now,
            text[:TEXT_MAX],
            f"Re: {arrival.subject.removeprefix('Re: ')}",
            answered=Answered((arrival.answers,), "Alpe", arrival.at, arrival.text),
        )
        self._ctx.db.run(keep_mail, self._ctx, self._mailbox_id, key, body, now)
        return True

    def write(self, chat: int, name: str, text: str) -> None:
        """Write to the bot; "/start …" brings a one-time code."""
        now = self._ctx.clock()
        customer = script.Customer(name, "", "en", telegram=chat)
        with self._lock:
            number = next(self._numbers)
            self._said = [*self._said, (chat, Line(True, text, (), now))][-LINES_MAX:]
        command, _, code = text.partition(" ")
        if command == "/start" and code:
            update = telegram.start(customer, number, now, code)
        else:
            update = telegram.message(customer, number, now, text[:TEXT_MAX])
        self._ctx.db.run(keep_update, self._ctx, self._bot_id, update, now)

    def lines(self, chat: int) -> list[Line]:
        """What was said in a chat, oldest first."""
        with self._lock:
            said = [line for whose, line in self._said if whose == chat]
        heard = [
            Line(False, arrival.text, arrival.files, arrival.at)
            for arrival in self._arrivals.newest()
            if arrival.chat == chat
        ]
        return sorted([*said, *heard], key=lambda line: line.at)

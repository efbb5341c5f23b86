"""Reading a mailbox: the inbox and, beside it, the folder of sent mail.

Nothing is changed on the server: folders are opened read-only and bodies peeked at. Whoever else reads the
mailbox sees no difference, and nothing depends on what others mark as read.
"""

import contextlib
import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from imapclient import exceptions
from imapclient.imapclient import SENT

from adapters.email.config import EmailConfig
from adapters.email.cursor import FolderState, Found, State, first_of, groups_of, in_order, pack
from adapters.email.imap import Connection, connect, reported, select_folder
from inbox.contract import Batch, Io, Raw, RawItem, Rejected, TryLater
from inbox.contract.adapter import Cursor

BATCH_MAILS = 200
BATCH_BYTES = 24 << 20
RESCAN_SECONDS = 600.0
"""Pause between looks for mails whose numbers became visible late."""
IDLE_SECONDS = 540.0
"""Idling is begun anew at least so often; some networks forget a connection after ten minutes."""
SENT_SECONDS = 60.0
"""Longest wait when the folder of sent mail has to be looked at, too."""
HEADERS_AFTER = 5
"""So many failures to fetch a mail, and only its headers are asked for; twice as many, and it is given up."""


class MailPoller:
    """An open, logged-in connection that brings what is new. The contract's `Poller`.

    A connection that broke is not mended: `fetch` raises TryLater and the caller opens another poller, which
    goes on from the cursor.
    """

    def __init__(self, config: EmailConfig, io: Io) -> None:
        self._config = config
        self._io = io
        self._broken: TryLater | None = None
        self._selected = ""
        self._selected_state: tuple[int, int | None] = (0, None)
        self._rescan_at: dict[str, float] = {}
        self._sent_due = True
        self._sent_next: int | None = None
        self._connection = connect(config, io)
        try:
            with reported(config):
                self._idles = self._connection.has_capability("IDLE")
                self._sent = find_sent(self._connection, config)
        except BaseException:
            self._connection.give_up()
            raise

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Everything after `cursor`, at most 200 mails or 24 MB. Raises TryLater, NeedsReauth or Rejected."""
        now = self._io.now()
        state = State.load(cursor, now, self._config.backfill_days)
        with self._noticing():
            found = self._look(state, now)
        chosen = first_of(found, BATCH_MAILS, BATCH_BYTES, self._config.size_max)
        got, failed = self._collect(state, chosen)
        items: list[RawItem] = []
        for mail in chosen:
            if (mail.folder, mail.uid) not in got:
                break
            item = got[mail.folder, mail.uid]
            state.folders[mail.folder].take(mail.uid)
            if item is not None:
                items.append(item)
        state.alive = now.date()
        # After a failure on a sound connection the next try waits for the next look.
        more = bool(chosen) and (not failed or self._broken is not None or bool(items))
        return Batch(items=tuple(items), cursor=state.dump(), more=more)

    def wait(self, seconds: float) -> None:
        """Return when something may be new, the connection broke, or `seconds` have passed."""
        self._sent_due = True
        try:
            with self._noticing():
                self._wait(min(seconds, SENT_SECONDS if self._sent else IDLE_SECONDS))
        except (TryLater, Rejected):
            # `fetch` reports it: waiting has no answer to give.
            return

    def close(self) -> None:
        """Give up the connection; never raises."""
        if self._broken is None:
            self._connection.leave()
        else:
            self._connection.give_up()

    @contextlib.contextmanager
    def _noticing(self) -> Iterator[None]:
        """Report trouble on the wire, and remember that this connection is of no more use."""
        if self._broken is not None:
            raise self._broken
        try:
            with reported(self._config):
                yield
        except TryLater as error:
            self._broken = error
            raise

    # Looking

    def _look(self, state: State, now: datetime) -> list[Found]:
        """What is new in both folders, in order of arrival, enough for one batch."""
        inbox = self._config.imap_folder
        folders = [self._look_into(inbox, state, now)]
        if self._sent and self._sent_due:
            found = self._look_into(self._sent, state, now) if self._sent_may_have_news(state) else []
            folders.append(found)
            self._sent_due = bool(found)
            if not found and self._selected == self._sent:
                self._sent_next = self._selected_state[1]
        return in_order(folders)

    def _look_into(self, folder: str, state: State, now: datetime) -> list[Found]:
        """Open a folder, bring its state up to date, and list the first mails to take."""
        self._open(folder)
        validity, following = self._selected_state
        known = state.folders.get(folder)
        if known is None or known.uidvalidity != validity:
            since = state.window(now, known=known is not None)
            newest = following - 1 if following else max(self._connection.search("ALL"), default=0)
            known = state.folders[folder] = FolderState.begin(validity, newest, since)
        while True:
            uids = self._new_uids(folder, known)
            found = self._measure(folder, uids[:BATCH_MAILS])
            if known.fill is None:
                return found
            wanted = [m for m in found if m.internaldate is None or m.internaldate >= state.start]
            if wanted:
                return wanted
            # The whole group is from before the start (servers compare days only), or the window is done.
            if not found:
                known.end_fill()
            for mail in found:
                known.take(mail.uid)

    def _open(self, folder: str) -> None:
        """Select a folder, or bring the view of the selected one up to date."""
        if self._selected == folder:
            # A search may answer from the view of the last command; this one renews it.
            self._connection.refresh()
        else:
            self._selected = ""
            self._selected_state = select_folder(self._connection, folder, self._config)
            self._selected = folder
        self._connection.forget_news()

    def _new_uids(self, folder: str, known: FolderState) -> list[int]:
        """UIDs to take, ascending."""
        after = known.last_uid
        if known.fill is not None:
            if after >= known.fill.until:
                return []
            window = ["UID", f"{after + 1}:{known.fill.until}", "SINCE", known.fill.since]
            return sorted(self._connection.search(window))
        # Servers answer n:* with their last mail even when it is older than n.
        uids = {uid for uid in self._connection.search(["UID", f"{after + 1}:*"]) if uid > after}
        if time.monotonic() >= self._rescan_at.get(folder, 0.0):
            self._rescan_at[folder] = time.monotonic() + RESCAN_SECONDS
            if after > known.floor:
                late = self._connection.search(["UID", f"{known.floor + 1}:{after}"])
                uids.update(uid for uid in late if uid not in known.seen)
        return sorted(uids)

    def _measure(self, folder: str, uids: Sequence[int]) -> list[Found]:
        """Sizes and times of arrival. A mail the server says nothing about is kept: fetching it will tell."""
        answer = self._connection.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"]) if uids else {}
        found = []
        latest = datetime.min.replace(tzinfo=UTC)
        for uid in uids:
            data: dict[bytes, Any] = answer.get(uid, {})
            size, arrived = data.get(b"RFC822.SIZE"), data.get(b"INTERNALDATE")
            arrived = arrived if isinstance(arrived, datetime) and arrived.tzinfo else None
            latest = arrived or latest
            found.append(Found(folder, uid, size if isinstance(size, int) else 0, latest, arrived))
        return found

    def _sent_may_have_news(self, state: State) -> bool:
        """Ask without opening the folder, which would close the inbox. Opens are kept for real news."""
        known = state.folders.get(self._sent)
        if known is None or known.fill or time.monotonic() >= self._rescan_at.get(self._sent, 0.0):
            return True
        answer = self._connection.folder_status(self._sent, ["UIDNEXT", "UIDVALIDITY"])
        following = answer.get(b"UIDNEXT")
        if answer.get(b"UIDVALIDITY") != known.uidvalidity or not isinstance(following, int):
            return True
        return following not in (known.last_uid + 1, self._sent_next)

    # Fetching

    def _collect(
        self, state: State, chosen: Sequence[Found]
    ) -> tuple[dict[tuple[str, int], RawItem | None], bool]:
        """Fetch the chosen mails; None stands for one that is gone. Second, whether something failed.

        What arrived before a failure is kept, so that a bad line makes progress with every connection.
        """
        got: dict[tuple[str, int], RawItem | None] = {}
        for group in groups_of(state, chosen, self._selected):
            known = state.folders[group[0].folder]
            missing: Sequence[int] = [group[0].uid]
            try:
                with self._noticing():
                    missing = self._fetch_group(known, group, got)
            except TryLater:
                missing = missing or [group[0].uid]
            if missing:
                known.failed_at(missing[0], group[-1].uid)
                return got, True
        return got, False

    def _fetch_group(
        self, known: FolderState, group: Sequence[Found], got: dict[tuple[str, int], RawItem | None]
    ) -> list[int]:
        """Fetch mails of one folder into `got`; the UIDs that exist and yet could not be had."""
        folder = group[0].folder
        if self._selected != folder:
            self._open(folder)
            if self._selected_state[0] != known.uidvalidity:
                raise TryLater(
                    f"IMAP: {self._config.imap_host} has just renumbered its mails.", code="renumbered"
                )
        whole = [
            m.uid for m in group if m.size <= self._config.size_max and known.tries(m.uid) < HEADERS_AFTER
        ]
        heads = [m.uid for m in group if m.uid not in whole and known.tries(m.uid) < 2 * HEADERS_AFTER]
        bodies = {
            uid: (body, len(body) > self._config.size_max) for uid, body in self._bodies(whole, "BODY.PEEK[]")
        }
        bodies.update((uid, (body, True)) for uid, body in self._bodies(heads, "BODY.PEEK[HEADER]"))
        absent = [m.uid for m in group if m.uid not in bodies]
        present = set(self._connection.search(["UID", pack(absent)])) if absent else set()
        failed = []
        for mail in group:
            if mail.uid in bodies:
                body, cut = bodies[mail.uid]
                got[folder, mail.uid] = self._item(known, mail, _headers(body) if cut else body, cut)
            elif mail.uid not in present:
                got[folder, mail.uid] = None
            elif known.tries(mail.uid) >= 2 * HEADERS_AFTER:
                got[folder, mail.uid] = self._item(known, mail, b"", True)
            else:
                failed.append(mail.uid)
        return failed

    def _bodies(self, uids: Sequence[int], what: str) -> Iterator[tuple[int, bytes]]:
        """Contents of mails, without marking them as read."""
        if not uids:
            return
        try:
            answer = self._connection.fetch(uids, [what])
        except exceptions.IMAPClientAbortError:
            raise
        except exceptions.IMAPClientError:
            # Some servers refuse the whole command when one of the mails has just been deleted.
            if len(uids) == 1:
                return
            for uid in uids:
                yield from self._bodies([uid], what)
            return
        for uid in uids:
            body = answer.get(uid, {}).get(what.replace(".PEEK", "").encode())
            if isinstance(body, bytes):
                yield uid, body

    def _item(self, known: FolderState, mail: Found, body: bytes, cut: bool) -> RawItem:
        reason = "unfetchable" if known.tries(mail.uid) >= HEADERS_AFTER else "too_large"
        truncated = {"size": mail.size, "reason": reason} if cut else False
        meta = {
            "folder": mail.folder,
            "role": "sent" if mail.folder == self._sent else "inbox",
            "uid": mail.uid,
            "uidvalidity": known.uidvalidity,
            "internaldate": mail.internaldate.astimezone(UTC).isoformat() if mail.internaldate else None,
            "size": mail.size,
            "truncated": truncated,
        }
        return RawItem(
            dedupe_key=f"{mail.folder}/{known.uidvalidity}/{mail.uid}", raw=Raw(body=body, meta=meta)
        )

    # Waiting

    def _wait(self, seconds: float) -> None:
        if self._selected != self._config.imap_folder:
            self._open(self._config.imap_folder)
            # What came while another folder was open is not announced any more.
            return
        if self._connection.has_news():
            return
        if not self._idles:
            self._sleep(min(seconds, self._config.poll_seconds))
            return
        until = time.monotonic() + seconds
        wire = self._connection.wire
        wire.idle_start()
        news = self._connection.has_news()
        while not news and (left := until - time.monotonic()) > 0 and not self._io.stopping():
            news = wire.idle_news(min(1.0, left))
        wire.idle_stop()

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._io.stopping():
            time.sleep(min(1.0, left))


def find_sent(connection: Connection, config: EmailConfig) -> str:
    """The folder of sent mail to read beside the inbox, or "" for none."""
    name = config.sent_folder
    if name == "auto":
        try:
            name = connection.find_special_folder(SENT) or ""
        except exceptions.IMAPClientAbortError:
            raise
        except exceptions.IMAPClientError:
            # A server that cannot list its folders can still be read.
            return ""
    elif name and not connection.folder_exists(name):
        # The live test tells; meanwhile customers' mail is not kept waiting.
        return ""
    return "" if name == config.imap_folder else name


def _headers(body: bytes) -> bytes:
    """The header block of a mail, with the empty line after it."""
    end = re.search(rb"\r?\n\r?\n", body)
    return body[: end.end()] if end else body[: 1 << 16]

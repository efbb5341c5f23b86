"""Handing out everything about a person: one JSON and all files, as an archive that is written while it is sent.

The shape of the JSON is described in docs/api.md. Payloads as they came are not part of it: one may hold what
others wrote, and all that was understood of it is in the messages.
"""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.channels import queries as channels
from inbox.commerce import export as shops
from inbox.customers import export as people
from inbox.errors import NotAllowed, NotFound
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.files import CHUNK
from inbox.flows.context import Context
from inbox.flows.profile import seen_by
from inbox.insight import ratings
from inbox.live.picture import messages_by_id
from inbox.shapes import iso
from inbox.threads import export as written
from inbox.threads.queries import threads_of
from inbox.visits import export as visits

FORMAT = "onethread-customer-1"
MESSAGES = 100


@dataclass(frozen=True)
class Export:
    """An archive to be sent: its file name, and its bytes as they are made."""

    name: str
    chunks: Iterator[bytes]


@dataclass(frozen=True)
class _Subject:
    customer_id: int
    thread_id: int | None
    identity_ids: list[int]
    at: datetime
    by: str


def export(ctx: Context, agent: AgentIdentity, customer_id: int) -> Export:
    """Everything about a customer. That it was taken, and by whom, is noted first.

    Raises NotAllowed (supervisors and admins only) or NotFound.
    """
    if not agent.is_supervisor:
        raise NotAllowed("Only supervisors and admins export customers.")
    subject = ctx.db.run(_begin, ctx, agent, customer_id)
    return Export(f"customer-{subject.customer_id}.zip", _archive(ctx, subject))


def _begin(session: Session, ctx: Context, agent: AgentIdentity, customer_id: int) -> _Subject:
    living = seen_by(session, agent, customer_id)
    thread_id = threads_of(session, [living]).get(living)
    record(
        session,
        EventKind.CUSTOMER_EXPORTED,
        thread_id=thread_id,
        actor_id=agent.id,
        data={"customer_id": living},
    )
    return _Subject(living, thread_id, people.identity_ids(session, [living]), ctx.clock(), agent.name)


class _Pipe:
    """Where the archive is written to, and taken from piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        """Keep a piece."""
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits anywhere."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        """What was written since the last time."""
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data


def _archive(ctx: Context, subject: _Subject) -> Iterator[bytes]:
    pipe = _Pipe()
    files: dict[int, tuple[str, str]] = {}
    with zipfile.ZipFile(pipe, "w") as archive:
        with archive.open(_entry("customer.json", subject.at), "w", force_zip64=True) as out:
            for text in _document(ctx, subject, files):
                out.write(text.encode("utf-8", "backslashreplace"))
                yield pipe.take()
        for number, (name, key) in files.items():
            yield from _file(ctx, archive, pipe, _entry(_path(number, name), subject.at), key)
    yield pipe.take()


def _file(
    ctx: Context, archive: zipfile.ZipFile, pipe: _Pipe, entry: zipfile.ZipInfo, key: str
) -> Iterator[bytes]:
    try:
        stream = ctx.files.open(key)
    except NotFound:
        return  # the JSON tells that there was a file
    with stream, archive.open(entry, "w", force_zip64=True) as out:
        while chunk := stream.read(CHUNK):
            out.write(chunk)
            yield pipe.take()


def _document(ctx: Context, subject: _Subject, files: dict[int, tuple[str, str]]) -> Iterator[str]:
    """The JSON in pieces; the files that belong to it are entered into `files` on the way."""
    with ctx.db.read() as session:
        head: dict[str, Any] = {
            "format": FORMAT,
            "exported_at": iso(subject.at),
            "exported_by": subject.by,
            **people.person(session, subject.customer_id),
            "visits": visits.visits(session, subject.identity_ids),
            "shops": shops.shops(session, subject.customer_id, subject.thread_id),
            "channels": [
                {"id": each.id, "kind": each.kind, "name": each.name, "account": each.account}
                for each in channels.channels(session, removed=True)
            ],
            "episodes": [],
            "ratings": [],
        }
        if subject.thread_id is not None:
            head["episodes"] = written.episodes(session, subject.thread_id)
            head["ratings"] = ratings.of_thread(session, subject.thread_id)
    yield json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "messages": ['
    before = "\n  "
    for message in _messages(ctx, subject, files):
        yield before + json.dumps(message, ensure_ascii=False)
        before = ",\n  "
    yield "\n ]\n}\n"


def _messages(ctx: Context, subject: _Subject, files: dict[int, tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Messages as the API has them, in the order in which they were stored, each with its former versions."""
    last = 0
    while True:
        with ctx.db.read() as session:
            ids = written.message_ids(
                session, subject.thread_id, subject.identity_ids, after=last, limit=MESSAGES
            )
            views = messages_by_id(session, ids, html=True)
            former, stored = written.versions(session, ids), written.stored_files(session, ids)
        if not ids:
            return
        last = ids[-1]
        files.update(stored)
        for number in ids:
            message: dict[str, Any] = {**views[number], "versions": former.get(number, [])}
            message["attachments"] = [
                {
                    "id": file["id"],
                    "name": file["name"],
                    "media_type": file["media_type"],
                    "size": file["size"],
                    "state": file["state"],
                    "path": _path(file["id"], file["name"]) if file["id"] in stored else None,
                }
                for file in views[number]["attachments"]
            ]
            yield message


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=at.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _path(number: int, name: str) -> str:
    """Where a file is in the archive: its id makes it unique, and its name has no path (`threads.rules.file_name`)."""
    return f"files/{number}-{name}"

"""What must always hold about people and threads: I3, I7, and that lists show what is there.

Computed from the rows in plain Python, apart from the code that keeps it so.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from inbox.flows.context import Context
from inbox.threads.rules import NOBODY_WAITS, preview
from tests.pictures import Picture, Row, picture

_NEEDED = (
    "cart",
    "customer",
    "customer_note",
    "consent",
    "delivery",
    "episode",
    "identity",
    "message",
    "shop_act",
    "thread",
    "wait",
)


def faults(ctx: Context) -> list[str]:
    """What is wrong, as sentences."""
    found = picture(ctx, _NEEDED)
    return [*_numbers(found), *_belonging(found), *_episodes(found), *_people(found), *_lists(found)]


def _of(found: Picture, table: str, thread: Row) -> list[Row]:
    return [row for row in found[table] if row["thread_id"] == thread["id"]]


def _numbers(found: Picture) -> Iterator[str]:
    """I3: in each thread `seq` runs from 1 to n; a thread that was merged away has none."""
    for thread in found["thread"]:
        seqs = sorted(row["seq"] for row in _of(found, "message", thread))
        if seqs != list(range(1, len(seqs) + 1)) or thread["last_seq"] != len(seqs):
            yield f"thread {thread['id']} has the numbers {seqs} and ends at {thread['last_seq']}"
        if seqs and thread["merged_into_id"] is not None:
            yield f"thread {thread['id']} was merged away and has messages"


def _belonging(found: Picture) -> Iterator[str]:
    """What belongs to a message is in its thread."""
    episodes = {row["id"]: row["thread_id"] for row in found["episode"]}
    messages = {row["id"]: row["thread_id"] for row in found["message"]}
    for row in found["message"]:
        if episodes[row["episode_id"]] != row["thread_id"]:
            yield f"message {row['id']} is in an episode of another thread"
    for row in found["delivery"]:
        if messages[row["message_id"]] != row["thread_id"]:
            yield f"delivery {row['id']} is in another thread than its message"
    owners = {row["id"]: row["customer_id"] for row in found["thread"]}
    for row in found["shop_act"]:
        if row["thread_id"] != episodes[row["episode_id"]] or row["customer_id"] != owners[row["thread_id"]]:
            yield f"act {row['id']} is not in the thread of its episode, or another customer's"
    for row in found["wait"]:
        if not row["thread_id"] == messages[row["opened_by_id"]] == episodes[row["episode_id"]]:
            yield f"wait {row['id']} is in another thread than its message or its episode"


def _episodes(found: Picture) -> Iterator[str]:
    """Episodes are numbered 1..n, begin with their first message, and only the newest may be open."""
    first: dict[int, int] = {}
    for row in found["message"]:
        first[row["episode_id"]] = min(row["seq"], first.get(row["episode_id"], row["seq"]))
    for thread in found["thread"]:
        own = sorted(_of(found, "episode", thread), key=lambda row: row["number"])
        if [row["number"] for row in own] != list(range(1, len(own) + 1)):
            yield f"thread {thread['id']} has the episodes {[row['number'] for row in own]}"
        for row in own:
            if first.get(row["id"], row["first_seq"]) != row["first_seq"]:
                yield f"episode {row['id']} begins at {first[row['id']]}, not at {row['first_seq']}"
            if row["status"] != "resolved" and row is not own[-1]:
                yield f"episode {row['id']} is open and not the newest"


def _people(found: Picture) -> Iterator[str]:
    """I7: one row per address; merges form a forest; everything belongs to somebody who is there."""
    leads = {row["id"]: row["merged_into_id"] for row in found["customer"]}
    for address, count in Counter(
        (row["namespace"], row["account"], row["address"]) for row in found["identity"]
    ).items():
        if count > 1:
            yield f"the address {address} has {count} rows"
    for number, lead in leads.items():
        seen, at = {number}, lead
        while at is not None and at not in seen:
            seen.add(at)
            at = leads[at]
        if at is not None:
            yield f"the merges around customer {number} go in a circle"
    for name in ("identity", "customer_note", "consent", "cart"):
        for row in found[name]:
            if leads[row["customer_id"]] is not None:
                yield f"{name} {row['id']} belongs to a customer who was merged away"
    for thread in found["thread"]:
        if (leads[thread["customer_id"]] is None) != (thread["merged_into_id"] is None):
            yield f"thread {thread['id']} and its customer were not merged away together"


def _lists(found: Picture) -> Iterator[str]:
    """What lists show of a thread is what its messages, episodes, waits and deliveries say."""
    for thread in found["thread"]:
        if thread["merged_into_id"] is None:
            said = _said(found, thread)
            wrong = {name: (thread[name], said[name]) for name in said if thread[name] != said[name]}
            if wrong:
                yield f"the list shows of thread {thread['id']} (shown, true): {wrong}"


def _said(found: Picture, thread: Row) -> dict[str, Any]:
    messages = sorted(_of(found, "message", thread), key=lambda row: -row["seq"])
    inbound = [row for row in messages if row["kind"] == "inbound"]
    shown = [row for row in messages if row["kind"] != "system"]
    titled = [row for row in messages if row["kind"] != "note" and row["subject"]]
    newest = max(_of(found, "episode", thread), key=lambda row: row["number"], default=None)
    waits = [row for row in _of(found, "wait", thread) if row["closed_at"] is None]
    states = {row["state"] for row in _of(found, "delivery", thread)}
    said: dict[str, Any] = {
        "waiting_since": waits[0]["opened_at"] if waits else None,
        "due_at": waits[0]["opened_at"] if waits else NOBODY_WAITS,
        "trouble": next((state for state in ("failed", "uncertain") if state in states), None),
        "channel_ids": list(dict.fromkeys(row["channel_id"] for row in inbound if row["channel_id"])),
        "subject": titled[0]["subject"][:500] if titled else None,
    }
    if newest is not None:
        said |= {name: newest[name] for name in ("status", "assignee_id", "team_id", "priority")}
    if shown:
        said |= {
            "last_message_at": shown[0]["created_at"],
            "preview": preview(shown[0]["body_text"] or shown[0]["subject"]),
            "preview_kind": shown[0]["kind"],
            "preview_author_id": shown[0]["author_id"],
        }
    if inbound:
        said |= {
            "last_inbound_at": inbound[0]["created_at"],
            "last_channel_id": inbound[0]["channel_id"],
            "last_identity_id": inbound[0]["identity_id"],
        }
    return said

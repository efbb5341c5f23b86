"""Pictures of what is stored about people and threads, to compare before and after."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from inbox.db.tables import metadata
from inbox.flows.context import Context

TABLES = metadata().tables

CONCERNED = (
    "cart", "claim", "consent", "customer", "customer_note", "customer_tag", "delivery", "draft", "episode",
    "episode_order", "identity", "message", "participant", "rating", "read_mark", "shop_act", "shop_link",
    "suggestion", "thread", "visit", "wait",
)  # fmt: skip
"""The tables that merges and splits may touch."""

LINES = {"merged", "unmerged", "split", "unsplit"}
"""Codes of the lines that tell of them."""

Row = dict[str, Any]
Picture = dict[str, list[Row]]


def picture(ctx: Context, names: Collection[str] = CONCERNED) -> Picture:
    """Every row of the tables as it is."""
    found = {}
    with ctx.db.read() as session:
        for name in names:
            columns = [column for column in TABLES[name].columns if column.name != "search"]
            rows = session.connection().execute(select(*columns)).mappings()
            found[name] = [dict(row) for row in rows]
    return found


def without_lines(found: Picture) -> Picture:
    """A picture as if no line had ever told of merges and splits: nothing counts them, and of customers who were
    merged away there is no trace."""
    told = {
        (row["thread_id"], row["seq"]): row["id"]
        for row in found["message"]
        if row["system"] and row["system"]["code"] in LINES
    }
    plain = {name: [dict(row) for row in rows] for name, rows in found.items()}
    plain["message"] = [row for row in plain["message"] if row["id"] not in told.values()]
    for table, column in (("message", "seq"), ("read_mark", "seq"), ("episode", "first_seq")):
        for row in plain[table]:
            row[column] -= sum(thread == row["thread_id"] and seq <= row[column] for thread, seq in told)
    for row in plain["thread"]:
        row["last_seq"] -= sum(thread == row["id"] for thread, _ in told)
    gone = {row["id"] for row in plain["customer"] if row["merged_into_id"] is not None}
    plain["customer"] = [row for row in plain["customer"] if row["id"] not in gone]
    plain["thread"] = [row for row in plain["thread"] if row["customer_id"] not in gone]
    return plain


def differences(before: Picture, after: Picture) -> list[str]:
    """What differs, as sentences that a failed test can show."""
    found = []
    for name in before:
        old = {_key(name, row): row for row in before[name]}
        new = {_key(name, row): row for row in after[name]}
        found += [f"{name} {key} is gone: {old[key]}" for key in old.keys() - new.keys()]
        found += [f"{name} {key} is new: {new[key]}" for key in new.keys() - old.keys()]
        for key in old.keys() & new.keys():
            changed = {c: (old[key][c], new[key][c]) for c in old[key] if old[key][c] != new[key][c]}
            if changed:
                found.append(f"{name} {key} differs (before, after): {changed}")
    return sorted(found)


def _key(name: str, row: Row) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in TABLES[name].primary_key.columns)

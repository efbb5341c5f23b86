"""A stand-in for the server: the real templates over made-up data, with the API and the feed of a real one.

    .venv/bin/python inbox/web/assets/dev/fake.py [port]        then open http://127.0.0.1:8765/

Everything is kept in memory. Words in a reply steer its delivery: "fail", "uncertain". Controls, all POST with JSON:
/dev/inbound {thread_id, text, channel_id?} · /dev/reply {thread_id, text, agent_id?} · /dev/typing {thread_id, agent_id?}
· /dev/edit, /dev/remove {message_id, text?} · /dev/merge {gone, survivor} · /dev/visit {thread_id, url, title, online?} ·
/dev/cut {seconds}: closes the sockets and refuses everything for so long · /dev/expire: every call answers 401 from now
on until /dev/renew.
"""

from __future__ import annotations

import itertools
import json
import struct
import sys
import threading
import time
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, jsonify, redirect, render_template, request
from flask_socketio import SocketIO
from people import AGENTS, CHANNELS, CONVERSATIONS, DAY, FILLERS
from werkzeug.wrappers import Response as AnyResponse

Json = dict[str, Any]
WEB = Path(__file__).resolve().parents[2]
ME = 1
UNDO = {"email": 10}
KIND = {channel["id"]: channel["kind"] for channel in CHANNELS}
PROBLEM = "application/problem+json"

app = Flask(__name__, template_folder=str(WEB.parents[1] / "templates"), static_folder=str(WEB / "static"))
socketio = SocketIO(app, async_mode="threading", transports=["websocket"])
lock = threading.RLock()
ids = itertools.count(1000)
threads: dict[int, Json] = {}
streams: dict[int, list[Json]] = {}
extras: dict[int, Json] = {}
former: dict[int, list[str]] = {}
signposts: dict[int, int] = {}
deltas: list[Json] = []
files: dict[int, Json] = {}
switch = {"cut_until": 0.0, "expired": False}


def iso(minutes_ago: float = 0, seconds: float = 0) -> str:
    moment = datetime.now(UTC) - timedelta(minutes=minutes_ago) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# --- data -----------------------------------------------------------------------------------------------------------


def png(seed: int, width: int = 320, height: int = 200) -> bytes:
    rows = b"".join(
        b"\0"
        + bytes(
            v
            for x in range(width)
            for v in ((seed * 40 + x // 3) % 256, (90 + y // 2) % 256, (160 + x * y // 900) % 256)
        )
        for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def wav(seconds: int = 3) -> bytes:
    """A quiet tone."""
    rate = 8000
    data = bytes(128 + (n // 9 % 2) * 6 for n in range(rate * seconds))
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(data),
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        rate,
        rate,
        1,
        8,
        b"data",
        len(data),
    )
    return head + data


def attach(name: str, media_type: str, size: int) -> Json:
    file_id = next(ids)
    files[file_id] = {
        "id": file_id,
        "name": name,
        "media_type": media_type,
        "size": size,
        "inline": False,
        "state": "stored",
        "url": f"/api/v1/attachments/{file_id}",
    }
    return files[file_id]


def agent(agent_id: int) -> Json:
    return next(a for a in AGENTS if a["id"] == agent_id)


def append(thread_id: int, who: str, text: str, at: str, opts: Json) -> Json:
    thread, stream, extra = threads[thread_id], streams[thread_id], extras[thread_id]
    kind = {"in": "inbound", "sys": "system"}.get(who, "note" if who.startswith("n:") else "reply")
    author_id = None if who in ("in", "sys") else int(who.removeprefix("n:"))
    channel_id = opts.get("channel") or thread["channel"]["id"]
    namespace = KIND[channel_id]
    person = thread["customer"]
    author: Json = {
        "type": "system",
        "id": opts.get("agent"),
        "name": agent(opts["agent"])["name"] if opts.get("agent") else None,
    }
    if author_id:
        author = {"type": "agent", "id": author_id, "name": agent(author_id)["name"]}
    elif kind == "inbound":
        author = {
            "type": "customer",
            "id": person["id"],
            "name": person["name"],
            "address": extra["addresses"].get(namespace),
            "level": extra["level"] if namespace == "email" else "channel",
            "level_reason": opts.get("reason"),
        }
    message: Json = {
        "id": next(ids),
        "thread_id": thread_id,
        "seq": len(stream) + 1,
        "kind": kind,
        "channel_id": None if kind in ("note", "system") else channel_id,
        "channel_kind": None if kind in ("note", "system") else namespace,
        "episode_id": extra["episode"]["id"],
        "subject": opts.get("subject"),
        "body_text": text,
        "quoted_text": opts.get("quoted"),
        "body_html": opts.get("html"),
        "has_html": bool(opts.get("html")),
        "rich": bool(opts.get("html")),
        "author": author,
        "recipients": [],
        "created_at": at,
        "sent_at": at,
        "edited_at": opts.get("edited_at"),
        "removed_at": opts.get("removed_at"),
        "versions": len(opts.get("versions", [])),
        "reactions": opts.get("reactions", []),
        "automatic": opts.get("automatic"),
        "notices": opts.get("notices", []),
        "client_msg_id": opts.get("client_msg_id") or (f"m{len(files)}" if kind == "reply" else None),
        "attachments": [attach(*f) if isinstance(f, tuple) else files[f] for f in opts.get("files", [])],
        "delivery": None,
        "blocked": opts.get("blocked", 0),
    }
    if kind == "system":
        message["system"] = {"code": text, "data": opts.get("data", {})}
        message["body_text"] = opts.get("english") or f"{text.capitalize()} by {author['name'] or 'a rule'}"
    if namespace == "email" and kind in ("inbound", "reply"):
        us, them = "support@alpe.shop", extra["addresses"].get("email", "")
        message["recipients"] = [{"role": "to", "address": us if kind == "inbound" else them, "name": None}]
        message["recipients"] += [
            {"role": "cc", "address": address, "name": None} for address in opts.get("cc", [])
        ]
    if kind == "reply":
        message["delivery"] = {
            "id": next(ids),
            "state": opts.get("state", "delivered"),
            "error": opts.get("error"),
            "send_after": opts.get("send_after"),
            "attempts": 1,
            "recipients": [],
        }
    former[message["id"]] = opts.get("versions", [])
    stream.append(message)
    thread["last_seq"], thread["last_message_at"] = message["seq"], at
    if kind != "system":
        thread["preview"] = {
            "text": " ".join(text.split())[:160],
            "kind": kind,
            "author": author.get("name"),
            "author_id": author_id,
        }
    if kind == "inbound":
        thread["last_inbound_at"], thread["channel"] = at, {"id": channel_id, "kind": namespace}
        others = [channel for channel in thread["wrote_on"] if channel["id"] != channel_id]
        thread["wrote_on"] = [thread["channel"], *others]
    if opts.get("subject"):
        thread["subject"] = opts["subject"]
    return message


def visit(url: str, title: str, cart: Json | None = None) -> Json:
    return {
        "channel_id": 3,
        "online": True,
        "since": iso(11),
        "seen_at": iso(),
        "page": {"url": url, "title": title},
        "page_at": iso(2),
        "referrer": "",
        "cart": cart,
        "cart_at": iso(4),
        "attributes": {},
        "locale": "it",
    }


def conversation(
    name: str, addresses: dict[str, str], assignee: int | None, opts: Json, lines: list[Any]
) -> None:
    thread_id = next(ids)
    first = next((c for c in CHANNELS if c["kind"] in addresses), CHANNELS[0])
    threads[thread_id] = {
        "id": thread_id,
        "customer": {"id": thread_id + 5000, "name": name},
        "status": opts.get("status", "open"),
        "assignee_id": assignee,
        "team_id": None,
        "priority": "normal",
        "waiting_since": iso(opts["waiting"]) if opts.get("waiting") else None,
        "last_message_at": iso(),
        "last_inbound_at": None,
        "last_seq": 0,
        "preview": None,
        "subject": None,
        "channel": {"id": first["id"], "kind": first["kind"]},
        "wrote_on": [],
        "trouble": opts.get("trouble"),
        "draft": False,
        "read_seq": 0,
    }
    episodes = 1 + any(line[3].get("new") for line in lines)
    extras[thread_id] = {
        "addresses": addresses,
        "level": opts.get("level", "channel"),
        "reply_to": opts.get("reply_to"),
        "drafts": {"reply": None, "note": None},
        "about": opts.get("about", {}),
        "visit": opts.get("visit"),
        "episode": {
            "id": next(ids),
            "number": 1,
            "status": "open",
            "opened_at": iso(lines[0][0]),
            "resolved_at": None,
            "reopened_count": 0,
        },
    }
    extras[thread_id]["episodes"] = [extras[thread_id]["episode"]]
    streams[thread_id] = []
    for minutes, who, text, more in lines:
        if more.get("new"):
            extras[thread_id]["episode"].update(status="resolved", resolved_at=iso(199 * DAY))
            extras[thread_id]["episode"] = {
                "id": next(ids),
                "number": episodes,
                "status": "open",
                "opened_at": iso(minutes),
                "resolved_at": None,
                "reopened_count": 0,
            }
            extras[thread_id]["episodes"].insert(0, extras[thread_id]["episode"])
        append(thread_id, who, text, iso(minutes), more)
    threads[thread_id]["read_seq"] = len(lines) - (2 if (opts.get("waiting") or 99) < 60 else 0)


def fill() -> None:
    for item in CONVERSATIONS:
        conversation(*item)
    for number in range(110):
        name, text = FILLERS[number % len(FILLERS)]
        ago = 200 + number * 95.0
        lines: list[Any] = [(ago, "in", text, {"subject": "Order " + str(10300 + number)})]
        answered = number % 3 == 0
        if answered:
            lines.append(
                (
                    ago - 30,
                    str(1 + number % 3),
                    "Thank you for writing, we are on it and will come back to you today.",
                    {},
                )
            )
        conversation(
            name,
            {"email": f"{name.split()[0].lower()}{number}@example.org"},
            (None, 1, 2, 3)[number % 4],
            {
                "status": "resolved" if number % 5 == 4 else "open",
                "waiting": None if answered or number % 5 == 4 else ago,
            },
            lines,
        )
    many: list[Any] = [
        (
            (2000 - n) * 7.0,
            "in" if n % 3 else "1",
            f"Message {n}: " + "the parcel moved again. " * (1 + n % 5),
            {"channel": 2},
        )
        for n in range(1, 1201)
    ]
    conversation("Grace Long-Thread", {"telegram": "@grace"}, 1, {"waiting": 300}, many)


# --- reading --------------------------------------------------------------------------------------------------------

IN_VIEW = {
    "mine": lambda t: t["status"] == "open" and t["assignee_id"] == ME,
    "unassigned": lambda t: t["status"] == "open" and t["assignee_id"] is None,
    "waiting": lambda t: t["status"] == "open" and t["waiting_since"] is not None,
    "open": lambda t: t["status"] == "open",
    "closed": lambda t: t["status"] == "resolved",
    "drafts": lambda t: t["draft"],
    "failed": lambda t: t["trouble"] is not None,
}
LABELS = {
    "mine": "Mine",
    "unassigned": "Unassigned",
    "waiting": "Waiting",
    "open": "All open",
    "closed": "Closed",
    "drafts": "Drafts",
    "failed": "Not delivered",
}


def page_of_threads(view: str, q: str = "", cursor: str = "", limit: int = 50) -> Json:
    found = [t for t in threads.values() if IN_VIEW[view](t)]
    if q:
        found = [
            t
            for t in threads.values()
            if q.lower()
            in (t["customer"]["name"] + " ".join(m["body_text"] for m in streams[t["id"]])).lower()
        ]
    if view in ("unassigned", "waiting") and not q:
        found.sort(key=lambda t: t["waiting_since"] or "9")
    else:
        found.sort(key=lambda t: t["last_message_at"], reverse=True)
    start = int(cursor or 0)
    return {
        "items": found[start : start + limit],
        "next": str(start + limit) if len(found) > start + limit else None,
    }


def views() -> list[Json]:
    counts = {key: sum(map(test, threads.values())) for key, test in IN_VIEW.items()}
    return [
        {"key": key, "label": LABELS[key], "count": min(count, 99), "capped": count > 99}
        for key, count in counts.items()
    ]


def claims_of(thread_id: int) -> list[Json]:
    return [
        {
            "id": thread_id * 10 + 9,
            "namespace": namespace,
            "address": address,
            "display": address,
            "source": "panel",
            "created_at": iso(DAY),
            "mailed_at": None,
        }
        for namespace, address in extras[thread_id]["about"].get("claims", {}).items()
    ]


def detail(thread_id: int) -> Json:
    thread_id = signposts.get(thread_id, thread_id)
    if thread_id not in threads:
        abort(404)
    thread, extra = threads[thread_id], extras[thread_id]
    identities, channels = [], []
    for number, (namespace, address) in enumerate(extra["addresses"].items()):
        identities.append(
            {
                "id": thread_id * 10 + number,
                "namespace": namespace,
                "address": address,
                "display": address,
                "level": extra["level"] if namespace == "email" else "channel",
                "level_reason": "DKIM passed" if extra["level"] != "claimed" else "SPF did not pass",
                "first_seen_at": streams[thread_id][0]["created_at"],
                "last_seen_at": thread["last_inbound_at"],
            }
        )
    for channel in CHANNELS:
        to = next((i for i in identities if i["namespace"] == channel["kind"]), None)
        claim = next((c for c in claims_of(thread_id) if c["namespace"] == channel["kind"]), None)
        mail = channel["kind"] == "email"
        if claim and not to:
            to = {**claim, "level": "claimed"}
        reason = None if to else "No address of this customer is known here"
        if channel["state"] == "needs_reauth":
            reason = "The 24-hour window of Instagram closed at 11:20"
        if to and reason is None and to["level"] == "claimed" and claim:
            reason = "Not proved: the customer only said that this address is his."
        usable = reason is None or bool(claim)
        channels.append(
            {
                "channel_id": channel["id"],
                "kind": channel["kind"],
                "title": channel["title"],
                "name": channel["name"],
                "account": channel["account"],
                "to": to
                and {
                    "identity_id": None if claim else to["id"],
                    "claim_id": claim and claim["id"],
                    "address": to["address"],
                    "name": thread["customer"]["name"],
                    "level": to["level"],
                    "unreachable": None,
                },
                "closes_at": iso(-180) if channel["id"] == 2 else None,
                "window": "open" if channel["id"] == 2 else None,
                "reply_to": extra["reply_to"] if mail else None,
                "usable": usable,
                "reason": reason,
                "default": channel["id"] == thread["channel"]["id"],
                "undo_seconds": 10 if mail else 0,
                "can": {
                    "subject": mail,
                    "cc": mail,
                    "attachments": True,
                    "attachment_max": None if mail else 20_000_000,
                    "attachments_max": None if mail else 10,
                    "text_max": None if mail else 200 if channel["id"] == 3 else 4096,
                    "text_unit": "utf16" if channel["id"] == 2 else "characters",
                    "formats": ["text"] if channel["id"] == 3 else ["text", "html"],
                    "splits": channel["id"] == 2,
                    "reactions": channel["id"] == 2,
                    "typing": not mail,
                    "answers": True,
                    "edit": not mail,
                    "edit_within": None,
                    "delete": not mail,
                    "delete_within": 48 * 3600 if channel["id"] == 2 else None,
                    "templates": False,
                },
            }
        )
    return {
        **thread,
        "identities": identities,
        "episode": extra["episode"],
        "episodes": extra["episodes"],
        "channels": channels,
        "drafts": extra["drafts"],
        "visit": extra["visit"],
    }


def page_of_messages(
    thread_id: int, before: int | None = None, after: int | None = None, limit: int = 50
) -> Json:
    stream = streams[thread_id]
    if after is not None:
        return {"items": stream[after : after + limit], "next_before_seq": None}
    end = (before or len(stream) + 1) - 1
    start = max(0, end - limit)
    return {"items": stream[start:end], "next_before_seq": stream[start]["seq"] if start else None}


# --- the feed -------------------------------------------------------------------------------------------------------


def cursor() -> str:
    return f"0.{len(deltas)}"


def announce(
    kind: str, thread_id: int, message: Json | None = None, actor: int | None = None, **data: Any
) -> None:
    hidden = ("read_seq", "draft")
    delta = {
        "prev": cursor(),
        "cursor": f"0.{len(deltas) + 1}",
        "reset": False,
        "more": False,
        "gone": [],
        "events": [
            {
                "id": len(deltas) + 1,
                "kind": kind,
                "at": iso(),
                "thread_id": thread_id,
                "message_id": message and message["id"],
                "actor_id": actor,
                "data": data,
            }
        ],
        "threads": [{k: v for k, v in threads[thread_id].items() if k not in hidden}],
        "messages": [json.loads(json.dumps(message))] if message else [],
    }
    deltas.append(json.loads(json.dumps(delta)))
    socketio.emit("feed", delta)


def deliver(thread_id: int, message: Json, wait: float) -> None:
    """Walk a reply through its states, as a worker and a provider would."""
    delivery = message["delivery"]
    end = (
        "failed"
        if "fail" in message["body_text"]
        else "uncertain"
        if "uncertain" in message["body_text"]
        else "sent"
    )
    for state, pause in (("sending", wait), (end, 0.7), ("delivered", 1.5)):
        time.sleep(pause)
        with lock:
            if delivery["state"] in ("cancelled", "failed", "uncertain"):
                return
            delivery.update(
                state=state,
                error={
                    "failed": "550 5.1.1 No such user here",
                    "uncertain": "The connection broke after the text was handed over",
                }.get(state),
            )
            threads[thread_id]["trouble"] = state if state in ("failed", "uncertain") else None
            announce("delivery.changed", thread_id, message)


def problem(status: int, slug: str, text: str, **more: Any) -> Response:
    body = json.dumps({"type": f"/problems/{slug}", "title": text, "status": status, "detail": text, **more})
    return Response(body, status, mimetype=PROBLEM)


@socketio.on("connect")
def connected() -> bool:
    return time.time() >= switch["cut_until"]


@app.before_request
def gate() -> Response | None:
    if request.path.startswith(("/dev", "/static")):
        return None
    if time.time() < switch["cut_until"]:
        return Response("cut", 503)
    if switch["expired"] and request.path.startswith("/api"):
        return problem(401, "unauthenticated", "Please sign in")
    return None


@app.after_request
def policy(response: Response) -> Response:
    if not request.path.startswith("/messages/"):
        response.headers["Content-Security-Policy"] = (
            "default-src 'self'; media-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; frame-src 'self'; connect-src 'self' ws:; object-src 'none'; base-uri 'none'"
        )
    return response


# --- pages ----------------------------------------------------------------------------------------------------------


def asset(name: str) -> str:
    return "/static/dist/" + json.loads((WEB / "static/dist/manifest.json").read_text())[name]


@app.context_processor
def names() -> Json:
    return {
        "asset": asset,
        "_": lambda s, **kw: s % kw if kw else s,
        "csrf_token": lambda: "csrf",
        "locale": request.args.get("lang", "en"),
        "me": agent(ME),
        "direction": "rtl" if request.args.get("lang") == "ar" else "ltr",
        "catalog": {},
    }


@app.get("/")
def home() -> AnyResponse:
    return redirect("/inbox/mine")


@app.get("/login")
def login() -> str:
    return "signed out; the real server shows its login page here"


@app.get("/inbox/<view>")
@app.get("/inbox/<view>/<int:thread_id>")
def inbox(view: str, thread_id: int | None = None) -> str:
    with lock:
        snapshot = {
            "me": {**agent(ME), "email": "ben@alpe.shop", "locale": "en", "time_zone": "Europe/Zurich"},
            "csrf": "csrf",
            "agents": AGENTS,
            "teams": [],
            "channels": CHANNELS,
            "marks": {},
            "views": views(),
            "view": view,
            "threads": page_of_threads(view, request.args.get("q", "")),
            "thread": detail(thread_id) if thread_id in threads else None,
            "messages": page_of_messages(thread_id) if thread_id in threads else None,
            "cursor": cursor(),
        }
        return render_template("inbox.html", snapshot=snapshot)


@app.get("/messages/<int:message_id>/body")
def body(message_id: int) -> Response:
    message = next(m for stream in streams.values() for m in stream if m["id"] == message_id)
    blocked = 0 if request.args.get("images") == "1" else message["blocked"]
    html = (message["body_html"] or "").replace(
        "https://tracker.example/", "/nowhere/" if not blocked else "about:blank#"
    )
    page = f"<!doctype html><html data-blocked-images='{blocked}'><base target=_blank><style>html,body{{margin:0;padding:12px 14px;font:14px/1.5 sans-serif;overflow-wrap:anywhere}}img{{max-width:100%}}</style>{html}</html>"
    return Response(
        page,
        headers={
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'"
        },
    )


# --- API ------------------------------------------------------------------------------------------------------------


@app.get("/api/v1/views")
def get_views() -> Response:
    return jsonify(items=views())


@app.get("/api/v1/threads")
def get_threads() -> Response:
    args = request.args
    return jsonify(
        page_of_threads(
            args.get("view", "open"), args.get("q", ""), args.get("cursor", ""), args.get("limit", 50, int)
        )
    )


@app.get("/api/v1/threads/<int:thread_id>")
def get_thread(thread_id: int) -> Response:
    return jsonify(detail(thread_id))


@app.get("/api/v1/threads/<int:thread_id>/messages")
def get_messages(thread_id: int) -> Response:
    args = request.args
    return jsonify(
        page_of_messages(
            thread_id,
            args.get("before_seq", None, int),
            args.get("after_seq", None, int),
            args.get("limit", 50, int),
        )
    )


@app.patch("/api/v1/threads/<int:thread_id>")
def patch_thread(thread_id: int) -> Response:
    with lock:
        thread, wanted = threads[thread_id], request.get_json()
        if "status" in wanted and wanted["status"] != thread["status"]:
            thread["status"] = wanted["status"]
            code = "resolved" if wanted["status"] == "resolved" else "reopened"
            if code == "resolved":
                thread["waiting_since"] = None
            extras[thread_id]["episode"].update(
                status=wanted["status"], resolved_at=iso() if code == "resolved" else None
            )
            announce("episode." + code, thread_id, append(thread_id, "sys", code, iso(), {"agent": ME}), ME)
        if "assignee_id" in wanted:
            thread["assignee_id"] = wanted["assignee_id"]
            whom = agent(wanted["assignee_id"])["name"] if wanted["assignee_id"] else None
            line = append(
                thread_id,
                "sys",
                "assigned" if whom else "unassigned",
                iso(),
                {
                    "agent": ME,
                    "data": {"assignee_id": wanted["assignee_id"]},
                    "english": f"Assigned to {whom} by Ben Kowalski",
                },
            )
            announce("thread.changed", thread_id, line, ME)
        return jsonify(detail(thread_id))


@app.post("/api/v1/threads/<int:thread_id>/replies")
def post_reply(thread_id: int) -> Response | tuple[Response, int]:
    with lock:
        wanted, stream = request.get_json(), streams[thread_id]
        known = next((m for m in stream if m["client_msg_id"] == wanted["client_msg_id"]), None)
        if known:
            return jsonify(known)
        seen = wanted.get("if_last_seq")
        if seen is not None and seen < len(stream):
            return problem(409, "newer-messages", "There are newer messages", messages=stream[seen:])
        undo = 10 if KIND[wanted["channel_id"]] == "email" else 0
        message = append(
            thread_id,
            str(ME),
            wanted["body"],
            iso(),
            {
                "channel": wanted["channel_id"],
                "client_msg_id": wanted["client_msg_id"],
                "subject": wanted.get("subject"),
                "state": "queued",
                "files": wanted.get("attachment_ids", []),
                "cc": wanted.get("cc", []),
                "send_after": iso(seconds=undo) if undo else None,
            },
        )
        chosen = wanted.get("in_reply_to_message_id")
        if chosen:
            message["answers"] = answered(message_by_id(chosen))
        threads[thread_id]["waiting_since"] = None
        announce("message.replied", thread_id, message, ME)
        threading.Thread(target=deliver, args=(thread_id, message, undo + 0.4), daemon=True).start()
        return jsonify(message), 201


@app.post("/api/v1/threads/<int:thread_id>/notes")
def post_note(thread_id: int) -> tuple[Response, int]:
    with lock:
        wanted = request.get_json()
        message = append(
            thread_id,
            f"n:{ME}",
            wanted["body"],
            iso(),
            {"client_msg_id": wanted["client_msg_id"], "files": wanted.get("attachment_ids", [])},
        )
        announce("message.noted", thread_id, message, ME)
        return jsonify(message), 201


@app.get("/api/v1/messages/<int:message_id>/versions")
def get_versions(message_id: int) -> Response:
    items = [
        {"id": number, "body_text": text, "body_html": None, "replaced_at": iso(number)}
        for number, text in enumerate(former[message_id], 1)
    ]
    return jsonify(items=items)


def answered(message: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "thread_id", "seq", "channel_id")
    author = message["author"]
    told = {"author": author["name"], "address": author["address"], "text": message["body_text"][:300]}
    return {name: message[name] for name in names} | told


@app.route("/api/v1/messages/<int:message_id>", methods=["PATCH", "DELETE"])
def amend(message_id: int) -> Response:
    with lock:
        message, gone = message_by_id(message_id), request.method == "DELETE"
        former.setdefault(message_id, []).insert(0, message["body_text"])
        message["body_text"] = "" if gone else request.get_json()["body"]
        message["removed_at" if gone else "edited_at"] = iso()
        message["versions"] = len(former[message_id])
        if gone:
            message["attachments"] = []
        announce("message.changed", message["thread_id"], message, ME)
        return jsonify(message)


@app.put("/api/v1/messages/<int:message_id>/reactions")
def put_reaction(message_id: int) -> Response:
    with lock:
        message, wanted = message_by_id(message_id), request.get_json()["emoji"]
        others = [reaction for reaction in message["reactions"] if not reaction["mine"]]
        own = [{"emoji": emoji, "by": agent(ME)["name"], "mine": True, "agent_id": ME} for emoji in wanted]
        message["reactions"] = others + own
        announce("message.changed", message["thread_id"], message, ME)
        return jsonify(message)


@app.post("/api/v1/threads/<int:thread_id>/typing")
def post_typing(thread_id: int) -> tuple[str, int]:
    with lock:
        announce("agent.typing", thread_id, None, ME, until=iso(seconds=6))
        return "", 204


@app.post("/api/v1/threads/<int:_thread_id>/parts")
def post_parts(_thread_id: int) -> Response:
    body = request.get_json()["body"]
    return jsonify(parts=[body[start : start + 4096] for start in range(0, len(body), 4096)])


@app.get("/api/v1/customers/<int:customer_id>")
def get_customer(customer_id: int) -> Response:
    thread_id = customer_id - 5000
    about = extras[thread_id]["about"]
    return jsonify(
        id=customer_id,
        name=threads[thread_id]["customer"]["name"],
        locale=about.get("locale"),
        time_zone=about.get("time_zone"),
        tags=about.get("tags", []),
        fields={},
        claims=claims_of(thread_id),
        notes=len(about.get("notes", [])),
        duplicates=len(about.get("duplicates", [])),
    )


@app.get("/api/v1/customers/<int:customer_id>/commerce")
def get_commerce(customer_id: int) -> Response:
    value = {"orders_count": None, "spent": [], "average": [], "since": None, "last_order_at": None}
    value |= {"segments": [], "stage": ""}
    return jsonify(customer_id=customer_id, empty="no_shop", fetching=False, value=value, shops=[], viewed=[])


@app.get("/api/v1/customers/<int:customer_id>/notes")
def get_customer_notes(customer_id: int) -> Response:
    notes = extras[customer_id - 5000]["about"].get("notes", [])
    items = [
        {"id": n, "body": body, "author": author, "created_at": iso(n * DAY)}
        for n, (author, body) in enumerate(notes, 1)
    ]
    return jsonify(items=items, next=None)


@app.get("/api/v1/customers/<int:customer_id>/duplicates")
def get_duplicates(customer_id: int) -> Response:
    found = extras[customer_id - 5000]["about"].get("duplicates", [])
    items = [
        {
            "id": n,
            "customer": {"id": 1, "name": name},
            "evidence": [{"code": "x", "text": text, "data": {}} for text in evidence],
            "score": score,
            "sure": sure,
            "conflict": conflict,
            "created_at": iso(),
        }
        for n, (name, score, sure, conflict, evidence) in enumerate(found, 1)
    ]
    return jsonify(items=items)


@app.post("/api/v1/threads/<int:thread_id>/read")
def post_read(thread_id: int) -> tuple[str, int]:
    with lock:
        threads[thread_id]["read_seq"] = request.get_json()["seq"]
        announce("thread.read", thread_id, None, ME, seq=threads[thread_id]["read_seq"])
        return "", 204


@app.put("/api/v1/threads/<int:thread_id>/drafts/<mode>")
def put_draft(thread_id: int, mode: str) -> Response | tuple[str, int]:
    with lock:
        wanted = request.get_json()
        empty = not wanted.get("body") and not wanted.get("attachment_ids")
        draft = (
            None
            if empty
            else {
                **wanted,
                "mode": mode,
                "attachments": [files[i] for i in wanted.get("attachment_ids", [])],
                "updated_at": iso(),
            }
        )
        extras[thread_id]["drafts"][mode] = draft
        threads[thread_id]["draft"] = any(extras[thread_id]["drafts"].values())
        announce("draft.changed", thread_id, None, ME, mode=mode, empty=empty)
        return jsonify(draft) if draft else ("", 204)


@app.post("/api/v1/deliveries/<int:delivery_id>/<action>")
def post_delivery(delivery_id: int, action: str) -> Response:
    with lock:
        message = next(
            m
            for stream in streams.values()
            for m in stream
            if m["delivery"] and m["delivery"]["id"] == delivery_id
        )
        thread_id, delivery = message["thread_id"], message["delivery"]
        if action == "retry":
            delivery.update(state="queued", error=None, attempts=delivery["attempts"] + 1, send_after=None)
            threading.Thread(target=deliver, args=(thread_id, message, 0.5), daemon=True).start()
        elif delivery["state"] in ("sent", "delivered", "read"):
            return problem(409, "too-late", "It has already been sent")
        else:
            delivery.update(state="cancelled", send_after=None)
        threads[thread_id]["trouble"] = None
        if action == "edit":
            extras[thread_id]["drafts"]["reply"] = {
                "mode": "reply",
                "body": message["body_text"],
                "channel_id": message["channel_id"],
                "cc": [],
                "subject": message["subject"],
                "attachment_ids": [f["id"] for f in message["attachments"]],
                "attachments": message["attachments"],
                "updated_at": iso(),
            }
        announce("delivery.changed", thread_id, message, ME)
        return jsonify(message)


@app.post("/api/v1/attachments")
def post_attachment() -> tuple[Response, int] | Response:
    data = request.get_data()
    if len(data) > 10_000_000:
        return problem(413, "too-large", "The file is larger than 10 MB")
    return jsonify(
        attach(request.args["name"], request.content_type or "application/octet-stream", len(data))
    ), 201


@app.get("/api/v1/attachments/<int:file_id>")
def get_attachment(file_id: int) -> Response:
    file = files[file_id]
    if file["media_type"].startswith("audio/"):
        return Response(wav(), mimetype="audio/x-wav")
    size = (160, 160) if file["name"].startswith("sticker") else (320, 200 + file_id % 3 * 60)
    return Response(png(file_id, *size), mimetype="image/png")


@app.get("/api/v1/sync")
def sync() -> Response:
    start = int(request.args["since"].split(".")[1])
    merged: Json = {
        "prev": request.args["since"],
        "cursor": cursor(),
        "reset": False,
        "more": False,
        "events": [],
        "threads": [],
        "messages": [],
        "gone": [],
    }
    for delta in deltas[start:]:
        for key in ("events", "threads", "messages"):
            merged[key] += delta[key]
    return jsonify(merged)


@app.get("/api/v1/me")
def me() -> Response:
    return jsonify(agent(ME))


# --- controls -------------------------------------------------------------------------------------------------------


@app.post("/dev/inbound")
def dev_inbound() -> Response:
    with lock:
        wanted = request.get_json()
        thread = threads[wanted["thread_id"]]
        message = append(thread["id"], "in", wanted["text"], iso(), {"channel": wanted.get("channel_id")})
        thread.update(waiting_since=thread["waiting_since"] or iso(), status="open")
        announce("message.received", thread["id"], message)
        return jsonify(message)


@app.post("/dev/reply")
def dev_reply() -> Response:
    with lock:
        wanted = request.get_json()
        message = append(wanted["thread_id"], str(wanted.get("agent_id", 2)), wanted["text"], iso(), {})
        threads[wanted["thread_id"]]["waiting_since"] = None
        announce("message.replied", wanted["thread_id"], message, wanted.get("agent_id", 2))
        return jsonify(message)


@app.post("/dev/cut")
def dev_cut() -> tuple[str, int]:
    switch["cut_until"] = time.time() + request.get_json()["seconds"]
    for sid, _ in list(socketio.server.manager.get_participants("/", None)):
        socketio.server.disconnect(sid)
    return "", 204


@app.post("/dev/expire")
def dev_expire() -> tuple[str, int]:
    switch["expired"] = True
    return "", 204


@app.post("/dev/renew")
def dev_renew() -> tuple[str, int]:
    switch["expired"] = False
    return "", 204


@app.post("/dev/typing")
def dev_typing() -> tuple[str, int]:
    with lock:
        wanted = request.get_json()
        kind = "agent.typing" if wanted.get("agent_id") else "customer.typing"
        announce(kind, wanted["thread_id"], None, wanted.get("agent_id"), until=iso(seconds=6))
        return "", 204


def message_by_id(message_id: int) -> Json:
    return next(m for stream in streams.values() for m in stream if m["id"] == message_id)


@app.post("/dev/edit")
@app.post("/dev/remove")
def dev_edit() -> tuple[str, int]:
    with lock:
        wanted = request.get_json()
        message = message_by_id(wanted["message_id"])
        if "text" in wanted:
            former[message["id"]].insert(0, message["body_text"])
            message.update(body_text=wanted["text"], edited_at=iso(), versions=len(former[message["id"]]))
        else:
            message.update(body_text="", attachments=[], removed_at=iso())
        announce("message.changed", message["thread_id"], message)
        return "", 204


@app.post("/dev/visit")
def dev_visit() -> tuple[str, int]:
    with lock:
        wanted = request.get_json()
        extras[wanted["thread_id"]]["visit"] = visit(wanted["url"], wanted["title"])
        announce("visitor.changed", wanted["thread_id"], None, None, online=wanted.get("online", True))
        return "", 204


@app.post("/dev/merge")
def dev_merge() -> tuple[str, int]:
    """The messages of one thread go into the other, by time."""
    with lock:
        gone, survivor = request.get_json()["gone"], request.get_json()["survivor"]
        both = sorted(streams[survivor] + streams.pop(gone), key=lambda message: message["created_at"])
        for seq, message in enumerate(both, 1):
            message.update(seq=seq, thread_id=survivor)
        streams[survivor] = both
        used = [c for c in threads[gone]["wrote_on"] if c not in threads[survivor]["wrote_on"]]
        threads[survivor]["wrote_on"] += used
        threads[survivor]["last_seq"] = len(both)
        extras[survivor]["addresses"] |= extras[gone]["addresses"]
        for mode, draft in extras[gone]["drafts"].items():
            extras[survivor]["drafts"][mode] = extras[survivor]["drafts"][mode] or draft
        name = threads.pop(gone)["customer"]["name"]
        signposts[gone] = survivor
        line = append(
            survivor,
            "sys",
            "merged",
            iso(),
            {"agent": 2, "data": {"customer": name, "merge_id": 1}, "english": "Two customers joined"},
        )
        announce("thread.merged", survivor, line, 2, gone=gone, survivor=survivor)
        return "", 204


@app.get("/dev/threads")
def dev_threads() -> Response:
    return jsonify(
        [{"id": t["id"], "name": t["customer"]["name"], "last_seq": t["last_seq"]} for t in threads.values()]
    )


if __name__ == "__main__":
    fill()
    socketio.run(app, port=int(sys.argv[1]) if len(sys.argv) > 1 else 8765, allow_unsafe_werkzeug=True)

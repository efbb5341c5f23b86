"""Files of visitors and for visitors: small enough, told by their bytes, and nobody else's."""

import io
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from inbox.flows.context import Context
from inbox.threads import attachments
from inbox.threads.models import Attachment
from tests.reading import Message, Thread, rows, the
from tests.web.widget.conftest import Panel, Shop

Visit = Callable[..., Panel]

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
HTML = b"<!doctype html><script>alert(1)</script>"


def send_up(panel: Panel, data: bytes, name: str = "photo.png", claimed: str = "image/png") -> TestResponse:
    return panel.call("POST", "/files", data=data, content_type=claimed, query_string={"name": name})


def test_a_file_goes_up_into_the_message_and_to_the_agent(ctx: Context, shop: Shop, panel: Panel) -> None:
    """Before the first message too: nobody is a customer by choosing a file."""
    answer = send_up(panel, PNG)
    assert answer.status_code == 201
    file = answer.get_json()
    assert file == {
        "id": file["id"],
        "name": "photo.png",
        "size": len(PNG),
        "media_type": "image/png",
        "image": True,
        "url": f"/widget/v1/example-shop/files/{file['id']}",
    }
    panel.write("", attachment_ids=[file["id"]])
    assert panel.look()["pending"][0]["files"] == [file]
    shop.receive()
    (item,) = panel.look()["items"]
    assert item["files"] == [file]
    row = the(ctx, Attachment)
    assert row.message_id == the(ctx, Message).id
    got = panel.call("GET", f"/files/{file['id']}", query_string={"inline": "1"})
    assert (got.data, got.content_type) == (PNG, "image/png")
    assert got.headers["Content-Disposition"].startswith("inline;")


def test_a_message_sent_again_keeps_its_file(ctx: Context, shop: Shop, panel: Panel) -> None:
    file_id = send_up(panel, PNG).get_json()["id"]
    for _ in range(2):
        panel.write("See", client_msg_id="with-a-file", attachment_ids=[file_id])
        shop.receive()
    assert len(panel.look()["items"][0]["files"]) == 1
    assert len(rows(ctx, Attachment)) == 1


@pytest.mark.parametrize(
    ("data", "name", "claimed"),
    [
        (SVG, "logo.svg", "image/svg+xml"),
        (HTML, "page.html", "text/html"),
        (HTML, "page.pdf", "application/pdf"),
    ],
)
def test_what_a_browser_could_run_is_only_ever_a_download(
    shop: Shop, panel: Panel, data: bytes, name: str, claimed: str
) -> None:
    file = send_up(panel, data, name, claimed).get_json()
    assert not file["image"]
    for inline in ("0", "1"):
        got = panel.call("GET", f"/files/{file['id']}", query_string={"inline": inline})
        assert got.headers["Content-Disposition"].startswith("attachment;")
        assert got.content_type == "application/octet-stream"
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in got.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("data", "name", "claimed"),
    [
        (HTML, "photo.png", "image/png"),
        (HTML, "photo.png", "application/octet-stream"),
        (HTML, "photo", "image/webp"),
        (SVG, "photo.jpg", "image/jpeg"),
        (b"GIF89a<script>alert(1)</script>"[6:], "x.gif", "image/gif"),
        (b"%PDF-1.7", "x.png", "image/png"),
    ],
)
def test_what_calls_itself_a_picture_and_is_none_is_refused_and_not_kept(
    ctx: Context, panel: Panel, data: bytes, name: str, claimed: str
) -> None:
    asked = {"data": data, "content_type": claimed, "query_string": {"name": name}}
    assert panel.refused("POST", "/files", **asked) == (415, "mislabelled")
    assert rows(ctx, Attachment) == []
    assert [path for path in (ctx.settings.data_dir / "files").rglob("*") if path.is_file()] == []


def test_a_picture_of_another_kind_than_its_name_is_taken_for_what_it_is(panel: Panel) -> None:
    assert send_up(panel, PNG, "photo.jpg", "image/jpeg").get_json()["media_type"] == "image/png"


def test_a_name_cannot_break_headers_or_paths(panel: Panel) -> None:
    file = send_up(panel, PNG, '../../etc/"pass\r\nwd\0.png').get_json()
    assert "/" not in file["name"]
    disposition = panel.call("GET", f"/files/{file['id']}").headers["Content-Disposition"]
    assert "\n" not in disposition
    assert '"pass' not in disposition.replace('filename="', "")


def test_a_file_that_is_too_large_is_refused_before_and_while_it_comes(
    ctx: Context, shop: Shop, visit: Visit, connect: Callable[..., int]
) -> None:
    connect("small-shop", attachment_mb=1)
    panel = visit(key="small-shop")
    assert panel.boot["limits"]["file"] == 1024 * 1024
    large = b"x" * (1024 * 1024 + 1)
    assert panel.refused(
        "POST", "/files", data=large, content_type="application/zip", query_string={"name": "x"}
    ) == (413, "too_large")
    answer = panel.call(
        "POST",
        "/files",
        input_stream=io.BytesIO(large),
        content_type="application/zip",
        query_string={"name": "x"},
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large")
    assert send_up(panel, b"x" * 1024 * 1024, "x.zip", "application/zip").status_code == 201
    assert len(rows(ctx, Attachment)) == 1
    assert list(ctx.files.spool.iterdir()) == []


def test_where_files_are_off_none_are_taken(shop: Shop, visit: Visit, connect: Callable[..., int]) -> None:
    connect("no-files", attachment_mb=0)
    panel = visit(key="no-files")
    assert panel.boot["limits"] == {"text": 20_000, "file": 0, "files": 0}
    assert send_up(panel, b"x").status_code == 413


def test_an_empty_file_is_refused(panel: Panel) -> None:
    assert send_up(panel, b"").get_json()["code"] == "invalid"


def test_a_session_has_room_for_so_many_unsent_files(
    ctx: Context, panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inbox.flows import panel as flow

    monkeypatch.setattr(flow, "UPLOADS_MAX", 3)
    for _ in range(3):
        assert send_up(panel, PNG).status_code == 201
    assert send_up(panel, PNG).get_json()["code"] == "invalid"


def test_nobody_gets_anybody_elses_file(ctx: Context, shop: Shop, visit: Visit) -> None:
    anna, bob = visit(), visit()
    file_id = send_up(anna, PNG).get_json()["id"]
    assert bob.refused("GET", f"/files/{file_id}") == (404, "not_found")
    body = {"client_msg_id": "stolen-file", "body": "x", "attachment_ids": [file_id]}
    assert bob.refused("POST", "/messages", body) == (422, "invalid")
    anna.write("Mine", attachment_ids=[file_id])
    bob.write("Hello")
    shop.receive()
    assert bob.refused("GET", f"/files/{file_id}") == (404, "not_found")
    assert bob.refused("POST", "/messages", body) == (422, "invalid")
    assert anna.call("GET", f"/files/{file_id}").data == PNG


def test_an_agents_file_is_the_addressees_once_it_went_out(ctx: Context, shop: Shop, visit: Visit) -> None:
    anna, bob = visit(), visit()
    anna.write("Invoice?")
    bob.write("Hello")
    shop.receive()
    thread = the(ctx, Message, Message.body_text == "Invoice?").thread_id
    stored = ctx.files.put_bytes(b"%PDF-1.7 invoice")

    def story(session: object) -> int:
        return attachments.add_upload(
            session,  # type: ignore[arg-type]
            shop.agent.id,
            name="invoice.pdf",
            claimed="application/pdf",
            head=b"%PDF-1.7",
            stored=stored,
            now=ctx.clock(),
        )["id"]

    file_id = ctx.db.run(story)
    assert anna.refused("GET", f"/files/{file_id}") == (404, "not_found")
    shop.answer(thread, "Here", attachment_ids=(file_id,), send=False)
    assert anna.refused("GET", f"/files/{file_id}") == (404, "not_found")
    from inbox.flows import deliver

    deliver.drain(ctx)
    assert anna.call("GET", f"/files/{file_id}").data == b"%PDF-1.7 invoice"
    assert bob.refused("GET", f"/files/{file_id}") == (404, "not_found")


def test_files_of_notes_are_never_shown(ctx: Context, shop: Shop, panel: Panel) -> None:
    from inbox.flows.reply import NoteRequest, note

    panel.write("Hello")
    shop.receive()
    stored = ctx.files.put_bytes(PNG)

    def story(session: object) -> int:
        return attachments.add_upload(
            session,  # type: ignore[arg-type]
            shop.agent.id,
            name="x.png",
            claimed="image/png",
            head=PNG,
            stored=stored,
            now=ctx.clock(),
        )["id"]

    file_id = ctx.db.run(story)
    note(ctx, shop.agent, the(ctx, Thread).id, NoteRequest("See", "note-1", (file_id,)))
    assert panel.refused("GET", f"/files/{file_id}") == (404, "not_found")


def test_numbers_of_files_tell_nothing(shop: Shop, panel: Panel) -> None:
    for number in (1, 987654, 2**62):
        assert panel.refused("GET", f"/files/{number}") == (404, "not_found")
    for number in ("0", "x", str(2**70)):
        assert panel.call("GET", f"/files/{number}").status_code == 404

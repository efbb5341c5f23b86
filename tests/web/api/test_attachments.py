"""Files: whatever comes in, nothing of it ever runs or shows itself where it should not (S08 to S10)."""

import io
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.threads.attachments import disposition, served_as
from inbox.threads.sniff import INLINE, PLAYED
from tests.factories import Make
from tests.web.api.conftest import Api

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF" + b"\0" * 64
GIF = b"GIF89a" + b"\0" * 64
WEBP = b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 64
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Files are the same on both databases."""
    return sqlite_url


def upload(api: Api, data: bytes, name: str = "a.bin", content_type: str = "application/octet-stream") -> Any:
    answer = api.call(
        "POST", "/attachments", query_string={"name": name}, data=data, content_type=content_type
    )
    assert answer.status_code == 201, answer.text
    return answer.json


def test_what_goes_up_comes_down(api: Api) -> None:
    data = bytes(range(256)) * 1000
    file = upload(api, data, "Übersicht 2026.bin")
    assert (file["name"], file["size"], file["state"]) == ("Übersicht 2026.bin", len(data), "stored")
    answer = api.call("GET", f"/attachments/{file['id']}")
    assert answer.data == data
    assert answer.headers["Content-Length"] == str(len(data))
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"_bersicht 2026.bin\"; filename*=UTF-8''%C3%9Cbersicht%202026.bin"
    )
    with api.call("HEAD", f"/attachments/{file['id']}") as head:
        assert (head.status_code, head.data) == (200, b"")


@pytest.mark.parametrize("data", [PNG, JPEG, GIF, WEBP])
def test_raster_images_may_be_shown_in_place(api: Api, data: bytes) -> None:
    file = upload(api, data, "picture", "text/html")
    assert file["media_type"] in INLINE
    shown = api.call("GET", f"/attachments/{file['id']}?inline=1")
    assert shown.content_type == file["media_type"]
    assert shown.headers["Content-Disposition"].startswith("inline;")
    safe(shown)
    assert (
        api.call("GET", f"/attachments/{file['id']}").headers["Content-Disposition"].startswith("attachment;")
    )


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"OggS" + bytes(40), "audio/ogg"),
        (b"ID3" + bytes(40), "audio/mpeg"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(40), "video/mp4"),
        (b"\x1a\x45\xdf\xa3\x9fB\x82\x84webm" + bytes(40), "video/webm"),
    ],
)
def test_sounds_and_films_may_be_played_in_place_and_in_parts(api: Api, data: bytes, media_type: str) -> None:
    file = upload(api, data, "voice", "text/html")
    path = f"/attachments/{file['id']}?inline=1"
    played = api.call("GET", path, headers={"Range": "bytes=4-11"})
    assert (played.status_code, played.data) == (206, data[4:12])
    assert played.headers["Content-Range"] == f"bytes 4-11/{len(data)}"
    assert played.content_type == media_type
    assert played.headers["Content-Disposition"].startswith("inline;")
    safe(played)
    assert api.call("GET", path, headers={"Range": "bytes=-3"}).data == data[-3:]
    assert api.call("GET", path, headers={"Range": "bytes=0-1,4-5"}).data == data
    beyond = api.call("GET", f"/attachments/{file['id']}", headers={"Range": "bytes=900-"})
    assert beyond.status_code == 416


def test_everything_else_is_a_download(api: Api) -> None:
    claims = ["image/png", "text/html", "image/svg+xml", "application/pdf", "text/xml", "x/y"]
    contents = [HTML, SVG, b"%PDF-1.4 x", b"\x1f\x8b\x08\0", b"plain", b"<?xml version='1.0'?><x/>"]
    for data, claimed in itertools.product(contents, claims):
        for name in ("a.html", "a.png", "a"):
            file = upload(api, data, name, claimed)
            answer = api.call("GET", f"/attachments/{file['id']}?inline=1")
            assert answer.content_type == "application/octet-stream"
            assert answer.headers["Content-Disposition"].startswith("attachment;")
            safe(answer)


def safe(answer: Any) -> None:
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_uploads_belong_to_whoever_made_them(api: Api, make: Make, api_of: Any) -> None:
    file = upload(api, b"mine")
    other = api_of(make.agent("Other"))
    assert other.problem("GET", f"/attachments/{file['id']}") == (404, "not-found")
    make.inbound(channel := make.channel())
    stolen = {"body": "x", "client_msg_id": "n1", "attachment_ids": [file["id"]]}
    assert other.problem("POST", "/threads/1/notes", stolen) == (404, "not-found")
    fields = {"body": "x", "channel_id": channel, "attachment_ids": [file["id"]]}
    assert other.call("PUT", "/threads/1/drafts/reply", fields).json["attachments"] == []


def test_too_large_and_empty_files_are_refused(api: Api) -> None:
    limit = api.client.application.extensions["onethread"].settings.attachment_max
    for headers in ({}, {"Transfer-Encoding": "chunked"}):
        answer = api.call(
            "POST",
            "/attachments?name=big",
            input_stream=io.BytesIO(b"x" * (limit + 1)),
            content_length=None if headers else limit + 1,
            headers=headers,
            environ_overrides={"wsgi.input_terminated": bool(headers)},
        )
        assert answer.status_code == 413, answer.text
        assert answer.content_type == "application/problem+json"
    assert api.problem("POST", "/attachments?name=a", data=b"") == (422, "invalid")
    assert api.problem("POST", "/attachments", data=b"x") == (422, "invalid")


@given(name=st.text(max_size=300), inline=st.booleans())
def test_a_name_never_breaks_out_of_its_header(name: str, inline: bool) -> None:
    cleaned = "".join(c for c in name if not "\ud800" <= c <= "\udfff")
    header = disposition("inline" if inline else "attachment", cleaned)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert header.count(";") == 2


@given(data=st.binary(max_size=100))
def test_only_pictures_sounds_and_films_are_ever_inline(data: bytes) -> None:
    media_type, kind = served_as(data, inline=True)
    assert (kind == "inline") == (media_type in INLINE | PLAYED)
    assert served_as(data, inline=False) == ("application/octet-stream", "attachment")


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\evil.exe", "evil.exe"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("a\u200b.php\u200b", "a.php"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie: x.txt"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("...", "file"),
    ],
)
def test_names_are_data(api: Api, given_name: str, kept: str) -> None:
    assert upload(api, b"x", given_name)["name"] == kept

"""The thin client: what may be asked again, and the pause that Meta asks for."""

import json
from collections.abc import Mapping

import pytest

from adapters.meta.config import MetaConfig
from adapters.meta.graph import VERSION, Graph
from inbox.contract import HttpResponse, NeedsReauth, TryLater, Uncertain
from inbox.contract.conformance import DeadIo
from tests.adapters.meta.outgoing import file

CONFIG = MetaConfig.model_validate({"access_token": "EAAx", "app_secret": "secret", "verify_token": "word"})


class Scripted(DeadIo):
    """An `Io` that gives one answer, or raises one error, and remembers what it was asked."""

    def __init__(self, answer: HttpResponse | Uncertain) -> None:
        super().__init__()
        self.answer = answer
        self.asked: list[tuple[str, str, Mapping[str, str], bytes | None]] = []

    def http(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 10.0,
        max_bytes: int = 1 << 20,
    ) -> HttpResponse:
        """The answer."""
        self.asked.append((method, url, headers or {}, body))
        if isinstance(self.answer, Uncertain):
            raise self.answer
        return self.answer


def said(status: int = 200, body: bytes = b"{}", **headers: str) -> HttpResponse:
    return HttpResponse(
        status=status, headers={name.replace("_", "-"): text for name, text in headers.items()}, body=body
    )


def test_a_call_names_the_version_and_proves_our_rights() -> None:
    io = Scripted(said(body=b'{"id": "1"}'))
    assert Graph(CONFIG, io).get("me", fields="id") == {"id": "1"}
    [(method, url, headers, _body)] = io.asked
    assert method == "GET"
    assert url.startswith(f"https://graph.facebook.com/{VERSION}/me?fields=id&appsecret_proof=")
    assert headers["Authorization"] == "Bearer EAAx"


def test_only_what_cannot_be_seen_is_asked_again_when_nothing_is_known() -> None:
    io = Scripted(Uncertain("No answer."))
    graph = Graph(CONFIG, io)
    with pytest.raises(Uncertain):
        graph.post("me/messages", {})
    for harmless in (
        lambda: graph.get("me"),
        lambda: graph.order("me/subscribed_apps", {}),
        lambda: graph.undo("me/subscribed_apps"),
        lambda: graph.upload("me/message_attachments", {}, "filedata", file()),
    ):
        with pytest.raises(TryLater):
            harmless()


def test_a_file_is_a_part_of_its_own_beside_the_fields() -> None:
    io = Scripted(said())
    Graph(CONFIG, io).upload("x", {"message": "{}"}, "filedata", file(b"bytes", 'a "b" ü.png', "image/png"))
    [(_method, _url, headers, body)] = io.asked
    assert headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert body is not None
    assert b"bytes" in body
    assert b"Content-Type: image/png" in body


def test_an_error_object_counts_whatever_the_status() -> None:
    io = Scripted(said(body=b'{"error": {"code": 190, "message": "x"}}'))
    with pytest.raises(NeedsReauth):
        Graph(CONFIG, io).get("me")


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"<html>", b"[" * 100_000, b"\xff"])
def test_an_answer_that_is_no_object_is_none(body: bytes) -> None:
    with pytest.raises(Uncertain):
        Graph(CONFIG, Scripted(said(body=body))).post("me/messages", {})


def usage(*minutes: object) -> str:
    return json.dumps({"1": [{"estimated_time_to_regain_access": each} for each in minutes], "2": "x"})


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({}, None),
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "9" * 20}, None),
        ({"x_business_use_case_usage": usage(0, 3, 2)}, 180.0),
        ({"x_business_use_case_usage": usage(0)}, None),
        ({"x_business_use_case_usage": usage("many", None)}, None),
        ({"x_business_use_case_usage": "{"}, None),
        ({"x_business_use_case_usage": "[1]"}, None),
    ],
)
def test_the_pause_that_is_asked_for(headers: dict[str, str], after: float | None) -> None:
    answer = said(400, b'{"error": {"code": 4}}', **headers)
    with pytest.raises(TryLater) as caught:
        Graph(CONFIG, Scripted(answer)).post("me/messages", {})
    assert caught.value.after == after

"""Webhooks: proved, kept, answered."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from inbox.channels import actions
from inbox.channels.models import Channel, Envelope
from inbox.contract import Challenge, HookRequest
from inbox.flows.context import Context
from inbox.threads.models import Message
from inbox.web import hooks
from tests.factories import Make
from tests.pigeon import Pigeon, PigeonConfig, note, payload

SIGNED = {"X-Pigeon": "coo"}


def kept(ctx: Context) -> list[tuple[int, bytes | None, dict[str, str]]]:
    with ctx.db.read() as session:
        rows = session.execute(
            select(Envelope.channel_id, Envelope.body, Envelope.headers).order_by(Envelope.id)
        )
        return [tuple(row) for row in rows]


def test_an_authentic_request_is_kept_and_nothing_more(client: FlaskClient, ctx: Context, make: Make) -> None:
    channel_id = make.channel()
    body = payload(note(1)) + b" \xff raw"
    answer = client.post(f"/hooks/pigeon/{channel_id}?x=1", data=body, headers={**SIGNED, "Cookie": "a=b"})
    assert answer.status_code == 200
    [(channel, stored, headers)] = kept(ctx)
    assert (channel, stored) == (channel_id, body)
    assert headers["x-pigeon"] == "coo"
    assert "cookie" not in headers
    with ctx.db.read() as session:
        assert session.scalars(select(Message)).all() == [], "parsing is not the provider's business"
        assert session.get_one(Channel, channel_id).last_in_at


def test_the_same_delivery_twice_is_kept_once(client: FlaskClient, ctx: Context, make: Make) -> None:
    channel_id = make.channel()
    for _ in range(3):
        assert (
            client.post(f"/hooks/pigeon/{channel_id}", data=payload(note(1)), headers=SIGNED).status_code
            == 200
        )
    assert len(kept(ctx)) == 1


@pytest.mark.parametrize("headers", [{}, {"X-Pigeon": ""}, {"X-Pigeon": "cow"}, {"X-Pigeon": "coo " * 3}])
def test_a_forged_request_gets_a_neutral_answer_and_leaves_nothing(
    client: FlaskClient, ctx: Context, make: Make, headers: dict[str, str]
) -> None:
    answer = client.post(f"/hooks/pigeon/{make.channel()}", data=payload(note(1)), headers=headers)
    assert answer.status_code == 401
    assert "ring" not in answer.text, "the adapter's reason is for the log"
    assert kept(ctx) == []


def test_what_does_not_exist_looks_the_same_for_every_reason(
    client: FlaskClient, ctx: Context, make: Make
) -> None:
    gone = make.channel()
    ctx.db.run(actions.remove, gone)
    answers = {
        client.post(path, data=b"x", headers=SIGNED).text
        for path in (
            f"/hooks/pigeon/{gone}", f"/hooks/email/{gone}", "/hooks/pigeon/999999", "/hooks/nothing/1",
            "/hooks/pigeon/0", "/hooks/pigeon/99999999999999999999", "/hooks/../1",
        )
    }  # fmt: skip
    assert len(answers) == 1
    assert '"status": 404' in answers.pop()


def test_a_paused_channel_still_keeps_what_customers_write(
    client: FlaskClient, ctx: Context, make: Make
) -> None:
    channel_id = make.channel()
    ctx.db.run(actions.pause, channel_id)
    assert (
        client.post(f"/hooks/pigeon/{channel_id}", data=payload(note(1)), headers=SIGNED).status_code == 200
    )
    assert len(kept(ctx)) == 1


def test_a_challenge_is_answered_and_not_kept(
    client: FlaskClient, ctx: Context, make: Make, pigeon: Pigeon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def verify(config: PigeonConfig, request: HookRequest) -> Challenge:
        return Challenge(body=request.args["echo"])

    monkeypatch.setattr(pigeon, "verify", verify)
    answer = client.get(f"/hooks/pigeon/{make.channel()}?echo=<script>1</script>")
    assert (answer.status_code, answer.text) == (200, "<script>1</script>")
    assert answer.mimetype == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert kept(ctx) == []


def test_a_body_beyond_the_cap_is_refused(
    client: FlaskClient, ctx: Context, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "BODY_MAX", 1000)
    path = f"/hooks/pigeon/{make.channel()}"
    assert client.post(path, data=b"x" * 1001, headers=SIGNED).status_code == 413
    assert client.post(path, data=b"x" * 1000, headers=SIGNED).status_code == 200


def test_when_nothing_can_be_stored_the_provider_comes_again(
    client: FlaskClient, ctx: Context, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel_id = make.channel()

    def broken(*_args: object, **_kwargs: object) -> int:
        raise OperationalError("INSERT canary", {}, Exception("disk I/O error canary"))

    monkeypatch.setattr(hooks, "keep", broken)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    answer = client.post(f"/hooks/pigeon/{channel_id}", data=payload(note(1)), headers=SIGNED)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "canary" not in answer.text

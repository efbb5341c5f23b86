"""Connecting and looking after channels in the browser, without JavaScript."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from inbox.channels import actions, queries
from inbox.channels.registry import Registry
from inbox.channels.words import ChannelState
from inbox.contract import Health, Outgoing, Receipt, Rejected
from inbox.flows import deliver, notices, receive, telling
from inbox.flows.context import Context
from inbox.flows.reply import ReplyRequest, reply
from inbox.outbox.models import Delivery
from inbox.settings import Settings
from inbox.threads.models import Thread
from tests.factories import Make, ManualClock
from tests.fixtures_app import make_context
from tests.pigeon import Pigeon
from tests.rooms.test_channels import Owl, Swan
from tests.web.conftest import Browser
from tests.web.routes import routes

CANARY = "canary-9b2e-do-not-show"
NEW = "/settings/channels/new/owl"


class SwanPost(Pigeon):
    """A network whose configuration has every kind of field."""

    manifest = Pigeon.manifest.model_copy(update={"key": "swan", "title": "Swan post", "config": Swan})


@pytest.fixture
def owl() -> Owl:
    return Owl()


@pytest.fixture
def ctx(settings: Settings, pigeon: Pigeon, owl: Owl, clock: ManualClock) -> Iterator[Context]:
    registry = Registry({"pigeon": pigeon, "owl": owl, "swan": SwanPost()})
    context = make_context(settings, registry, clock)
    yield context
    context.db.dispose()


def channels(ctx: Context) -> list[queries.ChannelDetail]:
    with ctx.db.read() as session:
        return queries.channels(session)


def secret_of(ctx: Context, channel_id: int) -> str:
    with ctx.db.read() as session:
        config: Any = actions.open_config(ctx.registry, ctx.vault, queries.row(session, channel_id))
    return str(config.secret.get_secret_value())


def test_an_admin_connects_an_account_after_a_live_test(admin: Browser, ctx: Context) -> None:
    answer = admin.submit(NEW, c_loft="Loft Two", c_secret=CANARY, name="Second loft")
    assert answer.status_code == 303, answer.text
    [channel] = channels(ctx)
    assert (channel.name, channel.account, channel.state) == ("Second loft", "Loft Two", ChannelState.ACTIVE)
    assert secret_of(ctx, channel.id) == CANARY
    page = admin.text(answer.location)
    assert "Loft Two" in page
    assert "kept encrypted, never shown" in page
    assert "Second loft" in admin.text("/settings/channels")


def test_a_failed_test_is_told_and_nothing_is_saved(admin: Browser, ctx: Context, owl: Owl) -> None:
    owl.found = Health(ok=False, problems=("The owl sleeps. Wake it.",))
    answer = admin.submit(NEW, c_loft="Loft Two", c_secret=CANARY)
    assert answer.status_code == 422
    assert re.search(r'role="alert".*The owl sleeps. Wake it.', answer.text, re.DOTALL)
    assert 'value="Loft Two"' in answer.text, "what was typed is still there"
    assert CANARY not in answer.text, "except the secrets"
    assert channels(ctx) == []


def test_secrets_typed_once_survive_the_mending_of_the_form(admin: Browser, ctx: Context, owl: Owl) -> None:
    owl.found = Health(ok=False, problems=("No.",))
    page = admin.submit(NEW, c_loft="Loft Two", c_secret=CANARY).text
    kept = re.search(r'name="kept" value="([^"]+)"', page)
    assert kept
    owl.found = Health(ok=True)
    assert admin.submit(NEW, c_loft="Loft Two", c_secret="", kept=kept[1]).status_code == 303
    assert secret_of(ctx, channels(ctx)[0].id) == CANARY


def test_what_a_form_carries_sealed_serves_nobody_else_and_not_for_long(
    admin: Browser, signed_in: Callable[..., Browser], ctx: Context, owl: Owl, clock: ManualClock
) -> None:
    owl.found = Health(ok=False, problems=("No.",))
    kept = re.search(r'name="kept" value="([^"]+)"', admin.submit(NEW, c_loft="L", c_secret=CANARY).text)
    assert kept
    other = signed_in()
    owl.found = Health(ok=True)
    assert other.submit(NEW, c_loft="L1", kept=kept[1]).status_code == 303
    clock.forward(hours=1, seconds=1)
    assert admin.submit(NEW, c_loft="L2", kept=kept[1]).status_code == 303
    assert admin.submit(NEW, c_loft="L3", kept="x" + kept[1][1:]).status_code == 303
    assert admin.submit(NEW, c_loft="L4", kept="%").status_code == 303
    assert {secret_of(ctx, channel.id) for channel in channels(ctx)} == {"coo"}, "the default"


def test_it_is_saved_without_a_working_test_only_with_an_explicit_tick(
    admin: Browser, ctx: Context, owl: Owl
) -> None:
    owl.found = Health(ok=False, problems=("The owl sleeps.",))
    assert admin.submit(NEW, c_loft="Loft Two", anyway="1").status_code == 303
    [channel] = channels(ctx)
    assert channel.last_error == "The owl sleeps."
    assert "Not working" in admin.text("/settings/channels")


def test_mistakes_are_marked_at_their_fields(admin: Browser) -> None:
    answer = admin.submit("/settings/channels/new/swan", c_address="", c_pond_host="h", c_pond_port="many")
    assert answer.status_code == 422
    for name in ("address", "pond_port"):
        assert re.search(rf'id="f-c_{name}"[^>]*aria-invalid="true"', answer.text)
    assert "This is needed." in answer.text


def test_the_form_has_every_kind_of_input(admin: Browser) -> None:
    page = admin.text("/settings/channels/new/swan")
    inputs = {"address": "text", "pond_key": "password", "loud": "checkbox", "pond_port": "text"}
    for name, kind in inputs.items():
        assert re.search(rf'<input(?=[^>]*id="f-c_{name}")[^>]*type="{kind}"', page), name
    assert re.search(r'<input(?=[^>]*id="f-c_pond_port")[^>]*inputmode="numeric"', page)
    assert re.search(r'<select[^>]*id="f-c_mode".*<option value="fly">', page, re.DOTALL)
    assert '<textarea class="input" id="f-c_story"' in page


@pytest.mark.parametrize(
    "field", ["c_unknown", "state", "config", "secrets", "facts", "is_demo", "account", "c_"]
)
def test_a_field_that_the_form_has_not_is_refused(admin: Browser, ctx: Context, field: str) -> None:
    assert admin.submit(NEW, c_loft="Loft Two", **{field: "1"}).status_code == 422
    assert channels(ctx) == []


def test_the_page_tells_how_the_team_is_told(
    admin: Browser, ctx: Context, make: Make, pigeon: Pigeon, clock: ManualClock
) -> None:
    quiet = make.channel()
    assert "Telling your team" not in admin.text(f"/settings/channels/{quiet}")
    pigeon.learns(team=True)
    assert "Nobody is told here" in admin.text(f"/settings/channels/{quiet}")
    channel_id = make.channel(loft="Loft Two", tower="<tower>")
    page = f"/settings/channels/{channel_id}"
    assert "&lt;tower&gt;" in admin.text(page)
    make.inbound(channel_id)
    clock.forward(minutes=6)
    pigeon.answer = refuse_all
    telling.look(ctx)
    notices.send(ctx)
    shown = admin.text(page)
    assert "after 5 minutes while nobody has the thread, and after 60 in any case" in shown
    assert "The tower is locked." in shown
    admin.submit(page, to=f"{page}/test")
    pigeon.answer = lambda message: Receipt(external_id=f"out:{message.idem_key}")
    notices.send(ctx)
    assert "The tower is locked." not in admin.text(page)


def refuse_all(_message: Outgoing) -> Receipt:
    raise Rejected("The tower is locked.")


def test_settings_are_changed_and_empty_secrets_stay(admin: Browser, ctx: Context, make: Make) -> None:
    channel_id = make.channel("owl", name="Owls", secret=CANARY)
    page = f"/settings/channels/{channel_id}/edit"
    assert "One is kept" in admin.text(page)
    assert admin.submit(page, c_loft="Loft One", c_secret="", name="Wise owls").status_code == 303
    assert (channels(ctx)[0].name, secret_of(ctx, channel_id)) == ("Wise owls", CANARY)
    assert admin.submit(page, c_loft="Loft One", c_secret="fresh", name="Wise owls").status_code == 303
    assert secret_of(ctx, channel_id) == "fresh"
    assert admin.submit(page, c_loft="Loft One", clear_secret="1", name="Wise owls").status_code == 303
    assert secret_of(ctx, channel_id) == "coo", "the default again"


def test_the_account_cannot_be_swapped_under_a_channel(admin: Browser, ctx: Context, make: Make) -> None:
    channel_id = make.channel("owl", loft="Loft One")
    answer = admin.submit(f"/settings/channels/{channel_id}/edit", c_loft="Loft Two", name="Owls")
    assert answer.status_code == 422
    assert "channel of its own" in answer.text
    assert channels(ctx)[0].account == "Loft One"


def test_a_failed_test_leaves_the_settings_as_they_were(
    admin: Browser, ctx: Context, make: Make, owl: Owl
) -> None:
    channel_id = make.channel("owl", name="Owls", secret=CANARY)
    owl.found = Health(ok=False, problems=("No.",))
    page = f"/settings/channels/{channel_id}/edit"
    assert admin.submit(page, c_loft="Loft One", c_secret="wrong", name="Other").status_code == 422
    assert (channels(ctx)[0].name, secret_of(ctx, channel_id)) == ("Owls", CANARY)


def test_pausing_and_going_on(admin: Browser, ctx: Context, make: Make) -> None:
    page = f"/settings/channels/{make.channel('owl')}"
    admin.submit(page, page + "/pause")
    assert channels(ctx)[0].state is ChannelState.PAUSED
    assert "Paused" in admin.text("/settings/channels")
    admin.submit(page, page + "/resume")
    assert channels(ctx)[0].state is ChannelState.ACTIVE


def test_testing_again_tells_what_is_wrong_now(admin: Browser, ctx: Context, make: Make, owl: Owl) -> None:
    page = f"/settings/channels/{make.channel('owl')}"
    owl.found = Health(ok=False, problems=("One thing.", "Another <b>thing</b>."))
    admin.submit(page, page + "/test")
    shown = admin.text(page)
    assert "One thing." in shown
    assert "Another &lt;b&gt;thing&lt;/b&gt;." in shown
    assert "Not working" in shown
    owl.found = Health(ok=True)
    admin.submit(page, page + "/test")
    assert "The test succeeded" in admin.text(page)


def test_refused_credentials_are_shown_and_mended_by_new_ones(
    admin: Browser, ctx: Context, make: Make
) -> None:
    channel_id = make.channel("owl")
    ctx.db.run(actions.needs_reauth, channel_id, "The password was refused.")
    page = admin.text(f"/settings/channels/{channel_id}")
    assert re.search(r'role="alert".*refuses our sign-in', page, re.DOTALL)
    admin.submit(f"/settings/channels/{channel_id}/edit", c_loft="Loft One", c_secret="new", name="Owls")
    assert channels(ctx)[0].state is ChannelState.ACTIVE


def test_removing_keeps_the_history_and_hands_unsent_replies_to_people(
    admin: Browser, ctx: Context, make: Make
) -> None:
    channel_id, agent = make.channel(), make.agent("Ben")
    make.inbound(channel_id)
    ctx.db.run(actions.pause, channel_id)
    with ctx.db.read() as session:
        thread_id = session.scalars(select(Thread.id)).one()
    reply(ctx, agent, thread_id, ReplyRequest(channel_id=channel_id, body="Soon.", client_msg_id="m1"))
    deliver.drain(ctx, 10)
    page = f"/settings/channels/{channel_id}"
    assert admin.submit(page, page + "/remove").location == "/settings/channels"
    assert "1 queued reply was not sent" in admin.text("/settings/channels")
    assert admin.get(page).status_code == 404
    with ctx.db.read() as session:
        delivery = session.scalars(select(Delivery)).one()
        assert (delivery.state, delivery.error) == ("failed", "The channel was removed before this was sent.")
        assert session.get_one(Thread, thread_id).trouble == "failed"


def test_what_could_not_be_read_is_listed_downloaded_and_read_again(
    admin: Browser, ctx: Context, make: Make
) -> None:
    channel_id = make.channel()
    body = b"<script>smudged</script>\x00"
    make.keep(channel_id, body)
    receive.drain(ctx, 10)
    page = admin.text(f"/settings/channels/{channel_id}")
    assert "The note is smudged." in page
    assert "1 unreadable" in admin.text("/settings/channels")
    raw = re.search(r'href="(/settings/channels/\d+/payloads/\d+/raw)"', page)
    assert raw
    download = admin.get(raw[1])
    assert (download.data, download.mimetype) == (body, "application/octet-stream")
    assert download.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in download.headers["Content-Security-Policy"]
    again = raw[1].replace("/raw", "/retry")
    assert admin.submit(f"/settings/channels/{channel_id}", again).status_code == 303
    with ctx.db.read() as session:
        assert queries.failed_payloads(session, channel_id) == []
    receive.drain(ctx, 10)
    with ctx.db.read() as session:
        assert len(queries.failed_payloads(session, channel_id)) == 1


def test_all_that_could_not_be_read_is_read_again(admin: Browser, ctx: Context, make: Make) -> None:
    channel_id = make.channel()
    page = f"/settings/channels/{channel_id}"
    make.keep(channel_id, b"smudged")
    receive.drain(ctx, 10)
    assert "Read all again" not in admin.text(page), "one has a button of its own"
    make.keep(channel_id, b"smudged too")
    receive.drain(ctx, 10)
    assert "Read all again" in admin.text(page)
    assert admin.submit(page, f"{page}/payloads/retry").status_code == 303
    assert "2 payloads are being read again." in admin.text(page)
    with ctx.db.read() as session:
        assert queries.failed_payloads(session, channel_id) == []


def test_a_payload_is_reached_through_its_own_channel_only(admin: Browser, ctx: Context, make: Make) -> None:
    one, other = make.channel(), make.channel("owl")
    make.keep(one, b"smudged")
    receive.drain(ctx, 10)
    with ctx.db.read() as session:
        payload_id = queries.failed_payloads(session, one)[0].id
    assert admin.get(f"/settings/channels/{other}/payloads/{payload_id}/raw").status_code == 404
    page = f"/settings/channels/{other}"
    assert admin.submit(page, f"{page}/payloads/{payload_id}/retry").status_code == 404


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_no_answer_and_no_line_of_the_log_carries_a_secret(
    app: Flask,
    admin: Browser,
    ctx: Context,
    make: Make,
    owl: Owl,
    caplog: pytest.LogCaptureFixture,
    capsys: Any,
) -> None:
    """Every route is asked about a channel whose secrets are known to the test."""
    channel_id = make.channel("owl", secret=CANARY)
    owl.found = Health(ok=False, problems=("No.",))
    pages = [
        admin.submit(NEW, c_loft="L", c_secret=CANARY),
        admin.submit(NEW, c_loft="", c_secret=CANARY, c_x="1"),
    ]
    pages.append(
        admin.submit(f"/settings/channels/{channel_id}/edit", c_loft="Loft One", c_secret=CANARY, name="x")
    )
    pages += [
        admin.get(route.example.replace("987654", str(channel_id)))
        for route in routes(app)
        if route.method == "GET"
    ]
    for page in pages:
        assert CANARY not in page.text, page.request.path
    assert CANARY not in caplog.text + "".join(capsys.readouterr())


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_only_known_kinds_can_be_connected(admin: Browser) -> None:
    for kind in ("nothing", "..", "__init__", "os"):
        assert admin.get(f"/settings/channels/new/{kind}").status_code == 404
    assert "Owl post" in admin.text("/settings/channels/new")

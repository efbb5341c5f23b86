"""Asking a shop: within its deadline, not while it is left alone, and never telling a secret."""

import threading
import time

import pytest
from sqlalchemy import update

from inbox.commerce import actions, health, queries
from inbox.commerce.models import ShopRow
from inbox.commerce.words import ShopState
from inbox.contract import HttpResponse, NeedsReauth, Rejected, TryLater, Uncertain, Unreadable
from inbox.db.time import utc_in
from inbox.errors import NotFound
from inbox.flows.context import Context
from inbox.flows.shop_calls import call
from tests.shops import TOKEN, Kiosk, connect


def fail(ctx: Context, shop_id: int, error: Exception) -> None:
    with pytest.raises(type(error)), call(ctx, shop_id, 5):
        raise error


def state(ctx: Context, shop_id: int) -> queries.ShopDetail:
    with ctx.db.read() as session:
        return queries.shop(session, shop_id)


def wait_is_over(ctx: Context, shop_id: int) -> None:
    """As if the seconds had passed for which the shop is left alone."""
    with ctx.db.write() as session:
        session.execute(update(ShopRow).where(ShopRow.id == shop_id).values(closed_until=utc_in(-1)))


def test_a_call_gives_the_shop_with_its_secrets_and_notes_success(ctx: Context, kiosk: Kiosk) -> None:
    shop_id = connect(ctx)
    with call(ctx, shop_id, 5) as (row, shop, config, io):
        assert shop.buyer(config, "nobody", io) is None
        assert config.token.get_secret_value() == TOKEN  # type: ignore[attr-defined]
    assert row.id == shop_id
    assert state(ctx, shop_id).last_fetch_at is not None
    with pytest.raises(NotFound), call(ctx, 999, 5):
        pass


def test_five_failures_close_the_shop_for_everybody_and_one_call_tries_it_again(
    ctx: Context, kiosk: Kiosk
) -> None:
    shop_id = connect(ctx)
    for _ in range(5):
        fail(ctx, shop_id, TryLater("The kiosk is away."))
    with pytest.raises(TryLater, match="away") as refused, call(ctx, shop_id, 5):
        raise AssertionError("it is asked although it is closed")
    assert refused.value.code == "closed"
    assert state(ctx, shop_id).failing_since is not None
    wait_is_over(ctx, shop_id)
    with call(ctx, shop_id, 5):
        with pytest.raises(TryLater), call(ctx, shop_id, 5):
            raise AssertionError("two try at once")
    healed = state(ctx, shop_id)
    assert (healed.failing_since, healed.last_error, healed.closed_until) == (None, None, None)
    with call(ctx, shop_id, 5):
        pass


def test_a_trial_that_fails_closes_it_again(ctx: Context) -> None:
    shop_id = connect(ctx)
    for _ in range(5):
        fail(ctx, shop_id, Unreadable("The kiosk stammers."))
    wait_is_over(ctx, shop_id)
    fail(ctx, shop_id, Unreadable("The kiosk stammers."))
    fail(ctx, shop_id, TryLater("closed"))
    assert state(ctx, shop_id).last_error == "The kiosk stammers."


def test_refusals_count_for_nothing_and_a_wish_to_be_left_alone_is_followed(ctx: Context) -> None:
    shop_id = connect(ctx)
    for _ in range(6):
        fail(ctx, shop_id, Rejected("Not in this kiosk."))
    fail(ctx, shop_id, TryLater("Too many questions.", after=20))
    with pytest.raises(TryLater, match="Too many") as refused, call(ctx, shop_id, 5):
        raise AssertionError("it asked to be left alone")
    assert refused.value.code == "closed"


def test_lost_credentials_stop_all_calls_until_somebody_reconnects(ctx: Context) -> None:
    shop_id = connect(ctx)
    fail(ctx, shop_id, NeedsReauth("The token was taken back."))
    assert state(ctx, shop_id).state is ShopState.NEEDS_REAUTH
    with pytest.raises(NeedsReauth, match="taken back"), call(ctx, shop_id, 5):
        raise AssertionError("it is asked without credentials")


def test_no_secret_and_no_token_gets_into_an_error(ctx: Context) -> None:
    shop_id = connect(ctx)
    with call(ctx, shop_id, 5) as (_row, _shop, _config, io):
        io.memory["token"] = "renewed token"
    with pytest.raises(TryLater) as caught, call(ctx, shop_id, 5):
        raise TryLater(f"GET /?key={TOKEN} with renewed token failed.", code=TOKEN)
    assert TOKEN not in str(caught.value) + caught.value.code
    shown = state(ctx, shop_id).last_error
    assert shown is not None
    assert TOKEN not in shown
    assert "renewed" not in shown


def test_a_slow_shop_is_left_at_the_deadline(ctx: Context, kiosk: Kiosk) -> None:
    shop_id, kiosk.held = connect(ctx), threading.Event()
    begun = time.monotonic()
    with pytest.raises(TryLater), call(ctx, shop_id, 0.1) as (_row, shop, config, io):
        shop.buyer(config, "b1", io)
    assert time.monotonic() - begun < 5
    with pytest.raises(TryLater, match="too long"), call(ctx, shop_id, 0) as (_row, _shop, _config, io):
        io.http("GET", "http://127.0.0.1:9/")


def test_an_answer_that_got_lost_is_uncertain_only_for_acts(ctx: Context) -> None:
    shop_id = connect(ctx)

    class Lossy:
        """A network that loses every answer."""

        facts: dict[str, str] = {}  # noqa: RUF012

        def http(self, *_args: object, **_named: object) -> HttpResponse:
            raise Uncertain("kiosk.example broke off.", code="network")

        def __getattr__(self, name: str) -> object:
            return lambda *_args: None

    ctx.make_io = lambda facts, keep_secrets: Lossy()  # type: ignore[assignment,return-value]
    with pytest.raises(TryLater), call(ctx, shop_id, 5) as (_row, _shop, _config, io):
        io.http("POST", "https://kiosk.example/graphql")
    with pytest.raises(Uncertain), call(ctx, shop_id, 5, acting=True) as (_row, _shop, _config, io):
        io.http("POST", "https://kiosk.example/refunds")
    with pytest.raises(TryLater), call(ctx, shop_id, 5, acting=True) as (_row, _shop, _config, io):
        io.http("GET", "https://kiosk.example/orders/1")


def test_a_connection_remembers_until_its_settings_change(ctx: Context) -> None:
    shop_id = connect(ctx)
    with call(ctx, shop_id, 5) as (_row, _shop, _config, io):
        io.memory["token"] = "short-lived"
        io.keep_secrets({"token": "rotated", "unknown": "dropped"})
    with call(ctx, shop_id, 5) as (_row, _shop, config, io):
        assert io.memory == {"token": "short-lived"}
        assert config.token.get_secret_value() == "rotated"  # type: ignore[attr-defined]
        with io.single("token"), pytest.raises(TryLater):
            with call(ctx, shop_id, 0.01) as (_row, _shop, _config, other), other.single("token"):
                raise AssertionError("two renew at once")
    values = {"token": "another"}
    ctx.db.run(actions.reconfigure, ctx.shops, ctx.vault, shop_id, "Kiosk", values, {})
    with call(ctx, shop_id, 5) as (_row, _shop, _config, io):
        assert io.memory == {}


def test_a_paused_shop_is_not_asked(ctx: Context) -> None:
    shop_id = connect(ctx)
    ctx.db.run(actions.pause, shop_id)
    with pytest.raises(Rejected, match="paused"), call(ctx, shop_id, 5):
        raise AssertionError("it is asked while it is paused")
    ctx.db.run(actions.resume, shop_id)
    with call(ctx, shop_id, 5):
        pass
    with ctx.db.read() as session:
        gate = health.gate(session, shop_id)
    assert gate is not None
    assert not gate.closed

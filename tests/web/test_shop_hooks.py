"""Shops' webhooks: proved, kept once, and all that is wrong looks the same."""

import pytest
from flask.testing import FlaskClient

from inbox.commerce.models import ShopEventRow, ShopRow
from inbox.contract.commerce import ShopEvent, Topic
from inbox.flows import shops
from inbox.flows.context import Context
from inbox.web import shop_hooks
from tests.reading import rows, the
from tests.shops import connect, signed

EVENT = ShopEvent(topic=Topic.CART, id="c1")


def test_an_authentic_event_is_kept_once_and_not_read(client: FlaskClient, ctx: Context) -> None:
    shop_id = connect(ctx)
    body, headers = signed(EVENT)
    for _ in range(3):
        answer = client.post(f"/hooks/shop/{shop_id}", data=body, headers={**headers, "Cookie": "a=b"})
        assert answer.status_code == 200
    kept = the(ctx, ShopEventRow)
    assert (kept.body, kept.state) == (body, "new")
    assert kept.headers["x-kiosk-site"] == "kiosk.example"
    assert not {"cookie", "x-kiosk-signature"} & set(kept.headers)
    assert the(ctx, ShopRow).last_event_at is not None


def test_everything_that_is_wrong_gets_the_same_answer_and_leaves_nothing(
    client: FlaskClient, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop_hooks, "BODY_MAX", 2000)
    shop_id, other = connect(ctx), connect(ctx, "Other", site="other.example", secret="another secret")
    gone = connect(ctx, "Gone", site="gone.example")
    shops.remove(ctx, gone)
    body, headers = signed(EVENT)
    large, sealed = signed(*(EVENT for _ in range(50)))
    umlaut = {**headers, "X-Kiosk-Signature": "ü" * 64}
    answers = [
        client.post(f"/hooks/shop/{number}", data=data, headers=sent)
        for number, data, sent in (
            (shop_id, body[:-1] + b" ", headers),
            (shop_id, body, {}),
            (shop_id, body, umlaut),
            (other, body, headers),
            (gone, body, headers),
            (987654, body, headers),
            (shop_id, large, sealed),
        )
    ]
    assert {(answer.status_code, answer.get_data()) for answer in answers} == {(404, answers[0].get_data())}
    assert rows(ctx, ShopEventRow) == []


def test_a_paused_shop_still_keeps_what_it_tells(client: FlaskClient, ctx: Context) -> None:
    shop_id = connect(ctx)
    shops.pause(ctx, shop_id)
    body, headers = signed(EVENT)
    assert client.post(f"/hooks/shop/{shop_id}", data=body, headers=headers).status_code == 200
    assert len(rows(ctx, ShopEventRow)) == 1

"""Many webhooks of all networks at once: every message once, and in each thread in order."""

from flask.testing import FlaskClient

from inbox.flows import receive
from inbox.flows.context import Context
from tests import burst

COUNT = 200
"""`make bench` does the same with 5,000."""


def test_a_burst_over_all_networks_is_stored_once_and_in_order(ctx: Context, client: FlaskClient) -> None:
    found = burst.networks()
    numbers = burst.connect(ctx, found)
    for kind, body, headers in burst.calls(found, COUNT):
        answer = client.post(f"/hooks/{kind}/{numbers[kind]}", data=body, headers=headers)
        assert answer.status_code == 200, (kind, answer.text)
    while receive.drain(ctx):
        pass
    threads = burst.told(ctx)
    assert len(threads) == len(found) * burst.PEOPLE
    assert sum(len(texts) for texts in threads.values()) == COUNT
    assert all(texts == sorted(set(texts)) for texts in threads.values())

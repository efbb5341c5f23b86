"""I19: what the browser has to fetch before an agent can work."""

import gzip

import pytest
from playwright.sync_api import Response, expect

from tests.browser.conftest import SignIn
from tests.browser.shop import Shop, bubble

pytestmark = pytest.mark.browser

SCRIPT_BYTES = 75_000
REQUESTS = 6

READY_AT = """new MutationObserver(() => {
  if (document.documentElement?.dataset.appState === 'ready') window.readyAt ??= performance.now()
}).observe(document, { attributes: true, subtree: true })"""


def test_i19_few_and_small_requests_before_the_inbox_is_ready(sign_in: SignIn, shop: Shop) -> None:
    thread = shop.customer().writes("Hello")
    page = sign_in().new_page()
    page.add_init_script(READY_AT)
    answers: list[Response] = []

    def answered(answer: Response) -> None:
        answers.append(answer)

    page.on("response", answered)
    shop.open(page, f"/inbox/open/{thread}")
    expect(bubble(page, "Hello")).to_be_visible()
    early = page.evaluate(
        "performance.getEntriesByType('resource').filter(each => each.startTime < readyAt).map(each => each.name)"
    )
    assert len(early) + 1 <= REQUESTS, early  # and the page itself
    # What the page fetches once the inbox is ready, for the shops beside a thread, delays nobody.
    scripts = [
        answer for answer in answers if answer.request.resource_type == "script" and answer.url in early
    ]
    assert scripts
    sizes = {answer.url: len(gzip.compress(answer.body())) for answer in scripts}
    assert sum(sizes.values()) <= SCRIPT_BYTES, sizes
    for answer in scripts:
        assert "immutable" in (answer.header_value("cache-control") or ""), answer.url

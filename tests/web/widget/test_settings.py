"""The admin's page about a site: the script for its pages, and the test of signed identities."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from inbox.agents.words import Role
from tests.factories import Make
from tests.web.conftest import Browser
from tests.web.widget.conftest import SECRET, Shop

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def admin(shop: Shop, signed_in: Callable[..., Browser]) -> Browser:
    """The shop's admin."""
    return signed_in(shop.agent)


def test_the_page_has_the_line_for_the_shops_pages(admin: Browser, shop: Shop) -> None:
    page = admin.text(f"/settings/channels/{shop.channel_id}/site")
    assert "&lt;script async src=&#34;http://localhost/widget/example-shop.js&#34;" in page.replace(
        'src="http://localhost/widget/example-shop.js"',
        "src=&#34;http://localhost/widget/example-shop.js&#34;",
    )
    assert SECRET not in page
    assert f"/settings/channels/{shop.channel_id}/site" in admin.text(f"/settings/channels/{shop.channel_id}")


def test_a_token_is_tried_and_the_reason_is_told(admin: Browser, shop: Shop) -> None:
    path = f"/settings/channels/{shop.channel_id}/site"
    good = admin.submit(path, token=f" {shop.token('4711', name='Anna Berg')} ").text
    assert "identity-good" in good
    assert "Anna Berg" in good
    bad = shop.token(lasts=timedelta(hours=-2))
    answer = admin.submit(path, token=bad).text
    assert "identity-refused" in answer
    assert "<code>expired</code>" in answer
    assert bad not in answer
    assert "malformed" in admin.submit(path, token="<script>alert(1)</script>").text


def test_other_channels_have_no_such_page(admin: Browser, make: Make) -> None:
    assert admin.get(f"/settings/channels/{make.channel()}/site").status_code == 404


def test_only_admins_try_tokens(shop: Shop, signed_in: Callable[..., Browser]) -> None:
    browser = signed_in(Role.SUPERVISOR)
    assert browser.get(f"/settings/channels/{shop.channel_id}/site").status_code == 403

"""Who may read what in the panel, and what of what a page tells is kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.errors import Invalid
from inbox.threads.words import Kind
from inbox.visits import rules
from inbox.visits.rules import Line, Viewer

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ids = st.integers(1, 3) | st.none()
viewers = st.builds(Viewer, ids, ids, st.booleans(), ids)
lines = st.builds(Line, st.sampled_from(Kind), ids, ids, st.integers(1, 3), st.booleans(), ids)


@given(viewers, lines)
def test_nobody_reads_notes_system_lines_or_what_has_not_gone_out(viewer: Viewer, line: Line) -> None:
    if line.kind in (Kind.NOTE, Kind.SYSTEM) or (line.kind is Kind.REPLY and not line.went_out):
        assert not rules.may_read(viewer, line)


@given(viewers, lines)
def test_nobody_reads_in_another_customers_thread(viewer: Viewer, line: Line) -> None:
    if rules.may_read(viewer, line):
        assert line.thread_customer_id == viewer.customer_id


@given(viewers, lines)
def test_a_browser_alone_reads_what_is_of_its_own_identity(viewer: Viewer, line: Line) -> None:
    if not viewer.verified and rules.may_read(viewer, line):
        assert line.identity_id == viewer.identity_id is not None


@given(viewers, lines)
def test_whoever_proved_who_he_is_reads_what_is_of_addresses_he_proved_and_no_others(
    viewer: Viewer, line: Line
) -> None:
    if viewer.verified and rules.may_read(viewer, line) and line.identity_id != viewer.identity_id:
        assert line.customer_id == viewer.customer_id
        assert line.proved_as == viewer.proved_as is not None


@given(viewers, lines)
def test_proof_never_hides_what_the_browser_wrote(viewer: Viewer, line: Line) -> None:
    proved = Viewer(viewer.identity_id, viewer.customer_id, True, viewer.proved_as)
    if rules.may_read(viewer, line):
        assert rules.may_read(proved, line)


@pytest.mark.parametrize(
    ("ask", "is_open", "has_written", "is_known", "needs"),
    [
        ("after_first", True, False, False, "no"),
        ("after_first", True, True, False, "ask"),
        ("after_first", False, False, False, "required"),
        ("after_first", False, True, False, "required"),
        ("after_first", False, True, True, "no"),
        ("offline", True, True, False, "no"),
        ("offline", True, False, False, "no"),
        ("offline", False, False, False, "required"),
        ("offline", False, True, False, "required"),
        ("never", False, False, False, "no"),
        ("never", False, True, False, "no"),
    ],
)
def test_an_address_is_asked_for_after_the_first_message_or_outside_of_hours_with_it(
    ask: str, is_open: bool, has_written: bool, is_known: bool, needs: str
) -> None:
    found = rules.needs_email(ask, is_open=is_open, has_written=has_written, is_known=is_known)  # type: ignore[arg-type]
    assert found == needs


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://shop.example/boots?size=42#reviews", "https://shop.example/boots?size=42"),
        ("https://anna:secret@shop.example/", "https://shop.example/"),
        ("http://localhost:8000/x", "http://localhost:8000/x"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("https://", ""),
        ("https://shop.example:99999/", ""),
        ("https://[::1", ""),
        ("/boots", ""),
        ("", ""),
        ("https://shop.example/a\nb\0c", "https://shop.example/abc"),
    ],
)
def test_only_addresses_of_pages_are_kept(text: str, address: str) -> None:
    assert rules.address(text) == address


@given(st.text())
def test_any_address_is_kept_or_not(text: str) -> None:
    kept = rules.address(text)
    assert kept == "" or kept.startswith(("http://", "https://"))
    assert "\0" not in kept


def test_a_cart_is_kept_as_it_is_within_limits() -> None:
    cart = {"items": [{"title": "Boots", "quantity": 2, "price": 89.9}], "total": 179.8, "currency": "EUR"}
    assert rules.cart(cart) == cart


@pytest.mark.parametrize(
    "value",
    [
        [],
        "x",
        None,
        {"a": "x" * 9000},
        {"a": [[[[[1]]]]]},
        {"a": float("nan")},
        {"a": 10**400},
        {"a": object()},
    ],
    ids=["list", "text", "nothing", "large", "deep", "nan", "long number", "object"],
)
def test_what_is_no_cart_is_refused(value: object) -> None:
    with pytest.raises(Invalid):
        rules.cart(value)


def test_the_last_ten_pages_are_remembered_each_once() -> None:
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    pages: list[dict[str, Any]] = []
    for number in (*range(12), 5):
        pages = rules.viewed(pages, f"https://shop.example/{number}", f"Page {number}", now)
    assert [page["title"] for page in pages] == [f"Page {n}" for n in (5, 11, 10, 9, 8, 7, 6, 4, 3, 2)]
    assert pages[0]["at"] == "2026-03-02T09:00:00.000000Z"
    assert rules.viewed(pages, "", "", now) == pages


def test_texts_of_pages_can_be_stored() -> None:
    assert rules.cart({"a\0": "b\0\ud83d c"}) == {"a ": "b  c"}
    assert rules.line(" a\nb\0\u2028c ", 10) == "a b c"


def test_attributes_are_flat_and_few() -> None:
    assert rules.attributes({"plan": "gold", "vip": True, "orders": 3, "gone": None})
    for bad in (
        {"a": {}},
        {"a": []},
        {"": 1},
        {"a" * 61: 1},
        {"a": "x" * 501},
        {str(n): n for n in range(51)},
    ):
        with pytest.raises(Invalid):
            rules.attributes(bad)


def test_news_of_attributes_replace_and_remove() -> None:
    assert rules.together({"a": 1, "b": 2}, {"b": None, "c": 3}) == {"a": 1, "c": 3}
    with pytest.raises(Invalid):
        rules.together({str(n): n for n in range(50)}, {"one": 1})


def test_a_panel_is_open_for_a_while_after_its_last_sign() -> None:
    assert rules.is_online(NOW - timedelta(seconds=44), NOW)
    assert not rules.is_online(NOW - rules.ONLINE_FOR, NOW)
    assert not rules.is_online(None, NOW)

"""Whatever way an address is written, it is looked up in one form."""

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inbox.contract import BadAddress, addresses
from inbox.settings import Settings
from inbox.visits import proofs


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("anna@example.com", "anna@example.com"),
        ("  Anna@EXAMPLE.com  ", "anna@example.com"),
        ("Anna@example.com.", "anna@example.com"),
        ("ANNA+tag@Example.Com", "anna+tag@example.com"),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@BÜCHER.example", "anna@xn--bcher-kva.example"),
        ("anna@xn--bcher-kva.example", "anna@xn--bcher-kva.example"),
        ("ａｎｎａ@example.com", "anna@example.com"),
        ("straße@example.com", "strasse@example.com"),
        ("anna@faß.example", "anna@fass.example"),
        ("почта@пример.рф", "почта@xn--e1afmkfd.xn--p1ai"),
        ('"anna"@example.com', "anna@example.com"),
        ('"anna b"@example.com', '"anna b"@example.com'),
        ("anna@[192.0.2.1]", "anna@[192.0.2.1]"),
        ("a@b", "a@b"),
    ],
)
def test_mail_addresses_have_one_form(written: str, found: str) -> None:
    assert addresses.email(written) == found
    assert addresses.email(found) == found


@pytest.mark.parametrize(
    "written",
    [
        "", "anna", "@example.com", "anna@", "an na@example.com", "anna@exa mple.com", "anna@ex..ample.com",
        "anna@-bad.example", "a@b@c@", "anna@example.com\nBcc: x@y.example", "anna\0@example.com",
        "a" * 65 + "@example.com", "anna@" + "a" * 64 + ".example", "anna@" + "a." * 130 + "example",
        "<anna@example.com>", "anna@exa_mple!.com", "x" * 500,
    ],
)  # fmt: skip
def test_what_is_no_mail_address_is_refused(written: str) -> None:
    with pytest.raises(BadAddress):
        addresses.email(written)


@pytest.mark.parametrize(
    ("written", "region", "found"),
    [
        ("+49 30 123456", "", "+4930123456"),
        ("+49 (0)30 / 123-456", "", "+4930123456"),
        ("tel:+49-30-123456", "", "+4930123456"),
        ("030 123456", "DE", "+4930123456"),
        ("030 123456", "de", "+4930123456"),
        ("0049 30 123456", "FR", "+4930123456"),
        ("＋４９ ３０ １２３４５６", "", "+4930123456"),
        ("06 12345678", "NL", "+31612345678"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("+39 06 1234 5678", "US", "+390612345678"),
    ],
)
def test_telephone_numbers_have_one_form(written: str, region: str, found: str) -> None:
    assert addresses.phone(written, region) == found
    assert addresses.phone(found) == found
    assert addresses.is_phone(found)


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("030 123456", ""), ("", "DE"), ("anna", "DE"), ("+", ""), ("+1", ""), ("12", "DE"), ("+999 123456789", ""),
        ("1" * 60, "DE"), ("030 123456", "XX"), ("110", "DE"),
    ],
)  # fmt: skip
def test_what_is_no_telephone_number_is_refused(written: str, region: str) -> None:
    with pytest.raises(BadAddress):
        addresses.phone(written, region)


def test_who_leaves_the_country_code_out_is_told_to_give_it() -> None:
    with pytest.raises(BadAddress, match="country code"):
        addresses.phone("030 123456")


@given(st.text(max_size=30), st.text(string.ascii_letters + "äßøéİſŉ.-", max_size=30))
@example("\u0345", "example")
@example("İ", "İ.example")
def test_a_normalised_mail_address_stays_as_it_is(local: str, domain: str) -> None:
    try:
        found = addresses.email(f"{local}@{domain}")
    except BadAddress:
        return
    assert addresses.email(found) == found


@given(st.text("+0123456789 ()-/.x", max_size=24), st.sampled_from(["", "DE", "US", "IT"]))
def test_a_normalised_number_stays_as_it_is(written: str, region: str) -> None:
    try:
        found = addresses.phone(written, region)
    except BadAddress:
        return
    assert addresses.is_phone(found)
    assert addresses.phone(found) == found


@pytest.mark.parametrize(("given", "kept"), [("", ""), ("de", "DE"), (" it ", "IT")])
def test_the_default_region_is_a_country(given: str, kept: str) -> None:
    assert Settings(default_region=given).default_region == kept


@pytest.mark.parametrize("given", ["XX", "DEU", "49", "Germany"])
def test_what_is_no_country_is_said_at_the_start(given: str) -> None:
    with pytest.raises(ValueError, match="no country"):
        Settings(default_region=given)


def test_what_a_shop_says_is_read_in_its_region() -> None:
    assert proofs.read_said({"phone": "030 123456"}, "DE").phone == "+4930123456"
    assert proofs.read_said({"phone": "030 123456"}).phone == ""

"""Address fields as mailers write them, and the form of an address for look-up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.email.addresses import (
    Mailbox,
    mailboxes,
    message_id_token,
    normalise,
    own_addresses,
    typed_party,
)
from inbox.contract import BadAddress


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("ann@x.example", [("", "ann@x.example")]),
        ("Ann Lee <ann@x.example>", [("Ann Lee", "ann@x.example")]),
        ('"Lee, Ann" <ann@x.example>, b@x.example', [("Lee, Ann", "ann@x.example"), ("", "b@x.example")]),
        ("=?utf-8?Q?J=C3=BCrgen?= <j@x.example>", [("Jürgen", "j@x.example")]),
        ('"=?iso-8859-1?Q?J=FCrgen?=" <j@x.example>', [("Jürgen", "j@x.example")]),
        ("=?utf-8?B?SsO8?= =?utf-8?B?cmdlbg==?= <j@x.example>", [("Jürgen", "j@x.example")]),
        ("=?utf-8?Q?=0AMy_self?= <a@x.example>", [("My self", "a@x.example")]),
        ("=?utf-8?Q?x=2C_eve=40evil.example?= <a@x.example>", [("x, eve@evil.example", "a@x.example")]),
        ("a@x.example (Ann Lee)", [("Ann Lee", "a@x.example")]),
        ("Friends: a@x.example, Bo <b@x.example>;", [("", "a@x.example"), ("Bo", "b@x.example")]),
        ("undisclosed-recipients:;", []),
        ("(c):", []),
        ("", []),
        ("<a@x.example", [("", "a@x.example")]),
        ("Ann a@x.example", [("Ann", "a@x.example")]),
        ('"ann@x.example"', [("", "ann@x.example")]),
        ('"ceo@shop.example" <eve@evil.example>', [("ceo@shop.example", "eve@evil.example")]),
        ('"victim@x.example"@evil.example', [("victim@x.example@evil.example", "")]),
        ("Ann <mailto:a@x.example>", [("Ann", "a@x.example")]),
        ("<@hop.example:a@x.example>", [("", "a@x.example")]),
        ("'a@x.example' <a@x.example>", [("a@x.example", "a@x.example")]),
        ("Müller <m@bücher.example>", [("Müller", "m@bücher.example")]),
        ("exe.\u202egpj <a@x.example>", [("exe.gpj", "a@x.example")]),
        ("Undisclosed", [("Undisclosed", "")]),
    ],
)
def test_an_address_field_is_split(field: str, expected: list[tuple[str, str]]) -> None:
    assert mailboxes(field) == [Mailbox(name, address) for name, address in expected]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Ann.Lee@Example.COM", "ann.lee@example.com"),
        ("ann@EXÄMPLE.de", "ann@xn--exmple-cua.de"),
        ("ａｎｎ@example.com", "ann@example.com"),
        ("ann@example.com.", "ann@example.com"),
        ('"ann"@example.com', "ann@example.com"),
        ("o'neil+tag@example.com", "o'neil+tag@example.com"),
        ("ann@[192.0.2.1]", "ann@[192.0.2.1]"),
        ("ann@localhost", "ann@localhost"),
        ("ann\n@example.com", ""),
        ("ann@exa\rmple.com", ""),
        ("ann\x00@example.com", ""),
        ("a b@example.com", ""),
        ("a＠b@example.com", ""),
        ("@example.com", ""),
        ("ann@", ""),
        ("ann", ""),
        ("ann@-", ""),
        ("ann@a..b", ""),
        ("x" * 65 + "@example.com", ""),
    ],
)
def test_the_look_up_form(address: str, expected: str) -> None:
    assert normalise(address) == expected


@given(text=st.one_of(st.emails(), st.text(max_size=60), st.from_regex(r"\A[^@]{0,20}@[^@]{0,30}\Z")))
def test_the_look_up_form_of_a_look_up_form_is_itself(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert not any(char in once for char in "\r\n\x00 ")


def test_typed_addresses() -> None:
    party = typed_party(" Ann Lee <Ann@Bücher.example> ")
    assert (party.name, party.address, party.display) == (
        "Ann Lee",
        "ann@xn--bcher-kva.example",
        "Ann@Bücher.example",
    )
    for text in (
        "",
        "ann",
        "a@x.example, b@x.example",
        "a@x.example\r\nBcc: b@x.example",
        "a@x\x00.example",
        "a" * 9000,
    ):
        with pytest.raises(BadAddress):
            typed_party(text)


def test_our_own_addresses_and_tokens() -> None:
    own = own_addresses("Support@Shop.example", ("help@shop.example", "no address"))
    assert own.all == ("support@shop.example", "help@shop.example")
    assert own.own("support@shop.example")
    assert own.own("help+r.abc@shop.example")
    assert not own.own("support@evil.example")
    assert not own.own("supporter@shop.example")
    assert own.token("support+r.mfrggzdfmztwq2lk@shop.example", "r") == "mfrggzdfmztwq2lk"
    assert own.token("support+b.mfrggzdfmztwq2lk@shop.example", "r") == ""
    assert own.token("support+r.mfrggzdfmztwq2lk@evil.example", "r") == ""
    assert own.token("support+r.short@shop.example", "r") == ""
    assert own.token("support+r.mfrggzdfm0twq2lk@shop.example", "r") == "", "0 and 1 are not in base32"


@pytest.mark.parametrize(
    ("message_id", "expected"),
    [
        ("<0190aabbccddeeff.mfrggzdfmztwq2lk@shop.example>", ("0190aabbccddeeff", "mfrggzdfmztwq2lk")),
        ("<0190aabbccddeeff.MFRGGZDFMZTWQ2LK@shop.example>", ("0190aabbccddeeff", "mfrggzdfmztwq2lk")),
        ("<0190aabbccddeeff@shop.example>", ("", "")),
        ("<CAD.abc@mail.gmail.com>", ("", "")),
        ("0190aabbccddeeff.mfrggzdfmztwq2lk@shop.example", ("", "")),
    ],
)
def test_tokens_in_message_ids(message_id: str, expected: tuple[str, str]) -> None:
    assert message_id_token(message_id) == expected

"""Signed identities of shops: which are believed, and why others are not."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.visits.proofs import LIFETIME_MAX, Refused, Said, read_hmac, read_jwt, read_said
from inbox.visits.words import Proof

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET = "a secret of the shop that is long enough"
OTHER = "another secret that is long enough, too"


def at(**delta: float) -> int:
    return int((NOW + timedelta(**delta)).timestamp())


def sign(secret: str | None = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    payload = {"sub": "4711", "exp": at(hours=1), **claims}
    return jwt.encode({name: each for name, each in payload.items() if each is not None}, secret, algorithm)


def by_hand(header: Any, payload: bytes, secret: str = SECRET) -> str:
    """A token with a true signature over whatever it is."""
    head, body = (
        base64.urlsafe_b64encode(part).rstrip(b"=") for part in (json.dumps(header).encode(), payload)
    )
    mark = base64.urlsafe_b64encode(hmac.digest(secret.encode(), head + b"." + body, "sha256")).rstrip(b"=")
    return (head + b"." + body + b"." + mark).decode()


def test_a_good_token_is_believed() -> None:
    known = read_jwt(
        sign(
            name="Anna  Berg",
            email="Anna@Example.COM",
            email_verified=True,
            phone="+49 30 123456",
            locale="de_AT",
            attributes={"plan": "gold", "orders": 3, "vip": True},
        ),
        [SECRET],
        NOW,
    )
    assert known.subject == "4711"
    assert known.proof is Proof.JWT
    assert known.until == NOW + timedelta(hours=1)
    assert known.said == Said("Anna Berg", "anna@example.com", "+4930123456")
    assert known.email_verified
    assert known.locale == "de-AT"
    assert known.attributes == {"plan": "gold", "orders": 3, "vip": True}
    assert known.notes == ()


@pytest.mark.parametrize("secrets", [[SECRET], [OTHER, SECRET], [SECRET, OTHER]])
def test_any_of_the_secrets_may_have_signed(secrets: list[str]) -> None:
    assert read_jwt(sign(), secrets, NOW).subject == "4711"


def test_clocks_may_be_half_a_minute_apart() -> None:
    assert read_jwt(sign(exp=at(seconds=-29)), [SECRET], NOW)
    assert read_jwt(sign(nbf=at(seconds=29), iat=at(seconds=29)), [SECRET], NOW)
    assert read_jwt(sign(exp=at(hours=24, seconds=29)), [SECRET], NOW)


BAD: dict[str, tuple[str, str]] = {
    "ended": ("expired", sign(exp=at(minutes=-1))),
    "ended long ago": ("expired", sign(exp=at(days=-400))),
    "other secret": ("bad_signature", sign(OTHER)),
    "no algorithm": ("wrong_algorithm", sign(None, "none")),
    "NONE": ("wrong_algorithm", by_hand({"alg": "NONE"}, b'{"sub":"4711"}')),
    "longer hash": ("wrong_algorithm", by_hand({"alg": "HS512"}, b'{"sub":"4711"}')),
    "no alg at all": ("wrong_algorithm", by_hand({"typ": "JWT"}, b'{"sub":"4711"}')),
    "public key": ("wrong_algorithm", by_hand({"alg": "RS256"}, b'{"sub":"4711"}')),
    "no end": ("missing_exp", sign(exp=None)),
    "lasts too long": ("too_long", sign(exp=at(hours=25))),
    "for ever": ("too_long", sign(exp=at(days=3650))),
    "milliseconds": ("bad_claim", sign(exp=at(hours=1) * 1000)),
    "end is text": ("bad_claim", sign(exp=str(at(hours=1)))),
    "end is true": ("bad_claim", sign(exp=True)),
    "end is infinite": ("bad_claim", by_hand({"alg": "HS256"}, b'{"sub":"1","exp":1e400}')),
    "end is no number": ("bad_claim", by_hand({"alg": "HS256"}, b'{"sub":"1","exp":NaN}')),
    "not before": ("not_yet", sign(nbf=at(minutes=5))),
    "made tomorrow": ("not_yet", sign(iat=at(days=1))),
    "nobody": ("missing_sub", sign(sub=None)),
    "a number": ("missing_sub", sign(sub=4711)),
    "blank": ("missing_sub", sign(sub="  ")),
    "two lines": ("missing_sub", sign(sub="47\n11")),
    "endless": ("missing_sub", sign(sub="4" * 201)),
    "mail is a list": ("bad_claim", sign(email=["a@example.com"])),
    "name is a number": ("bad_claim", sign(name=1)),
    "nearly true": ("bad_claim", sign(email_verified="true")),
    "nested facts": ("bad_claim", sign(attributes={"a": {"b": 1}})),
    "facts are a list": ("bad_claim", sign(attributes=[1])),
    "too many facts": ("bad_claim", sign(attributes={str(number): number for number in range(60)})),
    "no token": ("malformed", "token"),
    "three words": ("malformed", "not.a.token"),
    "cut short": ("malformed", sign().rpartition(".")[0]),
    "a list": ("malformed", by_hand({"alg": "HS256"}, b"[1]")),
    "no JSON": ("malformed", by_hand({"alg": "HS256"}, b"{")),
    "huge": ("too_large", sign(name="x" * 9000)),
    "critical": ("malformed", by_hand({"alg": "HS256", "crit": ["b64"], "b64": False}, b'{"sub":"4711"}')),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_is_refused_and_the_reason_is_told(name: str) -> None:
    code, token = BAD[name]
    with pytest.raises(Refused) as refused:
        read_jwt(token, [SECRET], NOW)
    assert refused.value.code == code, refused.value.detail
    assert refused.value.detail.endswith(".")
    assert SECRET not in refused.value.detail


def test_without_a_secret_nothing_is_believed() -> None:
    for call in (
        lambda: read_jwt(sign(), [], NOW),
        lambda: read_hmac({"id": "1", "hmac": "0" * 64}, [], NOW),
    ):
        with pytest.raises(Refused) as refused:
            call()
        assert refused.value.code == "not_configured"


def test_an_address_that_is_none_is_left_out_and_noted() -> None:
    known = read_jwt(sign(email="anna at example", phone="030 123"), [SECRET], NOW)
    assert (known.said.email, known.said.phone) == ("", "")
    assert len(known.notes) == 2


def test_one_changed_bit_anywhere_is_noticed() -> None:
    token = sign()
    for place in range(0, len(token), 7):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        if changed.rpartition(".")[2][:-1] == token.rpartition(".")[2][:-1] and place == len(token) - 1:
            continue  # the last character of base64url has bits that mean nothing
        with pytest.raises(Refused):
            read_jwt(changed, [SECRET], NOW)


@given(st.text(max_size=300))
def test_any_text_is_refused_and_breaks_nothing(text: str) -> None:
    with pytest.raises(Refused):
        read_jwt(text, [SECRET], NOW)


@given(
    st.dictionaries(
        st.sampled_from(["sub", "exp", "nbf", "iat", "name", "email", "phone", "locale", "attributes", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
            ),
            max_leaves=8,
        ),
    )
)
def test_any_signed_claims_are_believed_or_refused(claims: dict[str, Any]) -> None:
    token = by_hand({"alg": "HS256"}, json.dumps(claims).encode())
    try:
        known = read_jwt(token, [SECRET], NOW)
    except Refused:
        return
    assert known.subject.strip()
    assert NOW - timedelta(minutes=1) < known.until <= NOW + LIFETIME_MAX + timedelta(minutes=1)


def test_the_older_form_proves_the_id_alone() -> None:
    mark = hmac.digest(SECRET.encode(), b"4711", "sha256").hex()
    known = read_hmac({"id": "4711", "hmac": mark.upper(), "email": "anna@example.com"}, [OTHER, SECRET], NOW)
    assert (known.subject, known.proof, known.is_signed) == ("4711", Proof.HMAC, False)
    assert known.said.email == "anna@example.com"
    assert not known.email_verified


@pytest.mark.parametrize(
    ("user", "code"),
    [
        ({"id": "4712", "hmac": hmac.digest(SECRET.encode(), b"4711", "sha256").hex()}, "bad_signature"),
        ({"id": "4711", "hmac": ""}, "bad_signature"),
        ({"id": "4711", "hmac": "é"}, "malformed"),
        ({"id": "4711", "hmac": 7}, "malformed"),
        ({"id": 4711, "hmac": "0" * 64}, "missing_sub"),
        ({"hmac": "0" * 64}, "missing_sub"),
    ],
    ids=["other id", "empty", "no hex", "a number", "id is a number", "no id"],
)
def test_a_bad_hmac_is_refused(user: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_hmac(user, [SECRET], NOW)
    assert refused.value.code == code


def test_what_a_page_says_without_proof_is_cleaned() -> None:
    assert read_said({"name": " Anna\n\0Berg ", "email": ["x"], "phone": "x"}) == Said("Anna Berg", "", "")

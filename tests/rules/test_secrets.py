"""The vault: secrets sealed at rest, and short signed tokens."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.channels.secrets import Vault, open_vault
from inbox.errors import SetupError
from inbox.settings import Settings

VAULT = Vault(b"the first key of this test")


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_is_sealed_opens_again_and_shows_nothing(secret: bytes, aad: str) -> None:
    sealed = VAULT.seal(secret, aad)
    assert VAULT.open(sealed, aad) == secret
    assert len(secret) < 4 or secret not in sealed


def test_a_sealed_secret_cannot_be_moved_to_another_row() -> None:
    with pytest.raises(SetupError, match="altered"):
        VAULT.open(VAULT.seal(b"secret", "channel:1"), "channel:2")


def test_keys_rotate_and_an_unknown_key_says_what_to_do() -> None:
    sealed = VAULT.seal(b"secret", "x")
    assert Vault(b"a newer key", [b"the first key of this test"]).open(sealed, "x") == b"secret"
    with pytest.raises(SetupError, match="ONETHREAD_SECRET_KEYS_OLD"):
        Vault(b"a newer key").open(sealed, "x")


@given(st.integers(0, 2**40 - 1))
def test_a_token_gives_its_number_back_in_any_case_and_only_for_its_purpose(number: int) -> None:
    token = VAULT.token("reply", number)
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyz234567")
    assert VAULT.read_token("reply", token.upper()) == number
    assert VAULT.read_token("bounce", token) is None
    assert Vault(b"another key").read_token("reply", token) is None


@given(st.text(max_size=40))
def test_no_other_text_is_a_token(text: str) -> None:
    assert VAULT.read_token("reply", text) is None


def test_every_changed_letter_spoils_a_token() -> None:
    token = VAULT.token("reply", 10412)
    for place, letter in enumerate(token):
        other = "a" if letter != "a" else "b"
        assert VAULT.read_token("reply", token[:place] + other + token[place + 1 :]) is None


def test_a_key_is_made_once_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    sealed = open_vault(settings).seal(b"secret", "x")
    assert open_vault(settings).open(sealed, "x") == b"secret"
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0

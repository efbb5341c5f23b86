"""What Meta's channels are set to."""

from typing import Any

import pytest
from pydantic import ValidationError

from adapters.meta.config import FACEBOOK, MetaConfig, checked_id


def config(**more: Any) -> MetaConfig:
    given = {"access_token": "EAAx", "app_secret": "secret", "verify_token": "word"}
    return MetaConfig.model_validate({**given, **more})


def test_the_api_is_metas_unless_another_is_named() -> None:
    assert config().api_base == FACEBOOK
    assert config(api_base=" http://127.0.0.1:8080/ ").api_base == "http://127.0.0.1:8080"
    assert config(api_base="http://[::1]:8080").api_base == "http://[::1]:8080"


@pytest.mark.parametrize(
    "base", ["", "graph.facebook.com", "ftp://x", "https://", "https://x/v24.0", "https://u@x", "https://x:a"]
)
def test_an_api_is_scheme_name_and_port(base: str) -> None:
    with pytest.raises(ValidationError, match="scheme, name and port"):
        config(api_base=base)


def test_what_was_copied_with_blanks_around_it_is_taken_without() -> None:
    assert config(access_token=" EAAx\n").access_token.get_secret_value() == "EAAx"


@pytest.mark.parametrize("word", ["two words", "ключ"])
def test_what_cannot_be_one_of_metas_words_is_refused(word: str) -> None:
    with pytest.raises(ValidationError, match="copy it again"):
        config(access_token=word)


def test_an_id_is_a_number() -> None:
    assert checked_id(" 101234567890123 ", "the Page ID") == "101234567890123"
    for text in ("", "shoe.shop", "-1", "1" * 31, "１２３"):
        with pytest.raises(ValueError, match="the Page ID is a number"):
            checked_id(text, "the Page ID")

"""What Meta's codes mean, and that nothing but the code decides."""

import re

import pytest

from adapters.meta import errors
from inbox.contract import AdapterError, NeedsReauth, Rejected, TryLater, Uncertain

# Those that the provider notes name, by what has to become of them.
LATER = (4, 613, 80007, 130429, 131056, 131000, 131016, 2, 1200)
REAUTH = (0, 190, 10, 200, 210, 299, 368, 131031)
REJECTED = (
    551, 130472, 131026, 131042, 131047, 131048, 131049, 131051, 131052, 131053,
    132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016,
)  # fmt: skip


def made(code: int, subcode: int | None = None, *, status: int = 400, changes: bool = True) -> AdapterError:
    error = {"message": "#words", "type": "OAuthException", "code": code, "fbtrace_id": "A"}
    if subcode is not None:
        error["error_subcode"] = subcode
    return errors.translated(error, status, changes=changes)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *((code, TryLater) for code in LATER),
        *((code, NeedsReauth) for code in REAUTH),
        *((code, Rejected) for code in REJECTED),
    ],
)
def test_a_code_means_the_same_whatever_the_http_status_and_the_words(
    code: int, kind: type[AdapterError]
) -> None:
    for status in (200, 400, 401, 403, 429, 500, 503):
        error = made(code, status=status)
        assert type(error) is kind
        assert error.code == str(code)
        assert "#words" not in error.reason, "we have words of our own"


@pytest.mark.parametrize("subcode", [2018065, 2018278, 2534022])
def test_too_late_is_no_missing_permission(subcode: int) -> None:
    error = made(10, subcode)
    assert isinstance(error, Rejected)
    assert not error.unreachable
    assert error.code in errors.WINDOW


@pytest.mark.parametrize(
    ("code", "subcode"), [(551, None), (551, 1545041), (10, 2018108), (200, 1545041), (100, 2018001)]
)
def test_who_cannot_be_written_to_is_out_of_reach(code: int, subcode: int | None) -> None:
    error = made(code, subcode)
    assert isinstance(error, Rejected)
    assert error.unreachable


def test_a_conversation_that_another_app_has_holds_nobody_elses_replies() -> None:
    error = made(10, 2018300)
    assert isinstance(error, Rejected)
    assert (error.unreachable, error.code in errors.WINDOW) == (False, False)
    assert "Another app" in error.reason


@pytest.mark.parametrize("subcode", [458, 460, 463])
def test_why_a_token_is_dead_is_told(subcode: int) -> None:
    known, plain = made(190, subcode), made(190)
    assert isinstance(known, NeedsReauth)
    assert known.reason != plain.reason


def test_a_proof_that_does_not_fit_is_no_fault_of_the_message() -> None:
    error = {"code": 100, "type": "GraphMethodException", "message": "Invalid appsecret_proof"}
    assert isinstance(errors.translated(error, 400, changes=True), NeedsReauth)
    assert isinstance(errors.translated({**error, "error_subcode": 33}, 400, changes=True), Rejected)
    assert isinstance(errors.translated({**error, "type": "OAuthException"}, 400, changes=True), Rejected)


def test_a_subcode_that_nobody_knows_leaves_the_code_its_meaning() -> None:
    assert made(190, 99999).reason == made(190).reason
    assert made(190, 99999).code == "190/99999"


def test_an_unknown_code_is_refused_with_metas_words() -> None:
    error = errors.translated({"code": 987654, "message": "No\nshoes today"}, 400, changes=True)
    assert isinstance(error, Rejected)
    assert error.reason == "Meta refused it: No shoes today"


def test_an_unknown_code_of_a_broken_server_decides_nothing() -> None:
    assert isinstance(made(987654, status=500), Uncertain)
    assert isinstance(made(987654, status=500, changes=False), TryLater)


def test_a_token_in_metas_words_is_not_shown() -> None:
    token = "EAAB" + "x1" * 40
    said = {"code": 987654, "message": f"Malformed access token {token}"}
    error = errors.translated(said, 400, changes=True)
    assert token not in error.reason
    assert "Malformed access token" in error.reason


def test_an_error_of_which_meta_says_that_the_message_may_have_gone_out() -> None:
    assert isinstance(made(1, 1357046), Uncertain)
    assert isinstance(made(1, 1357046, changes=False), TryLater)


@pytest.mark.parametrize("error", [None, [], "no", {}, {"code": "190"}, {"code": None}])
@pytest.mark.parametrize(
    ("status", "changes", "kind"),
    [
        (429, True, TryLater),
        (413, True, Rejected),
        (502, True, Uncertain),
        (502, False, TryLater),
        (200, True, Uncertain),
        (404, False, TryLater),
    ],
)
def test_without_a_code_the_status_has_to_do(
    error: object, status: int, changes: bool, kind: type[AdapterError]
) -> None:
    assert type(errors.translated(error, status, changes=changes)) is kind


def test_every_meaning_is_a_sentence_for_people() -> None:
    for key, meaning in errors.MEANINGS.items():
        assert re.fullmatch(r"[A-Z].*\.", meaning.sentence), key
        assert meaning.kind == "rejected" or not meaning.gone, key
        assert "  " not in meaning.sentence, key

"""What is logged carries no secret, however it got into the line."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog
from pydantic import SecretStr

from inbox import log
from inbox.settings import Settings

CANARY = "canary-4711-secret"

Logged = Callable[[Callable[[], object]], str]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Puts the test runner's own logging back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Logged:
    """`logged(call)`: what the call writes to standard error, as JSON lines."""

    def run(call: Callable[[], object]) -> str:
        log.set_up(Settings(log_format="json", log_level="debug"))
        call()
        return capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    "values",
    [
        {"password": CANARY},
        {"imap_password": CANARY},
        {"headers": {"Authorization": CANARY, "Cookie": CANARY}},
        {"url": f"https://user:{CANARY}@host/"},
        {"url": f"https://api.example.org/bot123456:{CANARY}/getMe"},
        {"detail": f"sent Authorization: Bearer {CANARY}"},
        {"tried": [{"refresh_token": CANARY}]},
        {"value": SecretStr(CANARY)},
        {"query": f"grant=x&access_token={CANARY}&y=1"},
    ],
)
def test_secrets_are_masked_by_name_and_by_shape(logged: Logged, values: dict[str, object]) -> None:
    output = logged(lambda: structlog.get_logger("test").warning("something.happened", **values))
    assert "something.happened" in output
    assert CANARY not in output


def test_tracebacks_are_masked_too(logged: Logged) -> None:
    error = ValueError(f"cannot use smtp://user:{CANARY}@host")
    output = logged(lambda: structlog.get_logger("test").error("it.failed", exc_info=error))
    assert "ValueError" in output
    assert CANARY not in output


def test_lines_of_libraries_take_the_same_way(logged: Logged) -> None:
    output = logged(
        lambda: logging.getLogger("a.library").warning("cannot reach %s", f"redis://:{CANARY}@host/0")
    )
    line = json.loads(output)
    assert (line["logger"], line["level"]) == ("a.library", "warning")
    assert CANARY not in output


def test_what_is_no_secret_stays(logged: Logged) -> None:
    output = logged(
        lambda: structlog.get_logger("test").info("poller.kept", channel=3, reason="All is well.")
    )
    line = json.loads(output)
    assert (line["channel"], line["reason"]) == (3, "All is well.")

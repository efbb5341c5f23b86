"""The page about the widget knows every setting and every reason for which a token is refused."""

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from adapters.chat_widget import ADAPTER
from adapters.chat_widget.config import WidgetConfig
from inbox.visits.proofs import read_jwt
from inbox.visits.words import ProofCode

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / ADAPTER.manifest.docs).read_text("utf-8")
SECRET = "a secret of the shop that is long enough"


def test_every_setting_is_on_the_page() -> None:
    assert [name for name in WidgetConfig.model_fields if f"`{name}`" not in PAGE] == []


def test_every_reason_is_on_both_pages() -> None:
    for page in (PAGE, (ROOT / "docs/widget-api.md").read_text("utf-8")):
        assert [code for code in get_args(ProofCode) if f"`{code}`" not in page] == []


def test_every_call_is_in_the_reference() -> None:
    from flask import Flask

    from inbox.web.widget import PARTS
    from inbox.web.widget.api import api

    app = Flask(__name__)
    for name in PARTS:
        __import__(f"inbox.web.widget.{name}")
    app.register_blueprint(api)
    reference = (ROOT / "docs/widget.md").read_text("utf-8")
    paths = {
        rule.rule.removeprefix("/widget/v1/<string:key>/").replace("<id:file_id>", "ID")
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/widget/v1/")
    }
    assert [path for path in paths if f"{path}`" not in reference and f"{path}?" not in reference] == []


def code_of(language: str) -> str:
    """The example of the page in that language."""
    return PAGE.partition(f"```{language}\n")[2].partition("```")[0]


def test_the_python_example_makes_a_good_token() -> None:
    class User:
        id, name, email, email_is_confirmed = 4711, "Anna Berg", "anna@example.com", True

    names = {"user": User, "IDENTITY_SECRET": SECRET}
    exec(code_of("python"), names)  # noqa: S102  it is our own page that is tried
    check(str(names["token"]))


EXAMPLES = {
    "node": ("js", "onethreadToken(JSON.parse(process.env.USER_JSON), process.env.SECRET)"),
    "php": ("php", "onethread_token(json_decode(getenv('USER_JSON'), true), getenv('SECRET'))"),
}
USER = {
    "id": 4711,
    "name": "Anna Berg",
    "email": "anna@example.com",
    "emailConfirmed": True,
    "email_confirmed": True,
}


@pytest.mark.parametrize("program", EXAMPLES)
def test_the_other_examples_make_good_tokens_where_they_can_run(program: str) -> None:
    language, call = EXAMPLES[program]
    code = PAGE.partition("## Signed-in")[2].rpartition(f"```{language}\n")[2].partition("```")[0]
    assert "HS256" in code
    assert "sha256" in code
    if shutil.which(program) is None:
        return
    words = {
        "node": ("--input-type=module", "--eval", f"{code}\nprocess.stdout.write({call});"),
        "php": ("-r", f"{code}\necho {call};"),
    }
    given = {**os.environ, "USER_JSON": json.dumps(USER), "SECRET": SECRET}
    done = subprocess.run(
        [program, *words[program]], capture_output=True, text=True, timeout=30, check=False, env=given
    )
    assert done.returncode == 0, done.stderr
    check(done.stdout)


def check(token: str) -> None:
    known = read_jwt(token, [SECRET], datetime.now(UTC))
    assert known.subject == "4711"
    assert known.said.name == "Anna Berg"
    assert known.said.email == "anna@example.com"
    assert known.email_verified

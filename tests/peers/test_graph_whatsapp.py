"""Our own WhatsApp refuses what the real one refuses, in its form."""

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.peers.graph import APP_SECRET, TOKEN
from tests.peers.graph_whatsapp import DAY, PHONE_NUMBER_ID, WhatsApp

TEXT = {"type": "text", "text": {"body": "Hello"}}
WHO = {"messaging_product": "whatsapp", "to": "+4915112345678"}


@pytest.fixture
def whatsapp() -> Iterator[WhatsApp]:
    with WhatsApp() as found:
        found.person("4915112345678", wrote_at=1e12)
        yield found


def post(whatsapp: WhatsApp, fields: dict[str, Any], edge: str = "messages", token: str = TOKEN) -> Any:
    """What a call is answered: Meta's error code, or the whole answer."""
    proof = hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
    url = f"{whatsapp.url}/v24.0/{PHONE_NUMBER_ID}/{edge}?appsecret_proof={proof}"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(fields).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return json.load(error)["error"]["code"]


def test_a_good_message_gets_an_id(whatsapp: WhatsApp) -> None:
    answer = post(whatsapp, {**WHO, **TEXT})
    assert answer["messages"][0]["id"].startswith("wamid.")
    assert answer["contacts"] == [{"input": "+4915112345678", "wa_id": "4915112345678"}]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({**TEXT, "to": "+4915112345678"}, 100),
        ({"messaging_product": "whatsapp", **TEXT}, 100),
        ({**WHO, **TEXT, "to": "anna"}, 131009),
        ({"messaging_product": "whatsapp", "recipient": "+4915112345678", **TEXT}, 131009),
        ({**WHO, "type": "text", "text": {"body": " "}}, 100),
        ({**WHO, "type": "text", "text": {"body": "x" * 4097}}, 100),
        ({**WHO, **TEXT, "biz_opaque_callback_data": "x" * 513}, 100),
        ({**WHO, **TEXT, "context": {}}, 100),
        ({**WHO, "type": "image", "image": {"id": "1"}}, 131053),
        ({**WHO, "type": "hologram", "hologram": {"id": "1"}}, 131051),
        ({**WHO, "type": "reaction", "reaction": {"emoji": "x"}}, 100),
        ({**WHO, "type": "template", "template": {"name": "n", "language": {"code": "en"}}}, 132001),
        ({"messaging_product": "whatsapp", "status": "seen", "message_id": "wamid.A"}, 131009),
    ],
)
def test_a_bad_message_is_refused_with_metas_code(
    whatsapp: WhatsApp, fields: dict[str, Any], code: int
) -> None:
    assert post(whatsapp, fields) == code
    assert whatsapp.sent == []


def test_a_wrong_token_and_a_wrong_number_are_refused(whatsapp: WhatsApp) -> None:
    assert post(whatsapp, {**WHO, **TEXT}, token="EAAwrong") == 190
    assert post(whatsapp, {**WHO, **TEXT}, edge="faxes") == 100


@pytest.mark.parametrize(("to", "code"), [("+4915112345678", 131047), ("+4930000000", 131026)])
def test_what_is_too_late_or_for_nobody_is_taken_and_fails_afterwards(
    whatsapp: WhatsApp, to: str, code: int
) -> None:
    whatsapp.people["4915112345678"].wrote_at = 1e9 - DAY
    assert "messages" in post(whatsapp, {**WHO, **TEXT, "to": to})
    told = json.loads(whatsapp.graph.waiting[0])["entry"][0]["changes"][0]["value"]["statuses"][0]
    assert (told["status"], told["errors"][0]["code"]) == ("failed", code)

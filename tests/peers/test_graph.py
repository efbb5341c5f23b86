"""Our own Graph API refuses what Meta's refuses, in its form, and misbehaves when told to."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.peers.graph import APP_SECRET, TOKEN, signed
from tests.peers.graph_call import Fault, throttled
from tests.peers.graph_page import IG_ID, PAGE_ID, PERSON, Account, instagram, page


@pytest.fixture(params=["page", "instagram"])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    with page() if request.param == "page" else instagram() as found:
        found.person()
        yield found


def ask(
    account: Account,
    path: str,
    fields: Any = None,
    *,
    method: str = "",
    token: str = TOKEN,
    proved: bool = True,
    version: str = "v24.0",
) -> tuple[int, dict[str, Any]]:
    """Call it; status and answer."""
    proof = signed(APP_SECRET, token.encode()).removeprefix("sha256=")
    url = f"{account.url}/{version}/{path}" + (f"?appsecret_proof={proof}" if proved else "")
    body = None if fields is None else json.dumps(fields).encode()
    headers = {"Authorization": f"Bearer {token}", **({"Content-Type": "application/json"} if body else {})}
    request = urllib.request.Request(url, body, headers, method=method or ("GET" if body is None else "POST"))
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def message(**more: Any) -> dict[str, Any]:
    return {"recipient": {"id": PERSON}, "messaging_type": "RESPONSE", "message": {"text": "Hi"}, **more}


def refusal(account: Account, fields: Any) -> tuple[int, int]:
    """Code and subcode with which a message is refused, in Meta's form."""
    status, answer = ask(account, "me/messages", fields)
    assert status in (400, 403)
    assert {"message", "type", "code", "fbtrace_id"} <= set(answer["error"])
    assert account.sent == []
    return answer["error"]["code"], answer["error"].get("error_subcode", 0)


def test_a_message_is_taken_and_has_an_id(account: Account) -> None:
    status, answer = ask(account, "me/messages", message())
    assert (status, answer["recipient_id"], answer["message_id"]) == (200, PERSON, account.sent[0]["mid"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipient": None},
        {"recipient": {"id": 7}},
        {"message": None},
        {"message": {}},
        {"message": {"text": ""}},
        {"message": {"text": 7}},
        {"message": {"text": "x" * 2001}},
        {"message": {"text": "Hi", "colour": "red"}},
        {"message": {"text": "Hi", "attachment": {}}},
        {"message": {"attachment": {"type": "image", "payload": {"attachment_id": "1"}}}},
        {"messaging_type": None},
        {"messaging_type": "SHOUT"},
        {"messaging_type": "MESSAGE_TAG"},
        {"tag": "HUMAN_AGENT"},
        {"messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE"},
        {"reply_to": {"mid": "m_unknown"}},
        {"sender_action": "typing_on"},
        {"sender_action": "dance", "message": None},
    ],
)
def test_what_is_not_as_it_has_to_be_is_refused(account: Account, wrong: dict[str, Any]) -> None:
    fields = {name: value for name, value in message(**wrong).items() if value is not None}
    assert refusal(account, fields)[0] == 100


def test_instagram_counts_bytes_and_takes_no_metadata() -> None:
    with instagram() as account:
        account.person()
        assert refusal(account, message(message={"text": "ü" * 501}))[0] == 100
        assert refusal(account, message(message={"text": "Hi", "metadata": "key"}))[0] == 100


def test_after_a_day_only_a_person_with_the_right_may_write_and_after_seven_nobody(account: Account) -> None:
    late = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    subcode = 2018278 if account.number == PAGE_ID else 2534022
    account.silent(2)
    assert refusal(account, message()) == (10, subcode)
    assert refusal(account, message(**late)) == (10, subcode)
    account.human_agent = True
    assert ask(account, "me/messages", message(**late))[0] == 200
    account.sent.clear()
    account.silent(8)
    assert refusal(account, message(**late)) == (10, subcode)


def test_who_is_unknown_or_gone_gets_nothing(account: Account) -> None:
    unknown = 2018001 if account.number == PAGE_ID else 2534014
    assert refusal(account, message(recipient={"id": "1"})) == (100, unknown)
    account.gone.add(PERSON)
    assert refusal(account, message()) == (551, 1545041)


def test_the_token_and_its_proof_are_asked_for(account: Account) -> None:
    assert ask(account, "me", token="EAAother")[1]["error"]["code"] == 190
    assert ask(account, "me", proved=False)[1]["error"]["code"] == 100
    assert ask(account, "me")[0] == 200


def test_an_old_version_and_an_unknown_path_are_refused(account: Account) -> None:
    assert ask(account, "me", version="v3.0")[1]["error"]["code"] == 2635
    assert ask(account, "nobody")[1]["error"]["error_subcode"] == 33
    assert ask(account, "me?fields=shoe_size")[0] == 400


def test_only_fields_that_exist_can_be_subscribed_to(account: Account) -> None:
    assert ask(account, "me/subscribed_apps", {"subscribed_fields": "messages,shoes"})[0] == 400
    assert ask(account, "me/subscribed_apps", {"subscribed_fields": "messages"})[1] == {"success": True}
    assert ask(account, "me/subscribed_apps")[1]["data"][0]["subscribed_fields"] == ["messages"]
    ask(account, "me/subscribed_apps", method="DELETE")
    assert ask(account, "me/subscribed_apps")[1] == {"data": []}


# Going wrong


@pytest.mark.parametrize(("kind", "sent"), [("cut", 0), ("cut_after", 1), ("hang", 0), ("hang_after", 1)])
def test_a_connection_ends_before_or_after_the_call_was_carried_out(
    account: Account, kind: str, sent: int
) -> None:
    account.graph.fail("messages", Fault(kind, seconds=0.01))
    with pytest.raises((http.client.HTTPException, OSError)):
        ask(account, "me/messages", message())
    assert len(account.sent) == sent
    assert ask(account, "me/messages", message())[0] == 200, "only once"


def test_faults_come_one_after_the_other(account: Account) -> None:
    account.graph.fail(
        "messages", Fault("pass"), throttled(613), Fault("say", status=502, answer=b'{"a": 1}')
    )
    statuses = [ask(account, "me/messages", message())[0] for _ in range(4)]
    assert statuses == [200, 400, 502, 200]
    assert len(account.sent) == 2


def test_webhooks_wait_until_there_is_an_address(account: Account) -> None:
    account.write(text="Hello")
    assert account.graph.settle(0.01) is False
    [body] = account.graph.waiting
    assert b"Hello" in body
    assert json.loads(body)["entry"][0]["id"] in (PAGE_ID, IG_ID)

"""Our own Slack, driven by Slack's own library: it answers as the real one does, and misbehaves when it is told to."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from tests.peers.process import free_port
from tests.peers.slack import ATTEMPTS, BOT_TOKEN, SIGNING_SECRET, Fault, Slack


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as server:
        yield server


@pytest.fixture
def client(slack: Slack) -> WebClient:
    return WebClient(BOT_TOKEN, base_url=f"{slack.url}/api/", retry_handlers=[])


class Hook:
    """What Slack calls. It answers with `statuses`, and then with 200."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.got: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.signed: list[bool] = []
        self.news = threading.Condition()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/hooks/slack/1"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        verifier = SignatureVerifier(SIGNING_SECRET)
        with self.news:
            self.signed.append(verifier.is_valid_request(request.get_data(), dict(request.headers)))
            self.got.append((dict(request.headers), request.get_json()))
            status = self.statuses.pop(0) if self.statuses else 200
            self.news.notify_all()
        return Response(status=status)(environ, start_response)

    def wait(self, count: int) -> None:
        with self.news:
            assert self.news.wait_for(lambda: len(self.got) >= count, 10)


@pytest.fixture
def hooked(slack: Slack) -> Iterator[Callable[..., Hook]]:
    servers = []

    def call(*statuses: int) -> Hook:
        hook = Hook(*statuses)
        server = make_server("127.0.0.1", hook.port, hook, threaded=True)
        server.log = lambda *_args: None  # type: ignore[method-assign]
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        slack.hook_url = hook.url
        return hook

    yield call
    slack.hook_url = ""
    for server in servers:
        server.shutdown()
        server.server_close()


def refusal(call: Callable[[], Any]) -> tuple[int, str]:
    with pytest.raises(SlackApiError) as caught:
        call()
    return caught.value.response.status_code, caught.value.response["error"]


def test_it_knows_its_own_token_only(slack: Slack, client: WebClient) -> None:
    answer = client.auth_test()
    assert answer["bot_id"]
    assert "chat:write" in answer.headers["x-oauth-scopes"]
    stranger = WebClient("xoxb-wrong", base_url=f"{slack.url}/api/")
    assert refusal(stranger.auth_test) == (200, "invalid_auth")
    assert refusal(lambda: client.api_call("no.such.method")) == (200, "unknown_method")


def test_it_refuses_in_the_real_ones_words(slack: Slack, client: WebClient) -> None:
    place = slack.channel()
    post = client.chat_postMessage
    assert refusal(lambda: post(channel="C0NOWHERE", text="x")) == (200, "channel_not_found")
    assert refusal(lambda: post(channel=place, text="x" * 40_001)) == (200, "msg_too_long")
    assert refusal(lambda: post(channel=place, text="x", metadata={"event_type": 5})) == (
        200,
        "invalid_metadata_format",
    )
    assert refusal(lambda: client.conversations_open(users="U0NOBODY")) == (200, "user_not_found")
    assert refusal(lambda: client.reactions_add(channel=place, timestamp="1.1", name="heart")) == (
        200,
        "message_not_found",
    )
    slack.scopes = "chat:write"
    with pytest.raises(SlackApiError) as caught:
        client.users_info(user="U0NOBODY")
    assert caught.value.response["needed"] == "users:read"


def test_metadata_is_shown_to_who_asks_for_it(slack: Slack, client: WebClient) -> None:
    place = slack.channel()
    told = {"event_type": "x", "event_payload": {"key": "k"}}
    client.chat_postMessage(channel=place, text="Hi", metadata=told)
    assert "metadata" not in client.conversations_history(channel=place)["messages"][0]
    shown = client.conversations_history(channel=place, include_all_metadata=True)["messages"][0]
    assert shown["metadata"] == told


def test_the_librarys_own_three_steps_bring_a_file(slack: Slack, client: WebClient) -> None:
    place = slack.channel()
    client.files_upload_v2(channel=place, content=b"hello", filename="a.txt", title="A")
    assert list(slack.contents.values()) == [b"hello"]
    assert slack.conversations[place].messages[-1]["subtype"] == "file_share"


def test_limits_come_with_a_pause(slack: Slack, client: WebClient) -> None:
    slack.limit("auth.test", 7)
    with pytest.raises(SlackApiError) as caught:
        client.auth_test()
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")
    assert client.auth_test()["ok"]


def test_a_connection_may_end_before_and_after_a_call_was_carried_out(
    slack: Slack, client: WebClient
) -> None:
    place = slack.channel()
    slack.fail("chat.postMessage", Fault("cut"), Fault("cut_after"))
    for _ in range(2):
        with pytest.raises(OSError):  # noqa: PT011  the library passes on whatever the system says
            client.chat_postMessage(channel=place, text="x")
    assert len(slack.conversations[place].messages) == 1


def test_events_are_signed_and_told_again_until_they_are_taken(
    slack: Slack, hooked: Callable[..., Hook]
) -> None:
    hook = hooked(500, 503)
    anna = slack.person()
    slack.say(anna, slack.chat(anna), "Hello")
    hook.wait(3)
    assert all(hook.signed)
    assert [headers.get("X-Slack-Retry-Num") for headers, _ in hook.got] == [None, "1", "2"]
    assert len({data["event_id"] for _, data in hook.got}) == 1


def test_what_nobody_takes_is_given_up(slack: Slack, hooked: Callable[..., Hook]) -> None:
    hook = hooked(*[500] * ATTEMPTS)
    anna = slack.person()
    slack.say(anna, slack.chat(anna), "One")
    slack.say(anna, slack.chat(anna), "Two")
    hook.wait(ATTEMPTS + 1)
    assert [data["event"]["text"] for _, data in hook.got] == ["One"] * ATTEMPTS + ["Two"]


def test_events_come_doubled_under_other_ids_and_in_the_wrong_order(
    slack: Slack, hooked: Callable[..., Hook]
) -> None:
    hook = hooked()
    slack.copies, slack.held = 2, []
    anna = slack.person()
    slack.say(anna, slack.chat(anna), "One")
    slack.say(anna, slack.chat(anna), "Two")
    slack.release(reverse=True)
    hook.wait(4)
    assert [data["event"]["text"] for _, data in hook.got] == ["Two", "Two", "One", "One"]
    assert len({data["event_id"] for _, data in hook.got}) == 4


def test_an_echo_may_come_before_the_answer(
    slack: Slack, client: WebClient, hooked: Callable[..., Hook]
) -> None:
    hook = hooked()
    slack.echo_first = True
    answer = client.chat_postMessage(channel=slack.channel(), text="Hi")
    assert [data["event"]["ts"] for _, data in hook.got] == [answer["ts"]]


def test_a_file_without_a_token_is_a_login_page(slack: Slack) -> None:
    import urllib.request

    url = slack.file(b"\x89PNG")["url_private"]
    with urllib.request.urlopen(url) as answer:
        assert answer.headers.get_content_type() == "text/html"
        assert b"Sign in" in answer.read()

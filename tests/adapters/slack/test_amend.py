"""Changing and taking back what the app has posted: one message or several, and its files."""

import io
from datetime import UTC, datetime

import pytest

from adapters.slack import ADAPTER
from inbox.contract import OutFile, Outgoing, Party, Posted, Rejected, Uncertain
from tests.adapters.slack.peer import config_of, net_io
from tests.peers.slack import Fault, Slack

LONG = " ".join(f"word{n}" for n in range(800))


@pytest.fixture
def anna(slack: Slack) -> str:
    return slack.person("Anna Moretti")


def sent(slack: Slack, to: str, text: str, *contents: bytes) -> Posted:
    """A reply that has gone out."""
    files = tuple(
        OutFile(name=f"{n}.pdf", media_type="application/pdf", size=len(c), open=lambda c=c: io.BytesIO(c))
        for n, c in enumerate(contents)
    )
    party = Party(namespace="slack", address=to)
    at = datetime.now(UTC)
    message = Outgoing(idem_key="k" * 26, to=party, text=text, files=files, created_at=at)
    receipt = ADAPTER.send(config_of(slack), message, net_io())
    # Aliases are stored in no order.
    ids = (receipt.external_id, *sorted(receipt.aliases, reverse=True))
    return Posted(to=party, external_ids=ids, text=text, files=len(files))


def shown(slack: Slack, anna: str) -> list[str]:
    return [message["text"] for message in slack.conversations[slack.chat(anna)].messages]


def test_a_text_is_changed_with_its_marks_and_calls_nobody(slack: Slack, anna: str) -> None:
    posted = sent(slack, anna, "It leaves tody")
    for _ in range(2):
        ADAPTER.edit(config_of(slack), posted, "It leaves **today** <!here>", net_io())
    assert shown(slack, anna) == ["It leaves *today* &lt;!here&gt;"]


def test_the_text_of_a_reply_with_files_is_the_first_message(slack: Slack, anna: str) -> None:
    posted = sent(slack, anna, "The label", b"one", b"two")
    ADAPTER.edit(config_of(slack), posted, "Both labels", net_io())
    assert shown(slack, anna) == ["Both labels", ""]
    only_files = sent(slack, anna, "", b"three")
    with pytest.raises(Rejected, match="files only"):
        ADAPTER.edit(config_of(slack), only_files, "A text", net_io())


def test_a_reply_of_several_messages_keeps_their_number(slack: Slack, anna: str) -> None:
    posted = sent(slack, anna, LONG)
    with pytest.raises(Rejected, match="several messages"):
        ADAPTER.edit(config_of(slack), posted, "Short", net_io())
    slack.fail("chat.update", Fault("pass"))
    slack.refuse("chat.update", "cant_update_message")
    with pytest.raises(Uncertain, match="1 of 2 parts"):
        ADAPTER.edit(config_of(slack), posted, LONG.upper(), net_io())
    ADAPTER.edit(config_of(slack), posted, LONG.upper(), net_io())
    assert " ".join(shown(slack, anna)) == LONG.upper()


def test_a_reply_is_taken_back_with_its_files_as_often_as_asked(slack: Slack, anna: str) -> None:
    posted = sent(slack, anna, "The labels", b"one", b"two")
    for _ in range(2):
        ADAPTER.delete(config_of(slack), posted, net_io())
    assert (shown(slack, anna), slack.files) == ([], {})


def test_what_the_workspace_does_not_allow_is_said(slack: Slack, anna: str) -> None:
    posted = sent(slack, anna, "One")
    slack.refuse("chat.update", "edit_window_closed")
    with pytest.raises(Rejected, match="changed any more"):
        ADAPTER.edit(config_of(slack), posted, "Two", net_io())
    slack.refuse("chat.delete", "cant_delete_message")
    with pytest.raises(Rejected, match="take this message back"):
        ADAPTER.delete(config_of(slack), posted, net_io())
    assert shown(slack, anna) == ["One"]
    with pytest.raises(Rejected, match="not known"):
        ADAPTER.delete(config_of(slack), posted.model_copy(update={"external_ids": ("x",)}), net_io())

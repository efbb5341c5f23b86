"""Files that a message only referred to."""

import pytest

from adapters.telegram import ADAPTER
from inbox.contract import NeedsReauth, Rejected, TryLater
from tests.adapters.telegram.peer import config_of, net_io
from tests.peers.telegram import Fault, Telegram


def fetch(telegram: Telegram, ref: str) -> bytes:
    with ADAPTER.fetch_media(config_of(telegram), ref, net_io()) as chunks:
        return b"".join(chunks)


def test_a_file_comes_whole(telegram: Telegram) -> None:
    content = bytes(range(256)) * 1000
    assert fetch(telegram, telegram.file(content, "documents/file_7.bin")) == content


def test_a_name_with_blanks_and_umlauts_is_found(telegram: Telegram) -> None:
    assert fetch(telegram, telegram.file(b"x", "documents/Rechnung März 1.pdf")) == b"x"


@pytest.mark.parametrize("ref", ["unknown", "../../etc/passwd"])
def test_a_file_that_is_not_there_is_refused(telegram: Telegram, ref: str) -> None:
    with pytest.raises(Rejected, match="does not have this file any more"):
        fetch(telegram, ref)


def test_a_file_that_is_too_large_is_refused(telegram: Telegram) -> None:
    with pytest.raises(Rejected, match="20 MB"):
        fetch(telegram, telegram.file(bytes(20_000_001), "documents/film"))


def test_a_server_that_names_its_own_disk_gives_nothing(telegram: Telegram) -> None:
    telegram.fail("getFile", Fault("say", answer=b'{"ok": true, "result": {"file_id": "f", "file_unique_id": "u", '
                                                 b'"file_path": "/etc/passwd"}}'))  # fmt: skip
    with pytest.raises(Rejected, match="over HTTP"):
        fetch(telegram, "f")


def test_trouble_on_the_way_is_worth_another_try(telegram: Telegram) -> None:
    telegram.fail("getFile", Fault("cut"))
    with pytest.raises(TryLater):
        fetch(telegram, telegram.file(b"x"))


def test_a_revoked_token_is_told(telegram: Telegram) -> None:
    config = config_of(telegram)
    telegram.token = "7000000001:" + "n" * 30
    with pytest.raises(NeedsReauth):
        with ADAPTER.fetch_media(config, "f", net_io()) as chunks:
            list(chunks)

"""Files of customers: an address for five minutes, where the token is wanted once more."""

import base64
import hashlib
import json
from typing import Any

import pytest

from adapters.meta.whatsapp import ADAPTER
from inbox.contract import NeedsReauth, Rejected, TryLater
from tests.adapters.whatsapp.peer import config_of, net_io
from tests.peers.graph_call import Fault
from tests.peers.graph_whatsapp import WhatsApp

CONTENT = bytes(range(256)) * 1000


def fetched(whatsapp: WhatsApp, ref: str) -> bytes:
    with ADAPTER.fetch_media(config_of(whatsapp), ref, net_io()) as chunks:
        return b"".join(chunks)


def told(whatsapp: WhatsApp, **fields: Any) -> None:
    """The next question about a file is answered by these."""
    whatsapp.graph.fail("900000000000001", Fault("say", answer=json.dumps(fields).encode()))


def test_a_file_comes_whole(whatsapp: WhatsApp) -> None:
    assert fetched(whatsapp, whatsapp.file(CONTENT)["id"]) == CONTENT


def test_a_file_that_is_gone_is_missed_for_good(whatsapp: WhatsApp) -> None:
    with pytest.raises(Rejected, match="any more"):
        fetched(whatsapp, "999999999999999")


def test_a_file_that_is_not_the_one_that_was_sent_is_not_taken(whatsapp: WhatsApp) -> None:
    whatsapp.spoilt = True
    with pytest.raises(Rejected, match="not the one"):
        fetched(whatsapp, whatsapp.file(CONTENT)["id"])


@pytest.mark.parametrize("form", ["base64", "none"])
def test_the_digest_is_read_in_every_form(whatsapp: WhatsApp, form: str) -> None:
    media_id = whatsapp.file(CONTENT)["id"]
    digest = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode() if form == "base64" else ""
    told(whatsapp, url=f"{whatsapp.url}/whatsapp_business/attachments/{media_id}", sha256=digest)
    assert fetched(whatsapp, media_id) == CONTENT


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/1",
        "http://lookaside.fbsbx.com/1",
        "https://fbsbx.com.evil.example/",
        "file:///etc/passwd",
        "",
    ],
)
def test_a_file_is_fetched_from_meta_only_and_the_token_goes_nowhere_else(
    whatsapp: WhatsApp, url: str
) -> None:
    media_id = whatsapp.file(CONTENT)["id"]
    told(whatsapp, url=url)
    with pytest.raises(Rejected, match="not Meta's"):
        fetched(whatsapp, media_id)


def test_a_file_that_is_too_large_is_not_begun(whatsapp: WhatsApp) -> None:
    media_id = whatsapp.file(CONTENT)["id"]
    told(whatsapp, url=f"{whatsapp.url}/whatsapp_business/attachments/{media_id}", file_size=100_000_001)
    with pytest.raises(Rejected, match="100 MB"):
        fetched(whatsapp, media_id)


def test_a_dead_token_is_told_and_trouble_is_tried_again(whatsapp: WhatsApp) -> None:
    media_id = whatsapp.file(CONTENT)["id"]
    whatsapp.graph.refuse(media_id, 190, status=401)
    with pytest.raises(NeedsReauth):
        fetched(whatsapp, media_id)
    whatsapp.graph.fail(media_id, Fault("cut"))
    with pytest.raises(TryLater):
        fetched(whatsapp, media_id)

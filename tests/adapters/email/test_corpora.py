"""Every message of the collected samples: read by a parse child within its limits, and read right."""

import email
import hashlib
import time
from collections.abc import Iterator
from email import policy
from email.message import Message
from functools import cache
from pathlib import Path

import psutil
import pytest

from adapters.email import ADAPTER
from adapters.email.mime import read
from inbox.channels.parsing import ParserPool
from inbox.contract import Inbound, Item, Raw, StatusChange, Unreadable
from inbox.contract.conformance import check_item
from tests.adapters.email.reading import CONFIG
from tests.services import CORPORA

pytestmark = pytest.mark.corpora

# Where the messages of each collection are; all else in them is licences, pictures and lists.
MESSAGES = (
    "chatwoot/*.eml",
    "cpython-test_email/msg_*.txt",
    "flanker/messages/*.eml",
    "flanker/messages/*/*.eml",
    "flanker/messages/dkim/email.*",
    "flanker/messages/dkim/*.expected.*",
    "mail-gem/attachments/*.eml",
    "mail-gem/emails/*/*.eml",
    "mail-gem/emails/sample_output_multipart",
    "nodemailer-mailparser/*.eml",
)
# These are no mails, or beyond the limits on purpose.
UNREADABLE = {
    "cpython-test_email/msg_19.txt": "no header",  # the text of a digest
    "flanker/messages/dkim/email.01": "no header",  # an empty line first
    "flanker/messages/dkim/nofws.expected.01": "no header",
    "flanker/messages/dkim/relaxed.expected.01": "no header",
    "flanker/messages/dkim/simple.expected.01": "no header",
    "flanker/messages/long-header.eml": "larger than 64 kB",
    "mail-gem/emails/sample_output_multipart": "no header",
}


@cache
def messages() -> dict[str, Path]:
    """Relative name → path of every message."""
    return {str(path.relative_to(CORPORA)): path for glob in MESSAGES for path in sorted(CORPORA.glob(glob))}


@cache
def parsed(name: str) -> tuple[Item, ...]:
    """What a message gives; asked by several tests."""
    return ADAPTER.parse(CONFIG, Raw(body=messages()[name].read_bytes()))


def message(name: str) -> Inbound:
    (item,) = parsed(name)
    assert isinstance(item, Inbound)
    return item


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[ParserPool]:
    pool = ParserPool(seconds=10, memory_mb=300, size=1, spool_dir=tmp_path / "spool")
    yield pool
    pool.close()


def test_every_message_is_read_within_its_time_and_memory(pool: ParserPool) -> None:
    assert len(messages()) > 300
    config = CONFIG.model_dump(mode="json", include={"address", "other_addresses", "imap_host", "smtp_host"})
    unreadable: dict[str, str] = {}
    killed: dict[str, str] = {}
    for name, path in messages().items():
        started = time.monotonic()
        try:
            items = pool.parse("email", config, Raw(body=path.read_bytes()))
        except Unreadable as error:
            (killed if error.code else unreadable)[name] = error.reason
            items = ()
        assert time.monotonic() - started < 10, name
        for item in items:
            check_item(ADAPTER, item)
            for file in item.files if isinstance(item, Inbound) else ():
                Path(file.spool).unlink()
        for pid in pool.pids():
            assert psutil.Process(pid).memory_info().rss < 300 * 1024 * 1024, name
    assert killed == {}
    assert set(unreadable) == set(UNREADABLE)
    for name, reason in UNREADABLE.items():
        assert reason in unreadable[name]


def test_nothing_that_is_text_is_lost() -> None:
    """Each word of each plain text that a reader would show is in the text, the tail or a file."""
    for name, path in messages().items():
        if name in UNREADABLE:
            continue
        for item in parsed(name):
            if isinstance(item, Inbound) and not item.automatic:
                shown = f"{item.text} {item.quoted_text} {item.html or ''} {item.quoted_html or ''}"
                assert shown.strip() or item.files or _is_empty(path), name


def _is_empty(path: Path) -> bool:
    """Whether the standard library finds no text in the message either."""
    found = email.message_from_bytes(path.read_bytes(), policy=policy.compat32)
    leaves = [part for part in found.walk() if not part.is_multipart()]
    contents = [_content(part).strip() for part in leaves if part.get_content_maintype() != "multipart"]
    return not any(contents) or all(
        b"<" in content or content.startswith(b"\n") for content in contents if content
    )


# The standard library and we find different parts in these, and ours is what was meant.
DIFFERENT = {
    "cpython-test_email/msg_15.txt",  # one boundary used twice; we keep the picture after it
    "cpython-test_email/msg_17.txt",  # a multipart with nothing in it
    "cpython-test_email/msg_25.txt",  # a multipart without its boundary: shown as text
    "cpython-test_email/msg_31.txt",
    "cpython-test_email/msg_39.txt",  # a boundary that is used three times
    "cpython-test_email/msg_41.txt",
    "flanker/messages/false-multipart.eml",
    "flanker/messages/mailformed-headers.eml",
    "mail-gem/emails/error_emails/bad_date_header2.eml",
    "mail-gem/emails/error_emails/empty_in_reply_to.eml",
    "mail-gem/emails/error_emails/missing_body.eml",
    "mail-gem/emails/error_emails/must_supply_encoding.eml",
}


def test_the_parts_are_those_the_standard_library_finds() -> None:
    different = set()
    for name, path in messages().items():
        if name in UNREADABLE:
            continue
        raw = path.read_bytes()
        ours = [(part.media_type, _digest(part.content())) for part in read(raw).walk() if not part.children]
        theirs = [
            (part.get_content_type(), _digest(_content(part)))
            for part in _leaves(email.message_from_bytes(raw, policy=policy.compat32))
        ]
        if [kind for kind, _ in ours] != [kind for kind, _ in theirs]:
            different.add(name)
        else:
            # A message within the message is one file to us and a tree to the standard library; texts are the same.
            for (kind, own), (_, their) in zip(ours, theirs, strict=True):
                assert own == their or not kind.startswith("text/") or name in SPACED, (name, kind)
    assert different == DIFFERENT


# Blanks before a field's colon, which the old standard allowed and the standard library takes for text.
SPACED = {"mail-gem/emails/rfc2822/example13.eml"}


def _leaves(found: Message) -> Iterator[Message]:
    """Parts that hold no parts; a message within the message is one of them, as it is to us."""
    if found.get_content_maintype() == "multipart" and found.is_multipart():
        for part in found.get_payload():
            assert isinstance(part, Message)
            yield from _leaves(part)
    else:
        yield found


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _digest(content: bytes) -> str:
    return hashlib.sha256(b"".join(content.split())).hexdigest()


@pytest.mark.parametrize(
    ("name", "subject", "text"),
    [
        ("mail-gem/emails/multi_charset/japanese.eml", "まみむめも", "かきくえこ"),
        ("mail-gem/emails/multi_charset/japanese_iso_2022.eml", "まみむめも", "すみません"),
        ("mail-gem/emails/multi_charset/japanese_shift_jis.eml", "test", ""),
        ("mail-gem/emails/multi_charset/ks_c_5601-1987.eml", "test", "스티해"),
        ("mail-gem/emails/plain_emails/raw_email_string_in_date_field.eml", "NOTE: 한국말로 하는 것", ""),
        ("mail-gem/emails/rfc6532/utf8_headers.eml", "Säying Hello", ""),
        (
            "flanker/messages/bilingual-simple.eml",
            "Simple text. How are you? Как ты поживаешь?",
            "эта линия по-русски",
        ),
        ("flanker/messages/from-encoding.eml", "Re: running server as root (Was: Re: PUT method)", ""),
        ("chatwoot/non_utf_encoded_mail.eml", "", ""),
    ],
)
def test_foreign_characters_come_out_right(name: str, subject: str, text: str) -> None:
    found = message(name)
    assert subject in found.subject
    assert text in found.text
    assert "\ufffd" not in f"{found.subject}{found.sender.name}{found.text}{found.html}"


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("mail-gem/emails/attachment_emails/attachment_nonascii_filename.eml", ["ciële.txt"]),
        ("mail-gem/emails/attachment_emails/attachment_with_base64_encoded_name.eml", ["This is a test.pdf"]),
        ("mail-gem/emails/attachment_emails/attachment_with_unquoted_name.eml", ["This is a test.txt"]),
        ("mail-gem/emails/attachment_emails/attachment_with_quoted_filename.eml", ["Eelanalüüsi päring.jpg"]),
        ("mail-gem/emails/multi_charset/japanese_attachment.eml", ["てすと.txt"]),
        ("mail-gem/emails/multi_charset/japanese_attachment_long_name.eml", ["かきくけこ" * 5 + ".txt"]),
        ("flanker/messages/attached-pdf.eml", ["test.pdf"]),
    ],
)
def test_file_names_come_out_right(name: str, files: list[str]) -> None:
    assert [file.name for file in message(name).files] == files


@pytest.mark.parametrize(
    ("name", "state", "code", "recipient"),
    [
        ("flanker/messages/bounce/mailbox-full.eml", "failed", "5.2.2", "user@aol.com"),
        ("flanker/messages/bounce/office365.eml", "failed", "5.1.10", "noname@example.com"),
        ("flanker/messages/bounce/no-mx.eml", "delayed", "4.4.4", "user@example.com"),
        (
            "mail-gem/emails/multipart_report_emails/report_422.eml",
            "delayed",
            "4.2.2",
            "fraser@oooooooo.com.au",
        ),
        ("mail-gem/emails/multipart_report_emails/report_530.eml", "failed", "5.3.0", "edwin@zzzzzzz.com"),
    ],
)
def test_reports_say_what_happened_to_whom(name: str, state: str, code: str, recipient: str) -> None:
    (found,) = parsed(name)
    assert isinstance(found, StatusChange)
    assert (found.state, found.code, found.recipient) == (state, code, recipient)


def test_no_bounce_becomes_a_customers_message() -> None:
    for name in messages():
        if "/bounce/" in name or "report_emails/" in name:
            for item in parsed(name):
                assert isinstance(item, StatusChange) or _is_nobodys(item), name


def _is_nobodys(item: Item) -> bool:
    return isinstance(item, Inbound) and bool(item.automatic or item.notices)

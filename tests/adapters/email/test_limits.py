"""What a mail may cost: limits before parsing (rule R12), crafted mails, and mails damaged at random."""

import base64
import itertools
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from adapters.email import ADAPTER
from adapters.email.mime import DEPTH_MAX, PARTS_MAX, read
from inbox.channels.parsing import ParserPool
from inbox.contract import Inbound, Item, Raw, Unreadable
from inbox.contract.conformance import check_item, mutations
from tests.adapters.email.reading import CONFIG, HEAD, inbound, items, multipart, part

SAMPLES = sorted((Path(__file__).parents[3] / "adapters" / "email" / "samples").glob("*.eml"))
TEXT = part("text/plain", "words")


def nested(levels: int) -> str:
    mail = part("text/plain", "deep words")
    for level in range(levels):
        mail = multipart("mixed", mail, boundary=f"b{level}x")
    return mail


def forwarded(levels: int) -> str:
    return "Content-Type: message/rfc822\n\n" * levels + "Subject: x\n\ndeep"


def test_up_to_the_limits_a_mail_is_read() -> None:
    assert inbound(nested(DEPTH_MAX)).text == "deep words"
    assert inbound(multipart("mixed", *[TEXT] * (PARTS_MAX - 1))).text.count("words") == PARTS_MAX - 1
    assert inbound("X-A: 1\n" * 990 + "\nHello\n").text == "Hello"


@pytest.mark.parametrize(
    ("mail", "reason"),
    [
        (nested(DEPTH_MAX + 1), "levels deep"),
        (multipart("mixed", *[TEXT] * PARTS_MAX), "500 parts"),
        ("X-A: 1\n" * 1001 + "\nHello\n", "1,000 fields"),
        ("X-A: " + "a" * 70_000 + "\nX-B: 1\n\nHello\n", "64 kB"),
        ("X-A: " + "a\n " * 30_000 + "\n\nHello\n", "64 kB"),
    ],
    ids=["depth", "parts", "fields", "one long field", "one long folded field"],
)
def test_beyond_the_limits_a_mail_is_refused_with_a_reason(mail: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        items(HEAD + mail)


@pytest.mark.parametrize("mail", [b"", b"\n\n", b"Hello there\n", b"\x00" * 100, b"\xff\xfe", b" \n" * 50])
def test_what_is_no_mail_is_refused(mail: bytes) -> None:
    with pytest.raises(Unreadable, match="no e-mail"):
        items(mail)


def test_a_mail_beyond_the_largest_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.email.mime.RAW_MAX", 1 << 20)
    assert inbound("\n" + "x" * (1 << 19)).text
    with pytest.raises(Unreadable, match="larger than 1 MB"):
        items(HEAD + "\n" + "x" * (1 << 20))


def test_a_long_address_field_is_cut_and_the_mail_is_read() -> None:
    many = ", ".join(f"user{n}@example.org" for n in range(2000))
    found = inbound(f"From: ann@customer.example\nTo: {many}\n\nHello\n")
    assert found.text == "Hello"
    assert 100 < len(found.recipients) <= 200
    assert inbound(f"From: {'(' * 40_000}\nTo: x@y.example\n\nHello\n").sender.address.endswith(
        "@sender.invalid"
    )


TNEF_BOMB = base64.encodebytes(
    b"\x78\x9f\x3e\x22\x01\x00" + (b"\x01\x04\x80\x07\x00" + b"\x00" * 6) * 400_000
).decode()
CRAFTED: dict[str, Callable[[], str]] = {
    "open brackets in To": lambda: f"{HEAD}Cc: {'(' * 60_000}\n\nx",
    "40 kB From": lambda: f"From: {'a@' * 20_000}\n\nx",
    "8,000 addresses": lambda: f"{HEAD}Cc: {'a@b.example, ' * 4_900}\n\nx",
    "50,000 parts": lambda: HEAD + "Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n\nx\n" * 50_000,
    "100,000 empty parts": lambda: HEAD + "Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n\n" * 100_000,
    "multiparts 1,500 deep": lambda: HEAD + nested(1_500),
    "messages 3,000 deep": lambda: HEAD + forwarded(3_000),
    "encoded words": lambda: f"{HEAD}Subject: {'=?utf-8?Q?' * 6_000}\n\nx",
    "parameters": lambda: f'{HEAD}Content-Type: text/plain{";" * 30_000}\n\nx',
    "quoted parameters": lambda: HEAD + "Content-Type: text/plain; " + '";' * 30_000 + "\n\nx",
    "parameter pieces": lambda: HEAD
    + f"Content-Type: text/plain; {'; '.join(f'a*{n}=b' for n in range(5_000))}\n\nx",
    "boundaries that almost match": lambda: HEAD
    + f"Content-Type: multipart/mixed; boundary={'-' * 60}\n\n{'-' * 2_000_000}",
    "the same boundary at every level": lambda: HEAD
    + "Content-Type: multipart/mixed; boundary=b\n\n"
    + "--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 400,
    "long words of a quote": lambda: HEAD + "\n" + "On " * 300_000,
    "deep html": lambda: f"{HEAD}Content-Type: text/html\n\n" + "<div>" * 300_000,
    "open tags": lambda: f"{HEAD}Content-Type: text/html\n\n" + "<a b='" * 300_000,
    "comments": lambda: f"{HEAD}Content-Type: text/html\n\n" + "<!-- " * 300_000,
    "quotes in html": lambda: f"{HEAD}Content-Type: text/html\n\n" + '<blockquote type="cite">x</blockquote>y' * 20_000,
    "punycode charset": lambda: f"{HEAD}Content-Type: text/plain; charset=punycode\n\n" + "a-" * 500_000,
    "utf-7": lambda: f"{HEAD}Content-Type: text/plain; charset=utf-7\n\n" + "+AGE-" * 300_000,
    "calendar": lambda: f"{HEAD}Content-Type: text/calendar\n\nBEGIN:VCALENDAR\n" + "BEGIN:VEVENT\n" * 15_000,
    "winmail.dat": lambda: f"{HEAD}Content-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n{TNEF_BOMB}",
    "base64 of nothing": lambda: f"{HEAD}Content-Transfer-Encoding: base64\n\n" + "=" * 3_000_000,
    "uuencode": lambda: f"{HEAD}Content-Transfer-Encoding: x-uuencode\n\nbegin 644 x\n" + "~\n" * 500_000,
    "report of many groups": lambda: HEAD
    + multipart("report", part("message/delivery-status", "Final-Recipient: x\n\n" * 50_000)),
    "flowed text": lambda: f"{HEAD}Content-Type: text/plain; format=flowed\n\n" + "word \n" * 300_000,
    "results of a check": lambda: f"Authentication-Results: mx.shop.example; {'(' * 20_000}\n{HEAD}\nx",
    "hops": lambda: "Received: from a by b\n" * 900 + HEAD + "\nx",
    "references": lambda: f"{HEAD}References: {'<a@b> ' * 9_000}\n\nx",
}  # fmt: skip


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ParserPool]:
    pool = ParserPool(seconds=10, memory_mb=300, size=1, spool_dir=tmp_path_factory.mktemp("spool"))
    yield pool
    pool.close()


def parse(pool: ParserPool, mail: bytes) -> tuple[Item, ...]:
    config = {
        "address": "support@shop.example",
        "imap_host": "x",
        "smtp_host": "y",
        "authserv_id": "mx.shop.example",
    }
    return pool.parse("email", config, Raw(body=mail))


@pytest.mark.parametrize("craft", CRAFTED.values(), ids=CRAFTED)
def test_a_crafted_mail_costs_little_and_harms_nobody(pool: ParserPool, craft: Callable[[], str]) -> None:
    mail = craft().encode()
    started = time.monotonic()
    code = ""
    try:
        found = parse(pool, mail)
        assert found
    except Unreadable as error:
        code = error.code
    assert code == "", "it is read, or refused by a rule; no child had to be killed"
    assert time.monotonic() - started < 10
    (again,) = parse(pool, f"{HEAD}\nnext".encode())
    assert isinstance(again, Inbound)
    assert again.text == "next"


def test_a_mail_of_50_mb_fits_into_the_memory_of_a_child(pool: ParserPool) -> None:
    head = f"{HEAD}Content-Type: application/zip\nContent-Transfer-Encoding: base64\n\n".encode()
    (found,) = parse(pool, head + base64.encodebytes(bytes(37_000_000)))
    assert isinstance(found, Inbound)
    (file,) = found.files
    assert Path(file.spool).stat().st_size == 37_000_000
    Path(file.spool).unlink()
    peaks = [psutil.Process(pid).memory_info().rss for pid in pool.pids()]
    assert max(peaks) < 300 * 1024 * 1024


def test_damaged_mails_are_read_or_refused_within_their_time() -> None:
    """2,000 mails made from the samples by cutting, splicing, doubling and changing bytes."""
    assert len(SAMPLES) >= 25
    slowest = 0.0
    share = -(-2000 // len(SAMPLES))
    for seed, sample in enumerate(SAMPLES):
        for mail in itertools.islice(mutations(sample.read_bytes(), seed), share):
            started = time.process_time()
            try:
                found = ADAPTER.parse(CONFIG, Raw(body=mail))
            except Unreadable:
                found = ()
            slowest = max(slowest, time.process_time() - started)
            for item in found:
                check_item(ADAPTER, item)
    assert slowest < 0.5


def test_parts_are_found_in_one_pass_per_level() -> None:
    """Counting what is looked at: random structures never cost more than their size times their depth."""
    chance = random.Random(7)
    for _ in range(50):
        mail = TEXT
        for level in range(chance.randint(1, 8)):
            mail = multipart("mixed", *[mail] * chance.randint(1, 2), boundary=f"b{level}x")
        root = read((HEAD + mail).encode())
        assert sum(1 for _ in root.walk()) == mail.count("\nContent-Type:") + mail.startswith("Content-Type:")

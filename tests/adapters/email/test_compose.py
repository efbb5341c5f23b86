"""Composing: what any mail program reads back is what was meant, whatever was put in."""

import email
import email.policy
import io
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.email.addresses import mailboxes
from adapters.email.compose import REFERENCES_MAX, Mail, compose, plus_form, subject_of
from inbox.contract import OutFile, Party, Quoted, Rejected
from tests.adapters.email.mailbox import configured, reply

NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
HEADERS = {
    "Message-ID",
    "Date",
    "From",
    "To",
    "Subject",
    "X-Onethread-Id",
    "MIME-Version",
    "Content-Type",
}


def composed(plus: bool = False, config: dict[str, Any] | None = None, **changes: Any) -> Mail:
    return compose(configured(**config or {}), reply(**changes), plus=plus, now=NOW)


def raw_of(mail: Mail) -> bytes:
    return b"".join(mail.chunks())


def read(mail: Mail) -> EmailMessage:
    found = email.message_from_bytes(raw_of(mail), policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


def body_of(mail: Mail, kind: str = "plain") -> str:
    part = read(mail).get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def file(name: str, content: bytes, media_type: str = "application/pdf") -> OutFile:
    return OutFile(name=name, media_type=media_type, size=len(content), open=lambda: io.BytesIO(content))


def somebody(address: str, name: str = "", display: str = "") -> Party:
    return Party(namespace="email", address=address, name=name, display=display)


class TestHeaders:
    """The header block."""

    def test_a_reply_has_these_and_no_others(self) -> None:
        found = read(composed())
        assert set(found.keys()) == HEADERS
        assert found["Message-ID"] == "<k3yk3yk3y.abcdefghijkl@example.test>"
        assert found["Date"] == "Sun, 22 Nov 2026 18:30:00 +0000"
        assert found["X-Onethread-Id"] == "k3yk3yk3y"
        assert str(found["From"]) == "Ann <support@example.test>"

    def test_the_same_input_gives_the_same_bytes(self) -> None:
        files = (file("a.pdf", b"abc" * 1000),)
        assert raw_of(composed(files=files)) == raw_of(composed(files=files))

    def test_without_a_reply_token_the_key_alone_makes_the_id(self) -> None:
        assert composed(reply_token="").message_id == "<k3yk3yk3y@example.test>"

    def test_the_domain_travels_in_ascii(self) -> None:
        mail = composed(config={"address": "hilfe@bücher.example"})
        assert mail.message_id.endswith("@xn--bcher-kva.example>")
        assert mail.sender == "hilfe@xn--bcher-kva.example"
        assert not mail.utf8

    @pytest.mark.parametrize(
        ("subject", "answers", "expected"),
        [
            ("Order 5", True, "Re: Order 5"),
            ("Re: Order 5", True, "Re: Order 5"),
            ("RE: re: Re[2]: Order 5", True, "Re: Order 5"),
            ("Order 5", False, "Order 5"),
            ("Re: Order 5", False, "Re: Order 5"),
            ("", True, "Re:"),
            ("", False, ""),
            ("Regarding: x", True, "Re: Regarding: x"),
            ("Tab\tand\u2028separator", False, "Tab and separator"),
        ],
    )
    def test_the_subject_gets_one_prefix(self, subject: str, answers: bool, expected: str) -> None:
        changes = {"in_reply_to": "<1@example.org>"} if answers else {}
        assert subject_of(reply(subject=subject, **changes)) == expected

    @pytest.mark.parametrize(
        "subject",
        [
            "Grüße aus Köln",
            "Где мой заказ № 5? Уже третья неделя, и никто не отвечает на письма, позвоните мне",
            "注文はどこですか" * 12,
            "=?utf-8?q?not_encoded?=",
            "x" * 900,
            "word " * 150,
            "Emoji 😀 end",
        ],
    )
    def test_any_subject_is_read_back_and_no_line_is_long(self, subject: str) -> None:
        mail = composed(subject=subject)
        head = raw_of(mail).partition(b"\r\n\r\n")[0]
        assert all(len(line) <= 80 for line in head.split(b"\r\n"))
        assert head.isascii()
        assert str(read(mail)["Subject"]) == subject.strip()

    @pytest.mark.parametrize(
        "name",
        [
            "Ann",
            "Smith, Ann",
            'Ann "the fox" O\\Neill',
            "Zoë (support)",
            "a@b.c",
            "Ann <evil@example.net>",
            "Анна Петрова из службы поддержки магазина на площади",
            "=?utf-8?q?Bcc?=",
            "名前" * 20,
        ],
    )
    def test_any_name_is_a_name_and_adds_no_recipient(self, name: str) -> None:
        mail = composed(
            sender_name=name, to=somebody("cust@example.org", name), cc=(somebody("b@example.org"),)
        )
        found = email.message_from_bytes(raw_of(mail), policy=email.policy.compat32)
        for header, address in (("From", "support@example.test"), ("To", "cust@example.org")):
            (mailbox,) = mailboxes(found[header])
            assert (mailbox.name, mailbox.address) == (name, address)
        assert mail.recipients == ("cust@example.org", "b@example.org")

    def test_an_address_is_written_as_its_owner_writes_it(self) -> None:
        mail = composed(to=somebody("ann.b@example.org", display="Ann.B@Example.org"))
        assert mail.recipients == ("Ann.B@example.org",)
        # A display form that is something else is not trusted.
        assert composed(to=somebody("a@example.org", display="b@example.org")).recipients == (
            "a@example.org",
        )

    def test_an_international_address_asks_for_smtputf8(self) -> None:
        mail = composed(to=somebody("döner@bücher.example"))
        assert mail.utf8
        assert mail.recipients == ("döner@xn--bcher-kva.example",)

    def test_the_chain_keeps_its_head_and_its_nearest(self) -> None:
        ids = tuple(f"<{number}@example.org>" for number in range(30))
        found = read(composed(references=ids, in_reply_to=ids[-1]))
        assert found["In-Reply-To"] == ids[-1]
        assert found["References"].split() == [ids[0], *ids[1 - REFERENCES_MAX :]]

    def test_the_answered_mail_ends_the_chain_once(self) -> None:
        found = read(composed(references=("<1@x>", "<2@x>"), in_reply_to="<2@x>"))
        assert found["References"].split() == ["<1@x>", "<2@x>"]
        assert read(composed(in_reply_to="<9@x>"))["References"] == "<9@x>"

    @pytest.mark.parametrize(
        "bad",
        [
            "sha256:0123",
            "<a b@x>",
            "<a@x>\r\nBcc: <evil@example.net>",
            "<ü@x>",
            "<" + "a" * 2000 + "@x>",
            "<>",
        ],
    )
    def test_ids_that_are_none_are_left_out(self, bad: str) -> None:
        found = read(composed(references=("<1@x>", bad), in_reply_to=bad))
        assert found["References"] == "<1@x>"
        assert found["In-Reply-To"] is None
        assert set(found.keys()) == HEADERS | {"References"}

    def test_machines_say_so_and_people_do_not(self) -> None:
        found = read(composed(automatic=True))
        assert (found["Auto-Submitted"], found["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
        assert read(composed())["Auto-Submitted"] is None

    def test_tagged_addresses_stand_in_reply_to_and_envelope(self) -> None:
        mail = composed(plus=True)
        assert read(mail)["Reply-To"] == "support+r.abcdefghijkl@example.test"
        assert (mail.sender, mail.sender_plain) == (
            "support+b.mnopqrstuvwx@example.test",
            "support@example.test",
        )

    def test_a_tag_that_makes_the_local_part_too_long_is_left_out(self) -> None:
        config = {"address": f"{'a' * 60}@example.test"}
        mail = composed(plus=True, config=config)
        assert mail.sender == config["address"]
        assert read(mail)["Reply-To"] is None
        assert plus_form(configured(**config), "x") == f"{'a' * 60}+x@example.test"

    def test_without_tokens_nothing_is_tagged(self) -> None:
        mail = composed(plus=True, reply_token="", bounce_token="")
        assert mail.sender == "support@example.test"
        assert read(mail)["Reply-To"] is None


class TestInjection:
    """Nothing that is put in becomes a header, a recipient or a command."""

    @pytest.mark.parametrize(
        "bad", ["\r\nBcc: evil@example.net", "\nX: y", "\rX: y", "\x00", "\x0b", "\x1b[0m", "\x7f"]
    )
    @pytest.mark.parametrize(
        "field", ["subject", "sender_name", "name", "file", "idem_key", "reply_token", "bounce_token"]
    )
    def test_control_characters_are_refused(self, field: str, bad: str) -> None:
        changes: dict[str, Any] = {field: f"a{bad}"}
        if field == "name":
            changes = {"to": somebody("cust@example.org", f"a{bad}")}
        if field == "file":
            changes = {"files": (file(f"a{bad}.pdf", b"x"),)}
        with pytest.raises(Rejected):
            raw_of(composed(plus=True, **changes))

    @pytest.mark.parametrize(
        "address",
        [
            "a@b.example\r\nRCPT TO:<evil@example.net>",
            "a@b.example>,<evil@example.net",
            "a b@example.org",
            "a@example.org, evil@example.net",
            "<a@example.org>",
            "a@",
            "@example.org",
            "plain",
            "",
            "a@exa mple.org",
            "a\x00@example.org",
        ],
    )
    def test_addresses_that_are_none_are_refused(self, address: str) -> None:
        with pytest.raises(Rejected, match="no mail address"):
            composed(to=somebody(address))
        with pytest.raises(Rejected, match="no mail address"):
            composed(bcc=(somebody(address),))

    @settings(max_examples=300)
    @given(
        subject=st.text(max_size=200),
        sender=st.text(max_size=80),
        name=st.text(max_size=80),
        filename=st.text(max_size=80),
        text=st.text(max_size=300),
        author=st.text(max_size=60),
        quoted=st.text(max_size=200),
    )
    def test_whatever_is_written_the_headers_and_recipients_are_ours(
        self, subject: str, sender: str, name: str, filename: str, text: str, author: str, quoted: str
    ) -> None:
        try:
            mail = composed(
                subject=subject,
                sender_name=sender,
                to=somebody("cust@example.org", name),
                text=text,
                quoted=Quoted(author=author, at=NOW, text=quoted),
                files=(file(filename, b"content"),),
            )
            raw = raw_of(mail)
        except Rejected:
            values = subject + sender + name + filename
            assert re.search(r"[\x00-\x08\x0a-\x1f\x7f]", values) or re.search("[\ud800-\udfff]", values)
            return
        head = raw.partition(b"\r\n\r\n")[0]
        found = email.message_from_bytes(head + b"\r\n\r\n", policy=email.policy.compat32)
        assert set(found.keys()) <= HEADERS
        assert b"\r" not in raw.replace(b"\r\n", b"")
        assert b"\n" not in raw.replace(b"\r\n", b"")
        assert raw.isascii()
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        assert mail.recipients == ("cust@example.org",)
        assert mail.size == len(raw)
        parts = [part.get_content_type() for part in email.message_from_bytes(raw).walk()]
        assert parts[:4] == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html"]
        assert len(parts) == 5


class TestBody:
    """Text, its HTML twin, the signature, the quoted mail."""

    def test_both_forms_say_the_same(self) -> None:
        mail = composed(text="Good day,\n\nit is **on** its way.")
        assert body_of(mail) == "Good day,\n\nit is on its way.\n"
        assert "<strong>on</strong>" in body_of(mail, "html")

    def test_a_quotation_with_a_heading_stands_in_a_box(self) -> None:
        text = "> **Walnut bowl**\n> €48.00\n\n> As you wrote\n\n<blockquote><p><strong>no</strong>"
        html = body_of(composed(text=text), "html")
        assert (
            '<blockquote style="margin:12px 0;padding:4px 14px;border:1px solid #d1cdc4;border-radius:8px"><p>'
            in html
        )
        assert html.count("<blockquote") == 2
        assert html.count("style=") == 1

    def test_html_in_a_text_is_text(self) -> None:
        html = body_of(composed(text="<script>alert(1)</script>", signature="<b>x", quoted=None), "html")
        assert "<script" not in html
        assert "<b>x" not in html

    def test_the_signature_is_the_authors_or_the_mailboxs(self) -> None:
        assert body_of(composed(signature="Ann, shop")).endswith("\n-- \nAnn, shop\n")
        assert body_of(composed(config={"signature": "The shop"})).endswith("\n-- \nThe shop\n")
        assert "-- " not in body_of(composed())

    def test_the_answered_mail_is_quoted_below_when_given(self) -> None:
        at = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)
        mail = composed(quoted=Quoted(author="Zoë", at=at, text="Where?\n\n> older\n<b>"), signature="Ann")
        assert body_of(mail).endswith(
            "\n-- \nAnn\n\nOn 2026-11-21 at 09:05 UTC, Zoë wrote:\n> Where?\n>\n>> older\n> <b>\n"
        )
        html = body_of(mail, "html")
        assert '<blockquote type="cite">Where?<br>' in html
        assert "&lt;b&gt;" in html

    def test_long_lines_and_foreign_letters_stay_within_seven_bits(self) -> None:
        text = "ü" * 2000 + "\n" + "x" * 5000
        mail = composed(text=text)
        assert raw_of(mail).isascii()
        assert max(map(len, raw_of(mail).split(b"\r\n"))) <= 998
        assert body_of(mail).rstrip("\n") == text


class TestFiles:
    """Attachments."""

    @pytest.mark.parametrize(
        "name",
        [
            "invoice.pdf",
            "Rechnung Größe.pdf",
            "счёт-фактура № 5.pdf",
            'quo"te.pdf',
            "semi;colon.pdf",
            "back\\slash.pdf",
            "percent%41.pdf",
            "請求書" * 15 + ".pdf",
        ],
    )
    def test_names_and_bytes_are_read_back(self, name: str) -> None:
        content = bytes(range(256)) * 40 + b"tail"
        found = read(composed(files=(file(name, content),)))
        (attachment,) = found.iter_attachments()
        assert attachment.get_filename() == name
        assert attachment.get_content_type() == "application/pdf"
        assert attachment.get_content() == content

    def test_several_and_empty_ones(self) -> None:
        files = (
            file("a.txt", b"", "text/plain"),
            file("b.bin", b"\x00" * 57, "nonsense"),
            file("", b"x" * 58),
        )
        mail = composed(files=files)
        found = list(read(mail).iter_attachments())
        assert [part.get_payload(decode=True) for part in found] == [b"", b"\x00" * 57, b"x" * 58]
        assert [part.get_content_type() for part in found][1:] == [
            "application/octet-stream",
            "application/pdf",
        ]
        assert found[2].get_filename() == "file"
        assert mail.size == len(raw_of(mail))

    @pytest.mark.parametrize(
        "kind", ["message/rfc822", "multipart/mixed", "text/html; name=x", "a\r\nX: y/z"]
    )
    def test_a_claimed_type_cannot_change_the_structure(self, kind: str) -> None:
        found = read(composed(files=(file("a", b"x", kind),)))
        (attachment,) = found.iter_attachments()
        assert attachment.get_content_type() == "application/octet-stream"

    def test_a_mail_can_be_written_twice(self) -> None:
        mail = composed(files=(file("a.pdf", b"abc" * 10_000),))
        assert raw_of(mail) == raw_of(mail)

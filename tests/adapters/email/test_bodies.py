"""What an agent sees of a mail: every structure that real mailers make, and nothing lost."""

import pytest

from adapters.email.attachments import safe_name
from adapters.email.bodies import HTML_MAX, TEXT_MAX, unflow
from tests.adapters.email.reading import inbound, multipart, part

PNG = part("image/png", "iVBORw0KGgo=", "Content-Transfer-Encoding: base64", "Content-ID: <pic>")
TEXT = part("text/plain; charset=utf-8", "Plain words.")
HTML = part("text/html; charset=utf-8", "<p>Rich <b>words</b>.</p>")
PDF = part("application/pdf", "%PDF", "Content-Disposition: attachment; filename=a.pdf")


def test_of_alternatives_both_forms_are_kept() -> None:
    found = inbound(multipart("alternative", TEXT, HTML))
    assert (found.text, found.html, found.files) == ("Plain words.", "<p>Rich <b>words</b>.</p>", ())


def test_an_empty_plain_alternative_is_replaced_by_the_html_ones_text() -> None:
    found = inbound(multipart("alternative", part("text/plain", " "), HTML))
    assert found.text == "Rich words."


def test_several_texts_are_all_kept_in_their_order() -> None:
    found = inbound(multipart("mixed", TEXT, PDF, part("text/plain", "More words.")))
    assert found.text == "Plain words.\n\nMore words."
    assert [file.name for file in found.files] == ["a.pdf"]


def test_plain_and_html_side_by_side_are_both_kept() -> None:
    found = inbound(multipart("mixed", TEXT, HTML))
    assert found.text == "Plain words.\n\nRich words."
    assert "Plain words." in (found.html or "")
    assert "Rich <b>words</b>" in (found.html or "")


def test_html_between_pictures_in_an_alternative() -> None:
    inner = multipart("mixed", HTML, PNG, part("text/html", "<p>End.</p>"), boundary="b2")
    found = inbound(multipart("alternative", TEXT, inner))
    assert found.text == "Plain words."
    assert found.html == "<p>Rich <b>words</b>.</p>\n<p>End.</p>"
    assert len(found.files) == 1


@pytest.mark.parametrize(
    ("html", "inline"),
    [('<img src="cid:pic">', True), ("<img src='CID:pic'>", True), ("<p>no picture</p>", False)],
)
def test_a_picture_is_inline_only_if_the_html_shows_it(html: str, inline: bool) -> None:
    found = inbound(multipart("related", part("text/html", html), PNG))
    assert [(file.name, file.inline, file.content_id) for file in found.files] == [
        ("image-1.png", inline, "pic")
    ]


def test_a_mail_that_is_only_a_picture() -> None:
    found = inbound("Content-Type: image/jpeg; name=cup.jpg\nContent-Transfer-Encoding: base64\n\n/9j/\n")
    assert (found.text, found.html) == ("", None)
    assert [(file.name, file.content) for file in found.files] == [("cup.jpg", b"\xff\xd8\xff")]


def test_a_named_text_is_a_file_unless_it_is_the_body() -> None:
    named = part("text/plain; name=notes.txt", "Notes.", "Content-Disposition: inline; filename=notes.txt")
    assert [file.name for file in inbound(multipart("mixed", TEXT, named)).files] == ["notes.txt"]
    alone = inbound("Content-Type: text/plain; name=body.txt\n\nWords.\n")
    assert (alone.text, alone.files) == ("Words.", ())


def test_an_html_attachment_is_a_file() -> None:
    page = part("text/html", "<p>page</p>", "Content-Disposition: attachment; filename=page.html")
    found = inbound(multipart("mixed", TEXT, page))
    assert found.html is None
    assert [file.name for file in found.files] == ["page.html"]


def test_a_forwarded_message_is_a_file_named_by_its_subject() -> None:
    found = inbound(
        multipart("mixed", TEXT, part("message/rfc822", "Subject: =?utf-8?Q?T=C3=A4st/1?=\n\ninner"))
    )
    assert [(file.name, file.media_type) for file in found.files] == [("Täst-1.eml", "message/rfc822")]


def test_a_message_in_a_digest_needs_no_type() -> None:
    found = inbound(multipart("digest", "\nSubject: One\n\nx", "\nSubject: Two\n\ny"))
    assert [file.name for file in found.files] == ["One.eml", "Two.eml"]


def test_an_invitation_is_a_notice_and_a_file() -> None:
    calendar = part(
        "text/calendar; method=CANCEL",
        "BEGIN:VCALENDAR\nMETHOD:CANCEL\nBEGIN:VEVENT\nUID:1\nSUMMARY:Call\nDTSTART;VALUE=DATE:20261105\n"
        "END:VEVENT\nEND:VCALENDAR",
    )
    found = inbound(multipart("alternative", TEXT, calendar))
    assert [(notice.code, notice.text) for notice in found.notices] == [
        ("calendar", "Call\nStart: 2026-11-05\nCancelled")
    ]
    assert [file.name for file in found.files] == ["attachment-1.ics"]


@pytest.mark.parametrize(
    "broken", ["", "BEGIN:VCALENDAR", "x", "BEGIN:VEVENT\nDTSTART:99999999\nEND:VEVENT", "\x00" * 50]
)
def test_a_broken_invitation_is_still_a_file(broken: str) -> None:
    found = inbound(multipart("mixed", TEXT, part("text/calendar", broken)))
    assert found.text == "Plain words."
    assert [notice.code for notice in found.notices] == ["calendar"]


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "encrypted"),
        ("application/x-pkcs7-mime; name=smime.p7m", "encrypted"),
        ("application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", "signed"),
    ],
)
def test_what_cannot_be_read_says_so_and_is_a_file(head: str, code: str) -> None:
    found = inbound(f"Content-Type: {head}\nContent-Transfer-Encoding: base64\n\nMIIB\n")
    assert [notice.code for notice in found.notices] == [code]
    assert [file.name for file in found.files] == ["smime.p7m"]


def test_pgp_in_the_text_is_told() -> None:
    assert inbound("\n-----BEGIN PGP MESSAGE-----\nx\n").notices[0].code == "encrypted"
    assert inbound("\n-----BEGIN PGP SIGNED MESSAGE-----\nx\n").notices[0].code == "signed"


def test_a_multipart_without_its_boundary_is_shown_as_text() -> None:
    assert "--b1" in inbound("Content-Type: multipart/mixed\n\n--b1\n\nHello\n--b1--\n").text
    assert inbound("Content-Type: multipart/mixed; boundary=other\n\nHello\n").text == "Hello"


def test_a_cut_multipart_keeps_what_is_there() -> None:
    found = inbound(
        'Content-Type: multipart/mixed; boundary="b1"\n\n--b1\n\nHello\n--b1\nContent-Type: image/png\n\nx'
    )
    assert found.text == "Hello"
    assert len(found.files) == 1


def test_parts_after_the_end_of_a_reused_boundary_are_kept() -> None:
    inner = multipart("alternative", TEXT, HTML)
    found = inbound(multipart("mixed", inner, PDF))
    assert [file.name for file in found.files] == ["a.pdf"]
    assert "Plain words." in found.text


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain; charset=x-nonsense",
        "text/plain; name*",
        "text",
        "nonsense",
        "text/plain; charset=",
        "",
        "/",
    ],
)
def test_a_broken_type_is_read_as_text(kind: str) -> None:
    assert inbound(f"Content-Type: {kind}\n\nHello\n").text == "Hello"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("base64", "SGVsbG8="), ("BASE64 ", "SGVs bG8"), ("quoted-printable", "H=65llo="), ("7-bit", "Hello"),
     ("x-uuencode", "begin 644 x\n%2&5L;&\\\n`\nend"), ("nonsense", "Hello")],
)  # fmt: skip
def test_transfer_encodings(encoding: str, body: str) -> None:
    assert inbound(f"Content-Transfer-Encoding: {encoding}\n\n{body}\n").text == "Hello"


def test_very_long_text_is_cut_and_whole_in_a_file() -> None:
    text = "word " * (TEXT_MAX // 4)
    found = inbound(f"\n{text}\n")
    assert len(found.text) <= TEXT_MAX
    assert [notice.code for notice in found.notices] == ["shortened"]
    assert found.files[0].name == "message.txt"
    assert found.files[0].content == text.rstrip().encode() or found.files[0].content == text.encode()


def test_very_long_html_is_a_file() -> None:
    found = inbound("Content-Type: text/html\n\n" + "<p>word</p>" * (HTML_MAX // 10))
    assert found.html is None
    assert found.text.startswith("word")
    assert "message.html" in [file.name for file in found.files]


def test_text_can_be_stored() -> None:
    found = inbound(b"From: a@x.example\nSubject: a\x00b\n\none\x00two \xed\xa0\x80 \x07\x1b[0m\x0c\n")
    assert "\x00" not in found.text + found.subject
    (found.text + found.subject).encode()


def test_flowed_text_is_joined() -> None:
    assert unflow("one \ntwo \nthree\nfour") == "one two three\nfour"
    assert unflow("> a \n> b\n>> c \nd") == "> a b\n>> c \nd"
    assert unflow("ein \nwort", delsp=True) == "einwort"
    assert unflow("x \n-- \nAnn") == "x \n-- \nAnn"
    assert unflow(" >not quoted\n From here") == " >not quoted\nFrom here"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.pdf", "a.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\y.doc", "y.doc"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("evil.php\u200b", "evil.php"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        ("...", ""),
        ("", ""),
        ('a<b>:"c|?*.txt', "a_b___c___.txt"),
        ("e\u0301.txt", "é.txt"),
        ("x" * 400 + ".pdf", "x" * 180 + ".pdf"),
        ("=?utf-8?Q?=C3=A4.pdf?=", "ä.pdf"),
        ("/", ""),
    ],
)
def test_file_names_are_data(name: str, expected: str) -> None:
    assert safe_name(name) == expected

"""Header fields: encoded words, parameters, ids and dates, as broken as mailers make them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.email.charset import codec_of, decode
from adapters.email.headers import decode_words, message_ids, parameters, parse_date, split_header, unbase64


def test_a_header_block_is_read_to_its_end() -> None:
    raw = b"From x Mon\r\nA: 1\r\nB: two\r\n three\r\nA: 4\r\n\r\nbody: no\r\n"
    headers, body = split_header(raw, 0, len(raw))
    assert headers.fields == (("a", b"1"), ("b", b"two three"), ("a", b"4"))
    assert raw[body:] == b"body: no\r\n"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_line_that_is_no_field_ends_the_header(end: bytes) -> None:
    raw = end.join([b"A: 1", b"this is text", b"B: 2"])
    headers, body = split_header(raw, 0, len(raw))
    assert headers.fields == (("a", b"1"),)
    assert raw[body:].startswith(b"this is text")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("=?utf-8?Q?a=C3=A4_b?=", "aä b"),
        ("=?UTF-8?b?w6Q=?=", "ä"),
        ("=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"),
        ("=?utf-8?Q?a?=\r\n =?utf-8?Q?b?=", "ab"),
        ("=?utf-8?Q?a?= and =?utf-8?Q?b?=", "a and b"),
        ("x=?utf-8?Q?a?=y", "xay"),
        ("=?utf-8?B?4oI=?= =?utf-8?B?rA==?=", "€"),
        ("=?utf-8?B?w?=", ""),
        ("=?utf-8*de?Q?a?=", "a"),
        ("=?utf-8?Q?two words?=", "two words"),
        ("=?gb2312?B?" + "tqm1pQ==" + "?=", "订单"),
        ("=?ks_c_5601-1987?Q?=BE=C8?=", "안"),
        ("=?nonsense?Q?a=C3=A4?=", "aä"),
        ("=?utf-8?X?a?=", "=?utf-8?X?a?="),
        ("=?utf-8?Q?open", "=?utf-8?Q?open"),
        ("=?=?=?", "=?=?=?"),
        ("=??Q?a?=", "a"),
    ],
)
def test_encoded_words(text: str, expected: str) -> None:
    assert decode_words(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text/plain", ("text/plain", {})),
        ("Text/Plain; Charset=UTF-8", ("text/plain", {"charset": "UTF-8"})),
        ('a; name="x;y"; b=c', ("a", {"name": "x;y", "b": "c"})),
        (r'a; name="C:\docs\x.txt"', ("a", {"name": r"C:\docs\x.txt"})),
        (r'a; name="say \"hi\""', ("a", {"name": 'say "hi"'})),
        ("a; name*=utf-8''%e2%82%ac.txt", ("a", {"name": "€.txt"})),
        ("a; name*=us-ascii''%F6.txt", ("a", {"name": "ö.txt"})),
        ("a; name*0=one; name*1=\" two\"", ("a", {"name": "one two"})),
        ("a; name*1*=%20b; name*0*=utf-8''a", ("a", {"name": "a b"})),
        ('a; name="=?utf-8?Q?=C3=A4?="', ("a", {"name": "ä"})),
        ("a; name*", ("a", {})),
        ("a; name*=", ("a", {"name": ""})),
        ("a; =b; ;", ("a", {})),
        ('a; name="open', ("a", {"name": "open"})),
        ("", ("", {})),
    ],
)  # fmt: skip
def test_parameters(value: str, expected: tuple[str, dict[str, str]]) -> None:
    assert parameters(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<a@b>", ["<a@b>"]),
        ("<a@b> <c@d>\t<e@f>", ["<a@b>", "<c@d>", "<e@f>"]),
        ("<a@b><c@d>", ["<a@b>", "<c@d>"]),
        ("0102abc-000000", ["<0102abc-000000>"]),
        ("<[x@microsoft.com]>", ["<[x@microsoft.com]>"]),
        ("your message of Monday", []),
        ("", []),
    ],
)
def test_message_ids(value: str, expected: list[str]) -> None:
    assert message_ids(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Tue, 03 Nov 2026 10:15:00 +0100", datetime(2026, 11, 3, 9, 15, tzinfo=UTC)),
        ("3 Nov 2026 10:15 GMT", datetime(2026, 11, 3, 10, 15, tzinfo=UTC)),
        ("Tue, 03 Nov 2026 10:15:00 +9999", datetime(2026, 10, 30, 5, 36, tzinfo=UTC)),
        ("Tue, 99 Nov 2026 10:15:00 +0100", None),
        ("yesterday", None),
        ("", None),
        ("1" * 5000, None),
    ],
)
def test_dates(value: str, expected: datetime | None) -> None:
    assert parse_date(value) == expected


@pytest.mark.parametrize(
    ("data", "charset", "expected"),
    [
        (b"plain", "", "plain"),
        ("ä".encode(), "", "ä"),
        (b"\xe4", "", "ä"),
        (b"\x80", "iso-8859-1", "€"),
        ("똠".encode("cp949"), "ks_c_5601-1987", "똠"),
        ("€".encode("gb18030"), "gb2312", "€"),
        ("привет".encode("koi8-r"), "koi8-r", "привет"),
        ("ř".encode("iso-8859-2"), "ISO-8859-2", "ř"),
        ("テスト".encode("iso2022_jp"), "iso-2022-jp", "テスト"),
        ("テスト".encode("iso2022_jp"), "", "テスト"),
        ("①".encode("cp932"), "shift_jis", "①"),
        ("ä".encode("cp1252"), "utf-8", "ä"),
        ("ä".encode(), "us-ascii", "ä"),
        (b"\xd0\xe4", "windows-1258", "Đä"),
        ("Grüße".encode("utf-7"), "utf-7", "Grüße"),
        ("ä".encode("utf-16"), "utf-16", "ä"),
        ("\ufeffä".encode(), "utf-8", "ä"),
        (b"ab\xffc" + "ä".encode() * 3, "utf-8", "ab\ufffdcäää"),
        (b"x\xe4", "x-unknown", "xä"),
        (b"x\xe4", "unknown-8bit", "xä"),
    ],
)
def test_charsets(data: bytes, charset: str, expected: str) -> None:
    assert decode(data, charset) == expected


@pytest.mark.parametrize(
    "name", ["idna", "punycode", "unicode_escape", "base64", "rot13", "zlib", "../x", "\x00", "a" * 99]
)
def test_codecs_that_are_no_charset_are_refused(name: str) -> None:
    assert codec_of(name) == ""
    assert decode(b"x\\u0041", name) == "x\\u0041"


@given(
    data=st.binary(max_size=200),
    charset=st.one_of(st.text(max_size=20), st.sampled_from(["utf-7", "hz", "big5", "utf-32"])),
)
def test_any_bytes_become_text(data: bytes, charset: str) -> None:
    assert isinstance(decode(data, charset), str)


@pytest.mark.parametrize(
    ("coded", "plain"),
    [
        (b"YWJj", b"abc"),
        (b"YW Jj\r\n", b"abc"),
        (b"YWI", b"ab"),
        (b"YWJjZ", b"abc"),
        (b"YQ==", b"a"),
        (b"YWJjZ!", b"abc"),
        (b"!", b""),
        (b"", b""),
    ],
)
def test_base64_is_read_leniently(coded: bytes, plain: bytes) -> None:
    assert unbase64(coded) == plain
    assert unbase64(memoryview(coded)) == plain


@given(text=st.text(max_size=300))
def test_getters_take_any_text(text: str) -> None:
    decode_words(text)
    parameters(text)
    message_ids(text)
    parse_date(text)

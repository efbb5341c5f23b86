"""Bytes to text under the charsets mail really declares. Never raises."""

import codecs
import functools
import re

# What is declared, and the wider code page that is really meant by those who declare it.
_MEANT = {
    "ascii": "utf-8",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "cp950",
    "iso2022_jp": "iso2022_jp_ext",
}
# Names the codec registry does not know.
_ALIASES = {
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ks_c_5601-1989": "cp949",
    "iso-8859-8-i": "cp1255",
    "iso-8859-8-e": "cp1255",
    "iso-8859-6-i": "cp1256",
    "windows-874": "cp874",
    "windows-31j": "cp932",
    "cp-850": "cp850",
    "x-sjis": "cp932",
    "x-gbk": "gb18030",
    "x-euc-jp": "euc_jp",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "unicode": "utf-16",
    "iso-10646-ucs-2": "utf-16",
    "cp-1252": "cp1252",
    "ansi": "cp1252",
    "iso-2022-cn": "gb18030",
    "hz": "hz",
}
# Codecs that are no charsets; idna and punycode also take time in the square of the length.
_REFUSED = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,39}")


@functools.lru_cache(maxsize=256)
def codec_of(declared: str) -> str:
    """Name of the codec for a declared charset, or "" when none can be told from it."""
    name = declared.strip().strip("\"'").lower()
    if not _NAME.fullmatch(name):
        return ""
    name = _ALIASES.get(name, name)
    try:
        found = codecs.lookup(name).name
        if found in _REFUSED:
            return ""
        b"x".decode(found)  # raises LookupError for codecs that give bytes (base64, zlib)
    except (LookupError, ValueError):
        return ""
    return _MEANT.get(found, found)


def decode(data: bytes, declared: str = "") -> str:
    """The text of `data`. A missing, unknown or wrong charset is made up for; what stays unknown is U+FFFD."""
    if (
        data.isascii()
        and b"\x1b" not in data
        and not declared.lower().startswith(("utf-7", "hz", "utf-16", "unicode"))
    ):
        return data.decode("ascii")
    codec = codec_of(declared)
    for bom, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(bom):
            return _decode(data, "utf-8-sig" if name == "utf-8" else name)
    if not codec:
        return _guess(data)
    if codec == "utf-8":
        return _decode_utf8(data)
    return _decode(data, codec)


def _decode(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        pass
    if codec != "utf-16" and not data.isascii():
        # Text is valid UTF-8 by accident only rarely; a wrong label is common.
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return data.decode(codec, errors="replace")


def _decode_utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    whole = sum(1 for char in text if char > "\x7f") - broken
    return text if whole > broken else data.decode("cp1252", errors="replace")


def _guess(data: bytes) -> str:
    """Without a usable label: UTF-8, ISO-2022-JP by its escapes, or the western code page."""
    if b"\x1b$" in data:
        return _decode(data, "iso2022_jp_ext")
    return _decode_utf8(data)

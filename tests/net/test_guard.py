"""The outbound guard: no spelling of an inside address gets through, and the checked address is the used one."""

import ipaddress
import socket
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.contract import Rejected, TryLater
from inbox.net import Guard, is_public


def spellings(address: str) -> list[str]:
    """Ways to write an IPv4 address that resolvers take, alone and wrapped into IPv6."""
    number = int(ipaddress.IPv4Address(address))
    a, b, c, d = address.split(".")
    high, low = f"{number >> 16:x}", f"{number & 0xFFFF:x}"
    return [
        address,
        str(number),
        hex(number),
        f"0{number:o}",
        f"{a}.{int(b) * 65536 + int(c) * 256 + int(d)}",
        f"{a}.{b}.{int(c) * 256 + int(d)}",
        ".".join(f"0{int(part):o}" for part in address.split(".")),
        ".".join(hex(int(part)) for part in address.split(".")),
        f"0x{int(a):02X}.{b}.0{int(c):o}.{d}",
        f"::ffff:{address}",
        f"[::ffff:{address}]",
        f"::ffff:{high}:{low}",
        f"0:0:0:0:0:ffff:{high}:{low}",
        f"64:ff9b::{high}:{low}",
        f"64:ff9b::{address}",
        f"64:ff9b:1::{high}:{low}",
        f"2002:{high}:{low}::",
        f"2002:{high}:{low}::1",
        f"::{high}:{low}" if number >> 16 else "::1",
        f"2001:0:{high}:{low}::",
    ]


INSIDE_V4 = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.5.4",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "198.18.0.1",
    "192.0.0.1",
    "255.255.255.255",
]
INSIDE_OTHER = [
    "::",
    "::1",
    "[::1]",
    "fe80::1",
    "fe80::1%lo",
    "fd00:ec2::254",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "3fff::1",
    "100::1",
    "224.0.0.1",
    "240.0.0.1",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "192.88.99.1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "127.0.0.1.",
    "１２７.0.0.1",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
]
FORMS = list(dict.fromkeys([form for address in INSIDE_V4 for form in spellings(address)] + INSIDE_OTHER))


def test_there_are_enough_spellings() -> None:
    assert len(FORMS) >= 200


@pytest.mark.parametrize("form", FORMS)
def test_no_spelling_of_an_inside_address_is_connected_to(form: str) -> None:
    # A resolver may refuse a spelling; then there is nothing to connect to, either.
    with pytest.raises((Rejected, TryLater)) as caught:
        Guard().connect(form, 80, 0.5)
    assert caught.value.code in ("private_address", "dns", "bad_host")


@pytest.mark.parametrize("form", FORMS)
def test_each_of_them_is_no_web_address_either(form: str) -> None:
    from inbox.net import NetIo

    host = f"[{form}]" if ":" in form and not form.startswith("[") else form
    with pytest.raises((Rejected, TryLater)):
        NetIo(Guard()).http("GET", f"http://{host}/", timeout=0.5)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "2606:4700::1111",
        "2a00:1450:4001:81c::200e",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
    ],
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))
    assert Guard(resolve=answering(address)).addresses("example.com", 80) == (address,)


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:", "64:ff9b::", "2002"]))
def test_a_wrapped_address_is_as_public_as_what_it_wraps(inner: Any, wrapper: str) -> None:
    number = int(inner)
    outer = f"2002:{number >> 16:x}:{number & 0xFFFF:x}::" if wrapper == "2002" else f"{wrapper}{inner}"
    assert is_public(ipaddress.ip_address(outer)) == is_public(inner)


def answering(*addresses: str) -> Any:
    def resolve(_host: str, port: int, **_named: object) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return resolve


def test_one_inside_address_among_several_forbids_the_name() -> None:
    with pytest.raises(Rejected, match=r"evil\.example is an address inside"):
        Guard(resolve=answering("8.8.8.8", "10.0.0.1")).addresses("evil.example", 80)


def test_a_name_that_changes_its_mind_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["8.8.8.8", "127.0.0.1", "127.0.0.1"])
    asked: list[str] = []
    dialled: list[tuple[str, int]] = []

    def rebinding(host: str, port: int, **_named: object) -> list[tuple[Any, ...]]:
        asked.append(host)
        return answering(next(answers))(host, port)

    def dial(address: tuple[str, int], timeout: float) -> socket.socket:
        dialled.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", dial)
    with pytest.raises(TryLater):
        Guard(resolve=rebinding).connect("evil.example", 80, 1)
    assert asked == ["evil.example"]
    assert dialled == [("8.8.8.8", 80)]


@pytest.mark.parametrize("host", ["", " ", "a b", "a\r\nb", "x" * 300, "a\x00b"])
def test_what_is_no_name_is_refused(host: str) -> None:
    with pytest.raises(Rejected, match="no name of a server"):
        Guard(allow_private=True).connect(host, 80, 1)


def test_a_name_that_the_dns_does_not_know_is_try_later() -> None:
    with pytest.raises(TryLater, match="not known to the DNS"):
        Guard().connect("no-such-name.invalid", 80, 1)


def test_allowed_inside_addresses_are_connected_to() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with Guard(allow_private=True).connect("localhost", port, 2) as sock:
            assert sock.getpeername() == ("127.0.0.1", port)


def test_the_next_address_is_tried_when_one_refuses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        guard = Guard(allow_private=True, resolve=answering("127.0.0.2", "127.0.0.1"))
        with guard.connect("two.example", port, 2) as sock:
            assert sock.getpeername() == ("127.0.0.1", port)


def test_a_host_that_does_not_answer_takes_the_time_it_was_given_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def silent(_address: tuple[str, int], timeout: float) -> socket.socket:
        threading.Event().wait(timeout)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", silent)
    begun = time.monotonic()
    with pytest.raises(TryLater, match="did not answer on port 80 in time"):
        Guard(resolve=answering("8.8.8.8", "8.8.4.4")).connect("slow.example", 80, 0.4)
    assert time.monotonic() - begun < 5

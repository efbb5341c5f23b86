"""The proxy breaks connections as described, and passes everything when told to."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.peers.process import free_port
from tests.peers.proxy import FaultProxy


@pytest.fixture
def echo() -> Iterator[int]:
    """Port of a server that sends back what it gets."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(65536):
                    connection.sendall(data)
            except ConnectionError:
                return  # the proxy reset us, as it was told to

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # closed below
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


@pytest.fixture
def proxy(echo: int, fault_proxy: Callable[[int], FaultProxy]) -> FaultProxy:
    return fault_proxy(echo)


def connect(proxy: FaultProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def receive(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (more := connection.recv(count - len(data))):
        data += more
    return data


def test_without_faults_it_is_not_there(proxy: FaultProxy) -> None:
    sent = bytes(range(256)) * 4096
    with connect(proxy) as client:
        threading.Thread(target=client.sendall, args=(sent,)).start()
        assert receive(client, len(sent)) == sent
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    assert proxy.passed == {"up": len(sent), "down": len(sent)}


def test_latency_delays_both_ways(proxy: FaultProxy) -> None:
    proxy.latency = 0.1
    with connect(proxy) as client:
        start = time.monotonic()
        client.sendall(b"x")
        client.recv(1)
    assert time.monotonic() - start >= 0.2


def test_bandwidth_limits_each_direction(proxy: FaultProxy) -> None:
    proxy.bandwidth = 20_000
    with connect(proxy) as client:
        start = time.monotonic()
        client.sendall(b"x" * 10_000)
        receive(client, 10_000)
    assert 0.5 <= time.monotonic() - start < 3


def test_the_connection_breaks_at_the_very_byte(proxy: FaultProxy) -> None:
    proxy.reset_after(1000, "up")
    with connect(proxy) as client:
        client.sendall(b"x" * 5000)
        with pytest.raises(ConnectionResetError):
            receive(client, 5000)
    assert proxy.passed["up"] == 1000
    proxy.heal()
    with connect(proxy) as client:
        client.sendall(b"x" * 5000)
        assert len(receive(client, 5000)) == 5000


def test_a_blackhole_keeps_the_connection_and_says_nothing(proxy: FaultProxy) -> None:
    with connect(proxy) as client:
        proxy.blackhole = True
        client.sendall(b"anyone?")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1)
        assert proxy.open == 1


def test_half_closed_the_client_reads_the_end_and_may_still_write(proxy: FaultProxy) -> None:
    with connect(proxy) as client:
        client.sendall(b"x")
        client.recv(1)
        proxy.half_close()
        assert client.recv(1) == b""
        client.sendall(b"still here")


def test_down_resets_and_refuses_until_up(proxy: FaultProxy) -> None:
    with connect(proxy) as client:
        client.sendall(b"x")
        client.recv(1)
        proxy.down()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    proxy.up()
    with connect(proxy) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
    assert proxy.connections == 2


def test_drop_resets_what_is_open_and_takes_new_ones(proxy: FaultProxy) -> None:
    with connect(proxy) as client:
        client.sendall(b"x")
        client.recv(1)
        assert proxy.drop() == 1
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with connect(proxy) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"


def test_an_absent_server_is_a_reset_connection(fault_proxy: Callable[[int], FaultProxy]) -> None:
    proxy = fault_proxy(free_port())
    with pytest.raises(ConnectionResetError), connect(proxy) as client:  # even the connecting may feel it
        client.recv(1)

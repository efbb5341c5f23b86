"""The other end of Socket Mode: envelopes that are sent again over the next connection until they are acknowledged."""

import json
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Message, Ping, Request


@dataclass
class Envelope:
    """Something that waits to be acknowledged. `carried_by` is the connection that it was sent over last."""

    kind: str
    payload: Any
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    attempts: int = 0
    carried_by: object = None


class Envelopes:
    """What all connections of an app share."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.waiting: list[Envelope] = []
        self.acknowledged: list[str] = []
        self.connections: list[Line] = []
        self.opened = 0

    def put(self, payload: Any, kind: str = "events_api") -> Envelope:
        """Have something sent over the newest connection, or over the next."""
        with self.lock:
            envelope = Envelope(kind, payload)
            self.waiting.append(envelope)
        return envelope

    def acknowledge(self, number: str) -> None:
        """Somebody has it."""
        with self.lock:
            self.acknowledged.append(number)
            self.waiting = [each for each in self.waiting if each.id != number]

    def due(self, line: "Line") -> list[Envelope]:
        """What is to be sent over a connection: what was sent over none that is still open."""
        with self.lock:
            if not self.connections or self.connections[-1] is not line:
                return []
            found = [each for each in self.waiting if each.carried_by not in self.connections]
            for each in found:
                each.carried_by, each.attempts = line, each.attempts + 1
            return found


class Line:
    """One connection, served by one thread, so that a pong proves that all before it was sent."""

    def __init__(self, envelopes: Envelopes, environ: dict[str, Any], ended: threading.Event) -> None:
        self._envelopes, self._ended = envelopes, ended
        self._sock = environ["werkzeug.socket"]
        self._sock.settimeout(0.02)
        self._ws = WSConnection(ConnectionType.SERVER)
        names = {
            key[5:].replace("_", "-").lower(): value
            for key, value in environ.items()
            if key.startswith("HTTP_")
        }
        headers = [(name.encode(), value.encode()) for name, value in names.items()]
        self._ws.initiate_upgrade_connection(headers, environ["PATH_INFO"])
        self._open = True
        self.orders: list[dict[str, Any]] = []
        self.cut = False

    def serve(self) -> None:
        """Talk until one side has enough."""
        self._handle()
        with self._envelopes.lock:
            self._envelopes.connections.append(self)
            self._envelopes.opened += 1
        try:
            self._say(
                {"type": "hello", "num_connections": 1, "debug_info": {"approximate_connection_time": 18060}}
            )
            while self._open and not self._ended.is_set() and not self.cut:
                for envelope in self._envelopes.due(self):
                    self._say(_told(envelope))
                while self.orders:
                    self._say(self.orders.pop(0))
                self._read()
        except OSError:
            return
        finally:
            with self._envelopes.lock:
                self._envelopes.connections.remove(self)

    def _read(self) -> None:
        try:
            data = self._sock.recv(65536)
        except TimeoutError:
            return
        self._ws.receive_data(data or None)
        self._handle()

    def _handle(self) -> None:
        for event in self._ws.events():
            match event:
                case Request():
                    self._sock.sendall(self._ws.send(AcceptConnection()))
                case Ping():
                    self._sock.sendall(self._ws.send(event.response()))
                case Message():
                    self._envelopes.acknowledge(json.loads(event.data)["envelope_id"])
                case CloseConnection():
                    self._open = False

    def _say(self, told: dict[str, Any]) -> None:
        self._sock.sendall(self._ws.send(Message(data=json.dumps(told))))


def _told(envelope: Envelope) -> dict[str, Any]:
    retry = {
        "retry_attempt": envelope.attempts - 1,
        "retry_reason": "timeout" if envelope.attempts > 1 else "",
    }
    return {
        "envelope_id": envelope.id,
        "type": envelope.kind,
        "payload": envelope.payload,
        "accepts_response_payload": envelope.kind != "events_api",
        **retry,
    }

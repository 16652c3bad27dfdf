"""A partner that speaks MLLP over bare sockets: every byte, or byte by byte."""

import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass

VT, FS, CR = b"\x0b", b"\x1c", b"\r"
TIMEOUT = 60


def adt(control_id: str, number: int = 1, *, trigger: str = "A01", **changes: str) -> bytes:
    """An admission of an invented patient.

    :param changes: fields of the header by their numbers, such as ``f11="T"``
    """
    header = ["MSH", "^~\\&", "EHR", "GENERAL", "ODOO", "GENERAL", "20261101120000", ""]
    header += [f"ADT^{trigger}^ADT_A01", control_id, "P", "2.5.1"]
    for name, value in changes.items():
        at = int(name.removeprefix("f")) - 1
        header += [""] * (at + 1 - len(header))
        header[at] = value
    segments = [
        "|".join(header),
        f"EVN|{trigger}|20261101115900",
        f"PID|1||{4711000 + number}^^^GENERAL^MR||EVERYMAN^ADAM||19610615|M",
        f"PV1|1|I|WARD^12^1^GENERAL||||||||||||||||V{number}^^^GENERAL",
    ]
    return ("\r".join(segments) + "\r").encode()


def framed(message: bytes) -> bytes:
    return VT + message + FS + CR


@dataclass
class Ack:
    """An acknowledgement as it came."""

    raw: bytes

    @property
    def segments(self) -> list[list[str]]:
        return [line.split("|") for line in self.raw.decode().split("\r") if line]

    def field(self, name: str, number: int) -> str:
        """A field of the first segment with a name; empty if it is absent."""
        for segment in self.segments:
            if segment[0] == name:
                at = number - 1 if name == "MSH" else number
                return segment[at] if len(segment) > at else ""
        return ""

    @property
    def code(self) -> str:
        return self.field("MSA", 1)

    @property
    def control_id(self) -> str:
        return self.field("MSA", 2)

    @property
    def condition(self) -> str:
        """The number of table 0357."""
        return self.field("ERR", 3).partition("^")[0]


class Peer:
    """One connection to a port."""

    def __init__(
        self, port: int, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        self._socket = socket.create_connection((host, port), TIMEOUT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context:
            self._socket = context.wrap_socket(self._socket, server_hostname="localhost")
        self._rest = b""

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(data)

    def drip(self, data: bytes) -> None:
        """Send byte by byte, each in a packet of its own."""
        for byte in data:
            self._socket.sendall(bytes([byte]))

    def end_sending(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def ask(self, message: bytes) -> Ack:
        """Send a message and wait for its answer."""
        self.send(framed(message))
        return self.receive()

    def ask_all(self, messages: Iterable[bytes]) -> list[Ack]:
        return [self.ask(message) for message in messages]

    def receive(self) -> Ack:
        """The next answer.

        :raises ConnectionError: the connection ended without one
        """
        while FS + CR not in self._rest:
            data = self._socket.recv(65536)
            if not data:
                raise ConnectionError(f"closed after {self._rest!r}")
            self._rest += data
        block, _mark, self._rest = self._rest.partition(FS + CR)
        assert block[:1] == VT, block
        return Ack(block[1:])

    def is_closed(self, timeout: float = TIMEOUT) -> bool:
        """Whether the listener ends the connection without a further byte."""
        self._socket.settimeout(timeout)
        try:
            data = self._socket.recv(65536)
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        assert not data, data
        return True

"""A partner's MLLP listener that answers as a test says, and watches its connections."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

VT, FS, CR = b"\x0b", b"\x1c", b"\r"

#: The bytes that answer a message, by its control id; nothing for silence, ``None`` to hang up.
Reply = Callable[[str], bytes | None]


@dataclass(frozen=True)
class Received:
    """One message.

    :ivar connection: counts the connections
    """

    connection: int
    control_id: str
    text: str
    at: float


class MllpReceiver:
    """Answers messages from ``replies``, one after the other, then positively.

    ``with MllpReceiver() as receiver: receiver.url``.

    :param delay: seconds before each answer
    :param tls: with which connections begin
    """

    def __init__(
        self, *replies: Reply, delay: float = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        self.received: list[Received] = []
        self.replies = list(replies)
        self.default: Reply = ack
        self.delay = delay
        self.subjects: list[object] = []
        self.connections = 0
        #: most connections that were open at one time
        self.most = 0
        self._open = 0
        self._tls = tls
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]

    def __enter__(self) -> "MllpReceiver":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.close()

    @property
    def url(self) -> str:
        if self._tls:
            return f"mllps://localhost:{self.port}"
        return f"mllp://127.0.0.1:{self.port}"

    def ids(self) -> list[str]:
        """Return the control ids in the order of arrival."""
        return [one.control_id for one in self.received]

    def firsts(self) -> list[str]:
        """Return the control ids in the order of their first arrival."""
        return list(dict.fromkeys(self.ids()))

    def _accept(self) -> None:
        while True:
            try:
                connection, _peer = self._server.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open += 1
                self.most = max(self.most, self._open)
                number = self.connections
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        data = b""
        try:
            if self._tls:
                secure = self._tls.wrap_socket(connection, server_side=True)
                self.subjects.append((secure.getpeercert() or {}).get("subject"))
                connection = secure
            with connection:
                while chunk := connection.recv(65536):
                    data += chunk
                    while FS + CR in data:
                        frame, _end, data = data.partition(FS + CR)
                        if not self._answer(connection, number, frame.rpartition(VT)[2]):
                            return
        except OSError:
            pass  # the other side is gone, which some tests are about
        finally:
            with self._lock:
                self._open -= 1

    def _answer(self, connection: socket.socket, number: int, message: bytes) -> bool:
        """Answer a message; whether the connection goes on."""
        control_id = message.split(CR)[0].split(b"|")[9].decode()
        with self._lock:
            self.received.append(Received(number, control_id, message.decode(), time.monotonic()))
            reply = self.replies.pop(0) if self.replies else self.default
        time.sleep(self.delay)
        answer = reply(control_id)
        if answer is None:
            return False
        connection.sendall(answer)
        return True


def ack(control_id: str, code: str = "AA") -> bytes:
    """The frame of an acknowledgement."""
    header = "MSH|^~\\&|EHR||ODOO||20261129||ACK|7|P|2.5.1"
    return VT + f"{header}\rMSA|{code}|{control_id}\r".encode() + FS + CR

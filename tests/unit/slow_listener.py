"""A TCP listener of syslog that takes nothing until it is let."""

import socket
import threading


class SlowListener:
    """Connections wait at its full door, as those of a host that is overloaded, until it opens.

    :ivar frames: messages that it took, without their counts of octets (RFC 6587, 3.4.1)
    """

    def __init__(self) -> None:
        self.frames: list[str] = []
        self._door = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = self._door.getsockname()[1]
        # One more than the backlog holds: the kernel answers nobody else from now on.
        self._filling = [socket.socket() for _ in range(3)]
        for one in self._filling:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", self.port))
        self._closed = False
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Take what comes from now on, and what waits at the door."""
        for one in self._filling:
            one.close()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed = True
        for one in self._filling:
            one.close()
        self._door.close()

    def _serve(self) -> None:
        while not self._closed:
            try:
                stream, _address = self._door.accept()
            except OSError:
                return
            with stream, stream.makefile("rb") as lines:
                self._take(lines)

    def _take(self, lines) -> None:
        while True:
            count = b""
            while (one := lines.read(1)) and one != b" ":
                count += one
            if not one:
                return
            self.frames.append(lines.read(int(count)).decode())

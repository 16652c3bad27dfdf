"""The hospital's end of an MLLP connection: a message is sent until it is answered.

A message that was not answered in time, or whose connection broke, is sent again as it was, under
the same control id: the receiver must recognise it.
"""

import logging
import socket
import threading
import time
from dataclasses import dataclass
from typing import Final

START: Final = b"\x0b"
END: Final = b"\x1c\r"
#: Longest answer that is read.
LONGEST: Final = 64 * 1024
PAUSES: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """An acknowledgement: its code (MSA-1), and the first thing that it says about the reason."""

    code: str
    reason: str = ""

    @property
    def is_accepted(self) -> bool:
        return self.code in ("AA", "CA")


class Stopped(Exception):
    """The program ends while a message waits for its answer."""


class Wire:
    """One connection, made when it is needed and made again when it breaks.

    :param timeout: seconds to connect, and to wait for an answer
    :param stopping: ends all waiting
    """

    def __init__(
        self, host: str, port: int, stopping: threading.Event, timeout: float = 10.0
    ) -> None:
        self.address = (host, port)
        self.resent = 0
        self._timeout = timeout
        self._stopping = stopping
        self._socket: socket.socket | None = None
        self._rest = b""

    def send(self, message: str) -> Answer:
        """Send a message and return the answer, however long it takes.

        :raises Stopped: the program ends meanwhile.
        """
        control = message.split("\r", 1)[0].split("|")[9]
        framed = START + message.encode() + END
        failures = 0
        while not self._stopping.is_set():
            try:
                self._connected().sendall(framed)
                return self._answer(control)
            except OSError as problem:
                self.close()
                if failures == 0:
                    _LOGGER.info("%s: no answer (%s), trying again", control, problem)
                self._stopping.wait(PAUSES[min(failures, len(PAUSES) - 1)])
                failures += 1
                self.resent += 1
        raise Stopped

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._socket:
            self._socket.close()
        self._socket, self._rest = None, b""

    def _connected(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(self.address, self._timeout)
            self._socket.settimeout(min(self._timeout, 1.0))
        return self._socket

    def _answer(self, control: str) -> Answer:
        """The acknowledgement of a message. Those of others, which came too late, are passed over.

        :raises OSError: it did not come in time, or the connection ended.
        """
        deadline = time.monotonic() + self._timeout
        while True:
            while END in self._rest:
                frame, _end, self._rest = self._rest.partition(END)
                answered, answer = parsed(frame)
                if answered == control:
                    return answer
            if self._stopping.is_set():
                raise Stopped
            if time.monotonic() > deadline:
                raise TimeoutError("the time for an answer is over")
            self._receive()

    def _receive(self) -> None:
        assert self._socket is not None
        try:
            data = self._socket.recv(4096)
        except TimeoutError:
            return
        if not data:
            raise ConnectionResetError("the connection was closed")
        self._rest += data
        if len(self._rest) > LONGEST:
            raise ConnectionAbortedError("the answer is too long")


def parsed(frame: bytes) -> tuple[str, Answer]:
    """Which message an answer belongs to, and what it says."""
    segments: dict[str, list[str]] = {}
    for line in frame.lstrip(START).decode(errors="replace").split("\r"):
        name, *fields = line.split("|")
        segments.setdefault(name, fields)
    msa, err = segments.get("MSA", []), segments.get("ERR", [])
    told = err[7] if len(err) > 7 else msa[2] if len(msa) > 2 else ""
    return (msa[1] if len(msa) > 1 else ""), Answer(msa[0] if msa else "", told)

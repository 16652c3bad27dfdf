"""HTTP plumbing of the partners: a threaded server on the loopback address, nothing more.

An application is a function from :class:`Request` to :class:`Response` or :class:`RawAnswer`; it
never sees a socket, so it can be tested by calling it.
"""

import json
import logging
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

HOST = "127.0.0.1"
MAX_BODY_BYTES = 1024 * 1024
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """One HTTP request, read completely. Header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, str]:
        """Return what was sent as a JSON object or as an HTML form; other bodies give nothing."""
        if self.headers.get("content-type", "").startswith("application/json"):
            with suppress(ValueError, AttributeError):
                return {key: str(value) for key, value in json.loads(self.body).items()}
            return {}
        text = self.body.decode("utf-8", "replace")
        return {key: values[-1] for key, values in parse_qs(text).items()}

    def is_same_origin(self) -> bool:
        """Tell whether a button of our own page, or a program, sent this.

        A web page of somebody else could otherwise press the buttons of a demo that runs on the
        visitor's machine. Browsers name the page's origin; programs send none.
        """
        host = self.headers.get("host", "")
        if host.rpartition(":")[0] not in (HOST, "localhost"):
            return False
        return self.headers.get("origin") in (None, f"http://{host}")


@dataclass(frozen=True)
class Response:
    """An ordinary HTTP answer."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RawAnswer:
    """Bytes that go out as they are, after which the connection is closed, or reset."""

    data: bytes = b""
    reset: bool = False


Application = Callable[[Request], Response | RawAnswer]


def html_response(text: str) -> Response:
    """Return a page that is never cached."""
    return Response(200, text.encode(), "text/html; charset=utf-8", {"Cache-Control": "no-store"})


def json_response(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON answer."""
    return Response(status, json.dumps(value).encode(), "application/json", headers or {})


def see_other(location: str) -> Response:
    """Return the redirection that follows a form, so that reloading does not send it again."""
    return Response(303, headers={"Location": location})


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, calls the server's application and writes the answer in one piece."""

    protocol_version = "HTTP/1.1"
    server_version = "DemoPartner"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # status line, headers and body leave in one packet
    timeout = 60  # seconds an idle keep-alive connection may occupy a thread
    server: "_Server"

    def _answer(self) -> None:
        body = self._read_body()
        if isinstance(body, Response):
            self.close_connection = True
            return self._write(body)
        url = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(url.query).items()}
        headers = {key.lower(): value for key, value in self.headers.items()}
        request = Request(self.command, url.path, headers, body, query)
        try:
            answer = self.server.application(request)
        except Exception:
            _LOGGER.exception("%s %s failed", request.method, request.path)
            answer = Response(500, b"internal error")
        if isinstance(answer, RawAnswer):
            return self._write_raw(answer)
        return self._write(answer)

    do_GET = do_POST = do_HEAD = do_OPTIONS = _answer  # noqa: N815 (names of http.server)

    def _read_body(self) -> bytes | Response:
        if "transfer-encoding" in self.headers:
            return Response(411, b"send a Content-Length")
        length = self.headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            return Response(400, b"bad Content-Length")
        if int(length) > MAX_BODY_BYTES:
            return Response(413, b"body too large")
        return self.rfile.read(int(length))

    def _write(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def _write_raw(self, answer: RawAnswer) -> None:
        self.close_connection = True
        self.wfile.write(answer.data)
        if answer.reset:
            self.server.reset_when_closed(self.connection)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the terminal for what the partners themselves have to say."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, application: Application) -> None:
        self.application = application
        self._open: set[socket.socket] = set()
        self._to_reset: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__((HOST, port), _Handler)

    def process_request(self, request: socket.socket, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:
        with self._open_lock:
            self._open.discard(request)
            is_reset = request in self._to_reset
            self._to_reset.discard(request)
        if is_reset:
            self.close_request(request)  # without the orderly FIN that shutdown would send
        else:
            super().shutdown_request(request)

    def reset_when_closed(self, request: socket.socket) -> None:
        """Let the connection end with RST: what closing does when there is no time to linger."""
        request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with self._open_lock:
            self._to_reset.add(request)

    def handle_error(self, request: socket.socket, client_address: Any) -> None:
        """A client that hangs up is no news."""

    def hang_up(self) -> None:
        """End kept-alive connections: a closed port that still answers them is not closed."""
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class LoopbackServer:
    """A server on 127.0.0.1 that can be opened and closed again and again on the same port."""

    def __init__(self, application: Application, port: int = 0, name: str = "server") -> None:
        """:param port: 0 takes a free one at the first opening and keeps it."""
        self.port = port
        self.name = name
        self._application = application
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.RLock()

    @property
    def url(self) -> str:
        """Base address without a trailing slash; known once the server has been opened."""
        return f"http://{HOST}:{self.port}"

    @property
    def is_open(self) -> bool:
        return self._server is not None

    def open(self) -> None:
        """Listen.

        :raises OSError: the port is taken
        """
        with self._lock:
            if self._server is not None:
                return
            self._server = _Server(self.port, self._application)
            self.port = self._server.server_address[1]
            self._thread = threading.Thread(
                target=self._server.serve_forever, args=(0.03,), name=self.name, daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        """Stop listening and end every connection; harmless when closed already."""
        with self._lock:
            server, self._server = self._server, None
            if server is None:
                return
            server.shutdown()
            server.server_close()
            server.hang_up()
            self._thread.join()


def utc_text(when: float | None = None) -> str:
    """Return a moment (seconds since the epoch, default now) as RFC 3339 text in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))

"""Forward proxies for tests: each names every host loopback, as a proxy's own resolver would."""

import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from tests.unit.wire_server import Script, read_request

#: Request line and headers of everything that a proxy was asked.
Asked = list[tuple[str, dict[str, str]]]


def tunnelling(
    asked: Asked, answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n"
) -> Script:
    """A script that connects to the port of a CONNECT request and then passes bytes on."""

    def script(connection: socket.socket) -> None:
        line, headers, _body = read_request(connection)
        asked.append((line, headers))
        port = int(line.split()[1].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as partner:
            connection.sendall(answer)
            back = threading.Thread(target=_pass_on, args=(partner, connection), daemon=True)
            back.start()
            _pass_on(connection, partner)
            back.join(5)

    return script


def forwarding(asked: Asked) -> Script:
    """A script that forwards requests in absolute form, each over a connection of its own."""

    def script(connection: socket.socket) -> None:
        while True:
            line, headers, body = read_request(connection)
            if not line:
                return
            asked.append((line, headers))
            method, url, version = line.split()
            parts = urlsplit(url)
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            kept = [f"{k}: {v}" for k, v in headers.items() if not k.startswith("proxy-")]
            head = "\r\n".join([f"{method} {target} {version}", *kept, "Connection: close", "", ""])
            with socket.create_connection(("127.0.0.1", parts.port or 80)) as partner:
                partner.sendall(head.encode() + body)
                connection.sendall(partner.recv(65536))

    return script


def refusing(asked: Asked, answer: bytes) -> Script:
    """A script that answers the first request with ``answer`` and closes."""

    def script(connection: socket.socket) -> None:
        line, headers, _body = read_request(connection)
        asked.append((line, headers))
        connection.sendall(answer)

    return script


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    read: Callable[[int], bytes] = source.recv
    try:
        while chunk := read(65536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # either side left

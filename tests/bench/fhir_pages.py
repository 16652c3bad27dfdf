"""A FHIR server that gives pages of one search, as fast as it can: a process of its own.

Pages are written before the clock starts. It sorts by ``_lastUpdated`` and says so, finds by it,
and counts pages by ``_count`` and a link, as servers do.
"""

import bisect
import json
import multiprocessing
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.unit.wire_server import Authority

Resource = dict[str, Any]


@dataclass
class Pages:
    """The other end of the process.

    :ivar url: base address of the server
    :ivar authority: of its certificate
    """

    url: str
    authority: str
    _connection: Connection

    def give(self, resources: Sequence[Resource]) -> None:
        """Have these resources found from now on; their instants ascend."""
        self._connection.send([(one["meta"]["lastUpdated"], json.dumps(one)) for one in resources])
        assert self._connection.recv() == "given"


@contextmanager
def running(folder: Path) -> Iterator[Pages]:
    """Give a server and end its process afterwards.

    :param folder: an empty one, for its certificate
    """
    authority = Authority.make()
    authority.server_context(folder, "localhost")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, str(folder / "server.pem")), daemon=True)
    process.start()
    try:
        yield Pages(f"https://localhost:{ours.recv()}/fhir", authority.pem, ours)
    finally:
        process.kill()
        process.join()


class _Found:
    """What is found: instants and texts of resources."""

    def __init__(self) -> None:
        self.instants: list[str] = []
        self.texts: list[str] = []

    def page(self, path: str) -> bytes:
        query = parse_qs(urlsplit(path).query)
        since = query.get("_lastUpdated", ["ge"])[0].removeprefix("ge")
        count = int(query.get("_count", ["100"])[0])
        start = int(query.get("_offset", [str(bisect.bisect_left(self.instants, since))])[0])
        entries = ",".join(f'{{"resource":{text}}}' for text in self.texts[start : start + count])
        links = [{"relation": "self", "url": path}]
        if start + count < len(self.texts):
            plain = path.partition("&_offset")[0]
            links.append({"relation": "next", "url": f"{plain}&_offset={start + count}"})
        head = '{"resourceType":"Bundle","type":"searchset","link":'
        return f'{head}{json.dumps(links)},"entry":[{entries}]}}'.encode()


def _serve(connection: Connection, certificate: str) -> None:
    found = _Found()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            body = found.page(self.path)
            self.send_response_only(200)
            self.send_header("Date", formatdate(usegmt=True))
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    connection.send(server.server_address[1])
    while True:
        given = connection.recv()
        found.instants = [instant for instant, _text in given]
        found.texts = [text for _instant, text in given]
        connection.send("given")

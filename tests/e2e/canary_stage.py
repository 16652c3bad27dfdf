"""What the canary test needs beside the suite: its addon, and a partner that echoes over TLS."""

import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from setup import console, odoo_conf
from tests.harness import Database, Harness
from tests.harness.canary import Canaries
from tests.unit.wire_server import Authority

ADDONS = Path(__file__).with_name("addons")


def options(database: Database) -> dict[str, str]:
    """Options of a process that knows the test's addon."""
    known = odoo_conf.options(database.machine, database.name)["addons_path"]
    return {"addons_path": f"{known},{ADDONS}"}


@contextmanager
def canary_database(harness: Harness) -> Iterator[Database]:
    """Give a database with the suite and the test's addon installed."""
    with harness.database() as database:
        config = odoo_conf.write(
            database.folder / "install.conf",
            {
                "options": {
                    **odoo_conf.options(database.machine, database.name),
                    **options(database),
                },
                "integration": {"key_ring": database.key_ring},
            },
        )
        console.run(
            [
                database.machine.settings.odoo,
                f"--config={config}",
                "--init=e2e_canary",
                "--stop-after-init",
            ],
            log=database.folder / "install.log",
            env=database.machine.environ,
        )
        yield database


class _Echo(BaseHTTPRequestHandler):
    """Repeats what it was sent, wherever an answer has room for it."""

    protocol_version = "HTTP/1.1"
    server: "EchoServer"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.append(body)
        self.server.by_path.setdefault(self.path, []).append(body)
        text = body.decode().replace("\n", " ")
        self.send_response(int(self.path.rpartition("/")[2]), text[:80])
        self.send_header("Content-Type", f"text/plain; body={text[:200]}")
        self.send_header("X-Echo", text[:200])
        self.send_header("Retry-After", text[:60])
        answer = b"cannot accept " + body
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class _PayerEcho(_Echo):
    """The same of a FHIR server: whatever it is sent, it has, and gives it back."""

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.append(body)
        self.server.by_path.setdefault(self.path, []).append(body)
        kind = self.path.split("/")[-1].partition("?")[0]
        text = body.decode().replace("\n", " ")
        self.send_response(201, text[:80])
        number = len(self.server.received)
        self.send_header("Location", f"{self.server.url(201)}/{kind}/{number}/_history/1")
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("X-Echo", text[:200])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT  # noqa: N815 - names of the library


class EchoServer(ThreadingHTTPServer):
    """A partner with a certificate; ``https://localhost:<port>/<status>`` answers with a status."""

    daemon_threads = True
    handler: type[_Echo] = _Echo

    def __init__(self, folder: Path, authority: Authority | None = None) -> None:
        super().__init__(("127.0.0.1", 0), self.handler)
        authority = authority or Authority.make()
        self.authority_file = folder / "authority.pem"
        self.authority_file.write_text(authority.pem)
        context: ssl.SSLContext = authority.server_context(folder, "localhost")
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.received: list[bytes] = []
        self.by_path: dict[str, list[bytes]] = {}

    def url(self, status: int) -> str:
        return f"https://localhost:{self.server_address[1]}/{status}"

    def __enter__(self) -> "EchoServer":
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.shutdown()
        self.server_close()


class EchoingPayer(EchoServer):
    """A FHIR server of a payer, below ``base``."""

    handler = _PayerEcho

    @property
    def base(self) -> str:
        return self.url(201)


# -- logs --------------------------------------------------------------------------------------


def loggers(text: str, canaries: Canaries) -> set[str]:
    """Who logged canaries: the names of the loggers, and nothing of what they said."""
    return {
        record.split()[5].rstrip(":")
        for record in records(text)
        if list(canaries.search(record.encode(), ""))
    }


def records(text: str) -> list[str]:
    """The records of a log, which may have several lines each."""
    return re.split(r"(?m)^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,)", text)


def without(text: str, mark: str) -> str:
    """A log without the records whose first line holds a mark."""
    return "".join(one for one in records(text) if mark not in one.partition("\n")[0])


def of_database(log: str, name: str) -> str:
    """What the log of a PostgreSQL server says of one database."""
    entries = re.split(r"(?m)^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.)", log)
    return "".join(one for one in entries if f" {name} " in one.partition("\n")[0])

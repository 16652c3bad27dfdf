"""The way to an endpoint: its names and addresses, TLS in both directions, and our proxy."""

import itertools
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Suite, running_suite
from tests.e2e.office import Outbound
from tests.harness import Database, wait_until
from tests.unit.proxy_server import Asked, forwarding, refusing
from tests.unit.wire_server import (
    Authority,
    WireServer,
    answering,
    read_request,
    respond,
)

HOST = "moving.partner.example"
OUTSIDE, INSIDE = "127.0.0.2", "127.0.0.3"
CERTIFICATE_NAME = "odoo.hospital.example"
NUMBERS = itertools.count(1)

#: Read by every Python of the server as it starts: answers for names as a resolver of the
#: partner's would, from a file with the name's addresses. Each look-up takes the first of them
#: away, as long as there is another.
RESOLVER = """
import pathlib, socket
_folder, _real = pathlib.Path(__file__).parent, socket.getaddrinfo
def _answer(host, *args, **kwargs):
    path = _folder / str(host)
    if str(host).endswith(".example") and path.is_file():
        host, *later = path.read_text().split()
        path.write_text(" ".join(later or [host]))
    return _real(host, *args, **kwargs)
socket.getaddrinfo = _answer
"""


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which a file of a host's name holds its addresses."""
    folder = tmp_path_factory.mktemp("names")
    (folder / "sitecustomize.py").write_text(RESOLVER)
    return folder


@pytest.fixture(scope="module")
def suite(database: Database, names: Path) -> Iterator[Suite]:
    with running_suite(database, environ={"PYTHONPATH": str(names)}) as suite:
        yield suite
        assert not suite.server.errors()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.make()


def connect(suite: Suite, url: str, **values: Any) -> Outbound:
    """An interface to ``url``, with three orders on their way to it."""
    supplier = suite.office.supplier(f"Way {next(NUMBERS)}")
    policy = {"concurrency": 1, "ordering": "none"}
    interface = suite.office.outbound(supplier, url, policy=policy, **values)
    suite.office.confirmed(supplier, 3)
    return interface


def blocked_reason(suite: Suite, interface: Outbound) -> str:
    found = suite.office.read("integration.interface", interface.id, "blocked_reason")
    return found["blocked_reason"] or ""


def test_name_that_moves_into_the_private_network(
    suite: Suite, names: Path, authority: Authority, tmp_path: Path
) -> None:
    """The address that was checked is the one connected to, whatever DNS says a moment later."""
    context = authority.server_context(tmp_path, HOST)
    accept = answering(lambda *_request: respond(b"{}"))
    way = {"allowed_networks": OUTSIDE, "webhook_ca": authority.pem}
    with WireServer(accept, context, OUTSIDE) as outside:
        port = outside.port
        with WireServer(accept, context, INSIDE, port) as inside:
            (names / HOST).write_text(f"{OUTSIDE} {INSIDE}")
            interface = connect(suite, f"https://{HOST}:{port}/hook", **way)
            # A worker that knows the first answer goes on; one that asks is led inside, and waits.
            wait_until(
                lambda: suite.ledger.states(interface.id).get("done", 0) >= 1, what="a delivery"
            )
            assert (names / HOST).read_text() == INSIDE, "the next one who asks is led inside"
            assert outside.connections >= 1
            # Another port, so that no worker knows an answer: all of it is refused now.
            with WireServer(accept, context, INSIDE) as deeper:
                refused = connect(suite, f"https://{HOST}:{deeper.port}/hook", **way)
                wait_until(
                    lambda: "neither public nor" in blocked_reason(suite, refused),
                    what="the reason at the interface",
                )
                assert suite.ledger.states(refused.id) == {"queued": 3}
                assert deeper.connections == 0
            assert inside.connections == 0


def test_certificates_in_both_directions_by_private_authorities(
    suite: Suite, tmp_path: Path, authority: Authority
) -> None:
    """The partner's authority is trusted besides the public ones; ours signed what we show."""
    ours = Authority.make()
    context = authority.server_context(tmp_path, "localhost")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=ours.pem)
    shown: list[Any] = []

    def endpoint(connection: socket.socket) -> None:
        assert isinstance(connection, ssl.SSLSocket)
        while read_request(connection)[0]:
            shown.append((connection.getpeercert() or {})["subject"])
            connection.sendall(respond(b"{}"))

    certificate, key = ours.client_certificate(CERTIFICATE_NAME)
    credential = suite.office.create(
        "integration.credential",
        name="Client certificate",
        kind="mtls",
        version_ids=[[0, 0, {"secret": key, "certificate": certificate}]],
    )
    with WireServer(endpoint, context) as server:
        url = f"https://localhost:{server.port}/hook"
        without = connect(suite, url, webhook_ca=authority.pem)
        wait_until(lambda: suite.ledger.states(without.id).get("retry"), what="a refusal")
        assert shown == [], "whoever shows no certificate is not let in"
        interface = connect(suite, url, webhook_ca=authority.pem, webhook_access_id=credential)
        assert suite.ledger.wait_settled(interface.id, 3) == {"done": 3}
    assert shown == [((("commonName", CERTIFICATE_NAME),),)] * 3
    assert key.splitlines()[1] not in suite.server.log_text()


def test_messages_wait_untried_while_the_proxy_refuses_us(suite: Suite) -> None:
    asked: Asked = []
    reached: list[str] = []

    def accept(_line: str, headers: dict[str, str], _body: bytes) -> bytes:
        reached.append(headers["webhook-id"])
        return respond(b"{}")

    refusal = refusing(asked, respond(b"", "407 Proxy Authentication Required"))
    with WireServer(answering(accept)) as partner, WireServer(refusal) as proxy:
        interface = connect(
            suite,
            f"http://127.0.0.1:{partner.port}/hook",
            webhook_proxy=f"http://127.0.0.1:{proxy.port}",
        )
        wait_until(lambda: "407" in blocked_reason(suite, interface), what="the reason")
        messages = suite.ledger.messages(interface.id)
        assert {(row["state"], row["attempts"]) for row in messages} == {("queued", 0)}
        assert len(asked) < 10, "nobody knocks all the time"
        proxy.script = forwarding(asked)
        assert suite.ledger.wait_settled(interface.id, 3) == {"done": 3}
        wait_until(lambda: not blocked_reason(suite, interface), what="the reason being gone")
    assert sorted(reached) == sorted(row["external_key"] for row in messages)
    assert {row["attempts"] for row in suite.ledger.messages(interface.id)} == {1}

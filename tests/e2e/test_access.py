"""Access tokens: fetched once for all workers, and no message is spent while there is none."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Suite
from tests.e2e.receivers import Receiver
from tests.harness import wait_until
from tests.unit.wire_server import Authority, WireServer, answering, respond

SECRET = "a-client-secret-that-nobody-may-read"


class TokenServer(WireServer):
    """An authorisation server on https://localhost; hands out ``token-1``, ``token-2`` and so on.

    :ivar asked: the bodies of the requests for a token
    :ivar status: of its answers
    """

    def __init__(self, authority: Authority, folder: Path) -> None:
        self.asked: list[bytes] = []
        self.status = "200 OK"
        self._lock = threading.Lock()
        super().__init__(answering(self._answer), tls=authority.server_context(folder, "localhost"))

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/token"

    def _answer(self, _line: str, _headers: dict[str, str], body: bytes) -> bytes:
        with self._lock:
            self.asked.append(body)
            number = len(self.asked)
        token = {"access_token": f"token-{number}", "token_type": "Bearer", "expires_in": 600}
        refused = {"error": "invalid_client"}
        content = token if self.status.startswith("200") else refused
        return respond(json.dumps(content).encode(), self.status)


@pytest.fixture
def authority() -> Authority:
    return Authority.make()


@pytest.fixture
def server(authority: Authority, tmp_path: Path) -> Iterator[TokenServer]:
    with TokenServer(authority, tmp_path) as server:
        yield server


def access(suite: Suite, server: TokenServer) -> int:
    return suite.office.create(
        "integration.credential",
        name=f"OAuth {server.port}",
        kind="oauth2",
        client_id="hospital",
        token_url=server.url,
        version_ids=[[0, 0, {"secret": SECRET}]],
    )


def tokens(receiver: Receiver) -> set[str]:
    return {one.request.headers["authorization"] for one in list(receiver.received)}


def test_one_token_for_all_workers(suite: Suite, server: TokenServer, authority: Authority) -> None:
    office, ledger = suite.office, suite.ledger
    supplier = office.supplier("Tokens")
    credential = access(suite, server)
    with Receiver() as receiver, Receiver() as other:
        interfaces = [
            office.outbound(
                supplier,
                one.url,
                policy={"lanes": 3, "concurrency": 4},
                webhook_access_id=credential,
                webhook_ca=authority.pem,
            )
            for one in (receiver, other)
        ]
        office.confirmed(supplier, 60)
        for interface in interfaces:
            ledger.wait_settled(interface.id, 60)
            assert ledger.states(interface.id) == {"done": 60}
        assert len(server.asked) == 1
        assert tokens(receiver) == tokens(other) == {"Bearer token-1"}
        receiver.verify(interfaces[0].secret)
    stored = suite.database.scalar("SELECT count(*) FROM integration_token")
    assert stored == 1
    log = suite.server.log_text()
    assert "token-1" not in log
    assert SECRET not in log


def test_messages_wait_untried_while_the_server_refuses_us(
    suite: Suite, server: TokenServer, authority: Authority
) -> None:
    office, ledger = suite.office, suite.ledger
    supplier = office.supplier("Refused")
    server.status = "401 Unauthorized"
    with Receiver() as receiver:
        interface = office.outbound(
            supplier,
            receiver.url,
            webhook_access_id=access(suite, server),
            webhook_ca=authority.pem,
        )
        (order,) = office.confirmed(supplier)

        def reason() -> str:
            return office.read("integration.interface", interface.id, "blocked_reason")[
                "blocked_reason"
            ]

        wait_until(reason, what="the reason")
        assert "invalid_client" in reason()
        (message,) = ledger.of_order(order.id, interface.id)
        assert (message["state"], message["attempts"]) == ("queued", 0)
        assert ledger.attempts(message["id"]) == []
        server.status = "200 OK"
        ledger.wait_for_order(order.id, interface.id, "done", timeout=60)
        assert len(receiver.received) == 1
        wait_until(lambda: not reason(), what="the reason being gone")

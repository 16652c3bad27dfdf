"""Probes over TLS, as messages go: the partner's own authority, and a certificate of ours."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Suite
from tests.harness import Database, wait_until
from tests.unit.wire_server import Authority, WireServer, answering, read_request, respond

NAME = "odoo.hospital.example"
PROBE = ("state", "code", "certificate_ends_at", "certificate_days")


class Mutual(WireServer):
    """A partner on https://localhost that lets in only whom our authority has signed.

    Its certificate ends in a day.

    :ivar shown: the subjects of the certificates that it was shown
    """

    def __init__(self, theirs: Authority, ours: Authority, folder: Path) -> None:
        self.shown: list[Any] = []
        context = theirs.server_context(folder, "localhost")
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=ours.pem)
        super().__init__(self._serve_one, context)

    def _serve_one(self, connection: Any) -> None:
        self.shown.append((connection.getpeercert() or {})["subject"])
        while read_request(connection)[0]:
            connection.sendall(respond(b"{}"))

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/hook"


@pytest.fixture
def authorities() -> tuple[Authority, Authority]:
    return Authority.make(), Authority.make()


@pytest.fixture
def partner(authorities: tuple[Authority, Authority], tmp_path: Path) -> Iterator[Mutual]:
    with Mutual(*authorities, tmp_path) as server:
        yield server


def interface_to(suite: Suite, url: str, theirs: Authority, ours: Authority) -> int:
    certificate, key = ours.client_certificate(NAME, days=400)
    credential = suite.office.create(
        "integration.credential",
        name=f"Certificate for {url}",
        kind="mtls",
        version_ids=[[0, 0, {"secret": key, "certificate": certificate}]],
    )
    supplier = suite.office.supplier(f"Probed {url[-12:]}")
    way = {"webhook_ca": theirs.pem, "webhook_access_id": credential}
    return suite.office.outbound(supplier, url, **way).id


def probe(suite: Suite, interface: int, **values: Any) -> int:
    made = suite.office.create(
        "integration.probe", interface_id=interface, every_minutes=1440, **values
    )
    suite.office.call("integration.probe", "action_probe_now", [made])
    return made


def test_a_probe_trusts_and_shows_what_messages_do_and_the_end_of_a_certificate_is_told(
    suite: Suite,
    database: Database,
    partner: Mutual,
    authorities: tuple[Authority, Authority],
    tmp_path: Path,
) -> None:
    interface = interface_to(suite, partner.url, *authorities)
    for kind in ("connect", "request"):
        made = probe(suite, interface, kind=kind)
        found = suite.office.read("integration.probe", made, *PROBE)
        assert (found["state"], found["code"], found["certificate_days"]) == ("ok", False, 0)
        assert found["certificate_ends_at"], "the partner's certificate ends within a day"
    wait_until(lambda: len(partner.shown) >= 2, what="both probes at the partner")
    assert set(partner.shown) == {((("commonName", NAME),),)}

    def told() -> list[dict[str, Any]]:
        return database.sql(
            "SELECT severity, findings FROM integration_incident WHERE interface_id = %s"
            " AND findings ? 'expiry'",
            [interface],
        )

    [incident] = wait_until(told, timeout=90, what="the incident of the certificate")
    assert incident["findings"]["expiry"]["facts"]["what"] == "partner"

    # Another server of the partner gets neither our trust nor our certificate.
    shown: list[Any] = []

    def other(connection: Any) -> None:
        shown.append(connection.getpeercert())
        answering(lambda *_request: respond(b"{}"))(connection)

    folder = tmp_path / "other"
    folder.mkdir()
    with WireServer(other, authorities[0].server_context(folder, "localhost")) as elsewhere:
        made = probe(suite, interface, kind="connect", url=f"https://localhost:{elsewhere.port}/")
        found = suite.office.read("integration.probe", made, *PROBE)
        assert (found["state"], found["code"]) == ("failing", "certificate")
    assert not shown

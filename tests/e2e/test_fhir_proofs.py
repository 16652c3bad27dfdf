"""How we prove ourselves to a FHIR server beside SMART: OAuth 2.0 by a secret, and a certificate on
the connection, both at once and by real TLS."""

import base64
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import EAGER, Suite, running_suite
from tests.e2e.fhir_peers import SmartServer, Trust
from tests.e2e.fhir_world import Hospital
from tests.harness import Database
from tests.unit.wire_server import Authority

SECRET = "a secret of the hospital"
BASIC = "Basic " + base64.b64encode(b"hospital:a+secret+of+the+hospital").decode()


class SecretServer(SmartServer):
    """Gives tokens for a client secret, and lets nobody in without a certificate of its clients."""

    def handle(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Any, dict[str, str]]:
        self.basic = headers.get("authorization", "")
        return super().handle(method, path, headers, body)

    def _proven(self, form: Mapping[str, str]) -> str:
        if self.basic != BASIC or form["grant_type"] != "client_credentials":
            raise ValueError("no secret, or another one")
        return "secret"


@pytest.fixture(scope="module")
def suite(database: Database) -> Iterator[Suite]:
    with running_suite(database, integration=EAGER) as suite:
        yield suite


def test_a_secret_and_a_certificate(suite: Suite, tmp_path: Path) -> None:
    ours, trust = Authority.make(), Trust(tmp_path)
    trust.context.verify_mode = ssl.CERT_REQUIRED
    trust.context.load_verify_locations(cadata=ours.pem)
    certificate, key = ours.client_certificate("odoo.hospital.example")
    hospital = Hospital.of(suite, trust)
    with SecretServer(trust) as server:
        by_secret = suite.office.create(
            "integration.credential", name="OAuth", kind="oauth2", client_id="hospital",
            token_url=server.token_url, version_ids=[[0, 0, {"secret": SECRET}]],
        )  # fmt: skip
        on_the_line = suite.office.create(
            "integration.credential", name="Certificate", kind="mtls",
            version_ids=[[0, 0, {"secret": key, "certificate": certificate}]],
        )  # fmt: skip
        interface = hospital.outbound(server.url, by_secret, fhir_certificate_id=on_the_line)
        suite.office.activate(interface)
        suite.office.confirmed(hospital.supplier, 2)
        hospital.wait_settled(interface, 2)
        assert len(server.resources) == 2
        assert len(server.grants) == 1, "one token for all"
        without = hospital.outbound(server.url, by_secret)
        suite.office.activate(without)
        suite.office.confirmed(hospital.supplier, 1)
        suite.wait_watched(
            lambda: any(state == "retry" for state, _code in hospital.states(without)),
            what="whoever shows no certificate is not let in",
        )
    log = suite.server.log_text()
    assert SECRET not in log
    assert key.splitlines()[1] not in log

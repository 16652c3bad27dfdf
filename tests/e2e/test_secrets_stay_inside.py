"""A secret comes out of Odoo by no way but the one answer that shows it to whoever made it."""

import base64
import secrets
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.e2e.conftest import Suite
from tests.e2e.receivers import Receiver
from tests.harness import RpcError, wait_until
from tests.harness.canary import Canaries, filestore, report

# Odoo logs every statement with its parameters.
SERVER = {"options": {"log_handler": "odoo.sql_db:DEBUG,odoo.addons.base:DEBUG,odoo.http:DEBUG"}}
CREDENTIAL = "integration.credential"
VERSION = "integration.credential.version"


def private_key(canaries: Canaries) -> str:
    """A private key in PEM, of which the lines are canaries."""
    pem = (
        ec.generate_private_key(ec.SECP384R1())
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )
    for number, line in enumerate(pem.splitlines()[1:-1]):
        canaries.plant(f"line {number} of a private key", line[:40])
    return pem


def shared(canaries: Canaries, label: str) -> str:
    """A webhook secret; what is looked for are the bytes that sign and their text."""
    raw = canaries.plant(label, secrets.token_hex(16))
    return "whsec_" + base64.b64encode(raw.encode()).decode()


def credential(suite: Suite, name: str, kind: str, **values: Any) -> int:
    return suite.office.create(CREDENTIAL, name=name, kind=kind, **values)


def ask(suite: Suite, *args: Any, **kwargs: Any) -> str:
    """The answer of a call, or its error with everything that the client gets of it."""
    try:
        return str(suite.admin.call(*args, **kwargs))
    except RpcError as error:
        return f"{error} {vars(error)}"


@pytest.fixture(scope="module")
def canaries() -> Canaries:
    return Canaries()


@pytest.fixture(scope="module")
def answers(suite: Suite, canaries: Canaries) -> list[str]:
    """What Odoo answered to everything that one can do with secrets."""
    said: list[str] = []
    entered = {
        "hmac": (shared(canaries, "HMAC secret"), {}),
        "basic": (canaries.plant("password"), {"login": "odoo"}),
        "bearer": (canaries.plant("token"), {}),
        "header": (canaries.plant("API key"), {}),
        "oauth2": (canaries.plant("client secret"), {}),
        "private_key_jwt": (private_key(canaries), {}),
    }
    terms = {"token_url": "https://partner.example/token", "client_id": "odoo"}
    for kind, (secret, values) in entered.items():
        made = credential(suite, kind, kind, **terms)
        said.append(ask(suite, CREDENTIAL, "rotate", [made], values, secret))
        versions = suite.admin.call(VERSION, "search", [["credential_id", "=", made]])
        said += [
            ask(suite, VERSION, "read", versions),
            ask(suite, CREDENTIAL, "read", [made]),
            ask(suite, VERSION, "web_read", versions, {"secret": {}, "ciphertext": {}}),
            ask(suite, VERSION, "export_data", versions, ["secret", "key_id", "display_name"]),
            ask(suite, CREDENTIAL, "copy", [made]),
            ask(suite, CREDENTIAL, "rotation_setup", [made]),
            ask(suite, VERSION, "web_save", versions, {"secret": secret}, {"secret": {}}),
            # Refused, with a reason that must not quote: of another kind, or with a mistake.
            ask(suite, CREDENTIAL, "rotate", [made], values, f"Bearer {secret}\x00"),
            ask(suite, VERSION, "create", [{"credential_id": made, "secret": f"{secret}\n:ä"}]),
            ask(suite, VERSION, "write", versions, {"secret": secret, "ciphertext": secret}),
            ask(suite, CREDENTIAL, "rotate", [made], {"lead_hours": secret}, secret),
            ask(suite, VERSION, "onchange", [], {"secret": secret}, ["secret"], {"secret": {}}),
            ask(suite, VERSION, "action_revoke", versions, "Test"),
        ]
    return said


def test_answers_are_silent(answers: list[str], canaries: Canaries) -> None:
    findings = [one for text in answers for one in canaries.search(text.encode(), "answer")]
    # The one who writes "web_save" or "onchange" with a secret is told nothing of it either.
    assert not findings, report(findings)


def test_generated_secret_is_in_one_answer_only(
    suite: Suite, answers: list[str], canaries: Canaries
) -> None:
    made = credential(suite, "generated", "hmac")
    shown = suite.admin.call(CREDENTIAL, "rotate", [made], {"generate": True})["secret"]
    canaries.plant("generated secret", shown.removeprefix("whsec_"))
    assert shown not in ask(suite, CREDENTIAL, "rotation_setup", [made])


def test_used_secret(suite: Suite, answers: list[str], canaries: Canaries) -> None:
    """Sending, failing and receiving with secrets leaves no trace of them."""
    supplier = suite.office.supplier("Canary")
    token = canaries.plant("token in use")
    bearer = credential(suite, "in use", "bearer")
    suite.admin.call(CREDENTIAL, "rotate", [bearer], {}, token)
    with Receiver(500, 401, 302) as receiver:
        interface = suite.office.outbound(supplier, receiver.url, credential_id=bearer)
        suite.office.confirmed(supplier, 2)
        wait_until(lambda: len(receiver.received) >= 4, 60, what="deliveries")
        headers = {one.request.headers["authorization"] for one in receiver.received}
        assert headers == {f"Bearer {token}"}
        suite.ledger.wait_settled(interface.id, 2)
    secret = shared(canaries, "inbound secret")
    inbound = suite.office.inbound(supplier, suite.office.buyer("canary"))
    owner = suite.office.read("integration.interface", inbound.id, "credential_id")
    suite.admin.call(
        CREDENTIAL, "rotate", [owner["credential_id"][0]], {"overlap_hours": 1}, secret
    )
    suite.sender(inbound).deliver({"order_no": "none"})


def test_nothing_is_left_in_database_files_and_logs(
    suite: Suite, answers: list[str], canaries: Canaries
) -> None:
    log = suite.server.log
    assert b"integration_credential_version" in log.read_bytes(), "statements are not logged"
    for findings in (
        canaries.search_log(log),
        canaries.search_database(suite.database),
        canaries.search_files(filestore(suite.database)),
    ):
        assert not findings, report(findings)

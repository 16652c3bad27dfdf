"""A full run with private content and secrets, after which none of them is found anywhere."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.canary_stage import EchoServer, canary_database, options
from tests.e2e.conftest import Suite, running_suite
from tests.e2e.office import Inbound, Supplier, new_secret
from tests.harness import Harness, RpcError, wait_until
from tests.harness.canary import Canaries, filestore, report

REASON = "The canary test looks at this content"
ACTS = ("value_error", "user_error", "conflict", "sql", "orm")
CLASSES = ("confidential", "clinical")


@dataclass
class Run:
    """What the tests look at after everything has happened."""

    suite: Suite
    canaries: Canaries
    echo: EchoServer
    states: dict[str, dict[str, int]]


@pytest.fixture(scope="module")
def canaries() -> Canaries:
    return Canaries()


@pytest.fixture(scope="module")
def run(
    harness: Harness, canaries: Canaries, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    """Everything that happens to private content, with a log that tells all it can."""
    folder = tmp_path_factory.mktemp("canary")
    snapshot = folder / "snapshot.json"
    content = {"patient": canaries.plant("sent patient"), "visit": canaries.plant("sent visit")}
    snapshot.write_text(json.dumps({**content, "act": "nothing"}))
    with canary_database(harness) as database, EchoServer(folder) as echo:
        environ = {"CANARY_FILE": str(snapshot), "SSL_CERT_FILE": str(echo.authority_file)}
        loud = {"log_level": "debug", "log_handler": "odoo.sql_db:DEBUG,odoo.service.model:DEBUG"}
        with running_suite(
            database, environ=environ, options={**options(database), **loud}
        ) as suite:
            states = {}
            for data_class in CLASSES:
                supplier = suite.office.supplier(f"Ward {data_class}")
                states[f"in {data_class}"] = receive(suite, canaries, supplier, data_class)
                states[f"out {data_class}"] = send(suite, echo, supplier, data_class)
            look(suite)
            yield Run(suite, canaries, echo, states)


# -- what happens ------------------------------------------------------------------------------


def receive(
    suite: Suite, canaries: Canaries, supplier: Supplier, data_class: str
) -> dict[str, int]:
    """Deliver content that is handled, fails in every way, and is replayed."""
    office = suite.office
    user = office.user(f"service_{data_class}")
    interface = office.inbound(
        supplier,
        user,
        {"max_attempts": 2, "failure_blocks_key": False},
        handler="integration.handler.canary",
        mapping_id=False,
        ordering_key_path="visit",
        data_class=data_class,
    )
    deliver(suite, canaries, interface, data_class)
    mapped = office.inbound(
        supplier,
        user,
        handler="integration.handler.canary",
        mapping_id=mapping(office, data_class),
        data_class=data_class,
    )
    name = canaries.plant(f"{data_class} unmapped value")
    suite.sender(mapped).deliver({"patient": name, "visit": "v", "act": "nothing"})
    settle(suite, interface.id, mapped.id)
    [done] = suite.database.sql(
        "SELECT id FROM integration_message WHERE interface_id = %s AND state = 'done' LIMIT 1",
        [interface.id],
    )
    office.call("integration.message", "action_replay", [done["id"]], "once more for the test")
    failed = suite.database.sql(
        "SELECT id FROM integration_message WHERE interface_id = %s AND state = 'quarantined'",
        [interface.id],
    )
    office.call("integration.message", "action_retry", [row["id"] for row in failed])
    settle(suite, interface.id, mapped.id)
    return suite.ledger.states(interface.id)


def deliver(suite: Suite, canaries: Canaries, interface: Inbound, data_class: str) -> None:
    plant = canaries.plant
    sender = suite.sender(interface)
    content = {
        "patient": plant(f"{data_class} patient"),
        "visit": plant(f"{data_class} visit"),
        "padding": "long enough to be compressed " * 40,
    }
    clinical = data_class == "clinical"
    for act in ("nothing", *ACTS):
        # What identifies a message may identify a person as well: clinical ids are pseudonyms.
        key = plant(f"{data_class} id of {act}") if clinical else f"id-{act}"
        answer = sender.deliver({**content, "act": act}, key)
        assert answer.status_code == 202
    sender.deliver({**content, "act": "sql", "patient": plant(f"{data_class} other body")}, key)
    sender.deliver({**content, "act": plant(f"{data_class} value against the contract")})
    sender.deliver({**content, "act": "nothing", plant(f"{data_class} name of a member"): 1})
    sender.deliver(json.dumps(content)[:-1].encode())
    text = f"PID|1||{plant(f'{data_class} number')}||{plant(f'{data_class} name')}"
    sender.deliver(text.encode())


def mapping(office: Any, data_class: str) -> int:
    values = office.create("integration.value.map", name="Names", code=f"names_{data_class}")
    made = office.create(
        "integration.mapping",
        name=f"Names of {data_class}",
        header=f"{{patient: lookup('names_{data_class}', root.patient), "
        "visit: root.visit, act: root.act}",
        value_map_ids=[[6, 0, [values]]],
    )
    office.call("integration.mapping", "action_submit", [made])
    office.approve("integration.mapping", "action_approve", [made])
    return made


def send(suite: Suite, echo: EchoServer, supplier: Supplier, data_class: str) -> dict[str, int]:
    """Send an event to partners that echo it in every answer."""
    office = suite.office
    contract = office.ref("e2e_canary.contract_patient")
    event_type = office.create(
        "integration.event.type",
        name=f"A patient {data_class}",
        code=f"e2e.patient.{data_class}",
        model_name="res.partner",
        trigger="reaches",
        field_name="ref",
        field_value=f"sent {data_class}",
        contract_id=contract,
    )
    interfaces = [
        office.outbound(
            Supplier(supplier.partner_id, supplier.system_id),
            echo.url(status),
            policy={"max_attempts": 2},
            data_class=data_class,
            event_type_ids=[[6, 0, [event_type]]],
        ).id
        for status in (200, 400, 500)
    ]
    partner = office.create("res.partner", name="Somebody")
    office.write("res.partner", partner, ref=f"sent {data_class}")
    wait_until(lambda: all(map(suite.ledger.count, interfaces)), what="messages of the event")
    settle(suite, *interfaces)
    found: dict[str, int] = {}
    for interface in interfaces:
        for state, count in suite.ledger.states(interface).items():
            found[state] = found.get(state, 0) + count
    return found


def look(suite: Suite) -> None:
    """See content in every way in which it may be seen."""
    office = suite.office
    roles = ("clinical_viewer", "content_exporter", "operator")
    office.user("nurse", *(f"integration_core.group_{role}" for role in roles))
    nurse = suite.server.login("nurse", "nurse")
    rows = suite.database.sql("SELECT id, direction FROM integration_message ORDER BY id")
    for row in rows:
        nurse.call("integration.message", "content_state", [row["id"]])
        shown = nurse.call("integration.message", "reveal_content", [row["id"]], REASON)
        assert "•••" not in str(shown["pieces"])
        assert "Cnry" in str(shown["pieces"])
        nurse.call("integration.message", "content_state", [row["id"]])
        nurse.call("integration.message", "unmapped_values", [row["id"]], REASON)
        nurse.call("integration.message", "read", [row["id"]])
    nurse.call("integration.message", "download_content", [row["id"] for row in rows], REASON)
    mapped = suite.database.sql("SELECT id FROM integration_mapping ORDER BY id DESC LIMIT 1")
    for row in rows[-3:]:
        mine = [mapped[0]["id"]]
        trial = nurse.call("integration.mapping", "trial_input", mine, row["id"], REASON)
        nurse.call("integration.mapping", "run_trial", mine, trial["text"])
    with pytest.raises(RpcError):
        nurse.call("integration.message", "export_data", [rows[0]["id"]], ["payload_ids/content"])
    nurse.call("integration.message", "end_reveal", [rows[0]["id"]])


def settle(suite: Suite, *interfaces: int) -> None:
    """Wait until nothing is under way."""
    wait_until(
        lambda: (
            not suite.database.scalar(
                "SELECT count(*) FROM integration_message WHERE interface_id = ANY(%s) "
                "AND state IN ('received', 'queued', 'processing', 'retry')",
                [list(interfaces)],
            )
        ),
        timeout=90,
        what="the end of all messages",
    )


# -- what is found -----------------------------------------------------------------------------


def test_everything_happened(run: Run) -> None:
    """Otherwise finding nothing would mean nothing."""
    for data_class in CLASSES:
        states = run.states[f"in {data_class}"]
        assert states["done"] == 2, states
        assert states["quarantined"] >= 6, states
        assert states["dead"] >= 3, states
        assert run.states[f"out {data_class}"] == {"done": 1, "dead": 2}
    received = b"".join(run.echo.received).decode()
    assert run.canaries.planted["sent patient"].decode() in received
    assert len(run.echo.received) == 2 * 4
    codes = {
        row["error_code"]
        for row in run.suite.database.sql("SELECT DISTINCT error_code FROM integration_attempt")
    }
    assert {
        "internal_error", "business_rule", "conflict", "contract_violation", "malformed_json",
        "missing_value", "http_400", "http_500",
    } <= codes  # fmt: skip
    acts = {row["act"] for row in run.suite.database.sql("SELECT act FROM integration_audit_entry")}
    assert {"reveal", "export", "replay", "retry"} <= acts


def test_secrets_are_planted_too(run: Run) -> None:
    secret = new_secret()
    run.suite.office.credential(secret)
    run.canaries.plant("secret", secret)
    run.canaries.plant("body of the secret", secret.removeprefix("whsec_"))
    run.canaries.plant("key ring", run.suite.database.key_ring.partition(":")[2])


def test_nothing_is_in_the_database(run: Run) -> None:
    findings = run.canaries.search_database(run.suite.database)
    assert not findings, report(findings)


def test_nothing_is_in_the_filestore(run: Run) -> None:
    folder = filestore(run.suite.database)
    findings = run.canaries.search_files(folder) if folder.is_dir() else []
    assert not findings, report(findings)


def test_nothing_is_in_the_log(run: Run) -> None:
    log = Path(run.suite.server.log)
    text = log.read_text()
    for part in ("DEBUG", "odoo.sql_db", "odoo.service.model"):
        assert part in text, "the log is to tell all it can"
    findings = run.canaries.search_log(log)
    assert not findings, report(findings)


def test_the_search_would_have_found_it(run: Run) -> None:
    """With the key at hand, the content is there: it was encrypted, not lost."""
    label = "clinical patient"
    value = run.canaries.planted[label].decode()
    run.suite.database.sql("UPDATE res_partner SET comment = %s WHERE id = 1", [value])
    try:
        places = {one.place for one in run.canaries.search_database(run.suite.database)}
        assert places == {"res_partner.comment"}
    finally:
        run.suite.database.sql("UPDATE res_partner SET comment = NULL WHERE id = 1")

"""A full run of a hospital's feed, after which nothing of its patients is found anywhere."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.canary_hospital import Hospital
from tests.e2e.canary_stage import EchoServer
from tests.e2e.canary_ward import EchoingReceiver, Ward
from tests.e2e.conftest import Suite, running_suite
from tests.harness import Harness, MllpListener
from tests.harness.canary import Canaries, Finding, filestore, report
from tests.unit.wire_server import Authority

#: Where numbers may stand that are no secret in themselves.
#: An account may have the number of its visit.
OF_VISITS = {"ehr_encounter.visit_number", "ehr_encounter.account_number"}
OF_ACCOUNTS = {"ehr_encounter.account_number", "ehr_move.facts"}
#: Before a person tries again what failed.
FAILED = "SELECT DISTINCT error_code FROM integration_message WHERE error_code IS NOT NULL"
AS_HL7 = """{
    type: 'ADT', trigger: 'A08', structure: 'ADT_A01',
    segments: [{id: 'EVN', f1: 'A08'}, {id: 'PV1', f19: root.visit.number}]
}"""
#: A log that tells all it can.
LOUD = {"log_level": "debug", "log_handler": "odoo.sql_db:DEBUG,odoo.service.model:DEBUG"}


@dataclass
class Run:
    """What the tests look at after everything has happened."""

    suite: Suite
    listener: MllpListener
    ward: Ward
    feed: int
    told: dict[str, int]
    echoed: list[str]
    seen: set[str]

    def codes(self, *interfaces: int) -> set[str]:
        """Codes of what failed, now or once."""
        rows = self.suite.database.sql(
            "SELECT m.error_code AS code FROM integration_message m WHERE interface_id = ANY(%s) "
            "UNION SELECT a.error_code FROM integration_attempt a "
            "JOIN integration_message m ON m.id = a.message_id WHERE interface_id = ANY(%s)",
            [list(interfaces), list(interfaces)],
        )
        return {row["code"] for row in rows if row["code"]}


@pytest.fixture(scope="module")
def run(harness: Harness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("canary")
    ward, authority = Ward(), Authority.make()
    tls = authority.server_context(tmp_path_factory.mktemp("pharmacy"), "localhost")
    with (
        harness.database() as database,
        EchoServer(folder, authority) as web,
        EchoingReceiver("AA", "AE", "AR", tls=tls) as peer,
        running_suite(
            database, environ={"SSL_CERT_FILE": str(web.authority_file)}, options=LOUD
        ) as suite,
        database.listener(options=LOUD) as listener,
    ):
        hospital = Hospital(suite, ward)
        feed = hospital.inbound("Feed")
        strict = hospital.inbound("Orders", hl7_respond="handled", hl7_conflict="reject")
        told = {
            "web 200": hospital.outbound("Kitchen", web.url(200)),
            "web 500": hospital.outbound("Laundry", web.url(500)),
            "mllp": hospital.outbound(
                "Pharmacy",
                peer.url,
                transport="mllp",
                mapping_id=suite.office.mapping(name="Visits as HL7", header=AS_HL7),
                hl7_application="ODOO",
                credential_id=False,
                mllp_ca=authority.pem,
                allowed_networks="127.0.0.0/8, ::1",
            ),
        }
        for port in (feed.port, strict.port):
            listener.wait_open(port)
        hospital.speak(feed.port, strict.port)
        hospital.post()
        hospital.settle()
        hospital.enter_by_hand(feed.port)
        hospital.settle()
        seen = {row["error_code"] for row in suite.database.sql(FAILED)}
        hospital.look()
        hospital.keep_house()
        hospital.settle()
        echoed = [body.decode() for body in web.received] + [one.text for one in peer.received]
        yield Run(suite, listener, ward, feed.id, told, echoed, seen)


# -- what is found -----------------------------------------------------------------------------


def test_everything_happened(run: Run) -> None:
    """Otherwise finding nothing would mean nothing."""
    sql = run.suite.database.sql
    assert run.seen | run.codes(run.feed) >= {
        "missing_value", "missing_required", "no_handler", "key_reused", "in_future",
        "merge_into_itself", "internal_error", "visit_is_record_number",
    }  # fmt: skip
    for table in ("encounter", "move", "merge", "appointment", "housekeeping"):
        assert run.suite.database.scalar(f"SELECT count(*) FROM ehr_{table}"), table
    assert sql("SELECT 1 FROM ehr_appointment WHERE visit_key IS NOT NULL")
    assert {row["reason"] for row in sql("SELECT reason FROM integration_mllp_refusal")} >= {
        "garbage", "truncated", "unreadable", "environment", "receiver",
    }  # fmt: skip
    acts = {row["act"] for row in sql("SELECT DISTINCT act FROM integration_audit_entry")}
    assert acts >= {"reveal", "export", "look_up", "replay", "retry"}
    stay = run.ward.visits.planted["visit stay"].decode()
    assert sum(stay in text for text in run.echoed) >= 5, "partners were told"
    states = {name: run.suite.ledger.states(one) for name, one in run.told.items()}
    assert states["web 200"].get("done", 0) >= 3, states
    assert states["web 500"].get("dead", 0) >= 3, states
    assert states["mllp"].get("done", 0) >= 1, (states, run.codes(run.told["mllp"]))
    assert {"hl7_ae", "hl7_ar"} & run.codes(run.told["mllp"])
    assert sql("SELECT 1 FROM mail_activity"), "somebody is asked to do something"


@pytest.fixture(scope="module")
def findings(run: Run) -> list[Finding]:
    """Everything that is in the database."""
    return run.ward.everything().search_database(run.suite.database)


def test_nothing_of_a_person_is_in_the_database(run: Run, findings: list[Finding]) -> None:
    of_people = [one for one in findings if one.label in run.ward.people.planted]
    assert not of_people, report(of_people)


def test_a_visit_number_stands_on_its_visit_alone(run: Run, findings: list[Finding]) -> None:
    for canaries, allowed in ((run.ward.visits, OF_VISITS), (run.ward.accounts, OF_ACCOUNTS)):
        found = [one for one in findings if one.label in canaries.planted]
        assert {one.place for one in found} == allowed, report(found)


def test_nothing_is_in_files(run: Run) -> None:
    folder = filestore(run.suite.database)
    outside = folder.parent.parent / "integration" / run.suite.database.name
    assert list(outside.rglob("*.jsonl")), "the journal is kept there"
    everything = run.ward.everything()
    for place in (folder, outside):
        found = everything.search_files(place)
        assert not found, report(found)


@pytest.mark.parametrize("process", ["suite.server", "listener"])
def test_nothing_is_in_the_logs(run: Run, process: str) -> None:
    log = Path(run.suite.server.log if process == "suite.server" else run.listener.log)
    assert "DEBUG" in log.read_text(), "the log is to tell all it can"
    # What somebody types is in the calls that Odoo logs on demand, whatever it is.
    text = without(log.read_text(), " odoo.service.model: call ehr.")
    findings: list[Finding] = list(run.ward.people.search(text.encode(), log.name))
    assert not findings, report(findings)
    # Statements that write a visit, and what a keeper enters, hold its number; they are logged on
    # demand only.
    text = without(text, " odoo.sql_db: ")
    text = without(text, " odoo.service.model: call ehr.encounter")
    for canaries in (run.ward.visits, run.ward.accounts):
        findings = list(canaries.search(text.encode(), log.name))
        assert not findings, f"{report(findings)} in records of {loggers(text, canaries)}"


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


def test_the_search_would_have_found_it(run: Run) -> None:
    """With the content at hand it is found: it was encrypted, not lost."""
    value = run.ward.people.planted["record number of the stay"].decode()
    run.suite.database.sql("UPDATE res_partner SET comment = %s WHERE id = 1", [value])
    try:
        found = Canaries({"number": value.encode()}).search_database(run.suite.database)
        places = {one.place for one in found}
        assert places == {"res_partner.comment"}
    finally:
        run.suite.database.sql("UPDATE res_partner SET comment = NULL WHERE id = 1")

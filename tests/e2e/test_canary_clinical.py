"""A full run of a hospital's feed, after which nothing of its patients is found anywhere."""

import json
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.canary_business import Business
from tests.e2e.canary_hospital import Hospital
from tests.e2e.canary_people import DOCUMENTS, People
from tests.e2e.canary_stage import EchoServer, loggers, of_database, without
from tests.e2e.canary_told import AS_HL7, FAILED, KINDS, OF_BUSINESS, OF_VISITS
from tests.e2e.canary_ward import EchoingReceiver, Ward
from tests.e2e.conftest import Suite, running_suite
from tests.harness import Harness, MllpListener, RpcError
from tests.harness.canary import Canaries, Finding, filestore, report
from tests.unit.wire_server import Authority

#: Where numbers may stand that are no secret in themselves.
#: An account may have the number of its visit, but on the visit alone.
VISITS_IN = {"ehr_encounter.visit_number", "ehr_encounter.account_number"}
ACCOUNTS_IN = {"ehr_encounter.account_number", "ehr_move.facts", "ehr_account.number"}
#: A log that tells all it can.
LOUD = {"log_level": "debug", "log_handler": "odoo.sql_db:DEBUG,odoo.service.model:DEBUG"}


@dataclass
class Run:
    """What the tests look at after everything has happened."""

    suite: Suite
    listener: MllpListener
    ward: Ward
    business: Business
    people: People
    feed: int
    told: dict[str, int]
    echoed: list[str]
    merchant: list[bytes]
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
        database.shell() as shell,
        ExitStack() as stack,
    ):
        hospital = Hospital(suite, ward)
        business, people = Business(hospital, shell), People(hospital, shell)
        # Cost centres change what models there are: a listener begins anew after that.
        listener = stack.enter_context(database.listener(options=LOUD))
        feed = hospital.inbound("Feed")
        strict = hospital.inbound(
            "Orders", hl7_respond="handled", hl7_respond_deadline=60, hl7_conflict="reject"
        )
        mllp = {
            "url": peer.url,
            "transport": "mllp",
            "hl7_application": "ODOO",
            "credential_id": False,
            "mllp_ca": authority.pem,
            "allowed_networks": "127.0.0.0/8, ::1",
        }
        as_hl7 = suite.office.mapping(name="Visits as HL7", header=AS_HL7)
        told = {
            "web 200": hospital.outbound("Kitchen", web.url(200)),
            "web 500": hospital.outbound("Laundry", web.url(500)),
            "mllp": hospital.outbound("Pharmacy", mapping_id=as_hl7, **mllp),
        }
        business.tell_others(web.url(200), web.url(202), mllp)
        for port in (feed.port, strict.port, *(door.port for door in business.doors)):
            listener.wait_open(port)
        hospital.speak(feed.port, strict.port)
        hospital.post()
        hospital.settle()
        hospital.enter_by_hand(feed.port)
        hospital.settle()
        live(hospital, business, people)
        seen = {row["error_code"] for row in suite.database.sql(FAILED)}
        hospital.look()
        people.again(door.id for door in business.doors)
        hospital.settle()
        hospital.keep_house()
        hospital.settle()
        echoed = [body.decode() for body in web.received] + [one.text for one in peer.received]
        merchant = web.by_path.get("/202", [])
        yield Run(suite, listener, ward, business, people, feed.id, told, echoed, merchant, seen)


def live(hospital: Hospital, business: Business, people: People) -> None:
    """Goods are ordered, used and billed, and people do their part of it."""
    business.speak()
    hospital.settle()
    people.work()
    people.mend()
    hospital.settle()
    business.tell_late(people.clerk)
    people.decide()  # once an account is closed, no price of it is decided any more
    business.after()
    hospital.settle()
    for _round in range(2):  # what is decided may raise another question
        people.decide()
    business.post_charges()
    hospital.settle()
    people.charge()
    hospital.settle()
    business.as_hl7.export()
    hospital.settle()


# -- what is found -----------------------------------------------------------------------------


def test_everything_happened(run: Run) -> None:
    """Otherwise finding nothing would mean nothing."""
    sql = run.suite.database.sql
    assert run.seen | run.codes(run.feed) >= {
        "missing_value", "missing_required", "no_handler", "key_reused", "in_future",
        "merge_into_itself", "internal_error", "visit_is_record_number",
        "appointment_is_record_number",
    }  # fmt: skip
    for table in ("encounter", "move", "merge", "appointment", "housekeeping"):
        assert run.suite.database.scalar(f"SELECT count(*) FROM ehr_{table}"), table
    for name in ("visit_key", "filler_key"):
        assert sql(f"SELECT 1 FROM ehr_appointment WHERE {name} IS NOT NULL"), name
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


def test_business_was_done(run: Run) -> None:
    """Goods were ordered and used, charges billed, questions decided, and others were told."""
    sql = run.suite.database.sql
    assert run.seen | run.codes(*(door.id for door in run.business.doors)) >= OF_BUSINESS
    for table in ("requisition_line", "consumption", "kit_request", "charge", "account"):
        assert run.suite.database.scalar(f"SELECT count(*) FROM ehr_{table}"), table
    for table in ("stock_picking", "account_move", "purchase_order"):
        of_visits = f"SELECT count(*) FROM {table} WHERE encounter_id IS NOT NULL"
        assert run.suite.database.scalar(of_visits), table
    assert sql("SELECT 1 FROM stock_picking WHERE ehr_usage = 'kit'")
    assert sql("SELECT 1 FROM purchase_order_line WHERE ehr_kit_request_id IS NOT NULL")
    charges = {row["state"] for row in sql("SELECT DISTINCT state FROM ehr_charge")}
    assert charges >= {"drafted", "invoiced", "credited", "posted", "refused"}, charges
    assert run.people.decided >= {
        "charge_price", "charge_late", "emergency_receipt", "requisition_late", "stock_adjustment",
    }, (run.people.decided, run.people.refused)  # fmt: skip
    states = {name: run.suite.ledger.states(one) for name, one in run.business.told.items()}
    assert all(one.get("done", 0) >= 3 for one in states.values()), states


def test_late_kits_and_other_orders_were_worked_through(run: Run) -> None:
    """What is newest: it leaves notes, questions and answers of its own."""
    sql = run.suite.database.sql
    assert sql("SELECT 1 FROM mail_message WHERE body LIKE '%less: used, as was told%'")
    states = {row["state"] for row in sql(
        "SELECT state FROM integration_exception WHERE kind = 'kit_went_back'")}  # fmt: skip
    assert states >= {"accepted", "rejected"}, states
    assert sql("SELECT 1 FROM stock_move WHERE ehr_released_qty > 0")
    numbers = {row["order_number"] for row in sql("SELECT order_number FROM ehr_requisition_line")}
    assert numbers >= {"E1", "E2", "E3", "GO1", "GO2S"}, numbers
    assert not numbers & {f"E{number}" for number in range(900, 930)}
    numbers = {row["number"] for row in sql("SELECT number FROM ehr_kit_request")}
    assert numbers >= {"GT1", "GT2", "GO2T"}, numbers
    pharmacy = run.codes(run.business.doors[2].id)
    assert pharmacy >= {
        "missing_value", "missing_required", "unknown_item", "unknown_visit", "order_reused",
        "unknown_order", "invalid_decimal", "invalid_datetime",
    }, pharmacy  # fmt: skip
    assert "no_handler" not in pharmacy
    assert sql("SELECT 1 FROM ehr_charge WHERE source = 'odoo' AND consumption_id IS NOT NULL")


def test_what_leaves_as_hl7_names_nobody(run: Run) -> None:
    """Statuses, posted charges, items and stock: those who invoice hear of the visit, no more."""
    ward = run.ward
    for name, texts in run.business.as_hl7.heard(run.echoed).items():
        assert texts, name
        kinds = {text.split("\r")[0].split("|")[8] for text in texts}
        assert kinds <= KINDS[name], (name, kinds)
        said = "\r".join(texts).encode()
        of_visits = [ward.visits, ward.accounts]
        found = [*ward.people.search(said, name)]
        if name in OF_VISITS:
            assert any(list(one.search(said, name)) for one in of_visits), name
        else:
            found += [finding for one in of_visits for finding in one.search(said, name)]
        assert not found, report(found)


@pytest.fixture(scope="module")
def findings(run: Run) -> list[Finding]:
    """Everything that is in the database."""
    return run.ward.everything().search_database(run.suite.database)


def test_nothing_of_a_person_is_in_the_database(run: Run, findings: list[Finding]) -> None:
    of_people = [one for one in findings if one.label in run.ward.people.planted]
    assert not of_people, report(of_people)


def test_a_visit_number_stands_on_its_visit_alone(run: Run, findings: list[Finding]) -> None:
    for canaries, allowed in ((run.ward.visits, VISITS_IN), (run.ward.accounts, ACCOUNTS_IN)):
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


def test_nothing_is_in_the_log_of_the_database_server(harness: Harness, run: Run) -> None:
    """Of rows that it refused it says that it did, and neither the row nor the statement."""
    cluster = harness.machine.server.cluster
    if cluster is None:
        pytest.skip("the log of somebody else's PostgreSQL is out of reach")
    text = of_database(cluster.log.read_text(), run.suite.database.name)
    assert 'ERROR:  new row for relation "ehr_encounter"' in text, "a row is to be refused"
    findings = list(run.ward.everything().search(text.encode(), cluster.log.name))
    assert not findings, report(findings)
    assert "STATEMENT:" not in text
    assert "DETAIL:" not in text


def test_what_everybody_may_log_holds_nothing(run: Run) -> None:
    """At the level that is the default, there is not even a number of a visit."""
    for log in (run.suite.server.log, run.listener.log):
        text = without(Path(log).read_text(), " DEBUG ")
        findings = list(run.ward.everything().search(text.encode(), ""))
        assert not findings, report(findings)


# -- what people see ---------------------------------------------------------------------------


def test_clerks_read_nothing_of_patients(run: Run) -> None:
    """Stock, purchases and invoices have no clinical text, in JSON-2 or wherever else."""
    for model, text in run.people.read_all().items():
        for canaries in (run.ward.people, run.ward.visits):
            found = list(canaries.search(text, model))
            assert not found, report(found)
        if model in DOCUMENTS:
            rows = json.loads(text)
            assert any(row["visit_reference"] for row in rows), model
            assert not [row for row in rows if "encounter_id" in row], model


@pytest.mark.parametrize("model", DOCUMENTS)
def test_clerks_search_by_the_reference_alone(run: Run, model: str) -> None:
    json2, number = run.people.json2, run.business.patient.visit
    [visit] = run.suite.database.sql(
        "SELECT id, reference FROM ehr_encounter WHERE visit_number = %s", [number]
    )
    by_reference = [["visit_reference", "=", visit["reference"]]]
    found = json2(model, "search", domain=by_reference).json()
    assert found
    for name, value in (("encounter_id", visit["id"]), ("encounter_id.visit_number", number)):
        assert json2(model, "search", domain=[[name, "=", value]]).status_code == 403, name
    assert json2(model, "read", ids=found, fields=["encounter_id"]).status_code == 403
    grouped = json2(model, "formatted_read_group", domain=[], groupby=["encounter_id"])
    assert grouped.status_code == 403
    assert json2(model, "name_search", name=number).json() == []
    with pytest.raises(RpcError):
        run.people.clerk.call(model, "export_data", found, ["encounter_id/visit_number"])
    exported = run.people.clerk.call(model, "export_data", found, ["visit_reference"])
    assert [visit["reference"]] in exported["datas"]


def test_buttons_of_clerks_lead_to_nothing_of_patients(run: Run) -> None:
    """From charges to what was used and back, and what was used and not charged."""
    assert run.people.answers
    told = {**run.people.traces(), "not charged": run.people.answers}
    for button, text in told.items():
        for canaries in (run.ward.people, run.ward.visits):
            found = list(canaries.search(text, button))
            assert not found, report(found)


def test_screens_of_clerks_have_no_visit(run: Run) -> None:
    for model, arch in run.people.screens().items():
        assert 'name="encounter_id"' not in arch, model
        assert 'name="visit_reference"' in arch, model


def test_partners_without_the_clinical_role_hear_nothing(run: Run) -> None:
    """What a merchant is told of transfers, receipts, purchases and invoices."""
    assert len(run.merchant) >= 3
    for canaries in (run.ward.people, run.ward.visits):
        found = list(canaries.search(b"\n".join(run.merchant), "told"))
        assert not found, report(found)


def test_nothing_is_printed(run: Run) -> None:
    pages = run.people.prints()
    for canaries in (run.ward.people, run.ward.visits, run.ward.accounts):
        found = list(canaries.search(pages, "printed"))
        assert not found, report(found)


# -- the search itself -------------------------------------------------------------------------

#: A leak of each kind: how it gets there, and where it is found.
LEAKS = {
    "document": ("UPDATE stock_picking SET note = %s", "stock_picking.note"),
    "invoice": ("UPDATE account_move SET narration = %s", "account_move.narration"),
    "line of an invoice": ("UPDATE account_move_line SET name = %s", "account_move_line.name"),
    "error": ("UPDATE integration_message SET error_message = %s",
              "integration_message.error_message"),
    "question": ("UPDATE integration_exception SET name = %s", "integration_exception.name"),
    "chatter": ("UPDATE mail_message SET body = %s", "mail_message.body"),
    "task": ("UPDATE mail_activity SET summary = %s", "mail_activity.summary"),
    "mail": ("INSERT INTO mail_mail (mail_message_id, body_html) "
             "SELECT min(id), %s FROM mail_message", "mail_mail.body_html"),
    "job": ("UPDATE queue_job SET exc_info = %s", "queue_job.exc_info"),
    "attachment": ("INSERT INTO ir_attachment (name, type, index_content) "
                   "VALUES ('x', 'binary', %s)", "ir_attachment.index_content"),
    "answer": ("UPDATE ehr_requisition_answer SET answer = to_jsonb(%s::text)",
               "ehr_requisition_answer.answer"),
}  # fmt: skip


def test_the_search_would_have_found_it(run: Run) -> None:
    """With the content at hand it is found: it was encrypted, not lost.

    The last test, since what it plants stays.
    """
    number = run.ward.people.planted["record number of the stay"].decode()
    planted = Canaries()
    for kind, (statement, _place) in LEAKS.items():
        value = planted.plant(kind, f"{number}{kind.replace(' ', '')}")
        run.suite.database.sql(statement, [value])
    found = planted.search_database(run.suite.database)
    assert {(one.label, one.place) for one in found} == {
        (kind, place) for kind, (_statement, place) in LEAKS.items()
    }
    number_alone = Canaries({"number": number.encode()})
    folder = filestore(run.suite.database)
    (folder / "leak").write_bytes(zlib.compress(number.encode()))
    assert [one.place for one in number_alone.search_files(folder)] == ["leak"]
    with Path(run.suite.server.log).open("a") as log:
        log.write(f"2026-11-29 08:00:00,000 1 INFO db odoo.leak: {number}\n")
    with pytest.raises(AssertionError, match="record number of the stay"):
        test_what_everybody_may_log_holds_nothing(run)

"""A full run of a hospital's feed, after which nothing of its patients is found anywhere."""

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.canary_evidence import NEVER_STORED, Evidence
from tests.e2e.canary_fhir_checks import CHECKS, Check
from tests.e2e.canary_flows import FLOWS, Flow
from tests.e2e.canary_leaks import LEAKS, REFUSED, elsewhere, plant_everywhere
from tests.e2e.canary_people import DOCUMENTS, PARTS, TRACES
from tests.e2e.canary_run import Run, full_run
from tests.e2e.canary_stage import loggers, of_database, without
from tests.e2e.canary_told import KINDS, OF_BUSINESS, OF_VISITS
from tests.harness import Harness, RpcError
from tests.harness.canary import Canaries, Finding, filestore, report

#: Where numbers may stand that are no secret in themselves.
#: An account may have the number of its visit, but on the visit alone.
VISITS_IN = {"ehr_encounter.visit_number", "ehr_encounter.account_number"}
ACCOUNTS_IN = {"ehr_encounter.account_number", "ehr_move.facts", "ehr_account.number"}


@pytest.fixture(scope="module")
def run(harness: Harness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folders = map(tmp_path_factory.mktemp, ("canary", "pharmacy"))
    with full_run(harness, *folders) as run:
        yield run


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


@pytest.fixture(scope="module")
def evidence(run: Run) -> Evidence:
    return Evidence(run)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_each_flow_carried_its_canaries(evidence: Evidence, flow: Flow) -> None:
    """What its messages said of a person was there, and documents came of them."""
    lacking = evidence.check().lacking(flow, evidence.handled())
    assert not lacking, "\n".join(lacking)


def test_resources_carried_their_canaries(run: Run, evidence: Evidence) -> None:
    handled = [(one.type, one.text) for one in evidence.handled() if one.door == "FHIR"]
    assert not run.resources.lacking(handled)
    assert run.codes(run.resources.id) >= {
        "missing_value", "invalid_datetime", "visit_is_record_number", "unresolved_reference",
        "appointment_is_record_number",
    }  # fmt: skip
    assert run.suite.database.sql("SELECT 1 FROM integration_fhir_subscription")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_what_fhir_brought_and_told(run: Run, evidence: Evidence, check: Check) -> None:
    check(run, evidence)


def test_answers_over_fhir_quote_nothing(run: Run) -> None:
    doors = (run.resources, run.goods, run.fhir_orders, run.payers)
    said = "\n".join(one for door in doors for one in door.heard).encode()
    findings = list(run.ward.everything().search(said, "answers"))
    assert not findings, report(findings)


def test_no_canary_was_lost_on_the_way(evidence: Evidence) -> None:
    assert evidence.lost() == NEVER_STORED


def test_nothing_that_the_suite_brings_was_left_out(evidence: Evidence) -> None:
    """Whoever adds a document, a rule for messages or an event has it searched as well."""
    assert evidence.documents() == sorted(DOCUMENTS)
    assert evidence.unused_rules() == set()
    assert evidence.untold_events() == set()
    # Appointments whose kits are to be planned, until they are.
    assert evidence.empty_tables() <= {"ehr_kit_due"}


def test_what_leaves_as_hl7_names_nobody(run: Run) -> None:
    """Statuses, posted charges, items and stock: those who invoice hear of the visit, no more."""
    ward = run.ward
    every: list[Finding] = []
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
        every += found
    assert not every, report(every)


@pytest.fixture(scope="module")
def findings(run: Run) -> list[Finding]:
    """Everything that is in the database."""
    return run.ward.everything().search_database(run.suite.database)


def test_nothing_of_a_person_is_in_the_database(run: Run, findings: list[Finding]) -> None:
    of_people = [one for one in findings if one.label in run.ward.people.planted]
    assert not of_people, report(of_people)


def test_a_visit_number_stands_on_its_visit_alone(run: Run, findings: list[Finding]) -> None:
    wrong = []
    for canaries, allowed in ((run.ward.visits, VISITS_IN), (run.ward.accounts, ACCOUNTS_IN)):
        found = [one for one in findings if one.label in canaries.planted]
        wrong += [one for one in found if one.place not in allowed]
        assert allowed <= {one.place for one in found}, "that is where they belong"
    assert not wrong, report(wrong)


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


def test_nothing_is_in_the_log_of_the_database_server(run: Run) -> None:
    """Of rows that it refused it says that it did, and neither the row nor the statement."""
    if run.cluster_log is None:
        pytest.skip("the log of somebody else's PostgreSQL is out of reach")
    text = of_database(run.cluster_log.read_text(), run.suite.database.name)
    assert 'ERROR:  new row for relation "ehr_encounter"' in text, "a row is to be refused"
    findings = list(run.ward.everything().search(text.encode(), run.cluster_log.name))
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


def searched(run: Run, texts: Mapping[str, bytes]) -> list[Finding]:
    """What people and visits are found by in texts, by their places."""
    both = Canaries({**run.ward.people.planted, **run.ward.visits.planted})
    return [one for place, text in texts.items() for one in both.search(text, place)]


def test_clerks_read_nothing_of_patients(run: Run) -> None:
    """Stock, purchases and invoices have no clinical text, in JSON-2 or wherever else."""
    found = searched(run, run.people.read)
    assert not found, report(found)
    for model, text in run.people.read.items():
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
    found = searched(run, {**run.people.traced, "not charged": run.people.answers})
    assert not found, report(found)


def test_screens_of_clerks_have_no_visit(run: Run) -> None:
    for model, arch in run.people.screens().items():
        assert 'name="encounter_id"' not in arch, model
        assert 'name="visit_reference"' in arch, model


def test_partners_without_the_clinical_role_hear_nothing(run: Run) -> None:
    """What a merchant is told of transfers, receipts, purchases and invoices."""
    assert len(run.merchant) >= 3
    found = searched(run, {"told": b"\n".join(run.merchant)})
    assert not found, report(found)


def test_nothing_is_printed(run: Run) -> None:
    pages = run.people.printed
    for canaries in (run.ward.people, run.ward.visits, run.ward.accounts):
        found = list(canaries.search(pages, "printed"))
        assert not found, report(found)


# -- the search itself -------------------------------------------------------------------------


#: What looks at places outside of the database, by what :class:`Leak` calls it.
CHECKS: dict[str, Callable[[Run], None]] = {
    "read": test_clerks_read_nothing_of_patients,
    "buttons": test_buttons_of_clerks_lead_to_nothing_of_patients,
    "printed": test_nothing_is_printed,
    "merchant": test_partners_without_the_clinical_role_hear_nothing,
    "HL7": test_what_leaves_as_hl7_names_nobody,
    "suite.server": partial(test_nothing_is_in_the_logs, process="suite.server"),
    "listener": partial(test_nothing_is_in_the_logs, process="listener"),
    "default": test_what_everybody_may_log_holds_nothing,
    "database server": test_nothing_is_in_the_log_of_the_database_server,
}
ELSEWHERE = elsewhere((*DOCUMENTS, *PARTS), (button for _model, button in TRACES), KINDS)


@pytest.mark.parametrize("place", ELSEWHERE)
def test_a_leak_elsewhere_is_found(run: Run, place: str, tmp_path: Path) -> None:
    """Each check of a place fails as soon as there is a patient's or a visit's number."""
    leak = ELSEWHERE[place]
    if place == "log of the database server" and not run.cluster_log:
        pytest.skip("the log of somebody else's PostgreSQL is out of reach")
    for canaries in (run.ward.people, run.ward.visits):
        if canaries is run.ward.visits and place.removeprefix("HL7: ") in OF_VISITS:
            continue  # those hear of visits
        label = next(one for one in canaries.planted if one.endswith(" stay"))
        leaking = leak.make(run, canaries.planted[label].decode(), tmp_path)
        with pytest.raises(AssertionError, match=label):
            CHECKS[leak.check](leaking)


def test_a_leak_in_files_is_found(run: Run) -> None:
    number = run.ward.people.planted["record number of the stay"]
    leak = filestore(run.suite.database) / "leak"
    leak.write_bytes(zlib.compress(number))
    with pytest.raises(AssertionError, match="record number of the stay in leak"):
        test_nothing_is_in_files(run)
    leak.unlink()


def test_leaks_of_each_kind_are_told_apart(run: Run) -> None:
    """With the content at hand it is found: it was encrypted, not lost."""
    number = run.ward.people.planted["record number of the stay"].decode()
    planted = Canaries()
    for kind, (statement, _place) in LEAKS.items():
        value = planted.plant(kind, f"{number}{kind.replace(' ', '')}")
        run.suite.database.sql(statement, [value])
    found = planted.search_database(run.suite.database)
    assert {(one.label, one.place) for one in found} == {
        (kind, place) for kind, (_statement, place) in LEAKS.items()
    }


def test_a_leak_in_any_column_is_found(run: Run) -> None:
    """Whatever the flows write has room for, the search finds it there, and says where.

    The last test: nothing works any more afterwards.
    """
    run.listener.kill()
    run.suite.server.kill()
    canaries = Canaries()
    planted, refused = plant_everywhere(run.suite.database, canaries.plant("a leak"))
    assert len(planted) > 300, planted
    assert refused <= REFUSED, refused - REFUSED
    assert {one.place for one in canaries.search_database(run.suite.database)} == planted

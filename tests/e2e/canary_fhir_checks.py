"""What orders, goods and payers brought over FHIR to the canary's hospital, and what was told."""

from collections.abc import Callable

from tests.e2e.canary_evidence import Evidence
from tests.e2e.canary_fhir_orders import MARKS
from tests.e2e.canary_fhir_orders import REFUSED as OF_FHIR_ORDERS
from tests.e2e.canary_payer import OF_PAYER
from tests.e2e.canary_run import Run
from tests.harness.canary import Canaries, Finding, report

Check = Callable[[Run, Evidence], None]


def goods_and_charges(run: Run, evidence: Evidence) -> None:
    handled = [(one.type, one.text) for one in evidence.handled() if one.door == "FHIR goods"]
    assert not run.goods.lacking(handled)
    assert run.codes(run.goods.id) >= {
        "missing_value", "missing_required", "invalid_datetime", "invalid_decimal", "unknown_item",
        "unknown_lot", "unresolved_reference", "number_is_record_number", "unknown_charge_code",
        "unknown_cost_centre", "unknown_reference", "unknown_visit", "visit_of_other_patient",
        "factor_not_handled",
    }, run.codes(run.goods.id)  # fmt: skip
    sql = run.suite.database.sql
    numbers = {row["number"] for row in sql("SELECT number FROM ehr_consumption")}
    assert numbers >= {"GD1", "GD2", "GD3"}
    assert sql("SELECT 1 FROM ehr_consumption WHERE number = 'GD1' AND action = 'return'")
    states = {
        row["number"]: row["state"] for row in sql("SELECT number, state FROM ehr_kit_request")
    }
    assert (states["GS1"], states["GS2"]) == ("cancelled", "ordered")
    kinds = {row["kind"] for row in sql("SELECT kind FROM ehr_charge WHERE number = 'GC1'")}
    assert kinds == {"charge", "credit"}


def orders(run: Run, evidence: Evidence) -> None:
    handled = [(one.type, one.text) for one in evidence.handled() if one.door == "FHIR orders"]
    assert not run.fhir_orders.lacking(handled)
    assert run.codes(run.fhir_orders.id) >= OF_FHIR_ORDERS
    problems = run.suite.database.sql("SELECT DISTINCT kind, state FROM ehr_supply_problem")
    assert {(one["kind"], one["state"]) for one in problems} >= {
        ("short", "solved"), ("short", "withdrawn"), ("unhandled", "open"),
    }  # fmt: skip
    states = {n: run.suite.ledger.states(one) for n, one in run.fhir_orders.told.items()}
    assert all(one.get("done", 0) >= 3 for one in states.values()), states


def what_is_told_of_orders(run: Run, _evidence: Evidence) -> None:
    """Neither of the patient nor of the visit: the order alone."""
    for mark in MARKS:
        told = [text for text in run.echoed if mark in text]
        assert told, mark
        findings = list(run.ward.everything().search("\n".join(told).encode(), mark))
        assert not findings, report(findings)


def what_the_payer_says(run: Run, evidence: Evidence) -> None:
    handled = [(one.type, one.text) for one in evidence.handled() if one.door == "Payer"]
    assert not run.payers.lacking(handled)
    assert run.codes(run.payers.id) == OF_PAYER
    sql = run.suite.database.sql
    states = {row["state"] for row in sql("SELECT DISTINCT state FROM ehr_claim")}
    assert states >= {"cancelled", "denied", "submitted"}, states
    assert sql("SELECT 1 FROM ehr_claim_answer WHERE late AND note_count = 1")
    states = {row["state"] for row in sql("SELECT DISTINCT state FROM ehr_authorization")}
    assert states == {"granted", "cancelled"}, states


def what_the_payer_hears(run: Run, _evidence: Evidence) -> None:
    """The portal hears the numbers of visits, by which it knows whom to tell."""
    people = Canaries({**run.ward.people.planted, **run.ward.accounts.planted})
    wrong: list[Finding] = []
    for path, bodies in run.payers.peer.by_path.items():
        said = b"\n".join(bodies)
        wrong += [one for one in people.search(said, path) if one.label != "member number"]
        if "Communication" not in path:
            assert run.payers.member.encode() in said, path
            wrong += list(run.ward.visits.search(said, path))
        else:
            assert run.payers.member.encode() not in said
    assert not wrong, report(wrong)
    assert {path.split("/")[-1].partition("?")[0] for path in run.payers.peer.by_path} == {
        "CoverageEligibilityRequest", "Claim", "Communication",
    }  # fmt: skip


CHECKS: tuple[Check, ...] = (
    goods_and_charges,
    orders,
    what_is_told_of_orders,
    what_the_payer_says,
    what_the_payer_hears,
)

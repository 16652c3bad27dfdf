"""Dispenses and charges over FHIR at a real server: from the door to stock moves and draft
invoices, at once, repeatedly and in the wrong order."""

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.conftest import running_suite
from tests.e2e.test_fhir_inbound import LOGIN, SECRET, VISITS, Feed, bundle, coded, moment
from tests.harness import Harness

_CREATE = """
company = env.company
company.ehr_create_locations = True
env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
debtor = env["res.partner"].create({"name": "Patients", "is_company": True})
warehouse = env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
ward = env["stock.location"].create({
    "name": "Ward 3W", "barcode": "W3", "location_id": warehouse.view_location_id.id})
centre = env["account.analytic.account"].create({
    "name": "Ward", "plan_id": env["account.analytic.plan"].create({"name": "Centres"}).id})
env["ehr.location"].create({
    "facility": "MAIN", "point_of_care": "3W", "kind": "unit", "stock_location_id": ward.id,
    "analytic_account_id": centre.id})
swab = env["product.product"].create({
    "name": "Swab", "default_code": "SWAB", "is_storable": True, "standard_price": 2})
env["stock.quant"]._update_available_quantity(swab, ward, 100)
hour = env["product.product"].create({
    "name": "Theatre hour", "type": "service", "lst_price": 450, "taxes_id": False})
env["ehr.charge.code"].create({"code": "OR-HOUR", "product_id": hour.id})
company.write({"ehr_patient_debtor_id": debtor.id, "ehr_charge_price_rule": "sender"})
routing = env["integration.routing"].create({"name": "All", "code": "fhir_all"})
for xmlid in ("bridge.routing_fhir_r4_standard", "supply.routing_fhir_r4_usage",
              "billing.routing_fhir_r4_charges"):
    routing._take_rules(env.ref(f"integration_ehr_{xmlid}"))
routing.action_submit()
routing.action_approve()
system = env["integration.system"].create({
    "name": "Hospital", "code": "EHR", "kind": "ehr", "environment": "test", "tz": "UTC"})
user = env["res.users"].create({
    "name": "EHR interface", "login": "interface.ehr", "group_ids": [
        (4, env.ref(group).id) for group in (
            "integration_ehr_bridge.group_feed", "stock.group_stock_user",
            "account.group_account_invoice")]})
env.ref("integration_ehr_bridge.value_map_fhir_assigner").line_ids = [
    (0, 0, {"source": visits, "target": "MAIN"})]
credential = env["integration.credential"].create({
    "name": "EHR", "kind": "basic", "version_ids": [(0, 0, {"login": login, "secret": secret})]})
made = env["integration.interface"].create({
    "name": "FHIR", "system_id": system.id, "direction": "inbound", "transport": "fhir",
    "body_codec": "fhir", "data_class": "clinical", "credential_id": credential.id,
    "policy_id": env["integration.policy"].create({
        "name": "By key", "ordering": "key", "max_attempts": 20, "retry_mode": "schedule",
        "retry_schedule": ", ".join(["0s"] + ["1s"] * 19)}).id,
    "routing_id": routing.id, "user_id": user.id, "latency_class": "realtime"})
made.action_submit()
made.action_approve()
made.action_activate()
result = {"id": made.id, "url": made.fhir_url, "currency": company.currency_id.name,
          "ward": ward.id}
"""
#: What lies on the ward.
_ON_HAND = "SELECT sum(quantity) FROM stock_quant WHERE location_id = %s"


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return {}


@pytest.fixture(scope="module")
def feed(harness: Harness, made: dict[str, Any]) -> Iterator[Feed]:
    with harness.database() as database, running_suite(database) as suite:
        with database.shell() as shell:
            made |= shell.run(_CREATE, login=LOGIN, secret=SECRET, visits=VISITS)
        path = made["url"].partition("/integration/")[2]
        yield Feed(suite, made["id"], f"{suite.server.url}/integration/{path}")


def master_data(visit: str) -> list[dict[str, Any]]:
    return [
        {"resourceType": "Location", "id": "site", "physicalType": coded("si"), "name": "MAIN"},
        {"resourceType": "Location", "id": "w", "physicalType": coded("wa"), "name": "3W",
         "partOf": {"reference": "Location/site"}},
        {"resourceType": "Encounter", "id": visit, "status": "in-progress",
         "meta": {"versionId": "1", "lastUpdated": moment(1)}, "class": {"code": "IMP"},
         "identifier": [{"system": VISITS, "value": visit}],
         "subject": {"identifier": {"value": f"4711{visit}"}}, "period": {"start": moment(0)},
         "location": [{"location": {"reference": "Location/w"}, "period": {"start": moment(0)}}]},
    ]  # fmt: skip


def of(kind: str, name: str, number: int, visit: str, **members: Any) -> dict[str, Any]:
    return {
        "resourceType": kind, "id": name, "identifier": [{"value": name}],
        "meta": {"versionId": str(number), "lastUpdated": moment(number * 10)},
        "subject": {"identifier": {"value": f"4711{visit}"}, "display": "Jana Canary"},
        "context": {"reference": f"Encounter/{visit}"}, **members,
    }  # fmt: skip


def dispense(name: str, number: int, visit: str, status: str = "completed") -> dict[str, Any]:
    return of(
        "MedicationDispense", name, number, visit, status=status,
        medicationCodeableConcept=coded("SWAB"), quantity={"value": 1, "code": "1"},
        whenHandedOver=moment(5),
    )  # fmt: skip


def charge(
    name: str, number: int, visit: str, currency: str, status: str = "billable"
) -> dict[str, Any]:
    return of(
        "ChargeItem", name, number, visit, status=status, code=coded("OR-HOUR"),
        occurrenceDateTime=moment(5), quantity={"value": 2},
        priceOverride={"value": 900, "currency": currency},
    )  # fmt: skip


def notification(number: int, resource: dict[str, Any]) -> dict[str, Any]:
    focus = {"reference": f"{resource['resourceType']}/{resource['id']}"}
    status = {
        "resourceType": "SubscriptionStatus", "type": "event-notification", "status": "active",
        "eventsSinceSubscriptionStart": str(number),
        "subscription": {"reference": "Subscription/1"},
        "notificationEvent": [{"eventNumber": str(number), "focus": focus}],
    }  # fmt: skip
    return bundle("history", status, resource)


def settled(feed: Feed, kind: str) -> Counter[str]:
    feed.wait_idle()
    found = feed.states(kind)
    rows = feed.suite.database.sql(
        "SELECT error_code, error_message FROM integration_message WHERE interface_id = %s "
        "AND message_type = %s AND state NOT IN ('done', 'filtered')", [feed.id, kind],
    )  # fmt: skip
    assert not rows, rows[:3]
    return found


def test_dispenses_are_stock_moves(feed: Feed, made: dict[str, Any]) -> None:
    """What a visit needs comes with it, in one Bundle and in any order; half of it is withdrawn."""
    kept = [dispense(f"K{number}", 1, "V1") for number in range(10)]
    gone = [dispense(f"G{number}", 1, "V1") for number in range(6)]
    back = [dispense(f"G{number}", 2, "V1", "entered-in-error") for number in range(6)]
    turn = random.Random(11)
    every = (kept + gone + back) * 2
    turn.shuffle(every)

    def put(one: Any) -> int:
        return feed.send(one, f"/MedicationDispense/{one['id']}", "PUT").status_code

    with ThreadPoolExecutor(6) as pool:
        codes = Counter(pool.map(put, every))
        assert codes == {202: 22, 200: 22}
    # The visit is told of last: until then they wait.
    assert feed.send(bundle("collection", *master_data("V1"))).status_code == 202
    states = settled(feed, "MedicationDispense")
    assert sum(states.values()) == 22
    sql, scalar = feed.suite.database.sql, feed.suite.database.scalar
    assert scalar(_ON_HAND, [made["ward"]]) == 90
    rows = sql(
        "SELECT c.number, m.state, m.quantity, v.visit_number FROM ehr_consumption c "
        "JOIN stock_move m ON m.id = c.move_id JOIN ehr_encounter v ON v.id = c.encounter_id "
        "WHERE c.action = 'use' AND c.number LIKE 'K%%'"
    )
    assert sorted((row["number"], row["state"], row["visit_number"]) for row in rows) == [
        (f"K{number}", "done", "V1") for number in range(10)
    ]
    uses = "SELECT count(*) FROM ehr_consumption WHERE number LIKE 'G%%' AND action = 'use'"
    returns = "SELECT count(*) FROM ehr_consumption WHERE action = 'return'"
    assert scalar(uses) == scalar(returns)


def test_charges_are_lines_of_a_draft(feed: Feed, made: dict[str, Any]) -> None:
    """Told by a subscription, all of them at once; one is invoiced before it is withdrawn."""
    currency = made["currency"]
    assert feed.send(bundle("collection", *master_data("V2"))).status_code == 202
    feed.wait_idle()
    told = [
        notification(number, charge(f"C{number}", 1, "V2", currency)) for number in range(1, 11)
    ]
    with ThreadPoolExecutor(6) as pool:
        codes = Counter(one.status_code for one in pool.map(feed.send, told * 2))
    assert codes == {200: 20}
    assert settled(feed, "ChargeItem")["done"] == 10
    sql = feed.suite.database.sql
    drafts = sql(
        "SELECT c.number, l.price_subtotal, a.state FROM ehr_charge c "
        "JOIN account_move_line l ON l.id = c.move_line_id JOIN account_move a ON a.id = l.move_id"
    )
    assert sorted(row["number"] for row in drafts) == sorted(f"C{n}" for n in range(1, 11))
    assert {(float(row["price_subtotal"]), row["state"]) for row in drafts} == {(900.0, "draft")}
    wrong = charge("C1", 2, "V2", currency, "entered-in-error")
    assert feed.send(wrong).status_code == 202
    # An older version that comes late says nothing more.
    late = charge("C1", 1, "V2", currency, "planned") | {"meta": {
        "versionId": "0", "lastUpdated": moment(2)}}  # fmt: skip
    assert feed.send(late).status_code == 202
    assert settled(feed, "ChargeItem") == {"done": 11, "filtered": 1}
    rows = sql("SELECT number, state FROM ehr_charge WHERE kind = 'charge' ORDER BY id")
    states = {row["number"]: row["state"] for row in rows}
    assert states.pop("C1") == "credited"
    assert set(states.values()) == {"drafted"}
    total = sql("SELECT sum(amount_untaxed) AS total FROM account_move WHERE move_type IN "
                "('out_invoice', 'out_refund')")  # fmt: skip
    assert float(total[0]["total"]) == 8100
    with feed.suite.database.shell() as shell:
        shell.run('env["account.move"].search([("move_type", "=", "out_invoice")]).action_post()')
    assert feed.send(charge("C2", 2, "V2", currency, "aborted")).status_code == 202
    assert settled(feed, "ChargeItem")["done"] == 12
    [note] = sql(
        "SELECT a.move_type, a.state, a.amount_untaxed FROM ehr_charge c "
        "JOIN account_move_line l ON l.id = c.move_line_id JOIN account_move a ON a.id = l.move_id "
        "WHERE c.kind = 'credit' AND c.number = 'C2'"
    )
    assert (note["move_type"], note["state"]) == ("out_refund", "draft")
    assert float(note["amount_untaxed"]) == 900


def test_nobody_is_named(feed: Feed) -> None:
    """What was said of people is in no column of what came of it."""
    for table in ("ehr_consumption", "ehr_charge", "account_move_line", "stock_move"):
        rows = feed.suite.database.sql(f"SELECT t::text AS row FROM {table} t")
        assert rows, table
        assert not [row for row in rows if "Canary" in row["row"] or "4711V" in row["row"]]

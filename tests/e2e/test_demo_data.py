"""The demo data of the suite: it installs without a warning, fills the screens, and stays."""

from collections.abc import Iterator

import pytest

from setup import suite_addons, templates
from tests.e2e.demo_story import ACTING, ALL_STATES, DRAIN_ALL, STATES
from tests.harness import Database, Harness


@pytest.fixture(scope="module")
def demo(harness: Harness) -> Iterator[Database]:
    """A database with the demo data of the suite.

    Odoo's own demo data, which takes minutes and which ours does not need, is taken as loaded.
    """
    with harness.database(harness.base_template) as database:
        database.sql("UPDATE ir_module_module SET demo = true WHERE state = 'installed'")
        names = suite_addons.names(harness.machine.settings.addons)
        # With a key ring, as `make run`: what is clinical is left out without one.
        found = templates.install(
            harness.machine,
            database.name,
            names,
            "--with-demo",
            integration={"key_ring": database.key_ring},
        )
        assert not found, "installing the demo data logged:\n" + "\n".join(found)
        yield database


def test_messages_stand_in_every_state(demo: Database) -> None:
    states = {row["state"] for row in demo.sql(STATES)}
    assert states == set(demo.run(ALL_STATES))
    reasons = demo.sql("SELECT DISTINCT held_reason FROM integration_message WHERE state = 'held'")
    assert {row["held_reason"] for row in reasons} >= {"paused", "parked"}


def test_interfaces_stand_in_every_state(demo: Database) -> None:
    states = {row["state"] for row in demo.sql("SELECT state FROM integration_interface")}
    assert states == {"draft", "in_review", "approved", "active", "deprecated", "retired"}
    assert demo.scalar("SELECT state FROM integration_breaker") == "forced_open"


@pytest.mark.parametrize(
    "table",
    [
        "integration_attempt",
        "integration_payload",
        "integration_event",
        "integration_record_link",
        "integration_record_sync",
        "integration_audit_entry",
        "integration_contract_version",
        "integration_value_map_line",
        "integration_waiver",
        "integration_ownership",
        "integration_ownership_field",
        "integration_conflict",
        "integration_event_mute",
        "integration_legal_hold",
    ],
)
def test_no_screen_is_empty(demo: Database, table: str) -> None:
    assert demo.scalar(f"SELECT count(*) FROM {table}") > 0


def test_a_bulk_retry_has_been_made(demo: Database) -> None:
    (task,) = demo.sql(
        "SELECT state, total, done_count, refused_count FROM integration_replay_task"
    )
    assert task == {"state": "done", "total": 3, "done_count": 2, "refused_count": 1}
    assert demo.scalar("SELECT count(*) FROM integration_replay_item") == 3


def test_every_status_of_orders_is_there(demo: Database) -> None:
    found = demo.sql(
        "SELECT DISTINCT state FROM integration_record_sync WHERE res_model = 'purchase.order'"
    )
    assert {row["state"] for row in found} == {
        "pending",
        "waiting",
        "synchronised",
        "failed",
        "conflict",
        "cancelled",
    }


def test_people_can_log_in_with_their_role(demo: Database) -> None:
    roles = demo.run(
        """
result = {}
for login, group in (("ana", "administrator"), ("ben", "approver"), ("olga", "operator"),
                     ("aud", "auditor"), ("dora", "steward")):
    user = env["res.users"].search([("login", "=", login)])
    user.with_user(user)._check_credentials(
        {"type": "password", "login": login, "password": login}, {"interactive": True})
    result[login] = user.has_group(f"integration_core.group_{group}")
bea = env["res.users"].search([("login", "=", "bea")])
result["bea"] = not bea.has_group("integration_core.group_observer")
"""
    )
    assert roles == dict.fromkeys(("ana", "ben", "olga", "aud", "dora", "bea"), True)


def test_a_second_person_approved_what_is_in_force(demo: Database) -> None:
    for table, state in (("ownership", "approved"), ("interface", "active")):
        found = demo.sql(
            f"""
            SELECT s.login AS submitted, a.login AS approved
              FROM integration_{table} o LEFT JOIN res_users a ON a.id = o.approved_by_id
              LEFT JOIN res_users s ON s.id = o.submitted_by_id
             WHERE o.state = %s AND o.submitted_by_id IS NOT NULL
            """,
            [state],
        )
        assert len(found) > 1
        assert {(row["submitted"], row["approved"]) for row in found} == {("ana", "ben")}
    waiting = "SELECT count(*) FROM integration_ownership WHERE state = 'in_review'"
    assert demo.scalar(waiting) == 1


def test_conflicts_wait_for_the_data_steward(demo: Database) -> None:
    """A change of several fields and a new record, with both sides; one is settled already."""
    found = demo.run(
        ACTING
        + """
result = {
    one.kind: [one.state, one.compare()]
    for one in env["integration.conflict"].search([("state", "=", "open")])
}
""",
        login="dora",
    )
    assert set(found) == {"write", "create"}
    for state, compared in found.values():
        assert (state, compared["may_decide"], compared["refused"]) == ("open", True, "")
        assert len(compared["rows"]) > 3
        assert all(row["proposed"] for row in compared["rows"])
    assert all(row["odoo"] != row["proposed"] for row in found["write"][1]["rows"])
    settled = demo.sql("SELECT reason FROM integration_conflict WHERE state = 'settled'")
    assert len(settled) == 1
    assert settled[0]["reason"]


def test_what_the_register_owns_is_locked(demo: Database) -> None:
    """For people, and only where the ownership says so."""
    refused = demo.run(
        ACTING
        + """
from odoo.exceptions import UserError
result = []
partners = env["res.partner"]
mine = partners.create({"name": "A supplier of ours", "is_company": True})
for partner in (partners.search([("ref", "=", "SUP-1001")]), mine):
    try:
        partner.city = "Liège"
    except UserError as exc:
        result.append(str(exc))
""",
        login="dora",
    )
    assert len(refused) == 1
    assert refused[0].startswith("Supplier register is the system of record")


def test_muted_import_was_caught_up(demo: Database) -> None:
    (mute,) = demo.sql("SELECT id, state, told_count, gone_count FROM integration_event_mute")
    assert (mute["state"], mute["told_count"], mute["gone_count"]) == ("done", 9, 1)
    held = demo.sql(
        """
        SELECT m.state, m.held_reason, e.res_model FROM integration_message m
          JOIN integration_event e ON e.id = m.event_id WHERE e.mute_id = %s
        """,
        [mute["id"]],
    )
    assert [tuple(row.values()) for row in held] == [("held", "paused", "product.product")] * 9


def test_content_was_fetched(demo: Database) -> None:
    """A notification, what was asked for and what came of it; one waits, one says nothing."""
    found = demo.sql(
        """
        SELECT m.direction, m.causation_id IS NOT NULL AS caused, m.state, m.error_code
          FROM integration_message m JOIN integration_interface i ON i.id = m.interface_id
          JOIN integration_system s ON s.id = i.system_id WHERE s.code = 'PORTAL' ORDER BY m.id
        """
    )
    assert [tuple(row.values()) for row in found] == [
        ("inbound", False, "done", None),
        ("outbound", True, "done", None),
        ("inbound", True, "done", None),
        ("inbound", False, "done", None),
        ("inbound", False, "quarantined", "fetch_unnamed"),
        ("outbound", True, "held", None),
    ]
    city = demo.sql("SELECT city FROM res_partner WHERE ref = 'P-3077'")
    assert [row["city"] for row in city] == ["Mechelen"]


def test_partners_say_otherwise(demo: Database) -> None:
    """Helix confirms, announces and invoices; what differs waits for Bea and she may decide it."""
    found = demo.run(
        ACTING
        + """
result = [
    [one.kind, one.user_id.login]
    for one in env["integration.exception"].search(
        [("state", "=", "open"), ("res_model", "not in", ("ehr.charge", "ehr.requisition"))],
        order="id")
]
""",
        login="bea",
    )
    kinds = {"order_quantity", "order_price", "order_rejected", "invoice_price", "invoice_quantity"}
    assert {kind for kind, _who in found} == kinds
    assert {who for _kind, who in found} == {"bea"}
    told = demo.sql(
        "SELECT DISTINCT m.state FROM integration_message m "
        "JOIN integration_interface i ON i.id = m.interface_id "
        "JOIN integration_system s ON s.id = i.system_id WHERE s.code IN ('HELIX', 'MEDTRANS')"
    )
    assert [row["state"] for row in told] == ["done"]
    lots = demo.sql(
        "SELECT lot_name, package_name FROM integration_shipment_line WHERE lot_name IS NOT NULL"
    )
    assert {row["lot_name"] for row in lots} == {"C-2291", "C-2305"}
    assert all(row["package_name"] for row in lots)
    statuses = demo.sql("SELECT status FROM integration_shipment_event ORDER BY occurred_at")
    assert [row["status"] for row in statuses] == ["picked_up", "in_transit", "exception"]
    (bill,) = demo.sql("SELECT state, ref FROM account_move WHERE dispute_state = 'disputed'")
    assert bill == {"state": "posted", "ref": "RE-9098"}


def test_charges_are_drafted_credited_and_one_waits(demo: Database) -> None:
    states = demo.sql("SELECT DISTINCT state FROM ehr_charge")
    # Those of the invoice that a payer was asked to pay are invoiced.
    assert {row["state"] for row in states} == {"drafted", "invoiced", "credited", "waiting"}
    kinds = demo.sql(
        "SELECT DISTINCT kind FROM integration_exception WHERE res_model = 'ehr.charge'"
    )
    assert [row["kind"] for row in kinds] == ["charge_price"]


def test_the_hospital_finds_its_goods_and_its_connection(demo: Database) -> None:
    """Also where there is no key ring, and once, however often the data is loaded."""
    on_hand = (
        "SELECT p.default_code, l.name AS place, sum(q.quantity) AS there FROM stock_quant q "
        "JOIN product_product p ON p.id = q.product_id JOIN stock_location l ON l.id = "
        "q.location_id WHERE l.usage = 'internal' GROUP BY 1, 2 ORDER BY 1, 2"
    )
    before = demo.sql(on_hand)
    there = {(row["default_code"], row["place"]): row["there"] for row in before}
    assert there["IMP-HIP", "Sterile store"] == there["IMP-KNEE", "Sterile store"] == 150
    assert there["MED-PARA", "Ward 3W"] == 10000
    rules = (
        "SELECT l.message_type FROM integration_routing_line l JOIN integration_routing r "
        "ON r.id = l.routing_id WHERE r.code = 'demo_hospital' ORDER BY 1"
    )
    types = [row["message_type"] for row in demo.sql(rules)]
    assert {"ADT^A01", "SIU^S12", "RDS^O13", "ORU^R01", "OMS^O05", "DFT^P03"} <= set(types)
    demo.run(
        """
env["integration.demo"]._load_ehr_hospital()
env["integration.demo"]._load_ehr_hospital_charges()
"""
    )
    assert demo.sql(on_hand) == before
    assert [row["message_type"] for row in demo.sql(rules)] == types
    bound = demo.sql(
        "SELECT r.code FROM integration_interface i JOIN integration_routing r "
        "ON r.id = i.routing_id WHERE i.mllp_port = 2575"
    )
    assert [row["code"] for row in bound] == ["demo_hospital"]


def test_what_waits_in_the_house(demo: Database) -> None:
    states = demo.sql("SELECT DISTINCT state FROM procurement_stock_threshold")
    assert {row["state"] for row in states} == {"ok", "breached"}
    (check,) = demo.sql("SELECT state, reminded FROM purchase_budget_check")
    assert check == {"state": "asked", "reminded": True}
    counted = demo.run(
        """
(report,) = env["integration.readiness"].search([])
result = [report.interface_id.name, report.blocking_count]
"""
    )
    assert counted[0] == "Items for the ward cabinets"
    assert counted[1] > 0
    candidates = demo.run(
        ACTING
        + """
(asked,) = env["integration.duplicate"].search([("is_open", "=", True)])
result = asked.candidate_ids.mapped("record_name")
""",
        login="dora",
    )
    assert candidates == ["Helix Diagnostics"]
    leavers = demo.sql("SELECT state, access_state FROM integration_leaver ORDER BY last_day")
    assert [tuple(row.values()) for row in leavers] == [("left", "open"), ("planned", "none")]


def test_legal_holds(demo: Database) -> None:
    found = demo.sql("SELECT state, lift_reason FROM integration_legal_hold ORDER BY id")
    assert [row["state"] for row in found] == ["draft", "in_review"]
    assert found[1]["lift_reason"]
    covered = demo.run(
        """
result = [hold.covered for hold in env["integration.legal.hold"].search([], order="id")]
"""
    )
    assert all(int(count) > 0 for count in covered)


def test_content_can_be_read(demo: Database) -> None:
    contents = demo.run("result = env['integration.payload'].search([]).mapped('content')")
    assert len(contents) > 20
    assert not [content for content in contents if "cannot be read" in content]


def test_drains_leave_the_story_alone(demo: Database) -> None:
    """Running jobs must not spoil it: nothing is sent, handled or returned."""
    before = demo.sql(STATES)
    demo.run(DRAIN_ALL)
    assert demo.sql(STATES) == before


@pytest.mark.long
def test_loading_it_again_changes_nothing(demo: Database) -> None:
    before = demo.sql(STATES)
    audited = demo.scalar("SELECT count(*) FROM integration_audit_entry")
    demo.run(
        """
env["integration.demo"]._load_core()
env["integration.demo"]._load_procurement()
env["integration.demo"]._load_partners_say()
env["integration.demo"]._load_hr()
"""
    )
    demo.upgrade(["integration_core"])
    assert demo.sql(STATES) == before
    assert demo.scalar("SELECT count(*) FROM integration_audit_entry") == audited


def test_mapping_the_missing_value_lets_the_laboratory_go_on(demo: Database) -> None:
    """What Ana does in the browser: two messages wait for one unit, and end in the stock."""
    waiting = "SELECT state, res_model, res_id FROM integration_message WHERE uuid = ANY(%s)"
    before = demo.sql(STATES)
    done = demo.run(
        ACTING
        + """
from odoo.addons.integration_core.demo.ledger import Ledger
uuids = [Ledger(env).uuid(name) for name in ("lab-unmapped-1", "lab-unmapped-2")]
messages = env["integration.message"].search([("uuid", "in", uuids)])
(row,) = messages.unmapped_values()["values"]
maps = env["integration.value.map"]
mapped = maps.map_values(
    [{"map_id": row["map_id"], "value": row["value"], "target": "BO",
      "message_id": row["message_id"]}])
maps = maps.browse(mapped["map_ids"])
result = [uuids, row["value"], row["count"], maps.count_waiting(), maps.reprocess_waiting()]
""",
        login="ana",
    )
    uuids, value, count, counted, reprocessed = done
    assert (value, count) == ("BTL", 2)
    # The third waits for a unit that is proposed only.
    assert (counted["waiting"], counted["ready"]) == (3, 2)
    assert (reprocessed["retried"], reprocessed["left"]) == (2, 1)
    demo.run(DRAIN_ALL)
    handled = demo.sql(waiting, [uuids])
    assert {(row["state"], row["res_model"]) for row in handled} == {("done", "stock.picking")}
    transfers = demo.sql(
        "SELECT state FROM stock_picking WHERE id = ANY(%s)", [[row["res_id"] for row in handled]]
    )
    assert [row["state"] for row in transfers] == ["done", "done"]
    left = demo.run(
        """
place = env.ref("integration_procurement.location_chemistry")
items = env["product.product"].with_context(location=place.id)
result = {
    item.default_code: item.qty_available
    for item in items.search([("default_code", "=like", "BUFFER-%")])
}
"""
    )
    assert left == {"BUFFER-A": 37, "BUFFER-B": 39}
    after = {row["uuid"]: row for row in demo.sql(STATES)}
    assert [row for row in before if row["uuid"] not in uuids and after[row["uuid"]] != row] == []

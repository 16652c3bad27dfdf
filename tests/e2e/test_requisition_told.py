"""What becomes of orders is told to who placed them, over the real listener and the real sender."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Suite, running_suite
from tests.e2e.mllp_peer import Peer
from tests.e2e.mllp_receiver import MllpReceiver, ack
from tests.e2e.mllp_stage import Hospital, Inbound
from tests.harness import Client, Database, wait_until
from tests.unit.wire_server import Authority

_STORE = """
warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
stock = warehouse.lot_stock_id
product = env["product.product"].create(
    {"name": "Gloves", "default_code": "GLV", "type": "consu", "is_storable": True})
env["stock.quant"]._update_available_quantity(product, stock, 100)
ward = env["stock.location"].create(
    {"name": "4W", "usage": "internal", "location_id": warehouse.view_location_id.id})
env["ehr.supply.route"].create({
    "name": "Ward 4W", "code": "4W", "source_location_id": stock.id,
    "destination_location_id": ward.id, "picking_type_id": warehouse.int_type_id.id})
place = env["ehr.location"].create({
    "facility": "MAIN", "point_of_care": "LAB", "kind": "other", "stock_location_id": stock.id})
outside = env["res.partner"].create({"name": "Genome Lab", "is_company": True})
work = env["product.product"].create(
    {"name": "Sequencing", "type": "service", "supplier_taxes_id": False})
env["ehr.case.kit"].create({
    "name": "Genome", "kind": "test", "code": "GENOME", "place_id": place.id,
    "line_ids": [(0, 0, {"product_id": work.id, "quantity": 1, "supplier_id": outside.id})]})
env.ref("integration_ehr_supply.value_map_hl7_test").line_ids = [
    (0, 0, {"source": "81247-9", "target": "GENOME"})]
groups = ("integration_ehr_bridge.group_feed", "stock.group_stock_user",
          "purchase.group_purchase_user")
user = env["res.users"].create({"name": "Orders", "login": "orders", "group_ids": [
    (4, env.ref(group).id) for group in groups]})
routing = env["integration.routing"].create({"name": "Orders and tests", "code": "orders"})
for code in ("hl7_v2_supply", "hl7_v2_usage"):
    routing._take_rules(env["integration.routing"].search([("code", "=", code)]))
routing.action_submit()
routing.action_approve()
result = [user.id, routing.id]
"""
_TELL = """
system = env["integration.system"].search([("code", "=", "EHR")])
policy = env.ref("integration_ehr_bridge.policy_hl7").copy({"name": mapping})
made = env["integration.interface"].create({
    "name": mapping, "system_id": system.id, "direction": "outbound", "transport": "mllp",
    "allowed_networks": "127.0.0.0/8, ::1", "policy_id": policy.id, "hl7_application": "ODOO",
    "mapping_id": env.ref(f"integration_ehr_supply.mapping_hl7_{mapping}").id,
    "event_type_ids": [(6, 0, env.ref(f"integration_ehr_supply.event_type_{event}").ids)],
    **values})
made.action_submit()
made.action_approve()
made.action_activate()
result = made.id
"""


@dataclass(frozen=True)
class World:
    """A system that orders, a storekeeper, and the interface that tells what became of it.

    :ivar told: id of the interface to ``receiver``
    """

    suite: Suite
    hospital: Hospital
    feed: Inbound
    keeper: Client
    receiver: MllpReceiver
    told: int

    def ask(self, control_id: str, kind: str, *segments: str) -> Any:
        """Send an order and return its answer."""
        head = f"MSH|^~\\&|CARE|MAIN|ODOO|HUB|20261101120000||{kind}|{control_id}|P|2.5.1"
        with Peer(self.feed.port) as peer:
            return peer.ask(("\r".join([head, *segments]) + "\r").encode())

    def order(self, number: str, quantity: int = 10) -> int:
        """An order of gloves that arrives over the listener; its requisition."""
        rqd = f"RQD|1|GLV|||{quantity}|EA|||4W"
        answer = self.ask(f"C-{number}", "OMS^O05^OMS_O05", f"ORC|NW|{number}^CARE", rqd)
        assert (answer.code, answer.field("ORC", 5)) == ("AA", "IP"), answer.raw
        (line,) = self.keeper.call(
            "ehr.requisition.line",
            "search_read",
            [["order_number", "=", number]],
            ["requisition_id"],
        )
        return line["requisition_id"][0]

    def deliver(self, requisition: int) -> None:
        """The storekeeper hands out what was set aside."""
        (row,) = self.keeper.call("ehr.requisition", "read", [requisition], ["picking_ids"])
        self.keeper.call("stock.picking", "button_validate", row["picking_ids"])

    def requisition(self, requisition: int) -> dict[str, Any]:
        """What the storekeeper sees."""
        names = ["state", "integration_sync_state", "integration_sync_reason"]
        return self.keeper.call("ehr.requisition", "read", [requisition], names)[0]

    def message(self, requisition: int) -> dict[str, Any] | None:
        """The newest message that tells of a requisition."""
        rows = [
            row
            for row in self.suite.ledger.messages(self.told)
            if (row["res_model"], row["res_id"]) == ("ehr.requisition", requisition)
        ]
        return rows[-1] if rows else None

    def wait(self, requisition: int, *states: str) -> dict[str, Any]:
        """The message that tells of a requisition, once it is in one of these states."""
        return wait_until(
            lambda: (row := self.message(requisition)) and row["state"] in states and row,
            timeout=60,
            what=f"a message that is {states}: {self.message(requisition)}",
        )


@pytest.fixture(scope="module")
def world(database: Database) -> Iterator[World]:
    # One job at a time, as on the smallest machine: orders, events and messages take turns.
    with (
        running_suite(database, workers=2, channels="root:1") as suite,
        database.shell() as shell,
        database.listener() as listener,
        MllpReceiver() as receiver,
    ):
        hospital = Hospital(database, shell, listener)
        user, routing = shell.run(_STORE)
        feed = hospital.interface(user_id=user, routing_id=routing, hl7_respond_deadline=60)
        suite.office.user("store", "stock.group_stock_user")
        told = shell.run(
            _TELL,
            mapping="requisition_status",
            event="requisition_changed",
            values={"url": receiver.url},
        )
        keeper = suite.server.login("store", "store")
        yield World(suite, hospital, feed, keeper, receiver, told)
        errors = [*listener.errors(), *suite.server.errors()]
    assert not errors, "errors were logged:\n" + "\n".join(errors)


def segments(text: str, name: str) -> list[list[str]]:
    return [one.split("|") for one in text.split("\r") if one.startswith(f"{name}|")]


def test_what_the_store_delivers_is_told_with_the_number_of_the_order(world: World) -> None:
    requisition = world.order("PO1")
    assert world.requisition(requisition)["integration_sync_state"] is False
    world.deliver(requisition)
    assert world.wait(requisition, "done")["error_code"] is None
    (one,) = world.receiver.received
    assert one.text.split("\r")[0].split("|")[8] == "OMS^O05^OMS_O05"
    ((_orc, control, placer, filler, _group, status, *_rest),) = segments(one.text, "ORC")
    assert (control, placer, status) == ("SC", "PO1^CARE", "CM")
    assert filler.endswith("^ODOO")
    (rqd,) = segments(one.text, "RQD")
    assert (rqd[2], rqd[5:7]) == ("GLV", ["10", "EA"])
    seen = world.requisition(requisition)
    assert (seen["state"], seen["integration_sync_state"]) == ("done", "synchronised")


@pytest.mark.parametrize("code", ["AE", "AR"])
def test_what_the_receiver_refuses_is_seen_at_the_requisition(world: World, code: str) -> None:
    requisition = world.order(f"PO-{code}")
    world.receiver.replies.append(lambda identifier: ack(identifier, code))
    world.deliver(requisition)
    refused = world.wait(requisition, "quarantined")
    assert (refused["error_code"], refused["fault"]) == (f"hl7_{code.lower()}", "partner")
    seen = world.requisition(requisition)
    assert (seen["state"], seen["integration_sync_state"]) == ("done", "failed")
    assert seen["integration_sync_reason"]
    failed = world.keeper.call(
        "ehr.requisition", "search", [["integration_sync_state", "=", "failed"]]
    )
    assert failed == [requisition]
    world.suite.admin.call("integration.message", "action_retry", [refused["id"]])
    world.wait(requisition, "done")
    assert world.requisition(requisition)["integration_sync_state"] == "synchronised"


def test_what_a_supplier_does_of_a_test_is_told(world: World, tmp_path: Path) -> None:
    authority = Authority.make()
    with MllpReceiver(tls=authority.server_context(tmp_path, "localhost")) as receiver:
        told = world.hospital.shell.run(
            _TELL,
            mapping="outsourced",
            event="outsourced_changed",
            values={
                "url": receiver.url,
                "mllp_ca": authority.pem,
                "data_class": "clinical",
            },
        )
        answer = world.ask(
            "T1",
            "OML^O21^OML_O21",
            "PV1|1|I|LAB^^^MAIN",
            "ORC|NW|O-5512^CARE|L-20188^LIS",
            "OBR|1|O-5512^CARE|L-20188^LIS|81247-9^Genome analysis^LN",
        )
        assert answer.code == "AA", answer.raw
        orders = wait_until(
            lambda: world.suite.database.sql(
                "SELECT order_id FROM purchase_order_line WHERE ehr_kit_request_id IS NOT NULL"
            ),
            what="a request for quotation",
        )
        world.suite.admin.call("purchase.order", "button_confirm", [orders[0]["order_id"]])
        wait_until(
            lambda: world.suite.ledger.states(told) == {"done": 1},
            what=f"the status: {world.suite.ledger.states(told)}",
        )
        (one,) = receiver.received
    ((_orc, control, placer, filler, _group, status, *_rest),) = segments(one.text, "ORC")
    assert (control, placer, filler, status) == ("SC", "O-5512", "L-20188", "IP")
    assert segments(one.text, "OBR")[0][4] == "GENOME^^L"


def test_an_address_that_is_not_allowed_holds_messages_and_says_so(world: World) -> None:
    """They stay queued, untried: what is mended sends them."""
    with MllpReceiver() as receiver:
        told = world.hospital.shell.run(
            _TELL,
            mapping="requisition_status",
            event="requisition_changed",
            values={"name": "Guarded", "url": receiver.url, "allowed_networks": False},
        )
        world.deliver(world.order("PO-G"))
        blocked = wait_until(
            lambda: world.suite.office.read("integration.interface", told, "blocked_reason")[
                "blocked_reason"
            ],
            what="the interface that says what stands in the way",
        )
        assert "allowed networks" in blocked
        assert world.suite.ledger.states(told) == {"queued": 1}
        world.hospital.shell.run(
            "env['integration.interface'].browse(told)._write_approved(values)",
            told=told,
            values={"allowed_networks": "127.0.0.0/8"},
        )
        wait_until(
            lambda: world.suite.ledger.states(told) == {"done": 1},
            what=f"the message: {world.suite.ledger.states(told)}",
        )
        assert len(receiver.received) == 1

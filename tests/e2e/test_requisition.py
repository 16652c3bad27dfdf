"""Orders of supplies over the wire: the answer says of each line what becomes of it."""

from collections.abc import Iterator

import pytest

from tests.e2e.mllp_peer import Ack, Peer
from tests.e2e.mllp_stage import Hospital, Inbound, hospital
from tests.harness import Database

_STORE = """
warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
stock = warehouse.lot_stock_id
products = env["product.product"].create([
    {"name": code, "default_code": code, "type": "consu", "is_storable": True}
    for code in ("GLV", "MSK")])
for product, quantity in zip(products, (100, 4)):
    env["stock.quant"]._update_available_quantity(product, stock, quantity)
ward = env["stock.location"].create(
    {"name": "4W", "usage": "internal", "location_id": warehouse.view_location_id.id})
env["ehr.supply.route"].create({
    "name": "Ward 4W", "code": "4W", "source_location_id": stock.id,
    "destination_location_id": ward.id, "picking_type_id": warehouse.int_type_id.id})
user = env["res.users"].create({"name": "Orders", "login": "orders", "group_ids": [
    (4, env.ref("integration_ehr_bridge.group_feed").id),
    (4, env.ref("stock.group_stock_user").id)]})
result = [user.id, env.ref("integration_ehr_supply.routing_hl7_v2_supply").id]
"""
_TRANSFERS = """
lines = env["ehr.requisition.line"].search([("order_number", "=", number)])
result = [[move.product_id.default_code, move.product_uom_qty, move.quantity, move.state]
          for move in lines.move_ids.sorted("id")]
"""
_PICK = """
lines = env["ehr.requisition.line"].search([("order_number", "=", number)])
lines.move_ids.picked = True
"""


@pytest.fixture(scope="module")
def world(database: Database) -> Iterator[Hospital]:
    with database.server(workers=2, channels="root:1"), hospital(database) as world:
        yield world
        errors = world.listener.errors()
    assert not errors, "the listener logged errors:\n" + "\n".join(errors)


@pytest.fixture(scope="module")
def feed(world: Hospital) -> Inbound:
    user, routing = world.shell.run(_STORE)
    return world.interface(user_id=user, routing_id=routing, hl7_respond_deadline=60)


def order(control_id: str, *segments: str, kind: str = "OMS^O05^OMS_O05") -> bytes:
    head = f"MSH|^~\\&|CARE|MAIN|ODOO|HUB|20261101120000||{kind}|{control_id}|P|2.5.1"
    return ("\r".join([head, *segments]) + "\r").encode()


def controls(answer: Ack) -> list[tuple[str, str]]:
    return [(one[1], one[5]) for one in answer.segments if one[0] == "ORC"]


def test_an_order_is_answered_line_by_line(world: Hospital, feed: Inbound) -> None:
    gloves = ["ORC|NW|PO1^CARE", "RQD|1|GLV|||10|EA|||4W"]
    masks = ["ORC|NW|PO1^CARE", "RQD|2|MSK|||10|EA|||4W"]
    message = order("O1", *gloves, *masks)
    with Peer(feed.port) as peer:
        answer = peer.ask(message)
        assert answer.field("MSH", 9) == "ORS^O06^ORS_O06", answer.raw
        assert (answer.code, answer.control_id) == ("AA", "O1")
        assert controls(answer) == [("OK", "IP"), ("OK", "IP")]
        supplied = [one[5:7] for one in answer.segments if one[0] == "RQD"]
        assert supplied == [["10", "EA"], ["4", "EA"]]
        assert answer.field("NTE", 3) == "6 EA"
        assert world.shell.run(_TRANSFERS, number="PO1") == [
            ["GLV", 10, 10, "assigned"],
            ["MSK", 10, 4, "partially_available"],
        ]
        # The same message, and the same order in another one.
        assert peer.ask(message).raw == answer.raw
        again = peer.ask(order("O2", *gloves, *masks))
        assert controls(again) == controls(answer)
        assert again.control_id == "O2"
    assert len(world.shell.run(_TRANSFERS, number="PO1")) == 2


def test_a_cancellation_that_comes_too_late(world: Hospital, feed: Inbound) -> None:
    with Peer(feed.port) as peer:
        peer.ask(order("C1", "ORC|NW|PO2", "RQD|1|GLV|||3|EA|||4W"))
        world.shell.run(_PICK, number="PO2")
        answer = peer.ask(order("C2", "ORC|CA|PO2"))
        assert (answer.code, controls(answer)) == ("AA", [("UC", "IP")])
        assert answer.field("ORC", 16) == "already_picked^Is picked already^L"


def test_what_cannot_be_handled_names_the_field(world: Hospital, feed: Inbound) -> None:
    with Peer(feed.port) as peer:
        answer = peer.ask(order("E1", "ORC|NW|PO3", "RQD|1|GLV|||3||||4W"))
        assert answer.code == "AE"
        assert "RQD-6" in answer.field("ERR", 8)
        answer = peer.ask(order("E2", "ORC|NW|PO4", "RQD|1|GLV|||3|EA|||9W"))
        assert (answer.code, answer.field("ERR", 7)) == ("AE", "unknown_location")
    assert world.shell.run(_TRANSFERS, number="PO3") == []


def test_orders_of_other_types(world: Hospital, feed: Inbound) -> None:
    with Peer(feed.port) as peer:
        answer = peer.ask(
            order("T1", "ORC|NW|PO5", "RQD|1|GLV|||1|EA|||4W", kind="OMN^O07^OMN_O07")
        )
        assert answer.field("MSH", 9) == "ORN^O08^ORN_O08"
        # Of others it is only told that they are stored, unless the interface says otherwise.
        answer = peer.ask(
            order("T2", "ORC|NW|PO6", "RQD|1|GLV|||1|EA|||4W", kind="ORM^O01^ORM_O01")
        )
        assert answer.field("MSH", 9) == "ACK^O01^ACK"

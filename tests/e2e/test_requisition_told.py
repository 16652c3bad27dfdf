"""What becomes of an order is told to who placed it, over the real sender."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.conftest import EAGER, Suite, running_suite
from tests.e2e.mllp_peer import Peer
from tests.e2e.mllp_receiver import MllpReceiver, ack
from tests.e2e.mllp_stage import Hospital, Inbound
from tests.harness import Client, Database, wait_until

_STORE = """
warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
product = env["product.product"].create(
    {"name": "Gloves", "default_code": "GLV", "type": "consu", "is_storable": True})
env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, 100)
ward = env["stock.location"].create(
    {"name": "4W", "usage": "internal", "location_id": warehouse.view_location_id.id})
env["ehr.supply.route"].create({
    "name": "Ward 4W", "code": "4W", "source_location_id": warehouse.lot_stock_id.id,
    "destination_location_id": ward.id, "picking_type_id": warehouse.int_type_id.id})
user = env["res.users"].create({"name": "Orders", "login": "orders", "group_ids": [
    (4, env.ref("integration_ehr_bridge.group_feed").id),
    (4, env.ref("stock.group_stock_user").id)]})
result = [user.id, env.ref("integration_ehr_supply.routing_hl7_v2_supply").id]
"""
_TELL = """
system = env["integration.system"].search([("code", "=", "EHR")])
policy = env.ref("integration_ehr_bridge.policy_hl7").copy({"name": name, **policy})
made = env["integration.interface"].create({
    "name": name, "system_id": system.id, "direction": "outbound", "transport": "mllp",
    "url": url, "allowed_networks": "127.0.0.0/8", "policy_id": policy.id,
    "data_class": "clinical", "hl7_application": "ODOO", "latency_class": "realtime",
    "mapping_id": env.ref("integration_ehr_supply.mapping_hl7_requisition_status").id,
    "event_type_ids": [(6, 0, env.ref("integration_ehr_supply.event_type_requisition_changed").ids)],
})
made.action_submit()
made.action_approve()
made.action_activate()
result = made.id
"""


@dataclass(frozen=True)
class World:
    """A ward's system that orders, and a storekeeper who delivers."""

    suite: Suite
    hospital: Hospital
    feed: Inbound
    keeper: Client


@pytest.fixture(scope="module")
def world(database: Database) -> Iterator[World]:
    with (
        database.server(workers=2, channels="root:1") as server,
        database.shell() as shell,
        database.listener() as listener,
    ):
        from tests.e2e.ledger import Ledger
        hospital = Hospital(database, shell, listener)
        user, routing = shell.run(_STORE)
        feed = hospital.interface(user_id=user, routing_id=routing, hl7_respond_deadline=60)
        made = shell.run(_TELL, name="told", url="mllp://127.0.0.1:1", policy={})
        admin = server.login()
        yield World(admin, hospital, feed, None)


def order(control_id: str, *segments: str) -> bytes:
    head = f"MSH|^~\\&|CARE|MAIN|ODOO|HUB|20261101120000||OMS^O05^OMS_O05|{control_id}|P|2.5.1"
    return ("\r".join([head, *segments]) + "\r").encode()


def test_repro(world: World) -> None:
    from tests.e2e.ledger import Ledger
    with MllpReceiver() as receiver:
        interface = world.hospital.shell.run(_TELL, name="told2", url=receiver.url, policy={})
        with Peer(world.feed.port) as peer:
            print(peer.ask(order("O1", "ORC|NW|PO1^CARE", "RQD|1|GLV|||10|EA|||4W")).raw)
        world.hospital.shell.run("""
picking = env["ehr.requisition.line"].search([("order_number", "=", "PO1")]).move_ids.picking_id
picking.move_ids.picked = True
picking.button_validate()
""")
        ledger = Ledger(world.hospital.database)
        import time
        for _ in range(25):
            time.sleep(1)
            print(ledger.states(interface), len(receiver.received), world.hospital.database.sql("select interface_id, kind, number, wanted, woken_at, lease_until, scheduled_at, slow from integration_lane where wanted or lease_until is not null"), world.hospital.database.sql("select name, state, channel, eta, exc_info from queue_job where state not in ('done')"))
        for row in ledger.messages(interface): print(row)
        print([one.text for one in receiver.received])

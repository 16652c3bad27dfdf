"""What wards have ordered: handled as messages are, so that transfers and answers are real."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from odoo import api, fields
from odoo.fields import Command

from odoo.addons.integration_core.demo.ledger import Ledger, Story
from odoo.addons.integration_core.demo.people import acting
from odoo.addons.integration_core.engine import keys
from odoo.addons.integration_core.engine.inbound_batch import Received

MODULE = "integration_ehr_supply"
STOCK = {"product_infusion": 60, "product_dressing": 30}
#: Order: minutes ago, type of the message, ward, items with quantities and units.
ORDERS: dict[str, tuple[int, str, str, list[tuple[str, str, str]]]] = {
    "PO-2001": (600, "OMS^O05", "3W", [("INF-LINE", "1", "BX"), ("DRS-10", "10", "C62")]),
    "PO-2002": (240, "OMS^O05", "4W", [("DRS-10", "2", "BX")]),
    "PO-2003": (90, "OMS^O05", "3W", [("DRS-10", "15", "C62")]),
    "PO-2004": (60, "OMN^O07", "4W", [("MAT-AIR", "1", "C62")]),
    "PO-2005": (15, "OMS^O05", "4W", [("INF-LINE", "12", "C62")]),
}
KINDS = {"OMS^O05": "stock", "OMN^O07": "non_stock"}


def tell(env: api.Environment) -> None:
    """Let the wards order; harmless when it was done before."""
    if not keys.optional_ring(env.cr):
        return  # what is clinical is kept encrypted or not at all
    ledger = Ledger(env)
    if ledger.is_told("requisition-PO-2001"):
        return
    interface = env.ref(f"{MODULE}.interface_ehr_supply")
    if interface.state == "draft":
        interface.with_env(acting(env, "ana")).action_submit()
        interface.with_env(acting(env, "ben")).action_approve()
        interface.with_env(acting(env, "ana")).action_activate()
    stock = env.ref("stock.warehouse0").lot_stock_id
    for name, quantity in STOCK.items():
        env["stock.quant"]._update_available_quantity(env.ref(f"{MODULE}.{name}"), stock, quantity)
    for number in ORDERS:
        if number == "PO-2005":
            _by_hand(env)
        _order(env, ledger, interface, number)
    _deliver(env, "PO-2001")


def _order(env: api.Environment, ledger: Ledger, interface: Any, number: str) -> None:
    minutes, type_, _ward, _items = ORDERS[number]
    data = _content(number, ledger.now - timedelta(minutes=minutes))
    story = Story(f"requisition-{number}", "done", minutes, type_, data)
    message_id = ledger.tell(interface, story)
    uuid = ledger.uuid(f"requisition-{number}")
    received = Received(message_id, uuid, type_, number, None, interface.system_id.id)
    company = interface.company_id
    handler = env["integration.handler.ehr_requisition"].with_user(interface.user_id)
    record = handler.with_company(company)._process(received, data)
    env.flush_all()
    env.cr.execute(
        "UPDATE integration_message SET res_model = %s, res_id = %s WHERE id = %s",
        [record._name, record.id, message_id],
    )


def _content(number: str, moment: Any) -> dict[str, Any]:
    _minutes, type_, ward, items = ORDERS[number]
    return {
        "kind": KINDS[type_],
        "sent_at": f"{moment:%Y-%m-%dT%H:%M:%S}Z",
        "orders": [
            {
                "action": "new",
                "order": {"number": number, "assigner": "CARE"},
                "set_id": str(place),
                "items": [item],
                "quantity": quantity,
                "unit": unit,
                "deliver_to": ward,
                "needed_by": f"{moment + timedelta(hours=4):%Y-%m-%dT%H:%M:%S}Z",
            }
            for place, (item, quantity, unit) in enumerate(items, 1)
        ],
    }


def _by_hand(env: api.Environment) -> None:
    """The storekeeper entered what the ward phoned in; then the feed came back."""
    stan = env(user=env.ref(f"{MODULE}.demo_user_stan").id)
    made = stan["ehr.requisition"].create(
        {
            "route_id": env.ref(f"{MODULE}.route_4w").id,
            "ordered_at": fields.Datetime.now() - timedelta(minutes=40),
            "hand_reason": "Feed down since 7:40",
            "line_ids": [
                Command.create(
                    {"product_id": env.ref(f"{MODULE}.product_infusion").id, "quantity": 12}
                )
            ],
        }
    )
    made.action_supply()


def _deliver(env: api.Environment, number: str) -> None:
    """What was there went to the ward."""
    lines = env["ehr.requisition.line"].search([("order_number", "=", number)])
    picking = lines.move_ids.picking_id
    picking.move_ids.picked = True
    picking.with_context(skip_backorder=True).button_validate()

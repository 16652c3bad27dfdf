"""What became of the orders to PharmaDirect, whose interface is paused."""

from __future__ import annotations

from datetime import timedelta

from odoo import api, fields
from odoo.models import BaseModel

from odoo.addons.integration_core.demo.ledger import Ledger, Story
from odoo.addons.integration_core.demo.people import acting

from . import transports

TYPE = "procurement.purchase_order.confirmed"
UNIT = (
    "contract",
    "contract_violation",
    "The content does not have the agreed shape. /lines/0/unit: must be a string",
)
DOWN = ("transient", "http_503", "The partner answers: service unavailable (HTTP 503).")
REFUSED = ("permanent", "http_409", "The partner refused the message: HTTP 409.")

# order: state of its message, status of the order, attempts, error, HTTP status, hours ago
ORDERS = {
    "synchronised": ("done", "synchronised", 1, None, 202, 76),
    "waiting": ("done", "waiting", 2, None, 202, 30),
    "failed": ("dead", "failed", 1, REFUSED, 409, 52),
    "unit": ("quarantined", "failed", 1, UNIT, None, 26),
    "conflict": ("done", "conflict", 1, None, 202, 50),
    "held": ("held", "pending", 0, None, None, 3),
    "retried": ("held", "pending", 3, DOWN, 503, 5),
    "cancelled": ("cancelled", "cancelled", 1, DOWN, 503, 100),
}


def tell(env: api.Environment) -> None:
    """Confirm the orders and write their messages; harmless when it was done before."""
    ledger = Ledger(env)
    if ledger.is_told("order-synchronised"):
        return
    interface = env.ref("integration_procurement.interface_pharmadirect_orders")
    event_type = env.ref("integration_procurement.event_type_purchase_order_confirmed")
    oldest_first = sorted(ORDERS.items(), key=lambda item: -item[1][-1])
    for name, (state, status, attempts, error, http, hours) in oldest_first:
        order = env.ref(f"integration_procurement.purchase_order_pharma_{name}")
        order.button_confirm()
        values = {"held_reason": "paused"} if state == "held" else {}
        if state == "cancelled":
            values["resolution"] = "Ordered by phone, as the fallback says"
        ledger.tell(
            interface,
            Story(
                f"order-{name}",
                state,
                hours * 60,
                TYPE,
                order._integration_canonical(),
                order,
                attempts=attempts,
                error=error,
                status=http,
                key=order.name,
                values=values,
                sync=status,
            ),
            event_type,
        )
    _conflict(env)
    transports.tell(env)
    _proposal(env, interface)
    links = env["integration.record.link"]
    for name, external_id in (("synchronised", "PD-2026-0117"), ("waiting", "PD-2026-0131")):
        order = env.ref(f"integration_procurement.purchase_order_pharma_{name}")
        links._link(interface.system_id.id, order, external_id)
    env["integration.record.sync"]._touched_changed()


def _conflict(env: api.Environment) -> None:
    """The supplier confirmed another quantity than was ordered; no message says so, people do."""
    order = env.ref("integration_procurement.purchase_order_pharma_conflict")
    env.cr.execute(
        "UPDATE integration_record_sync SET reason = %s WHERE res_model = %s AND res_id = %s",
        [
            "The supplier confirmed another quantity than was ordered.",
            order._name,
            order.id,
        ],
    )


def _proposal(env: api.Environment, interface: BaseModel) -> None:
    """Ana proposes the address after the move; Ben has not looked at the differences yet."""
    # What is in force was approved as a whole, by Ben: the first revision.
    ben = env.ref("integration_core.demo_user_ben")
    env["integration.revision"]._approved_as_a_whole(interface.with_user(ben))
    as_ana = interface.with_env(acting(env, "ana"))
    as_ana.action_propose_change()
    revision = as_ana.open_revision_id
    revision.proposal_id.write(
        {
            "url": "https://api.pharmadirect.example/v2/orders",
            "policy_id": env.ref("integration_procurement.policy_demo_patient").id,
            "runbook": "<p>HTTP 401: the secret was changed at one side only. "
            "Else call PharmaDirect.</p>",
        }
    )
    revision.write(
        {
            "summary": "PharmaDirect moves to its new data centre",
            "planned_at": fields.Datetime.now().replace(hour=4, minute=0, second=0)
            + timedelta(days=3),
            "notice": "Orders wait during the move, for an hour at most. Nothing is lost.",
        }
    )
    revision.action_submit()

"""Helix Diagnostics and its carrier answer to what Bea ordered, and not all is as agreed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from odoo import api, fields
from odoo.fields import Command
from odoo.models import BaseModel

from odoo.addons.integration_core.demo.people import QUIET, acting, named
from odoo.addons.integration_core.demo.service import in_service, receive, work_off

from . import bills

MODULE = "integration_procurement"
# name: title, system, handler, path of the key, what a failure means
INTERFACES = {
    "helix_confirmations": (
        "Order confirmations of Helix",
        "helix",
        "order_confirmation",
        "order_number",
        "Bea learns too late that something comes later, dearer or not at all.",
    ),
    "helix_notices": (
        "Shipping notices of Helix",
        "helix",
        "shipping_notice",
        "order_number",
        "Lots are typed in at the gate.",
    ),
    "helix_invoices": (
        "Invoices of Helix",
        "helix",
        "invoice",
        "number",
        "Invoices come by mail and are typed in.",
    ),
    "medtrans_statuses": (
        "Shipment statuses of MedTrans",
        "medtrans",
        "shipment_status",
        "tracking_reference",
        "The store asks by phone where deliveries are.",
    ),
}


def tell(env: api.Environment) -> None:
    """Let them say it; harmless when it was done before."""
    if env.ref(f"{MODULE}.interface_helix_confirmations", False):
        return
    interfaces = {name: _interface(env, name) for name in INTERFACES}
    everything = env["integration.interface"].union(*interfaces.values())
    as_ana = everything.with_env(acting(env, "ana"))
    as_ana.action_submit()
    everything.with_env(acting(env, "ben")).action_approve()
    as_ana.action_activate()
    with in_service(env):
        _confirm(env, interfaces["helix_confirmations"])
        _ship(env, interfaces["helix_notices"], interfaces["medtrans_statuses"])
        bills.tell(env, interfaces["helix_invoices"])


def as_bea(env: api.Environment) -> api.Environment:
    """``env`` with the rights of the buyer."""
    bea = env.ref(f"{MODULE}.demo_user_bea")
    return env(user=bea.id, context={**env.context, **QUIET})


def ordered(env: api.Environment, name: str, *lines: tuple[str, float, float]) -> BaseModel:
    """A confirmed order of Bea at Helix; ``lines`` are ``(product, quantity, price)``."""
    order = as_bea(env)["purchase.order"].create(
        {
            "partner_id": env.ref(f"{MODULE}.partner_helix").id,
            "user_id": env.ref(f"{MODULE}.demo_user_bea").id,
            "date_planned": _in_days(10),
            "order_line": [
                Command.create(
                    {
                        "product_id": env.ref(f"{MODULE}.product_{product}").id,
                        "product_qty": quantity,
                        "price_unit": price,
                        "date_planned": _in_days(10),
                    }
                )
                for product, quantity, price in lines
            ],
        }
    )
    named(order, f"{MODULE}.purchase_order_helix_{name}").button_confirm()
    return order.with_env(env)


def _interface(env: api.Environment, name: str) -> BaseModel:
    title, system, handler, key, impact = INTERFACES[name]
    interface = env["integration.interface"].create(
        {
            "name": title,
            "sequence": 14 + list(INTERFACES).index(name),
            "system_id": env.ref(f"{MODULE}.system_{system}").id,
            "direction": "inbound",
            "transport": "webhook",
            "handler": f"integration.handler.{handler}",
            "ordering_key_path": key,
            "credential_id": env.ref(f"{MODULE}.credential_{system}").id,
            "user_id": env.ref(f"{MODULE}.user_helix").id,
            "owner_id": env.ref("integration_core.demo_user_ana").id,
            "criticality": "medium",
            "latency_class": "near_realtime",
            "data_class": "internal",
            "expected_per_day": 30,
            "failure_impact": impact,
            "runbook": "<p>Compare the message with the order in Odoo, mend what is wrong, then "
            "retry.</p>",
        }
    )
    return named(interface, f"{MODULE}.interface_{name}")


def _confirm(env: api.Environment, interface: BaseModel) -> None:
    """Less than was ordered and dearer, one line as ordered, one not at all."""
    order = ordered(
        env, "answered", ("infusion", 400, 1.85), ("catheter", 60, 4.2), ("bandage", 100, 0.9)
    )
    changed, accepted, rejected = order.order_line
    promised = fields.Date.to_string(_in_days(10).date())
    body = {
        "order_number": order.name,
        "supplier_reference": "HX-40871",
        "currency": order.currency_id.name,
        "lines": [
            {
                "line_reference": str(changed.id),
                "status": "changed",
                "quantity": "300",
                "unit": changed.product_uom_id._integration_unit_code(),
                "unit_price": "1.98",
                "promised_date": promised,
            },
            {
                "line_reference": str(accepted.id),
                "status": "accepted",
                "quantity": "60",
                "unit": accepted.product_uom_id._integration_unit_code(),
                "unit_price": "4.2",
                "promised_date": promised,
            },
            {"line_reference": str(rejected.id), "status": "rejected"},
        ],
    }
    receive(env, interface, "helix-confirmation", body)
    work_off(env, interface)


def _ship(env: api.Environment, notices: BaseModel, statuses: BaseModel) -> None:
    """Two lots and a package are on their way, and the carrier has trouble with them."""
    order = ordered(env, "shipped", ("contrast", 40, 38.5), ("catheter", 120, 4.2))
    contrast, catheter = order.order_line
    # Nobody else is responsible for the receipt.
    order.picking_ids.user_id = order.user_id
    lot: dict[str, Any] = {
        "line_reference": str(contrast.id),
        "unit": contrast.product_uom_id._integration_unit_code(),
        "package": "340123450000000017",
    }
    year = fields.Date.today().year
    receive(
        env,
        notices,
        "helix-notice",
        {
            "notice_number": "DN-20417",
            "order_number": order.name,
            "carrier": "MedTrans",
            "tracking_reference": "MT-771204",
            "expected_at": _moment(days=2),
            "lines": [
                {**lot, "quantity": "25", "lot": "C-2291", "expiry_date": f"{year + 2}-03-31"},
                {**lot, "quantity": "15", "lot": "C-2305", "expiry_date": f"{year + 2}-06-30"},
                {
                    "line_reference": str(catheter.id),
                    "quantity": "120",
                    "unit": catheter.product_uom_id._integration_unit_code(),
                },
            ],
        },
    )
    work_off(env, notices)
    for status, hours, place, more in (
        ("picked_up", 30, "Ghent", {}),
        ("in_transit", 19, "Liège, depot", {}),
        (
            "exception",
            4,
            "Liège, depot",
            {
                "note": "The cooled van broke down; the goods go on tomorrow, cooled all the time.",
                "expected_at": _moment(days=3),
            },
        ),
    ):
        said = {
            "tracking_reference": "MT-771204",
            "status": status,
            "occurred_at": _moment(hours=-hours),
            "place": place,
            **more,
        }
        receive(env, statuses, f"medtrans-{status}", said)
        work_off(env, statuses)


def _in_days(days: int) -> Any:
    """The morning of a day ahead."""
    morning = fields.Datetime.now().replace(hour=8, minute=0, second=0)
    return morning + timedelta(days=days)


def _moment(**ahead: int) -> str:
    """A moment ahead, as messages write it."""
    moment = fields.Datetime.now().replace(minute=30, second=0) + timedelta(**ahead)
    return f"{moment.isoformat()}Z"

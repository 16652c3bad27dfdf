"""Two invoices of Helix: one is not what was ordered and received, the other is in dispute."""

from __future__ import annotations

from odoo import api, fields
from odoo.fields import Command
from odoo.models import BaseModel

from odoo.addons.integration_core.demo.service import receive, work_off

from . import partners_say


def tell(env: api.Environment, interface: BaseModel) -> None:
    """Order, receive, and let Helix invoice it."""
    _books(env)
    differs = partners_say.ordered(env, "invoiced", ("catheter", 100, 4.2))
    _receive_goods(differs, 80)
    _invoice(env, interface, differs, "RE-9114", "100", "4.45", "445")
    agreed = partners_say.ordered(env, "disputed", ("infusion", 200, 1.85))
    _receive_goods(agreed, 200)
    _invoice(env, interface, agreed, "RE-9098", "200", "1.85", "370")
    bill = agreed.invoice_ids.with_env(partners_say.as_bea(env))
    bill.action_post()
    bill._integration_dispute("Half of the packages came damaged; a credit note was promised.")


def _books(env: api.Environment) -> None:
    """What a bill needs of bookkeeping, where nobody has chosen a chart of accounts."""
    company = env.ref("base.main_company")
    journals = env["account.journal"].with_company(company)
    if journals.search_count([("type", "=", "purchase"), ("company_id", "=", company.id)], limit=1):
        return
    payable, expense = env["account.account"].create(
        [
            {
                "code": code,
                "name": name,
                "account_type": kind,
                "reconcile": kind == "liability_payable",
                "company_ids": [Command.set(company.ids)],
            }
            for code, name, kind in (
                ("440000", "Suppliers", "liability_payable"),
                ("600000", "Purchases", "expense"),
            )
        ]
    )
    journals.create(
        {
            "name": "Vendor Bills",
            "code": "BILL",
            "type": "purchase",
            "company_id": company.id,
            "default_account_id": expense.id,
        }
    )
    helix = env.ref("integration_procurement.partner_helix")
    helix.with_company(company).property_account_payable_id = payable


def _receive_goods(order: BaseModel, quantity: float) -> None:
    receipt = order.picking_ids.with_env(partners_say.as_bea(order.env))
    receipt.move_ids.write({"quantity": quantity, "picked": True})
    receipt.with_context(skip_backorder=True).button_validate()


def _invoice(
    env: api.Environment,
    interface: BaseModel,
    order: BaseModel,
    number: str,
    quantity: str,
    price: str,
    total: str,
) -> None:
    line = order.order_line
    today = fields.Date.today()
    body = {
        "type": "invoice",
        "number": number,
        "invoice_date": fields.Date.to_string(today),
        "due_date": fields.Date.to_string(fields.Date.add(today, days=30)),
        "currency": order.currency_id.name,
        "order_number": order.name,
        "lines": [
            {
                "order_line_reference": str(line.id),
                "quantity": quantity,
                "unit": line.product_uom_id._integration_unit_code(),
                "unit_price": price,
                "net_amount": total,
                "taxes": [],
            }
        ],
        "totals": {"net": total, "tax": "0", "gross": total},
    }
    receive(env, interface, f"helix-invoice-{number}", body)
    work_off(env, interface)

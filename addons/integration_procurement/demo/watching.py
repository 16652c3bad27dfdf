"""What waits for somebody in the house: low stock, a budget, a double, an interface to be."""

from __future__ import annotations

from datetime import timedelta

from odoo import api, fields
from odoo.fields import Command

from odoo.addons.integration_core.demo.people import acting, named
from odoo.addons.integration_core.demo.service import in_service, receive, work_off

from . import partners_say

MODULE = "integration_procurement"
# Of the laboratory's items, of which it has 40: minimum, refilled at.
THRESHOLDS = {"REAGENT-CRP": (50, 80), "REAGENT-TSH": (20, 30), "TUBE-EDTA": (35, 60)}


def tell(env: api.Environment) -> None:
    """Fill these screens; harmless when it was done before."""
    if env.ref(f"{MODULE}.purchase_order_budget", False):
        return
    _thresholds(env)
    _budget(env)
    _double(env)
    cabinets = env.ref(f"{MODULE}.interface_cabinets_items")
    env["integration.readiness"].with_env(acting(env, "ana"))._check(
        cabinets.with_env(acting(env, "ana"))
    )


def _thresholds(env: api.Environment) -> None:
    items = env["product.product"].search([("default_code", "in", list(THRESHOLDS))])
    thresholds = env["procurement.stock.threshold"].create(
        [
            {
                "product_id": item.id,
                "location_id": env.ref(f"{MODULE}.location_chemistry").id,
                "minimum": THRESHOLDS[item.default_code][0],
                "refilled_at": THRESHOLDS[item.default_code][1],
            }
            for item in items
        ]
    )
    thresholds._look_now()


def _budget(env: api.Environment) -> None:
    """Bea asked the day before yesterday, and was not answered."""
    company = env.ref("base.main_company")
    company.budget_check = "ask"
    order = partners_say.as_bea(env)["purchase.order"].create(
        {
            "partner_id": env.ref(f"{MODULE}.partner_helix").id,
            "user_id": env.ref(f"{MODULE}.demo_user_bea").id,
            "order_line": [
                Command.create(
                    {
                        "product_id": env.ref(f"{MODULE}.product_probe").id,
                        "product_qty": 2,
                        "price_unit": 4800,
                    }
                )
            ],
        }
    )
    named(order, f"{MODULE}.purchase_order_budget")._integration_ask_budget()
    # sudo: the demo's buyer need not see what was asked
    checks = env["purchase.budget.check"].browse(order.sudo().budget_check_ids.ids)
    env.flush_all()
    env.cr.execute(
        "UPDATE purchase_budget_check SET create_date = %s WHERE id = ANY(%s)",
        [fields.Datetime.now() - timedelta(hours=50), checks.ids],
    )
    env.invalidate_all()
    checks._remind()
    checks.reminded = True


def _double(env: api.Environment) -> None:
    """Helix is in the register twice, under two numbers and with one tax ID."""
    register = env.ref(f"{MODULE}.interface_register")
    helix = env.ref(f"{MODULE}.partner_helix")
    env["integration.record.link"]._link(register.system_id.id, helix, "SUP-1042")
    body = {
        "number": "SUP-1188",
        "name": "Helix Diagnostics NV",
        "vat": helix.vat,
        "street": "Technologiepark 14",
        "zip": "9052",
        "city": "Zwijnaarde",
        "country": "BE",
    }
    with in_service(env):
        receive(env, register, "register-helix", body)
        work_off(env, register)

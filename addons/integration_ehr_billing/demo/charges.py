"""Charges of two visits: drafted, credited in part and in whole, and one to be decided."""

from __future__ import annotations

from typing import Any

from odoo import api, fields
from odoo.fields import Command
from odoo.models import BaseModel

from odoo.addons.integration_core.engine.inbound_run import Received
from odoo.addons.integration_ehr_supply.demo import hospital

MODULE = "integration_ehr_billing"
#: Visits with their payers.
VISITS = {"V-DEMO-1": "FUND", "V-DEMO-2": "SELF"}
#: number, kind, code, quantity, amount, what it takes back
CHARGES = {
    "V-DEMO-1": (
        ("TX-1001", "charge", "BED-DAY", "4", "1240", None),
        ("TX-1002", "charge", "OR-HOUR", "2", "900", None),
        ("TX-1003", "charge", "DRESSING", "6", "75", None),
        ("TX-1004", "credit", "DRESSING", "2", "25", "TX-1003"),
        ("TX-1005", "charge", "OR-HOUR", "1", "520", None),
    ),
    "V-DEMO-2": (
        ("TX-2001", "charge", "BED-DAY", "1", "310", None),
        ("TX-2002", "charge", "DRESSING", "1", "12.50", None),
        ("TX-2003", "credit", "DRESSING", "1", "12.50", "TX-2002"),
    ),
}


def tell(env: api.Environment) -> None:
    """Let the clinical system post them; harmless when it was done before."""
    if env["ehr.charge"].search_count([("number", "=", "TX-1001")], limit=1):
        return
    company = env.ref("base.main_company")
    _books(env, company)
    env["ehr.encounter"].create(
        [
            {
                "visit_number": number,
                "encounter_class": "inpatient",
                "state": "present",
                "admitted_at": fields.Datetime.subtract(fields.Datetime.now(), days=4),
                "payer_code": payer,
                "company_id": company.id,
            }
            for number, payer in VISITS.items()
        ]
    )
    handler = env["integration.handler.ehr_charge"].with_company(company)
    handler = handler.with_user(env.ref(f"{MODULE}.user_charges_feed"))
    for number in VISITS:
        handler._process(_received(env), _message(company, number))


def connect_hospital(env: api.Environment) -> None:
    """The demo hospital's connection brings charges as well; harmless when it was done before."""
    hospital.add_rules(env, f"{MODULE}.routing_hl7_v2_charges")
    user = env.ref("integration_ehr_bridge.user_ehr_feed")
    user.group_ids = [Command.link(env.ref("account.group_account_invoice").id)]


def _received(env: api.Environment) -> Received:
    # No message brought them: they are as if the hospital had gone live with open charges.
    system = env.ref("integration_core.system_ehr")
    return Received(False, False, None, None, None, system.id)


def _message(company: BaseModel, visit: str) -> dict[str, Any]:
    now = fields.Datetime.now().isoformat() + "Z"
    return {
        "visit": {"number": visit},
        "charges": [
            {
                "number": number,
                "kind": kind,
                "at": now,
                "code": code,
                "quantity": quantity,
                "amount": amount,
                "currency": company.currency_id.name,
                **({"reverses": reverses} if reverses else {}),
            }
            for number, kind, code, quantity, amount, reverses in CHARGES[visit]
        ],
    }


def _books(env: api.Environment, company: BaseModel) -> None:
    """What an invoice needs of bookkeeping, where nobody has chosen a chart of accounts."""
    journals = env["account.journal"].with_company(company)
    if journals.search_count([("type", "=", "sale"), ("company_id", "=", company.id)], limit=1):
        return
    receivable, income = env["account.account"].create(
        [
            {
                "code": code,
                "name": name,
                "account_type": kind,
                "reconcile": kind == "asset_receivable",
                "company_ids": [Command.set(company.ids)],
            }
            for code, name, kind in (
                ("400000", "Customers", "asset_receivable"),
                ("700000", "Hospital services", "income"),
            )
        ]
    )
    journals.create(
        {
            "name": "Customer Invoices",
            "code": "INV",
            "type": "sale",
            "company_id": company.id,
            "default_account_id": income.id,
        }
    )
    names = ["partner_patients", "partner_lindenhof", "partner_mutual", "partner_state"]
    for name in ("integration_core.partner_payer", *(f"{MODULE}.{one}" for one in names)):
        env.ref(name).with_company(company).property_account_receivable_id = receivable

"""Two systems speak of the same suppliers, and one of them is the system of record."""

from __future__ import annotations

from typing import Any

from odoo import api

from odoo.addons.integration_core.demo.master_data import fields, own
from odoo.addons.integration_core.demo.people import acting
from odoo.addons.integration_core.demo.service import in_service, receive, work_off

NORDMED: dict[str, Any] = {
    "number": "SUP-1001",
    "name": "NordMed Implants",
    "street": "Havenlaan 86",
    "zip": "1000",
    "city": "Brussels",
    "country": "BE",
    "phone": "+32 2 555 01 40",
    "email": "orders@nordmed.example",
}
TEXTILES: dict[str, Any] = {
    "number": "SUP-1002",
    "name": "Sanitas Textiles",
    "street": "Kortrijksesteenweg 312",
    "zip": "9000",
    "city": "Ghent",
    "country": "BE",
    "phone": "+32 9 555 01 77",
    "email": "info@sanitas-textiles.example",
}
# What St Anna says, one message each.
MOVED = {
    **NORDMED,
    "street": "Rue de la Loi 200",
    "zip": "1040",
    "city": "Etterbeek",
    "phone": "+32 2 555 99 00",
}
CALLED = {**TEXTILES, "phone": "+32 9 555 01 70"}
NEW = {
    "number": "SUP-2417",
    "name": "Vesalius Instruments",
    "street": "Naamsestraat 61",
    "zip": "3000",
    "city": "Leuven",
    "country": "BE",
    "phone": "+32 16 555 02 10",
}


def tell(env: api.Environment) -> None:
    """Let both send what they know of; harmless when it was done before."""
    register = env.ref("integration_procurement.interface_register")
    st_anna = env.ref("integration_procurement.interface_st_anna")
    if register.state != "draft":
        return
    interfaces = (register | st_anna).with_env(acting(env, "ana"))
    interfaces.action_submit()
    interfaces.with_env(acting(env, "ben")).action_approve()
    interfaces.action_activate()
    _own(env, register.system_id.id)
    with in_service(env):
        for number, body in enumerate((NORDMED, TEXTILES), 1):
            receive(env, register, f"register-{number}", body)
        work_off(env, register)
        # The last one says what Odoo knows already, so there is nothing to decide.
        for number, body in enumerate((MOVED, CALLED, NEW, TEXTILES), 1):
            receive(env, st_anna, f"st-anna-{number}", body)
        work_off(env, st_anna)
        _decide(env)
        work_off(env, st_anna)


def _own(env: api.Environment, system_id: int) -> None:
    own(
        env,
        "integration_procurement.ownership_suppliers",
        {
            "system_id": system_id,
            "model_name": "res.partner",
            "condition": "[('ref', '=like', 'SUP-%')]",
            "field_ids": fields("name", "street", "zip", "city", "country_id", "phone", "email"),
            "owns_existence": True,
            "note": "One address for the whole group, kept by its purchasing office.",
        },
    )


def _decide(env: api.Environment) -> None:
    """Dora asked the supplier of textiles: one conflict is settled, the others wait."""
    partner = env["res.partner"].search([("ref", "=", TEXTILES["number"])])
    conflict = env["integration.conflict"].search(
        [("res_model", "=", partner._name), ("res_id", "=", partner.id)]
    )
    as_dora = conflict.with_env(acting(env, "dora"))
    seen = as_dora.compare()
    as_dora.decide(
        {row["field"]: "keep" for row in seen["rows"]},
        "Sanitas Textiles says that the number of the register is right",
        seen["seen"],
    )

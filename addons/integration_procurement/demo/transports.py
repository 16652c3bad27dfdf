"""How the core's demo interfaces travel: transports come with addons, so the core has none."""

from __future__ import annotations

from odoo import api
from odoo.models import BaseModel

OUTBOUND = {
    "interface_payroll_employees": "https://payroll.hospital.example/hooks/employees",
    # Without TLS: that is what the waiver of the badge office is for.
    "interface_payroll_badges": "http://badges.hospital.example/people",
}
INBOUND = ("interface_lab_consumption", "interface_payer_tariffs")


def tell(env: api.Environment) -> None:
    """Let them speak webhooks. Their credentials have no secret, so nothing leaves or arrives."""
    joined = env.ref("integration_core.event_type_employee_created")
    for name in (*OUTBOUND, *INBOUND):
        interface = env.ref(f"integration_core.{name}")
        values = {"transport": "webhook", "credential_id": _credential(env, interface).id}
        if name in OUTBOUND:
            values |= {
                "url": OUTBOUND[name],
                "allowed_networks": "10.30.0.0/16",
                "event_type_ids": joined.ids,
            }
        interface._write_approved(values)


def _credential(env: api.Environment, interface: BaseModel) -> BaseModel:
    ana = env.ref("integration_core.demo_user_ana")
    return env["integration.credential"].create({"name": interface.name, "user_id": ana.id})

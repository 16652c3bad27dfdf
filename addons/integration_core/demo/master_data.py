"""Payroll is the system of record for how colleagues are reached."""

from __future__ import annotations

from odoo import api
from odoo.fields import Command

from .people import acting, named


def tell(env: api.Environment) -> None:
    """Let Ana write it and Ben approve it; harmless when it was done before."""
    if env.ref("integration_core.ownership_employees", False):
        return
    own(
        env,
        "integration_core.ownership_employees",
        {
            "system_id": env.ref("integration_core.system_payroll").id,
            "model_name": "res.partner",
            "condition": "[('email', '=like', '%@hospital.example')]",
            "field_ids": fields("name", "email", "phone"),
            "note": "Names change by marriage, and payroll knows first.",
        },
    )


def own(env: api.Environment, xmlid: str, values: dict, *, approved: bool = True) -> None:
    """An ownership that Ana writes and submits, and that Ben approves unless he has yet to."""
    written = acting(env, "ana")["integration.ownership"].create(
        {"steward_id": env.ref("integration_core.demo_user_dora").id, **values}
    )
    named(written, xmlid).action_submit()
    if approved:
        written.with_env(acting(env, "ben")).action_approve()


def fields(*names: str) -> list:
    """Commands that list fields by name."""
    return [Command.create({"name": name}) for name in names]

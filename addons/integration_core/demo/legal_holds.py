"""Two matters for which messages must be kept: one in force, one that may be over."""

from __future__ import annotations

from odoo import api

from .people import acting, named


def tell(env: api.Environment) -> None:
    """Place them; harmless when it was done before."""
    if env.ref("integration_core.legal_hold_badges", False):
        return
    holds = acting(env, "aud")["integration.legal.hold"]
    named(
        holds.create(
            {
                "name": "Entry at night, badge office",
                "reference": "LEG-2026-014",
                "reason": "The works council asks since when which badge was valid.",
                "scope": "interface",
                "interface_id": env.ref("integration_core.interface_payroll_badges").id,
            }
        ),
        "integration_core.legal_hold_badges",
    )
    audit = named(
        holds.create(
            {
                "name": "Change of the payroll system",
                "reference": "AUD-2025-07",
                "reason": "The auditors check what the old payroll was told before it was retired.",
                "scope": "interface",
                "interface_id": env.ref("integration_core.interface_payroll_legacy").id,
            }
        ),
        "integration_core.legal_hold_payroll",
    )
    # An approver who did neither decides; it stays in force until then.
    audit.with_env(acting(env, "olga")).action_request_lifting(
        "The auditors have signed their report."
    )

"""Payroll tells who leaves, and an administrator has to decide about a user account."""

from __future__ import annotations

from odoo import api, fields

from odoo.addons.integration_core.demo.service import in_service, receive, work_off

# personnel number: days ahead, why
LEAVERS = {"100541": (-1, "resigned"), "100233": (21, "retired")}


def tell(env: api.Environment) -> None:
    """Let payroll say it; harmless when it was done before."""
    if env["integration.leaver"].search_count([], limit=1):
        return
    interface = env.ref("integration_hr.interface_payroll_leavers")
    with in_service(env):
        for number, (days, reason) in LEAVERS.items():
            day = fields.Date.add(fields.Date.today(), days=days)
            body = {
                "number": number,
                "last_day": fields.Date.to_string(day),
                "reason": reason,
                "issued_at": f"{fields.Datetime.now().isoformat()}Z",
            }
            receive(env, interface, f"leaver-{number}", body)
        work_off(env, interface)

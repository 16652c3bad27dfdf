"""Payroll tells who leaves, and an administrator has to decide about a user account."""

from __future__ import annotations

from datetime import date

from odoo import api, fields
from odoo.models import BaseModel

from odoo.addons.integration_core.demo.service import in_service, receive, work_off
from odoo.addons.integration_core.engine import settings

from ..models.integration_handler_leaver import REASONS

# personnel number: days ahead, why
LEAVERS = {"100541": (-1, "resigned"), "100233": (21, "retired")}


def tell(env: api.Environment) -> None:
    """Let payroll say it; harmless when it was done before."""
    if env["integration.leaver"].search_count([], limit=1):
        return
    interface = env.ref("integration_hr.interface_payroll_leavers")
    # What is said of people is stored encrypted only, so without a key ring there is no message.
    tell_of = _by_message if settings.optional_key_ring() else _without_message
    with in_service(env):
        for number, (days, reason) in LEAVERS.items():
            last_day = fields.Date.add(fields.Date.today(), days=days)
            tell_of(env, interface, number, last_day, reason)


def _by_message(
    env: api.Environment, interface: BaseModel, number: str, last_day: date, reason: str
) -> None:
    body = {
        "number": number,
        "last_day": fields.Date.to_string(last_day),
        "reason": reason,
        "issued_at": f"{fields.Datetime.now().isoformat()}Z",
    }
    receive(env, interface, f"leaver-{number}", body)
    work_off(env, interface)


def _without_message(
    env: api.Environment, interface: BaseModel, number: str, last_day: date, reason: str
) -> None:
    as_payroll = env(user=interface.user_id.id)
    employee = as_payroll["hr.employee"].search([("personnel_number", "=", number)])
    as_payroll["integration.leaver"]._announce(employee, last_day, env.ref(REASONS[reason]))

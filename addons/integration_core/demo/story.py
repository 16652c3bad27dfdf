"""What the hospital has exchanged with others so far, and who decided what about it."""

from __future__ import annotations

from odoo import api
from odoo.models import BaseModel

from ..engine import audit
from . import bulk, credentials, governance, laboratory, legal_holds, master_data, payroll
from .ledger import Ledger


def tell(env: api.Environment) -> None:
    """Fill the screens. Each part is told once, whatever an earlier version has told already."""
    ledger = Ledger(env)
    if not ledger.is_told("lab-1"):
        laboratory.tell(env, ledger)
        _propose(env)
        payroll.tell(env, ledger)
        _links(env)
        _history(env)
        governance.tell(env)
        credentials.tell(env)
        bulk.tell(env)
    legal_holds.tell(env)
    master_data.tell(env)
    env["integration.record.sync"]._touched_changed()
    env.invalidate_all()


def _ref(env: api.Environment, name: str) -> BaseModel:
    return env.ref(f"integration_core.{name}")


def _propose(env: api.Environment) -> None:
    """An operator proposes what a code means; an administrator has not confirmed it yet."""
    olga = _ref(env, "demo_user_olga")
    env["integration.value.map.line"].with_user(olga).create(
        {"map_id": _ref(env, "value_map_lab_units").id, "source": "PKG", "target": "PK"}
    )


def _links(env: api.Environment) -> None:
    links = env["integration.record.link"]
    for system, record, external_id in (
        ("system_payer", _ref(env, "partner_payer"), "HF-0404"),
        ("system_medsupply", _ref(env, "partner_medsupply"), "MS-HOSPITAL-17"),
        ("system_payroll", _ref(env, "demo_user_ana"), "E-1001"),
        ("system_payroll", _ref(env, "demo_user_ben"), "E-1002"),
    ):
        links._link(_ref(env, system).id, record, external_id)


def _history(env: api.Environment) -> None:
    """Audit entries, as the people of the story would have left them."""
    as_ana, as_ben, as_olga = (
        env(user=_ref(env, f"demo_user_{name}").id) for name in ("ana", "ben", "olga")
    )
    for own, name, act, reason in (
        (as_ana, "interface_lab_consumption", "submit", ""),
        (as_ben, "interface_lab_consumption", "approve", ""),
        (as_ana, "interface_lab_consumption", "activate", ""),
        (as_ana, "interface_payroll_legacy", "retire", "Replaced by the new payroll"),
        (as_ana, "interface_ehr_admissions", "submit", ""),
        (as_olga, "interface_payroll_employees", "pause", "Payroll closes its month until Friday"),
    ):
        audit.record(_ref(env, name).with_env(own), act, reason=reason)

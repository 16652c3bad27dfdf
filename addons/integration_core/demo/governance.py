"""What waits for a decision in the demo, and what is about to end."""

from __future__ import annotations

from odoo import api
from odoo.models import BaseModel

from .people import QUIET, acting


def tell(env: api.Environment) -> None:
    """Let Ana ask and let Ben find the questions in his list."""
    as_ana = acting(env, "ana")
    _ref(as_ana, "contract_lab_usage_2").action_submit()
    # They are in review by their XML, which asks nobody.
    for name in ("interface_ehr_admissions", "waiver_claims"):
        _ref(as_ana, name)._governance_ask_approvers()
    # The waiver of the badge office ends within days, of which its owner is reminded.
    _ref(env, "waiver_badges").with_context(**QUIET)._cron_waivers()


def _ref(env: api.Environment, name: str) -> BaseModel:
    return env.ref(f"integration_core.{name}")

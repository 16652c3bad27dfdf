"""A visit that is covered, its invoice claimed, and a line that the payer denies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from odoo import api, fields
from odoo.models import BaseModel

from odoo.addons.integration_core.engine import keys
from odoo.addons.integration_core.engine.inbound_run import Received

#: The visit of the demo whose payer is the sickness fund, and who is covered.
VISIT, PATIENT, MEMBER = "V-DEMO-1", "DEMO-4711", "DEMO-A123456789"


def tell(env: api.Environment) -> None:
    """Let cover and decision be told; harmless when it was done before.

    Only where the server has a key ring: without one no member number is kept.
    """
    visit = env["ehr.encounter"].search([("visit_number", "=", VISIT)], limit=1)
    if not visit or env["ehr.claim"].search_count([], limit=1) or not keys.working_ring(env.cr):
        return
    env = env(context={**env.context, "allowed_company_ids": visit.company_id.ids})
    visit = visit.with_env(env)
    payer = env.ref("integration_ehr_billing.payer_fund")
    payer.write({"takes_claims": True, "eligibility_required": True, "appeal_days": 60})
    patient = env["ehr.patient"]._resolve([("", PATIENT)], visit.company_id)["", PATIENT]
    visit.patient_id = patient
    _hear(env, "ehr_coverage", _cover())
    question = env["ehr.eligibility"]._latest(payer, visit)
    _hear(env, "ehr_eligibility_answer", _in_force(question))
    move = env["account.move"].search(
        [("encounter_id", "=", visit.id), ("ehr_collects", "=", True), ("state", "=", "draft")],
        limit=1,
    )
    if move:
        move.action_post()
        claims = env["ehr.claim"]  # nobody sends it, so it is not submitted by the button
        content = claims._content(move)
        claim = claims._make(move, content["lines"], content)
        _hear(env, "ehr_claim_answer", _decision(claim))


def _hear(env: api.Environment, handler: str, document: dict[str, Any]) -> None:
    # No message brought them: they are as if the hospital had gone live with open claims.
    system = env.ref("integration_core.system_ehr")
    received = Received(False, False, None, None, None, system.id)
    env[f"integration.handler.{handler}"]._process(received, document)


def _ago(**past: int) -> str:
    return (fields.Datetime.now() - timedelta(**past)).isoformat() + "Z"


def _cover() -> dict[str, Any]:
    return {
        "record": "Coverage/demo-1",
        "stated_at": _ago(days=4),
        "status": "active",
        "patient": {"number": PATIENT},
        "payer": {"code": "FUND"},
        "member": MEMBER,
    }


def _in_force(question: BaseModel) -> dict[str, Any]:
    return {
        "request": {"number": question.number},
        "outcome": "complete",
        "answered_at": _ago(minutes=5),
        "in_force": True,
    }


def _decision(claim: BaseModel) -> dict[str, Any]:
    """Everything is paid but the last line that costs something, and half of the first."""
    lines = claim.line_ids.sorted("sequence")
    first, last = lines[0], lines.filtered(lambda one: one.amount > 0)[-1]
    paid = {line: f"{line.amount:.2f}" for line in lines}
    paid |= {first: f"{first.amount / 2:.2f}", last: "0"}
    reasons = {
        first: [{"code": "B1", "text": "Too many days"}],
        last: [{"code": "96", "text": "Not covered"}],
    }
    return {
        "use": "claim",
        "request": {"number": claim.number},
        "outcome": "complete",
        "answered_at": _ago(minutes=1),
        "payer_number": "FUND-1002",
        "currency": claim.currency_id.name,
        "lines": [
            {
                "sequence": line.sequence,
                "paid": paid[line],
                **({"reasons": reasons[line]} if line in reasons else {}),
            }
            for line in lines
        ],
    }

"""A bulk retry that an operator made when the badge server was back for a while."""

from __future__ import annotations

import json
from datetime import timedelta

from odoo import api, fields

from ..engine import audit, replay_scope
from .ledger import Ledger

MINUTES = 290  # ago
REASON = "The badge server was restarted"
OUTCOMES = {"badge-dead-1": "retried", "badge-dead-2": "retried", "badge-unknown": "changed"}


def tell(env: api.Environment) -> None:
    """Add the task, its messages and what the audit trail says of it."""
    olga = env.ref("integration_core.demo_user_olga")
    interface = env.ref("integration_core.interface_payroll_badges")
    start = fields.Datetime.now() - timedelta(minutes=MINUTES)
    domain = fields.Domain(interface._failed_domain())
    task = env["integration.replay.task"].create(
        {
            "act": "retry",
            "domain": replay_scope.text_of(domain),
            "reason": REASON,
            "rate": 60,
            "state": "done",
            "company_ids": [fields.Command.set(interface.company_id.ids)],
            "started_by_id": olga.id,
            "user_id": olga.id,
            "started_at": start,
            "worked_at": start + timedelta(seconds=4),
            "ended_at": start + timedelta(seconds=4),
            "paid_until": start,
            "total": 3,
            "done_count": 2,
            "refused_count": 1,
            "refused": json.dumps({"changed": 1}),
        }
    )
    ledger = Ledger(env)
    for name, outcome in OUTCOMES.items():
        env.cr.execute(
            """
            INSERT INTO integration_replay_item (task_id, message_id, act, outcome, result_id)
            SELECT %s, id, 'retry', %s, CASE WHEN %s = 'retried' THEN id END
              FROM integration_message WHERE uuid = %s
            """,
            [task.id, outcome, outcome, ledger.uuid(name)],
        )
    as_olga = task.with_env(env(user=olga.id))
    audit.record(as_olga, "start", reason=REASON, changes={"total": ("", "3")})
    counts = {"done_count": ("", "2"), "refused_count": ("", "1"), "left_count": ("", "0")}
    audit.record(as_olga, "finish", changes=counts)

"""Which events an interface leaves out: its filter, applied to the canonical content of each.

The dispatcher asks before it makes messages, so that what is left out is seen as such and neither
waits nor counts. Interfaces without a filter cost nothing: no content is read for them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from odoo import api
from odoo.sql_db import BaseCursor

from ..tools import canonical_json, errors
from . import conversion, discretion, payloads

#: Seconds that one batch of the dispatcher spends on filters. Those of its events that were not
#: looked at by then are left to the next batch: it holds no lane longer than its lease.
BATCH_SECONDS = 2.0
# Contents in memory at once.
CHUNK = 50

#: What a filter says of an event: whether it passes, or why nobody can tell.
Verdict = bool | errors.IntegrationError


@dataclass(frozen=True)
class Question:
    """Whether an event passes the filter of an interface."""

    event_id: int
    type_code: str
    interface_id: int


@dataclass(frozen=True)
class _Content:
    uuid: str
    subject: str | None
    occurred_at: datetime
    data: str | None
    body: bytes | None
    encoding: str | None


def judge(
    env: api.Environment, plans: conversion.PlanCache, questions: Sequence[Question]
) -> dict[Question, Verdict]:
    """Answer ``questions``, whose order is that of their events, until the time is up.

    Every question about an event is answered, or none.
    """
    verdicts: dict[Question, Verdict] = {}
    end = time.monotonic() + BATCH_SECONDS
    groups = _by_event(questions)
    for start in range(0, len(groups), CHUNK):
        chunk = groups[start : start + CHUNK]
        contents = _read(env.cr, [group[0].event_id for group in chunk])
        for group in chunk:
            # At least one event a batch, or the dispatcher would never get on.
            if verdicts and time.monotonic() > end:
                return verdicts
            for question in group:
                plan = plans.outbound(env, question.interface_id)
                verdicts[question] = _verdict(plan, question, contents[question.event_id])
    return verdicts


def _by_event(questions: Iterable[Question]) -> list[list[Question]]:
    groups: dict[int, list[Question]] = {}
    for question in questions:
        groups.setdefault(question.event_id, []).append(question)
    return list(groups.values())


def _read(cr: BaseCursor, event_ids: Sequence[int]) -> dict[int, _Content]:
    cr.execute(
        "SELECT id, uuid, subject, occurred_at, data, body, encoding FROM integration_event "
        "WHERE id = ANY(%s)",
        [list(event_ids)],
    )
    return {row[0]: _Content(*row[1:]) for row in cr.fetchall()}


def _verdict(plan: conversion.OutboundPlan, question: Question, content: _Content) -> Verdict:
    snapshot: Any = None
    try:
        snapshot = canonical_json.loads(
            payloads.open_event(
                content.data, content.body, content.encoding, content.uuid, plan.key_ring
            )
        )
        return plan.passes(
            question.type_code, snapshot, content.occurred_at, content.uuid, content.subject
        )
    except Exception as exc:  # one odd snapshot must not stop the dispatcher for all interfaces
        error = errors.classify(exc)
        return discretion.discreet(error, snapshot) if plan.private else error

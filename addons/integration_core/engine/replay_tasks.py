"""Bulk retries and replays: the drain that works through the tasks of operators.

What a task is about was fixed when it was started: one row of ``integration_replay_item`` for each
message (:func:`.replay_scope.collect`). A step takes the oldest rows that are left, does what an
operator would do, and writes down what came of each, in one transaction: a worker that is killed
leaves nothing half done, and whoever goes on finds the next row. All tasks share a lane; each keeps
its own pace, and new traffic goes first.

A step runs in READ COMMITTED and locks its messages before it judges them, so that what it finds
is what is true until it commits: an operator or a second task that wants the same message waits,
and then sees what was done.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg2.errors import DeadlockDetected, LockNotAvailable

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.sql_db import BaseCursor

from ..tools.acts import Act
from ..tools.replay_pace import Pace
from . import audit, operations, wakeup
from .cursors import own_cursor
from .drain import Drain, fault_point

_logger = logging.getLogger(__name__)

LANE = wakeup.REPLAY
#: How long a step waits for messages that others are changing (PostgreSQL ``lock_timeout``).
LOCK_TIMEOUT = "5s"
#: Rows of old tasks that one look of retention deletes.
FORGOTTEN = 20_000
#: What came of a message that was dealt with; anything else is a key of ``acts.REFUSALS``.
DONE = {Act.RETRY: "retried", Act.REPLAY: "replayed"}

_NOW = "clock_timestamp() AT TIME ZONE 'UTC'"


class ReplayDrain(Drain):
    """Works on all tasks that are under way, in turns."""

    def work(self) -> int:
        """One step of each task whose pace allows it."""
        with own_cursor(self.registry) as cr:
            cr.execute("SELECT id FROM integration_replay_task WHERE state = 'running' ORDER BY id")
            tasks = [row[0] for row in cr.fetchall()]
        return sum(self._step(task_id) for task_id in tasks if not self.expired)

    def _step(self, task_id: int) -> int:
        try:
            with own_cursor(self.registry) as cr:
                cr.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
                taken = step(cr, task_id)
                fault_point("replay_step")
        except (LockNotAvailable, DeadlockDetected):
            return 0  # somebody works on these messages; the next time is another one
        except Exception:
            # Whatever it was would meet this task again for ever, and hold up the others.
            _logger.exception("The bulk replay %s stops", task_id)
            with own_cursor(self.registry) as cr:
                _stop(cr, task_id, "error")
            return 0
        fault_point("replay_committed")
        return taken

    def next_due(self) -> datetime | None:
        with own_cursor(self.registry) as cr:
            cr.execute(
                "SELECT rate, paid_until, now() AT TIME ZONE 'UTC' FROM integration_replay_task "
                "WHERE state = 'running'"
            )
            rows = cr.fetchall()
        # what is due already waits for somebody's lock
        dues = [max(Pace(rate).due(paid), now + timedelta(seconds=1)) for rate, paid, now in rows]
        return min(dues, default=None)


@dataclass(frozen=True)
class _Task:
    """A task under way; its row is locked by this transaction."""

    id: int
    user_id: int
    reason: str
    rate: int
    paid_until: datetime
    now: datetime
    refused: dict[str, int]


@dataclass(frozen=True)
class _Item:
    id: int
    message_id: int
    act: Act
    mark: datetime | None

    def overtaken(self, act: Act | None, mark: datetime | None) -> bool:
        """Whether somebody else did the same meanwhile.

        A retry without a mark is of a message that waited for its next attempt by itself.
        """
        if act is not self.act or (act is Act.RETRY and self.mark is None):
            return False
        return mark != self.mark


#: Outcome by item: what came of it, and the message that is queued now.
_Outcomes = dict[int, tuple[str, int | None]]


def step(cr: BaseCursor, task_id: int) -> int:
    """Deal with the next messages of a task, as many as its pace allows; return how many.

    The caller commits. Nothing happens while somebody else holds the task.

    :raises psycopg2.errors.LockNotAvailable: somebody holds one of the messages
    """
    task = _lock(cr, task_id)
    if task is None:
        return 0
    allowance = Pace(task.rate).allowance(task.paid_until, task.now)
    if not allowance:
        return 0
    env = api.Environment(cr, task.user_id, {})
    env = env(context={"lang": env.user.lang})
    if not (env.user.active and env.user.has_group("integration_core.group_operator")):
        _stop(cr, task_id, "operator")
        return 0
    items = _next(cr, task_id, allowance)
    outcomes = _deal_with(env, task, items)
    # also what the ORM has pending, so that a failure of it is one of this step
    env.flush_all()
    _write_down(cr, task, items, outcomes)
    if not _next(cr, task_id, 1):
        _finish(env, task_id)
    return len(items)


def _lock(cr: BaseCursor, task_id: int) -> _Task | None:
    cr.execute(
        f"""
        SELECT id, user_id, reason, rate, paid_until, {_NOW}, refused
          FROM integration_replay_task WHERE id = %s AND state = 'running'
           FOR NO KEY UPDATE SKIP LOCKED
        """,  # noqa: S608 (a constant of this module)
        [task_id],
    )
    row = cr.fetchone()
    return _Task(*row[:6], json.loads(row[6] or "{}")) if row else None


def _next(cr: BaseCursor, task_id: int, limit: int) -> list[_Item]:
    cr.execute(
        """
        SELECT id, message_id, act, mark FROM integration_replay_item
         WHERE task_id = %s AND outcome IS NULL ORDER BY message_id LIMIT %s
        """,
        [task_id, limit],
    )
    return [_Item(item, message, Act(act), mark) for item, message, act, mark in cr.fetchall()]


def _deal_with(env: api.Environment, task: _Task, items: Sequence[_Item]) -> _Outcomes:
    outcomes = _refused_already(env, items)
    note = f"{task.reason} ({env._('bulk task %s', task.id)})"
    for act in DONE:
        chosen = [item for item in items if item.act is act and item.id not in outcomes]
        if chosen:
            outcomes |= _operate(env, act, chosen, note)
    return outcomes


def _refused_already(env: api.Environment, items: Sequence[_Item]) -> _Outcomes:
    """Those that are gone, that the operator may not see, or that somebody else dealt with."""
    marks = _lock_messages(env.cr, [item.message_id for item in items])
    env.invalidate_all()
    seen = set(env["integration.message"].search([("id", "in", list(marks))]).ids)
    outcomes: _Outcomes = {}
    for item in items:
        if item.message_id not in marks:
            outcomes[item.id] = ("gone", None)
        elif item.message_id not in seen:
            outcomes[item.id] = ("forbidden", None)
        else:
            # what is in another state now is refused with the reason that this state has
            if item.overtaken(*marks[item.message_id]):
                outcomes[item.id] = ("changed", None)
    return outcomes


def _lock_messages(
    cr: BaseCursor, message_ids: Sequence[int]
) -> dict[int, tuple[Act | None, datetime | None]]:
    """Lock messages and their originals; what could be done to each now, and its mark.

    The last statement sees what others committed while the one before it waited. Originals are
    asked for first: with both in one condition, PostgreSQL would read the whole ledger.
    """
    cr.execute(
        "SELECT id, original_id FROM integration_message WHERE id = ANY(%s)", [list(message_ids)]
    )
    family = {one for row in cr.fetchall() for one in row if one}
    cr.execute(
        "SELECT id FROM integration_message WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
        [sorted(family)],
    )
    cr.execute(
        """
        SELECT m.id, m.state, m.available_at, o.replayed_at
          FROM integration_message m JOIN integration_message o
            ON o.id = coalesce(m.original_id, m.id)
         WHERE m.id = ANY(%s)
        """,
        [list(message_ids)],
    )
    return {row[0]: _mark(*row[1:]) for row in cr.fetchall()}


def _mark(state: str, due: datetime, replayed: datetime) -> tuple[Act | None, datetime | None]:
    """As :func:`.replay_scope.collect` does it."""
    if state in ("quarantined", "dead"):
        return Act.RETRY, due
    if state == "retry":
        return Act.RETRY, None
    if state in ("done", "filtered", "cancelled"):
        return Act.REPLAY, replayed
    return None, None


def _operate(env: api.Environment, act: Act, items: Sequence[_Item], note: str) -> _Outcomes:
    """Act on all of them, or, when one of them makes that impossible, on one after the other."""
    messages = env["integration.message"].browse(item.message_id for item in items)
    try:
        with env.cr.savepoint():
            report = operations.operate(messages, act, note, yielding=True)
    except UserError:
        if len(items) > 1:
            return {
                item_id: outcome
                for item in items
                for item_id, outcome in _operate(env, act, [item], note).items()
            }
        return {items[0].id: ("snapshot" if act is Act.RETRY else "unreadable", None)}
    return {
        item.id: (DONE[act], report.results[item.message_id])
        if item.message_id in report.results
        else (report.reasons[item.message_id], None)
        for item in items
    }


def _write_down(cr: BaseCursor, task: _Task, items: Sequence[_Item], outcomes: _Outcomes) -> None:
    if not items:
        return
    cr.execute_values(
        """
        UPDATE integration_replay_item i SET outcome = v.outcome, result_id = v.result
          FROM (VALUES %s) AS v(id, outcome, result) WHERE i.id = v.id
        """,
        [(item.id, *outcomes[item.id]) for item in items],
        template="(%s::int, %s, %s::int)",
        page_size=len(items),
    )
    counts = Counter(outcome for outcome, _result in outcomes.values())
    done = sum(counts.pop(outcome, 0) for outcome in DONE.values())
    cr.execute(
        f"""
        UPDATE integration_replay_task
           SET done_count = done_count + %s, refused_count = refused_count + %s, refused = %s,
               paid_until = %s, worked_at = {_NOW}
         WHERE id = %s
        """,  # noqa: S608 (a constant of this module)
        [
            done,
            counts.total(),
            json.dumps(counts + Counter(task.refused)),
            Pace(task.rate).spend(task.paid_until, task.now, len(items)),
            task.id,
        ],
    )


# -- states ------------------------------------------------------------------------------------


def switch(
    env: api.Environment,
    task_id: int,
    act: str,
    sources: Sequence[str],
    values: Mapping[str, Any],
    reason: str = "",
) -> bool:
    """Move a task to another state, committed at once; false if it is in none of ``sources``.

    In READ COMMITTED: the drain counts on the task's row all the time, and a request that sees it
    from a snapshot would collide with it again and again. This waits for the step under way.

    :param act: for the audit trail, which gets the counts along
    """
    with own_cursor(env.registry) as cr:
        return _move(env(cr=cr), task_id, act, sources, values, reason)


def _move(
    env: api.Environment,
    task_id: int,
    act: str,
    sources: Sequence[str],
    values: Mapping[str, Any],
    reason: str,
) -> bool:
    sets = ", ".join(f"{name} = %({name})s" for name in values)
    env.cr.execute(
        f"""
        UPDATE integration_replay_task SET {sets} WHERE id = %(id)s AND state = ANY(%(sources)s)
        RETURNING total, done_count, refused_count
        """,  # noqa: S608 (names of columns come from this package's code only)
        {**values, "id": task_id, "sources": list(sources)},
    )
    row = env.cr.fetchone()
    if row is None:
        return False
    task = env["integration.replay.task"].browse(task_id)
    task.invalidate_recordset()
    total, done, refused = row
    counts = {"done": done, "refused": refused, "left": total - done - refused}
    changes = {f"{name}_count": ("", str(count)) for name, count in counts.items()}
    audit.record(task, act, reason=reason, changes=changes)
    if values["state"] == "running":
        wakeup.wake_replays_after_commit(env.cr)
    return True


def _stop(cr: BaseCursor, task_id: int, problem: str) -> None:
    """Pause a task that cannot go on; ``problem`` is a value of the field."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    _move(env, task_id, "pause", ["running"], {"state": "paused", "problem": problem}, problem)


def pause_all(env: api.Environment, problem: str) -> None:
    """Pause what is under way, in the caller's transaction."""
    env.cr.execute("SELECT id FROM integration_replay_task WHERE state = 'running' ORDER BY id")
    for (task_id,) in env.cr.fetchall():
        values = {"state": "paused", "problem": problem}
        _move(env, task_id, "pause", ["running"], values, problem)


def _finish(env: api.Environment, task_id: int) -> None:
    """Nothing is left; whoever started it is told."""
    values = {"state": "done", "ended_at": env.cr.now(), "problem": None}
    _move(env, task_id, "finish", ["running"], values, "")
    task: BaseModel = env["integration.replay.task"].browse(task_id)
    # sudo: the task may have outgrown what its operator may see now
    task.sudo()._tell_end()


# -- retention ---------------------------------------------------------------------------------


def forget_old(cr: BaseCursor) -> None:
    """Delete tasks that ended as long ago as any message is kept, and drafts of last month."""
    cr.execute(
        """
        SELECT id FROM integration_replay_task
         WHERE ended_at < now() AT TIME ZONE 'UTC'
               - make_interval(days => (SELECT max(metadata_days) FROM integration_policy))
            OR (state = 'draft' AND create_date < now() AT TIME ZONE 'UTC' - interval '30 days')
         ORDER BY id
        """
    )
    old = [row[0] for row in cr.fetchall()]
    left = FORGOTTEN
    for task_id in old:
        cr.execute(
            "DELETE FROM integration_replay_item WHERE id = ANY(ARRAY("
            "SELECT id FROM integration_replay_item WHERE task_id = %s LIMIT %s))",
            [task_id, left],
        )
        left -= cr.rowcount
        if left <= 0:
            return
        cr.execute("DELETE FROM integration_replay_task WHERE id = %s", [task_id])

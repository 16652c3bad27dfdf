"""The scope of a bulk replay: the domain of a list, what it holds now, and the set that it fixes.

Everything here runs with the rights of the operator: the domain is a person's, and is never
evaluated as superuser. No statement costs more for what else is in the ledger: numbers are counted
up to :data:`COUNTED`, and only what an act is possible for is looked at closely.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from odoo import api
from odoo.exceptions import ValidationError
from odoo.fields import Datetime, Domain
from odoo.models import BaseModel
from odoo.tools import SQL
from odoo.tools.date_utils import parse_date

from ..tools import acts
from ..tools.acts import Act
from ..tools.states import ATTENTION, State
from .assessment import assess

#: Messages that are counted; beyond, a preview says "more than".
COUNTED = 100_000
#: Messages that a preview looks at closely, the oldest of those that were counted.
EXAMINED = 10_000
#: Messages that a preview shows.
SHOWN = 10
#: Messages of one task.
LARGEST = 1_000_000

MESSAGE = "integration.message"
#: What each choice of an operator does with a message, by its state.
CHOICES: dict[str, dict[Act, frozenset[State]]] = {
    "retry": {Act.RETRY: acts.possible_states(Act.RETRY)},
    "replay": {Act.REPLAY: acts.possible_states(Act.REPLAY)},
    "both": {act: acts.possible_states(act) for act in (Act.RETRY, Act.REPLAY)},
}


def parse(env: api.Environment, text: str | None) -> Domain:
    """The domain that a form or a list hands over as text.

    :raises ValidationError: it is none, or not one of messages
    """
    try:
        domain = Domain(ast.literal_eval(text or "[]"))
        domain.validate(env[MESSAGE])
    except (ValueError, TypeError, SyntaxError, KeyError, RecursionError) as exc:
        raise ValidationError(env._("This filter cannot be read. Choose it anew.")) from exc
    return domain


def fixed(env: api.Environment, domain: Domain) -> Domain:
    """``domain`` with moments in place of "in the last hour" and the like.

    What the list shows now is meant, not what it would show when the task is half done.
    """
    return domain.map_conditions(lambda one: _fixed(env, one))


def _fixed(env: api.Environment, one: Any) -> Domain:
    known = env[MESSAGE]._fields.get(one.field_expr)
    # "-1H", "today"; a text that begins with a digit is a date
    relative = isinstance(one.value, str) and one.value and not one.value[0].isdigit()
    if known is None or known.type not in ("date", "datetime") or not relative:
        return one
    moment = parse_date(one.value, env)
    if isinstance(moment, datetime):
        if moment.tzinfo:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        return Domain(one.field_expr, one.operator, Datetime.to_string(moment))
    # a day means the day of the person, as Odoo reads it
    return Domain(one.field_expr, one.operator, date.isoformat(moment))


def text_of(domain: Domain) -> str:
    """``domain`` as :func:`parse` and the domain editor of the web client read it."""
    return repr(list(domain))


# -- looking ahead -----------------------------------------------------------------------------


@dataclass
class Preview:
    """What a task would do.

    :ivar total: messages of the scope, at most :data:`COUNTED` + 1
    :ivar effects: messages by act and by what is repeated, keys of :data:`acts.EFFECTS`
    :ivar refused: messages by a key of :data:`acts.REFUSALS`
    :ivar examined: how many of those whose state allows the act were looked at closely
    :ivar suitable: how many there are of these, at most :data:`COUNTED` + 1
    :ivar sample: ids of the first of them, oldest first
    """

    total: int = 0
    suitable: int = 0
    examined: int = 0
    possible: Counter[Act] = field(default_factory=Counter)
    effects: Counter[tuple[Act, str]] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    sample: list[int] = field(default_factory=list)

    @property
    def may_do(self) -> int:
        """How many it is possible for; one of those that were not looked at may be possible."""
        return self.possible.total() or int(self.examined < self.suitable)


def preview(env: api.Environment, domain: Domain, choice: str) -> Preview:
    """Count and assess what is in the scope now."""
    found = Preview()
    for state, held_reason, count in _by_state(env, domain):
        found.total += count
        reasons = [acts.refusal(act, state, held_reason) for act in CHOICES[choice]]
        if None in reasons:
            found.suitable += count
        elif reasons[0]:
            found.refused[reasons[0]] += count
    for act, states in CHOICES[choice].items():
        ids = _oldest(env, domain, states, EXAMINED - found.examined)
        found.examined += len(ids)
        # sudo: what may happen depends on interfaces and content that an operator may not read
        assessed = assess(env[MESSAGE].browse(ids).sudo(), act)
        found.possible[act] += len(assessed.possible)
        found.effects.update({(act, code): n for code, n in assessed.effects.items()})
        found.refused.update(assessed.refused)
        found.sample += assessed.possible[:SHOWN]
    found.sample = sorted(found.sample)[:SHOWN]
    return found


def suggested(env: api.Environment, domain: Domain) -> str:
    """Retry, unless everything in the scope is finished."""
    states = {state for state, _reason, _count in _by_state(env, domain)}
    return "replay" if states and states <= CHOICES["replay"][Act.REPLAY] else "retry"


def _by_state(env: api.Environment, domain: Domain) -> list[tuple[str, str | None, int]]:
    rows = _rows(env, domain, ("state", "held_reason"), COUNTED + 1)
    return env.execute_query(
        SQL(
            "SELECT found.state, found.held_reason, count(*) FROM (%s) found "
            "GROUP BY found.state, found.held_reason",
            rows,
        )
    )


def _oldest(
    env: api.Environment, domain: Domain, states: frozenset[State], limit: int
) -> list[int]:
    """Ids of the oldest of those that are counted.

    Sorted apart: a planner that may stop after some rows of a sort by id would walk the ledger in
    search of them.
    """
    rows = _rows(env, domain & _in(states), ("id",), COUNTED + 1)
    found = env.execute_query(
        SQL(
            "WITH found AS MATERIALIZED (%s) SELECT id FROM found ORDER BY id LIMIT %s",
            rows,
            max(limit, 0),
        )
    )
    return [row[0] for row in found]


def _in(states: frozenset[State]) -> Domain:
    return Domain("state", "in", sorted(map(str, states)))


def _rows(
    env: api.Environment, domain: Domain, columns: Sequence[str], limit: int | None = None
) -> SQL:
    """Columns of the messages of ``domain`` that the user may see."""
    messages: BaseModel = env[MESSAGE]
    query = messages._search(domain, limit=limit)
    return query.select(*(SQL.identifier(query.table, column) for column in columns))


# -- fixing the set ----------------------------------------------------------------------------

_COLUMNS = ("id", "company_id", "state", "available_at", "replayed_at", "original_id")


def collect(
    env: api.Environment, task_id: int, domain: Domain, choice: str
) -> tuple[int, set[int]]:
    """Remember the messages that a task is about, in the transaction of ``env``.

    With each goes what the task will do and a mark by which it is known later whether somebody
    else did it first: for what failed when it was last due, for what is finished when it was last
    replayed.

    :return: how many there are, at most :data:`LARGEST` + 1, and the ids of their companies
    """
    count, companies = 0, set()
    for act, states in CHOICES[choice].items():
        rows = _rows(env, domain & _in(states), _COLUMNS, LARGEST + 1 - count)
        env.cr.execute(
            SQL(
                """
                WITH found AS MATERIALIZED (%s), kept AS (
                    INSERT INTO integration_replay_item (task_id, message_id, act, mark)
                    SELECT %s, m.id, %s,
                           CASE WHEN m.state = ANY(%s) THEN m.available_at
                                WHEN m.state = 'retry' THEN NULL
                                WHEN m.original_id IS NULL THEN m.replayed_at
                                ELSE (SELECT o.replayed_at FROM integration_message o
                                       WHERE o.id = m.original_id) END
                      FROM found m)
                SELECT count(*), array_agg(DISTINCT company_id) FROM found
                """,
                rows,
                task_id,
                str(act),
                sorted(map(str, ATTENTION)),
            )
        )
        stored, owners = env.cr.fetchone()
        count += stored
        companies.update(owners or ())
    return count, companies

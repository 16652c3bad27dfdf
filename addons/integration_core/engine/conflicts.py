"""Conflicts: messages of one system that would change what another system owns.

The handler runs in a savepoint that is undone when :func:`arbitrate` raises, so nothing of the
message remains but the dispute. :func:`follow` stores it in the transaction that quarantines the
message: who disputes what in ``integration.conflict``, the values of both sides as a payload of
the message, under the same protection as its content.

A decision is not applied by itself. It lets the message be handled once more, from its beginning,
with what was decided: fields to take are written, fields to keep are left out, and
everything else that the message brings takes effect in the same transaction, once.
"""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from odoo import api
from odoo.sql_db import BaseCursor

from ..tools import canonical_json, errors, keyring, payload_codec
from ..tools.ownership import Rule
from ..tools.states import State
from . import causation, ledger, payloads, sync
from .conversion import Plan
from .owned_values import NOTHING, Value, same

KIND = "conflict"
PARKED = "owned_elsewhere"
REFUSED = "owned_refused"
#: What a decision says; ``decision`` of ``integration.conflict.line``.
TAKE, KEEP = "take", "keep"


@dataclass(frozen=True)
class Dispute:
    """One field of one record.

    :ivar kind: ``write``, ``create`` or ``delete``
    :ivar res_id: 0 for a record that would be created
    :ivar name: empty for a deletion, and for a new record without any owned value
    """

    kind: str
    res_model: str
    res_id: int
    name: str
    rule: Rule
    present: Value
    proposed: Value

    @property
    def place(self) -> tuple[str, str, int]:
        """What a conflict is about: kind, model and record."""
        return self.kind, self.res_model, self.res_id


class OwnedElsewhere(errors.ConflictError):
    """A message would change what another system owns.

    ``disputes`` are what a person has to decide; none if the write is refused outright.
    """

    def __init__(self, message: str, code: str, disputes: Sequence[Dispute]) -> None:
        super().__init__(message, code=code)
        self.disputes = tuple(disputes)


def document(error: Exception) -> tuple[str, int] | None:
    """The record that a refused message is about, so that it shows on its form."""
    if not isinstance(error, OwnedElsewhere):
        return None
    first = next((one for one in error.disputes if one.res_id), None)
    return (first.res_model, first.res_id) if first else None


# -- while the message is handled --------------------------------------------------------------


def arbitrate(
    env: api.Environment, writer: causation.Cause, disputes: Sequence[Dispute]
) -> set[tuple[int, str]]:
    """Let pass what was decided to be taken; return what was decided to be kept: (id, field).

    :raises OwnedElsewhere: there is something that nobody decided yet, or that is another value now
    """
    decided = _decisions(env, writer)
    dropped: set[tuple[int, str]] = set()
    open_ones = []
    for dispute in disputes:
        decision, present, proposed = decided.get((*dispute.place, dispute.name), _UNDECIDED)
        as_seen = same(proposed, dispute.proposed)
        if decision == TAKE and as_seen and same(present, dispute.present):
            continue
        if decision == KEEP and as_seen and dispute.kind == "write":
            dropped.add((dispute.res_id, dispute.name))
            continue
        open_ones.append(dispute)
    if open_ones:
        raise _objection(env, open_ones)
    return dropped


_Decided = dict[tuple[str, str, int, str], tuple[str, Value, Value]]
_UNDECIDED = ("", NOTHING, NOTHING)


def _decisions(env: api.Environment, writer: causation.Cause) -> _Decided:
    """Decisions of people about this message, with the values that they saw."""
    if writer.message_id is None:
        return {}
    env.cr.execute(
        """
        SELECT c.kind, c.res_model, coalesce(c.res_id, 0), coalesce(l.field_name, ''), l.decision
          FROM integration_conflict c JOIN integration_conflict_line l ON l.conflict_id = c.id
         WHERE c.message_id = %s AND c.state = 'decided' AND l.decision IS NOT NULL
        """,
        [writer.message_id],
    )
    rows = env.cr.fetchall()
    if not rows:
        return {}
    # superuser: the service user reads no payloads
    values = read_values(env(su=True), [writer.message_id]).get(writer.message_id, {})
    return {
        (kind, model, res_id, name): (decision, *pair)
        for kind, model, res_id, name, decision in rows
        if (pair := values.get(place_key(kind, model, res_id), {}).get(name))
    }


def _objection(env: api.Environment, disputes: Sequence[Dispute]) -> OwnedElsewhere:
    # sudo: names of systems, fields and kinds of records are no content
    env = env(su=True)
    dispute = disputes[0]
    system = env["integration.system"].browse(dispute.rule.system_id).name
    model = env[dispute.res_model]
    kind = model._description
    if dispute.kind == "create":
        said = f"{system} alone creates records of the kind “{kind}”."
    elif dispute.kind == "delete":
        said = f"{system} alone deletes records of the kind “{kind}”."
    else:
        labels = sorted({model._fields[one.name].string or one.name for one in disputes})
        said = f"{system} is the system of record for “{'”, “'.join(labels)}” of {kind}."
    if all(one.rule.parks for one in disputes):
        return OwnedElsewhere(f"{said} A data steward decides.", PARKED, disputes)
    return OwnedElsewhere(f"{said} The message was refused.", REFUSED, ())


# -- when its outcome is recorded --------------------------------------------------------------


def follow(env: api.Environment, plan: Plan, results: Sequence[ledger.Result]) -> None:
    """Store the disputes of ``results``, and settle the conflicts of messages that are done."""
    done = [result.message_id for result in results if result.state == State.DONE]
    if done:
        settle(env, done)
    disputed = {
        result.message_id: result.error.disputes
        for result in results
        if isinstance(result.error, OwnedElsewhere) and result.error.disputes
    }
    if disputed:
        _store(env, plan, disputed)


def settle(env: api.Environment, message_ids: Sequence[int]) -> None:
    """The messages took effect: their conflicts are over, and so is the status of the records."""
    closed = _close(env, message_ids, "CASE WHEN state = 'decided' THEN 'settled' ELSE 'void' END")
    if closed:
        sync.mark(env.cr, closed, "synchronised", None)


def void(env: api.Environment, message_ids: Sequence[int]) -> None:
    """The messages were closed without an effect: there is nothing to decide any more."""
    _close(env, message_ids, "'void'")


def _close(env: api.Environment, message_ids: Sequence[int], state: str) -> list[int]:
    """Close the conflicts of messages; return the ids of the messages that had any."""
    env.cr.execute(
        f"""
        UPDATE integration_conflict
           SET state = {state}, closed_at = now() AT TIME ZONE 'UTC'
         WHERE message_id = ANY(%s) AND state IN ('open', 'decided')
        RETURNING id, message_id
        """,  # noqa: S608 (an expression of this module)
        [list(message_ids)],
    )
    rows = env.cr.fetchall()
    if rows:
        # sudo: the tasks of stewards, whoever closes the message
        found = env["integration.conflict"].sudo().browse(row[0] for row in rows)
        found.invalidate_model()
        found._settle_tasks()
    return sorted({row[1] for row in rows})


def _store(env: api.Environment, plan: Plan, disputed: Mapping[int, Sequence[Dispute]]) -> None:
    known = read_values(env, list(disputed))
    uuids = _uuids(env.cr, disputed)
    for message_id, disputes in disputed.items():
        values = known.get(message_id, {})
        by_place: dict[tuple[str, str, int], list[Dispute]] = defaultdict(list)
        for one in disputes:
            by_place[one.place].append(one)
        for place, group in by_place.items():
            values[place_key(*place)] = {one.name: (one.present, one.proposed) for one in group}
        write_values(env, plan, message_id, uuids[message_id], values)
        env["integration.conflict"]._open(plan, message_id, by_place)
    sync.upsert(
        env.cr,
        [
            (
                one.res_model,
                one.res_id,
                plan.interface_id,
                "conflict",
                _said(env, disputes[0]),
                message_id,
            )
            for message_id, disputes in disputed.items()
            for one in disputes[:1]
            if one.res_id
        ],
    )
    env["integration.record.sync"]._touched_changed()


def _said(env: api.Environment, dispute: Dispute) -> str:
    """What everybody who may read the record may know: no field, no value."""
    owner = env["integration.system"].browse(dispute.rule.system_id).name
    return f"Its message would change what {owner} owns. A data steward decides."


def _uuids(cr: BaseCursor, ids: Iterable[int]) -> dict[int, str]:
    cr.execute("SELECT id, uuid FROM integration_message WHERE id = ANY(%s)", [list(ids)])
    return dict(cr.fetchall())


# -- the values, kept with the content of the message ------------------------------------------

#: Values in Odoo and of the message, by field, by :func:`place_key`.
Values = dict[str, dict[str, tuple[Value, Value]]]


def place_key(kind: str, res_model: str, res_id: int) -> str:
    """Name of a conflict within its message."""
    return f"{kind}:{res_model}:{res_id or 0}"


def read_values(env: api.Environment, message_ids: Sequence[int]) -> dict[int, Values]:
    """What both sides have, by message; a message whose content is gone is left out.

    :param env: as superuser; who may see content is the caller's question
    """
    # First: it may have to read as well, on this cursor.
    ring = env["integration.credential"]._key_ring()
    env.cr.execute(
        """
        SELECT m.id, m.uuid, p.body, p.encoding
          FROM integration_payload p JOIN integration_message m ON m.id = p.message_id
         WHERE p.message_id = ANY(%s) AND p.kind = %s
        """,
        [list(message_ids), KIND],
    )
    found = {}
    for message_id, uuid, body, encoding in env.cr.fetchall():
        try:
            raw = payload_codec.decode(bytes(body), encoding, uuid, KIND, ring)
        except (keyring.KeyRingError, ValueError, zlib.error):
            continue
        found[message_id] = {
            place: {name: (pair[0], pair[1]) for name, pair in fields.items()}
            for place, fields in json.loads(raw).items()
        }
    return found


def write_values(
    env: api.Environment, plan: Plan, message_id: int, uuid: str, values: Values
) -> None:
    """Store what both sides have, in place of what was stored before."""
    raw = canonical_json.dumps(
        {place: {n: list(pair) for n, pair in fields.items()} for place, fields in values.items()}
    )
    sealed = payloads.seal(raw, uuid, KIND, plan.key_ring, plan.data_class, "application/json")
    ledger.insert_payloads(env.cr, [(message_id, sealed)])


def seen(fields: Mapping[str, tuple[Value, Value]]) -> str:
    """A token of what a person was shown, to find out whether it is still so."""
    plain: Any = {name: [one["value"] for one in pair] for name, pair in fields.items()}
    return canonical_json.sha256_hex(json.dumps(plain, sort_keys=True, default=str).encode())

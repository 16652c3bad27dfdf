"""After a restore: what this database has forgotten, and what it would repeat.

The journal outside the database (:mod:`.outside`) is held against the ledger. Where there is no
journal, what waits to be sent may have been sent since, and what was lost cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from odoo.sql_db import BaseCursor

from ..tools.arming import Released
from ..tools.journal import Fate, Kind, Outcome, Step, fates
from ..tools.states import LIVE, State
from . import arming, ledger, outside, own_events, sync

# A mark is a minute old at most, and clocks of two machines differ.
MARGIN = timedelta(minutes=3)
NOW = "(now() AT TIME ZONE 'UTC')"
WAITING = sorted(LIVE)
KINDS = {Outcome.TAKEN: "delivered", Outcome.UNKNOWN: "maybe"}
OPEN = [*WAITING, str(State.QUARANTINED), str(State.DEAD)]


@dataclass(frozen=True)
class Finding:
    """A message that the database and the outside know differently.

    ``kind`` is ``delivered`` (waits here, the partner has it), ``maybe`` (waits here, the partner
    may have it), ``unknown`` (sent after the backup, not known here) or ``lost`` (accepted from
    the partner after the backup, not known here).
    """

    kind: str
    interface_id: int
    uuid: str
    key: str
    message_type: str
    at: datetime | None
    message_id: int | None = None


def since(known: Released | None) -> datetime | None:
    """From when on the outside may know more than the database (naive UTC)."""
    return known.mark_at - MARGIN if known and known.mark_at else None


def journal(dbname: str, known: Released | None) -> list[Step] | None:
    """The steps since the backup; ``None`` when there is no journal of this database.

    A database that was restored under another name finds the journal of the name that it had. A
    backup from before a later release finds it by the tokens of before.
    """
    start = since(known)
    if known is None or start is None:
        return None
    for name in dict.fromkeys((dbname, known.identity.database_name)):
        found = outside.read(name)
        if known.token in (found.token, *found.before):
            return list(outside.steps(name, start))
    return None


def examine(cr: BaseCursor) -> list[Finding]:
    """Hold the outside against the ledger."""
    known = arming.released(cr)
    steps = journal(cr.dbname, known)
    waiting = _waiting(cr)
    if steps is None:
        return [
            Finding("maybe", interface, uuid, key or "", kind or "", None, message_id)
            for uuid, (message_id, interface, key, kind) in waiting.items()
        ]
    found = _sent(cr, fates(steps), waiting)
    found += _lost(cr, [step for step in steps if step.kind is Kind.ACCEPTED])
    return _of_present_interfaces(cr, found)


def _sent(
    cr: BaseCursor, sent: Mapping[str, Fate], waiting: Mapping[str, tuple[int, int, str, str]]
) -> list[Finding]:
    """What left, or may have left, and is not finished here."""
    forgotten = set(sent) - set(waiting)
    forgotten -= _existing(cr, forgotten)
    # An event of which the backup has no message got another message since, with the same key.
    anew = {(interface, key): mid for mid, interface, key, _type in waiting.values()}
    found = []
    for uuid, fate in sent.items():
        if uuid in waiting:
            message_id = waiting[uuid][0]
        elif uuid in forgotten:
            message_id = anew.get((fate.step.interface_id, fate.step.key))
        else:
            continue
        if fate.outcome is not Outcome.REFUSED:
            kind = KINDS[fate.outcome] if message_id else "unknown"
            found.append(_finding(kind, fate.step, message_id))
    return found


def _finding(kind: str, step: Step, message_id: int | None = None) -> Finding:
    at = datetime.fromtimestamp(step.at, UTC).replace(tzinfo=None, microsecond=0)
    return Finding(kind, step.interface_id, step.uuid, step.key, step.message_type, at, message_id)


def _waiting(cr: BaseCursor) -> dict[str, tuple[int, int, str, str]]:
    """Outbound messages that are not finished here, by id; fetches can be repeated anyway."""
    cr.execute(
        """
        SELECT uuid, id, interface_id, external_key, message_type FROM integration_message
         WHERE direction = 'outbound' AND state = ANY(%s) AND message_type IS DISTINCT FROM %s
        """,
        [OPEN, own_events.FETCH],
    )
    return {row[0]: row[1:] for row in cr.fetchall()}


def _existing(cr: BaseCursor, uuids: Iterable[str]) -> set[str]:
    cr.execute("SELECT uuid FROM integration_message WHERE uuid = ANY(%s)", [list(uuids)])
    return {row[0] for row in cr.fetchall()}


def _lost(cr: BaseCursor, accepted: Sequence[Step]) -> list[Finding]:
    """What was acknowledged to partners and is not here; each once."""
    steps = {step.uuid: step for step in accepted}
    missing = set(steps) - _existing(cr, steps)
    # Keys outlive messages; and a partner may have sent it again since.
    cr.execute(
        """
        SELECT v.uuid FROM unnest(%s::text[], %s::int[], %s::text[]) AS v(uuid, interface, key)
          JOIN integration_idempotency k ON k.interface_id = v.interface AND k.key = v.key
        """,
        [
            list(missing),
            [steps[uuid].interface_id for uuid in missing],
            [steps[uuid].key for uuid in missing],
        ],
    )
    missing -= {row[0] for row in cr.fetchall()}
    return [_finding("lost", steps[uuid]) for uuid in missing]


def _of_present_interfaces(cr: BaseCursor, found: Sequence[Finding]) -> list[Finding]:
    cr.execute("SELECT id FROM integration_interface")
    present = {row[0] for row in cr.fetchall()}
    return [one for one in found if one.interface_id in present]


# ----------------------------------------------------------------------------------------------
# what becomes of the messages of an interface when it is released
# ----------------------------------------------------------------------------------------------


def free_claimed(cr: BaseCursor, interface_id: int) -> None:
    """Take messages back from workers of the past, whose lease is over."""
    moved = ledger.move(
        cr,
        State.QUEUED,
        where=f"interface_id = %(id)s AND state = 'processing' AND lease_until < {NOW}",
        values={"id": interface_id},
        assign={"claim_token": None, "lease_until": None},
    )
    ledger.record_lost(cr, moved, State.QUEUED)


def close_delivered(cr: BaseCursor, interface_id: int, note: str) -> list[int]:
    """Close what waits here although the partner has it; its documents count as delivered."""
    cr.execute(
        """
        SELECT message_id FROM integration_restore_finding
         WHERE interface_id = %s AND kind = 'delivered' AND message_id IS NOT NULL
        """,
        [interface_id],
    )
    ids = [row[0] for row in cr.fetchall()]
    moved = _close(cr, "id = ANY(%(ids)s)", {"ids": ids}, note)
    sync.of_results(cr, [(message_id, "done", None) for message_id in moved])
    return moved


def close_all(cr: BaseCursor, interface_id: int, note: str, status: str) -> list[int]:
    """Close everything that waits, except what an operator has parked.

    :param status: why, for the documents: everybody who may read them sees it
    """
    moved = _close(
        cr,
        "interface_id = %(id)s AND held_reason IS DISTINCT FROM 'parked'"
        " AND state NOT IN ('quarantined', 'dead')",
        {"id": interface_id},
        note,
    )
    sync.mark(cr, moved, "cancelled", status)
    return moved


def _close(cr: BaseCursor, where: str, values: Mapping[str, object], note: str) -> list[int]:
    return ledger.move(
        cr,
        State.CANCELLED,
        where=where,
        values=values,
        assign={"resolution": note, "held_reason": None},
    )

"""Scheduled conditions: which records began to match a domain since it was looked at last.

What matched at the last look is remembered in ``integration_event_condition``, one slim row for a
record, never on the record itself. A look goes through the records by id in batches, each
in a transaction of its own with the events that it gives rise to, so that a look that is
interrupted goes on where it stopped and fires nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.sql_db import BaseCursor

from . import capture
from .triggers import Trigger

#: Records of one transaction.
BATCH = 1000


@dataclass(frozen=True)
class Step:
    """One batch of a look.

    :ivar position: id up to which records have been looked at; None when all have been
    """

    fired: int
    looked_at: int
    position: int | None


def look(records: BaseModel, trigger: Trigger, position: int, *, fire: bool) -> Step:
    """Compare the next batch of records with what matched last time.

    Three statements, and the insert of the events with their snapshots when the caller commits.

    :param records: the empty recordset of the trigger's model, as superuser
    :param position: look at records with a larger id only
    :param fire: whether records that match now and did not before are told of; without it they
        are only remembered
    :raises ValueError: the condition cannot be used; other errors of the ORM are possible too.
    """
    cr = records.env.cr
    found = records.search(trigger.domain() & Domain("id", ">", position), order="id", limit=BATCH)
    known = _known(cr, trigger.type_id, position)
    # Where either list was cut, what lies behind its end is unknown.
    ends = [ids[-1] for ids in (found.ids, known) if len(ids) == BATCH]
    end = min(ends) if ends else None
    matching = {i for i in found.ids if end is None or i <= end}
    before = {i for i in known if end is None or i <= end}
    began, ceased = matching - before, before - matching
    _remember(cr, trigger.type_id, sorted(began))
    _forget(cr, trigger.type_id, sorted(ceased))
    if fire and began:
        capture.collect(records, trigger, sorted(began))
    return Step(len(began) if fire else 0, len(matching | before), end)


def _known(cr: BaseCursor, type_id: int, position: int) -> list[int]:
    cr.execute(
        """
        SELECT res_id FROM integration_event_condition
         WHERE type_id = %s AND res_id > %s ORDER BY res_id LIMIT %s
        """,
        [type_id, position, BATCH],
    )
    return [row[0] for row in cr.fetchall()]


def _remember(cr: BaseCursor, type_id: int, ids: list[int]) -> None:
    if ids:
        cr.execute(
            """
            INSERT INTO integration_event_condition (type_id, res_id)
            SELECT %s, unnest(%s) ON CONFLICT (type_id, res_id) DO NOTHING
            """,
            [type_id, ids],
        )


def _forget(cr: BaseCursor, type_id: int, ids: list[int]) -> None:
    if ids:
        cr.execute(
            "DELETE FROM integration_event_condition WHERE type_id = %s AND res_id = ANY(%s)",
            [type_id, ids],
        )


def forget_all(cr: BaseCursor, type_ids: list[int]) -> None:
    """Forget what matched: the next look is the first one again."""
    cr.execute("DELETE FROM integration_event_condition WHERE type_id = ANY(%s)", [type_ids])

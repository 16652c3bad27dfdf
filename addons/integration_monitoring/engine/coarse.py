"""Hours and days, each computed anew from what is below it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from odoo.sql_db import BaseCursor

from ..tools import rollup
from ..tools.rollup import Step
from . import rollup_rows
from .rollup_rows import Windows


def interfaces(cr: BaseCursor) -> list[int]:
    """Interfaces that carry traffic; drafts of revisions do not."""
    cr.execute("SELECT id FROM integration_interface WHERE revision_of_id IS NULL ORDER BY id")
    return [row[0] for row in cr.fetchall()]


def update(cr: BaseCursor, minutes: Iterable[datetime]) -> None:
    """Compute the hours and the days anew that contain these minutes."""
    moments = [minute.replace(tzinfo=UTC).timestamp() for minute in minutes]
    if not moments:
        return
    stale = rollup.stale(moments, int(max(moments)) + 1)
    ids = interfaces(cr)
    for step in (Step.HOUR, Step.DAY):
        below = step.below
        assert below is not None  # noqa: S101 (of hours and days there is one)
        for begin in stale[step]:
            rows = rollup_rows.read(cr, ids, below, begin, begin + step)
            whole: Windows = {
                interface: {begin: rollup.roll_up(mine, begin, step)}
                for interface, mine in rows.items()
            }
            rollup_rows.store(cr, step, whole)

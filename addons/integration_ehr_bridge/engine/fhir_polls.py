"""The rows of ``integration.fhir.poll`` in SQL: which search is due, and how far it was read.

Called on the engine's READ COMMITTED cursors. A page's messages and where the reading stands are
written in one transaction, so that a death in between repeats the page, whose resources are known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine import lanes
from odoo.addons.integration_core.tools.keyring import KeyRing, KeyRingError

from ..tools.fhir import watermark
from ..tools.fhir.paging import Step, Walk

NOW = "(now() AT TIME ZONE 'UTC')"
#: What was remarked on earlier pages of a reading stays until its end.
_REMARK = "coalesce(%s, CASE WHEN walk IS NULL THEN NULL ELSE remark END)"


@dataclass(frozen=True)
class Due:
    """A search whose time has come.

    :ivar query: the search as it was entered
    :ivar mark: up to where everything is stored; ``None``: nothing is known
    :ivar walk: where an unfinished reading goes on; ``None``: it begins
    """

    id: int
    interface_id: int
    query: str
    mark: datetime | None
    walk: Walk | None
    failures: int


def due(cr: BaseCursor, interface_id: int, ring: KeyRing | None) -> Due | None:
    """The search of an interface that is due for the longest time."""
    cr.execute(
        f"""
        SELECT id, interface_id, query, watermark, walk, failures
          FROM integration_fhir_poll
         WHERE interface_id = %s AND (next_at IS NULL OR next_at <= {NOW})
         ORDER BY next_at NULLS FIRST, id LIMIT 1
        """,  # noqa: S608 - a constant
        [interface_id],
    )
    row = cr.fetchone()
    if row is None:
        return None
    return Due(*row[:4], _opened(row[0], row[4], ring), row[5] or 0)


def next_at(cr: BaseCursor, interface_id: int) -> datetime | None:
    """When the next search of an interface is due, in naive UTC."""
    cr.execute(
        "SELECT min(next_at) FROM integration_fhir_poll WHERE interface_id = %s", [interface_id]
    )
    return cr.fetchone()[0]


def overdue_lanes(cr: BaseCursor, grace: float) -> list[int]:
    """Lanes of polls that should have begun: a job was lost, or was never made.

    :param grace: seconds for which a search may be late
    """
    cr.execute(
        f"""
        SELECT DISTINCT l.id
          FROM integration_fhir_poll p
          JOIN integration_interface i ON i.id = p.interface_id
          JOIN integration_interface s ON s.id = i.fhir_poll_interface_id
          JOIN integration_lane l ON l.interface_id = i.id AND l.kind = 'fhir_poll'
         WHERE (p.next_at IS NULL OR p.next_at < {NOW} - %s * interval '1 second')
           AND i.active AND s.active AND i.state IN ('active', 'deprecated')
           AND s.state IN ('active', 'deprecated')
           AND i.receiving_stopped IS NOT TRUE AND s.processing_paused IS NOT TRUE
           AND coalesce({lanes.ended("l.lease_until")}, true)
        """,  # noqa: S608 - constants
        [grace],
    )
    return [row[0] for row in cr.fetchall()]


def went_on(
    cr: BaseCursor, poll: Due, step: Step, stored: int, remark: str, ring: KeyRing | None
) -> None:
    """A page is stored, and others follow at once."""
    cr.execute(
        f"""
        UPDATE integration_fhir_poll
           SET walk = %s, watermark = greatest(watermark, %s), polled_at = {NOW}, next_at = {NOW},
               failures = 0, error_code = NULL, error_message = NULL, remark = {_REMARK},
               stored = coalesce(stored, 0) + %s, run_stored = coalesce(run_stored, 0) + %s
         WHERE id = %s
        """,  # noqa: S608 - a constant
        [_sealed(poll.id, step.walk, ring), step.mark, remark or None, stored, stored, poll.id],
    )


def ended(
    cr: BaseCursor, poll: Due, mark: datetime | None, stored: int, interval: int, remark: str
) -> None:
    """The last page is stored; the search is repeated after ``interval`` seconds."""
    cr.execute(
        f"""
        UPDATE integration_fhir_poll
           SET walk = NULL, watermark = greatest(watermark, %s), polled_at = {NOW},
               caught_up_at = {NOW}, next_at = {NOW} + %s * interval '1 second', failures = 0,
               error_code = NULL, error_message = NULL, remark = {_REMARK},
               stored = coalesce(stored, 0) + %s,
               last_stored = coalesce(run_stored, 0) + %s, run_stored = 0
         WHERE id = %s
        """,  # noqa: S608 - a constant
        [mark, interval, remark or None, stored, stored, poll.id],
    )


def failed(cr: BaseCursor, poll: Due, code: str, text: str, delay: float, *, anew: bool) -> None:
    """It did not succeed; it is tried again after ``delay`` seconds.

    :param anew: from the watermark, because the way on is lost
    """
    cr.execute(
        f"""
        UPDATE integration_fhir_poll
           SET failures = coalesce(failures, 0) + 1, polled_at = {NOW}, error_code = %s,
               error_message = %s, next_at = {NOW} + %s * interval '1 second',
               walk = CASE WHEN %s THEN NULL ELSE walk END
         WHERE id = %s
        """,  # noqa: S608 - a constant
        [code, text, delay, anew, poll.id],
    )


def _sealed(poll_id: int, walk: Walk | None, ring: KeyRing | None) -> str:
    """Where a reading stands, as it is stored: links hold what servers like to put into them."""
    text = json.dumps(asdict(walk or Walk()), default=_written)
    if ring is None:
        return text
    return "k:" + ring.encrypt(text.encode(), _context(poll_id)).hex()


def _opened(poll_id: int, text: str | None, ring: KeyRing | None) -> Walk | None:
    """What :func:`_sealed` wrote; what cannot be read begins anew from the watermark."""
    if not text:
        return None
    try:
        if text.startswith("k:"):
            if ring is None:
                return None
            text = ring.decrypt(bytes.fromhex(text[2:]), _context(poll_id)).decode()
        return _walk(json.loads(text))
    except (KeyRingError, ValueError, TypeError):
        return None


def _context(poll_id: int) -> str:
    return f"integration.fhir.poll|{poll_id}|walk"


def _written(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    raise TypeError(type(value).__name__)


def _walk(value: Mapping[str, Any]) -> Walk:
    moments = {name: watermark.read(value.get(name)) for name in ("since", "newest", "began")}
    return Walk(**moments, link=value["link"], pages=value["pages"], seen=tuple(value["seen"]))

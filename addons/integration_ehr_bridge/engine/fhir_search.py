"""Searches over records: conditions, order, pages that stand still while others write."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.sql_db import BaseCursor
from odoo.tools import SQL

from ..tools.fhir.page import Position
from ..tools.fhir.search import Filter, Query
from ..tools.fhir.search_values import MICROSECOND, Span
from .fhir_scope import Scope, Source

#: Transactions that take longer are not waited for: what they write may be missed by a poll.
LONGEST_TRANSACTION = timedelta(minutes=15)
#: A transaction takes its moment some time before it shows as under way; on a busy machine the
#: process may have to wait in between.
SETTLED = timedelta(seconds=1)

# What a transaction writes carries the moment of its beginning. So what changed before the oldest
# one that is under way is complete; of anything later something may still come.
_HORIZON = """
    SELECT GREATEST(
        LEAST(now() - %s, min(xact_start)), now() - %s
    ) AT TIME ZONE 'UTC'
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
        AND backend_type = 'client backend'
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A record that was found."""

    source: int
    record: BaseModel
    changed: datetime

    @property
    def position(self) -> Position:
        return Position(self.source, self.record.id, self.changed)


def horizon(cr: BaseCursor) -> datetime:
    """Until when changes can be told completely; what is read afterwards is read anew.

    The transaction of the request began some statements ago and sees nothing that was committed
    since, which does not show as under way any more. So it ends, and what follows is another one,
    whose picture is newer than the answer to the question who is at work. Nothing was written yet.
    """
    cr.rollback()
    cr.execute(_HORIZON, [SETTLED, LONGEST_TRANSACTION])
    [found] = cr.fetchone()
    cr.rollback()
    return found - MICROSECOND


def changed_within(source: Source, span: Span) -> Domain:
    """Records that changed within a span, to the microsecond.

    A domain of the ORM compares seconds.
    """

    def to_sql(_model: BaseModel, alias: str, _query: Any) -> SQL:
        column = source.changed_at(alias)
        conditions = [SQL("TRUE")]
        if span.low is not None:
            conditions.append(SQL("%s >= %s", column, span.low))
        if span.high is not None:
            conditions.append(SQL("%s < %s", column, span.high))
        return SQL("(%s)", SQL(" AND ").join(conditions))

    return Domain.custom(to_sql=to_sql)


def conditions(
    view: BaseModel, scope: Scope, source: Source, query: Query, limit: datetime | None
) -> Domain:
    """What a search asks of the records of a source, within what is shown of them.

    :param limit: what changed later is none of the matter
    """
    found = Domain(source.domain)
    for one in query.filters:
        found &= _condition(view, scope, source, one)
    if limit is not None:
        found &= changed_within(source, Span(None, limit + MICROSECOND))
    return found


def _condition(view: BaseModel, scope: Scope, source: Source, one: Filter) -> Domain:
    found = _positive(view, scope, source, one)
    return ~found if one.modifier == "not" else found


def _positive(view: BaseModel, scope: Scope, source: Source, one: Filter) -> Domain:
    if one.name == "_lastUpdated":
        return Domain.OR(changed_within(source, span) for span in one.values)
    if one.name == "_id":
        return Domain("id", "in", _ids(source, one))
    return view._condition(source, one, scope)


def _ids(source: Source, one: Filter) -> list[int]:
    found = (record_id(source, value.code) for value in one.values if not value.system)
    return [number for number in found if number]


def record_id(source: Source, id_: str | None) -> int:
    """The record behind a logical id; 0 if there can be none in this source."""
    if not id_ or not id_.startswith(source.prefix):
        return 0
    return number_of(id_.removeprefix(source.prefix))


def number_of(text: str) -> int:
    """The id of a record that a text is, 0 if it is none: 007 is not 7, and ids have 32 bits."""
    if not text.isascii() or not text.isdecimal() or len(text) > 10 or text[0] == "0":
        return 0
    return int(text) if int(text) < 2**31 else 0


def rows(
    view: BaseModel, scope: Scope, sources: Sequence[Source], query: Query, limit: datetime | None,
    after: Position | None,
) -> list[Row]:  # fmt: skip
    """The rows of a page in their order, and one more if there are more.

    :param after: the last row of the page before
    """
    wanted = query.count + 1
    descending = query.sort.startswith("-")
    by_change = query.sort.endswith("_lastUpdated")
    numbered = list(enumerate(sources))
    if descending:
        numbered.reverse()
    lists, left = [], wanted
    for number, source in numbered:
        domain = conditions(view, scope, source, query, limit) & _behind(
            number, source, after, by_change=by_change, descending=descending
        )
        found = view._find(source, domain, _order(source, by_change, descending), left)
        lists.append([Row(number, one, changed) for one, changed in found])
        if not by_change:
            # One source after the other.
            left -= len(found)
            if left <= 0:
                break
    if not by_change:
        return [row for part in lists for row in part]
    merged = heapq.merge(
        *lists, key=lambda row: (row.changed, row.source, row.record.id), reverse=descending
    )
    return list(merged)[:wanted]


def _order(source: Source, by_change: bool, descending: bool) -> str:
    way = " DESC" if descending else ""
    return f"{source.changed}{way}, id{way}" if by_change else f"id{way}"


def _behind(
    number: int, source: Source, after: Position | None, *, by_change: bool, descending: bool
) -> Domain:
    """Records of a source that come after a position."""
    if after is None:
        return Domain.TRUE
    same = number == after.source
    # Whether this source comes later than that of the position, where nothing else decides.
    later = (number < after.source) if descending else (number > after.source)
    further = Domain("id", "<" if descending else ">", after.id)
    if not by_change or after.changed is None:
        return further if same else Domain(later)
    at, beyond = after.changed, after.changed + MICROSECOND
    past = Span(None, at) if descending else Span(beyond, None)
    tie = changed_within(source, Span(at, beyond))
    ties = tie & further if same else tie if later else Domain.FALSE
    return changed_within(source, past) | ties


def total(
    view: BaseModel, scope: Scope, sources: Sequence[Source], query: Query, limit: datetime | None
) -> int:
    """How many resources the search finds on all pages."""
    return sum(
        view._count(source, conditions(view, scope, source, query, limit)) for source in sources
    )

"""Looking ahead: what an act would do to each of many messages, before it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from odoo.models import BaseModel

from ..tools import acts
from ..tools.acts import Act
from . import own_events, routes


@dataclass
class Assessment:
    """Which messages an act is possible for.

    ``possible`` are ids, oldest first. ``refused`` counts the others by a key of
    :data:`acts.REFUSALS`, ``effects`` counts the possible ones by a key of :data:`acts.EFFECTS`.
    ``reasons`` gives the refusal of each of the others by its id.
    ``originals`` gives, for a replay, the first original of each possible message. ``kept`` are
    messages that may be known to the partner: a retry must not give them another id or content.
    """

    act: Act
    possible: list[int] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    reasons: dict[int, str] = field(default_factory=dict)
    effects: Counter[str] = field(default_factory=Counter)
    originals: dict[int, int] = field(default_factory=dict)
    kept: set[int] = field(default_factory=set)

    def refuse(self, message_id: int, reason: str) -> None:
        self.refused[reason] += 1
        self.reasons[message_id] = reason


@dataclass(frozen=True)
class _Row:
    id: int
    state: str
    held_reason: str | None
    direction: str
    attempts: int
    interface_id: int
    message_type: str | None
    causation_id: str | None
    original_id: int
    had_effect: bool
    attempted: bool
    reached: bool
    open_replay: bool
    source: bool

    @property
    def outbound(self) -> bool:
        return self.direction == "outbound"


# A replay and its siblings are one family: what one of them did, the family has done. What was
# tried is told by the attempts: the counter of a message starts again with each retry. A request
# that an answer, silence or a vanished worker ended may be known to the partner; one that ended in
# another way never left.
_FAMILY = """
    SELECT m.id, m.state, m.held_reason, m.direction, coalesce(m.attempts, 0), m.interface_id,
           m.message_type, m.causation_id,
           o.id, family.had_effect, family.attempted, family.reached, family.open_replay,
           CASE WHEN o.direction = 'outbound'
                THEN EXISTS (SELECT 1 FROM integration_event e
                              WHERE e.id = o.event_id AND e.problem IS NULL
                                AND e.purged_at IS NULL)
                ELSE EXISTS (SELECT 1 FROM integration_payload p
                              WHERE p.message_id = o.id AND p.kind = 'received') END
      FROM integration_message m
     -- OFFSET 0: one look into the primary key for each, whatever statistics say of the ledger
     CROSS JOIN LATERAL (
           SELECT id, direction, event_id, state, attempts FROM integration_message
            WHERE id = coalesce(m.original_id, m.id) OFFSET 0) o
     CROSS JOIN LATERAL (
           SELECT bool_or(f.state = 'done') AS had_effect,
                  bool_or(f.attempts > 0 OR EXISTS (
                      SELECT 1 FROM integration_attempt a WHERE a.message_id = f.id)) AS attempted,
                  bool_or(EXISTS (
                      SELECT 1 FROM integration_attempt a
                       WHERE a.message_id = f.id
                         AND (a.http_status IS NOT NULL OR a.error_class IS NULL
                              OR a.error_class = 'unknown_outcome'
                              OR a.error_code = 'internal_error'))) AS reached,
                  bool_or(f.id <> o.id AND f.state NOT IN ('done', 'filtered', 'cancelled'))
                      AS open_replay
             FROM (SELECT o.id, o.state, o.attempts
                    UNION ALL
                   SELECT r.id, r.state, r.attempts FROM integration_message r
                    WHERE r.original_id = o.id) f) family
     WHERE m.id = ANY(%s)
     ORDER BY m.id
"""


def assess(messages: BaseModel, act: Act) -> Assessment:
    """Judge ``act`` for each of ``messages``; the environment must be the superuser's."""
    found = Assessment(act)
    messages.env.flush_all()
    messages.env.cr.execute(_FAMILY, [messages.ids])
    rows = [_Row(*row) for row in messages.env.cr.fetchall()]
    interfaces = _Interfaces(messages.env["integration.interface"], {r.interface_id for r in rows})
    chosen: set[int] = set()
    for row in rows:
        reason = acts.refusal(act, row.state, row.held_reason)
        if not reason and act is Act.REPLAY:
            reason = acts.replay_refusal(interfaces.finished(row))
            if not reason and row.original_id in chosen:
                reason = "same_original"
            chosen.add(row.original_id)
        if reason:
            found.refuse(row.id, reason)
            continue
        found.possible.append(row.id)
        _note_effect(found, row, interfaces.fetch(row))
    return found


def _note_effect(found: Assessment, row: _Row, fetch: bool) -> None:
    if found.act is Act.REPLAY:
        found.originals[row.id] = row.original_id
    elif found.act is not Act.RETRY:
        return
    repaired = found.act is Act.RETRY and row.outbound and row.state == "quarantined"
    if repaired and row.reached:
        found.kept.add(row.id)
    found.effects[
        acts.effect(
            outbound=row.outbound,
            had_effect=row.had_effect,
            attempted=row.attempted,
            renewed=repaired and not row.reached,
            kept=repaired and row.reached,
            fetch=fetch,
        )
    ] += 1


class _Interfaces:
    """What the interfaces of the messages say about replays."""

    def __init__(self, model: BaseModel, ids: Iterable[int]) -> None:
        interfaces = model.browse(ids)
        self.retired = {i.id for i in interfaces if i.state == "retired" or not i.active}
        self._interfaces = {interface.id: interface for interface in interfaces}
        self._handlers: dict[tuple[int, str | None], BaseModel | None] = {}
        self.fetching = {i.id for i in interfaces if i._content_fetch()}

    def fetch(self, row: _Row) -> bool:
        """Whether it fetches content, or is a notification whose content is fetched."""
        if row.outbound:
            return row.message_type == own_events.FETCH
        return row.causation_id is None and row.interface_id in self.fetching

    def handler(self, row: _Row) -> BaseModel | None:
        """What handles messages such as this one, if anything does."""
        key = row.interface_id, row.message_type
        if key not in self._handlers:
            self._handlers[key] = routes.handler_of(self._interfaces[row.interface_id], key[1])
        return self._handlers[key]

    def finished(self, row: _Row) -> acts.Finished:
        handler = self.handler(row)
        return acts.Finished(
            outbound=row.outbound,
            had_effect=row.had_effect,
            attempted=row.attempted,
            repeatable=handler is not None and handler._repeatable,
            source=row.source,
            open_replay=row.open_replay,
            retired=row.interface_id in self.retired,
            handler=handler is not None,
            fetch=self.fetch(row),
        )

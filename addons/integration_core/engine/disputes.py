"""What a message disputes while it is handled: values that its system does not own.

A message is handled to its end in spite of what is disputed, as if all of it were granted, so that
a person is asked about everything at once. Then :func:`collecting` objects, and everything that
the message did is undone with it.

The message is handled once more when people have decided. Its disputes come up again, in the same
order; each is recognised by its place, and by the value that was decided upon. One that nobody has
seen, or that is about other values by now, is asked anew, and what was decided before stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from psycopg2 import OperationalError

from odoo import api

from ..tools import errors
from ..tools.conflict_points import Point
from ..tools.ownership import Rule
from . import causation, newborn
from .conflict_values import Sides, place_key, read_values
from .owned_values import Value, same

PARKED = "owned_elsewhere"
REFUSED = "owned_refused"
WRITE, CREATE, DELETE = "write", "create", "delete"
#: What a decision says; ``decision`` of ``integration.conflict.line``.
TAKE, KEEP = "take", "keep"


@dataclass(frozen=True)
class Dispute:
    """One value of one field of one record.

    :ivar kind: ``write``, ``create`` or ``delete``
    :ivar res_id: 0 for a record that would be created
    :ivar point: the field (none for a deletion, and for a new record without any owned value),
        which new record, and which of several values of the field
    :ivar met: the value in Odoo when the message comes to it
    :ivar present: the value in Odoo before the message
    :ivar steady: it is the same each time that the message is handled; not what Odoo may fill in
        by itself, such as a number or the time
    """

    kind: str
    res_model: str
    res_id: int
    point: Point
    rule: Rule
    met: Value
    proposed: Value
    present: Value | None = None
    languages: str = ""
    decides: bool = False
    title: str = ""
    steady: bool = True

    @property
    def place(self) -> tuple[str, str, int]:
        """What a conflict is about: kind, model and record."""
        return self.kind, self.res_model, self.res_id

    @property
    def identity(self) -> tuple[str, str, int, Point]:
        """What tells it from every other dispute of its message."""
        return (*self.place, self.point)

    @property
    def sides(self) -> Sides:
        """What a person compares."""
        present = self.met if self.present is None else self.present
        return Sides(present, self.met, self.proposed, self.languages, self.decides, self.title)


@dataclass(frozen=True)
class Decided:
    """A decision of a person, with what it was made upon."""

    decision: str
    sides: Sides

    def grants(self, dispute: Dispute) -> bool:
        """Whether the message's value is taken: that one, in place of the one that was seen."""
        known = (self.sides.present, self.sides.met)
        return self.decision == TAKE and any(same(one, dispute.met) for one in known)


class OwnedElsewhere(errors.ConflictError):
    """A message would change what another system owns.

    :ivar disputes: what a person has to decide; none if the write is refused outright
    :ivar settled: what was decided before and still stands, with the decisions
    """

    def __init__(
        self,
        message: str,
        code: str,
        disputes: Sequence[Dispute] = (),
        settled: Sequence[tuple[Dispute, str]] = (),
    ) -> None:
        super().__init__(message, code=code)
        self.disputes = tuple(disputes)
        self.settled = tuple(settled)


@dataclass
class Docket:
    """The disputes of one message, while it is handled once.

    :ivar collects: objects at the end of the message, instead of at the first dispute
    :ivar left: records that the message took out of a rule, which goes on to hold for them
    """

    collects: bool = False
    open: list[Dispute] = field(default_factory=list)
    settled: dict[Any, tuple[Dispute, str]] = field(default_factory=dict)
    left: dict[Rule, set[int]] = field(default_factory=lambda: defaultdict(set))
    _entered: dict[Any, list[Dispute]] = field(default_factory=lambda: defaultdict(list))
    _created: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _owners: dict[int, str] = field(default_factory=dict)
    _decided: Mapping[Any, Sequence[Decided]] | None = None

    def next_number(self, model: str) -> int:
        """The number of another new record of a kind that its owner alone creates."""
        self._created[model] += 1
        return self._created[model]

    def enter(self, dispute: Dispute) -> Dispute | None:
        """Give a dispute its place among others about the same field, if it is one at all.

        :return: None when it is no dispute: it brings back what Odoo had before the message
        """
        point = dispute.point
        known = self._entered[*dispute.place, point.name, point.number]
        alike = [one for one in known if one.languages == dispute.languages]
        dispute = replace(dispute, present=alike[0].present if alike else dispute.met)
        if alike and same(dispute.sides.present, dispute.proposed):
            return None
        for one in alike:
            if same(one.proposed, dispute.proposed):
                return replace(dispute, point=one.point)
        dispute = replace(dispute, point=point._replace(turn=len(known) + 1))
        known.append(dispute)
        return dispute

    def decision(self, env: api.Environment, writer: causation.Cause, dispute: Dispute) -> str:
        """What was decided about a dispute: to take it, to keep Odoo's value, or nothing yet."""
        if self._decided is None:
            self._decided = _decisions(env, writer)
        point = dispute.point
        for known in self._decided.get((*dispute.place, point.name, point.number), ()):
            if known.sides.languages != dispute.languages or (
                dispute.steady and not same(known.sides.proposed, dispute.proposed)
            ):
                continue
            if known.grants(dispute):
                return TAKE
            if known.decision == KEEP and dispute.kind == WRITE:
                return KEEP
        return ""

    def object_to(self, env: api.Environment, dispute: Dispute) -> None:
        """Have a person asked about a dispute, when the message is at its end."""
        # sudo: the names of systems are no content
        owner = env["integration.system"].sudo().browse(dispute.rule.system_id)
        self._owners.setdefault(owner.id, owner.name)
        self.open.append(dispute)

    @property
    def ends(self) -> bool:
        """Whether the message goes no further."""
        return bool(self.open) and not (self.collects and all(one.rule.parks for one in self.open))

    def objection(self, env: api.Environment) -> OwnedElsewhere:
        """What the message fails with. Asks the database for nothing: it may refuse to answer."""
        refused = [one for one in self.open if not one.rule.parks]
        first = (refused or self.open)[0]
        about = (first.kind, first.res_model, first.rule)
        alike = [one for one in self.open if (one.kind, one.res_model, one.rule) == about]
        said = _said(env, self._owners[first.rule.system_id], alike)
        if refused:
            return OwnedElsewhere(f"{said} The message was refused.", REFUSED)
        asked = _distinct(self.open)
        settled = tuple(self.settled.values())
        return OwnedElsewhere(f"{said} A data steward decides.", PARKED, asked, settled)


_docket: ContextVar[Docket | None] = ContextVar("integration_docket", default=None)


def docket() -> Docket:
    """The docket of the message under way; where nobody collects, one for the write at hand."""
    return _docket.get() or Docket()


def left(rule: Rule) -> set[int]:
    """Records that the message under way took out of a rule."""
    found = _docket.get()
    return found.left.get(rule, set()) if found else set()


@contextmanager
def collecting(env: api.Environment, *, at_once: bool = False) -> Iterator[None]:
    """Handle a message to its end in spite of disputes, and object then.

    Whatever the block does has to be undone when this raises.

    :param at_once: object to the first dispute: several messages are handled, and nobody could
        tell which of them it belongs to
    :raises OwnedElsewhere: there is something to decide
    """
    found = Docket(collects=not at_once)
    token = _docket.set(found)
    try:
        with newborn.numbered():
            yield
            env.flush_all()  # what Odoo has yet to compute may dispute something as well
    except Exception as exc:  # whatever a handler does
        # It may go wrong because of what was granted for the time being: a person decides first.
        if found.open and not isinstance(exc, OwnedElsewhere) and not _passes(exc):
            raise found.objection(env) from exc
        raise
    finally:
        _docket.reset(token)
    if found.open:
        raise found.objection(env)


def _passes(exc: Exception) -> bool:
    """Whether an error has nothing to do with what the message says: it is tried again."""
    if isinstance(exc, errors.IntegrationError):
        return exc.holds or exc.error_class in (
            errors.ErrorClass.TRANSIENT,
            errors.ErrorClass.THROTTLED,
        )
    return isinstance(exc, OperationalError)


# -- deciding ----------------------------------------------------------------------------------


def arbitrate(
    env: api.Environment, writer: causation.Cause, disputes: Sequence[Dispute]
) -> set[int]:
    """Let pass what was decided to be taken, or is to be decided when the message is at its end.

    :return: positions of what was decided to be kept
    :raises OwnedElsewhere: the message is refused outright, or not handled to its end
    """
    here = docket()
    kept = set()
    for position, dispute in enumerate(disputes):
        entered = here.enter(dispute)
        if entered is None:
            continue
        # the message may say the same once more
        _same, decision = here.settled.get(entered.identity, (entered, ""))
        decision = decision or here.decision(env, writer, entered)
        if not decision:
            here.object_to(env, entered)
            continue
        here.settled.setdefault(entered.identity, (entered, decision))
        if decision == KEEP:
            kept.add(position)
    if here.ends:
        raise here.objection(env)
    return kept


def kept_already(
    env: api.Environment, writer: causation.Cause, disputes: Sequence[Dispute]
) -> set[int]:
    """Positions of what was decided to be kept, of changes that may turn out to be no dispute."""
    here = docket()
    kept = set()
    for position, dispute in enumerate(disputes):
        if here.decision(env, writer, dispute) != KEEP:
            continue
        if entered := here.enter(dispute):
            here.settled.setdefault(entered.identity, (entered, KEEP))
            kept.add(position)
    return kept


def _decisions(env: api.Environment, writer: causation.Cause) -> Mapping[Any, Sequence[Decided]]:
    """Decisions of people about this message, with the values that they saw."""
    if writer.message_id is None:
        return {}
    env.cr.execute(
        """
        SELECT c.kind, c.res_model, coalesce(c.res_id, 0), l.key, l.decision
          FROM integration_conflict c JOIN integration_conflict_line l ON l.conflict_id = c.id
         WHERE c.message_id = %s AND c.state = 'decided' AND l.decision IS NOT NULL
         ORDER BY l.id
        """,
        [writer.message_id],
    )
    rows = env.cr.fetchall()
    if not rows:
        return {}
    # superuser: the service user reads no payloads
    values = read_values(env(su=True), [writer.message_id]).get(writer.message_id, {})
    found: dict[Any, list[Decided]] = defaultdict(list)
    for *place, key, decision in rows:
        if sides := values.get(place_key(*place), {}).get(key):
            point = Point.parse(key)
            found[*place, point.name, point.number].append(Decided(decision, sides))
    return found


def _distinct(disputes: Sequence[Dispute]) -> list[Dispute]:
    """Without those that came up more than once: the first of each."""
    return list({one.identity: one for one in reversed(disputes)}.values())[::-1]


def _said(env: api.Environment, system: str, disputes: Sequence[Dispute]) -> str:
    """What is refused, in words for an operator: names of systems, fields and kinds of records."""
    first = disputes[0]
    model = env.registry[first.res_model]
    kind = model._description
    if first.kind == CREATE:
        return f"{system} alone creates records of the kind “{kind}”."
    if first.kind == DELETE:
        return f"{system} alone deletes records of the kind “{kind}”."
    said = []
    for decides in (False, True):
        names = {one.point.name for one in disputes if one.decides == decides}
        labels = "”, “".join(sorted(model._fields[name].string or name for name in names))
        if labels and decides:
            said.append(f"“{labels}” decides that a {kind} belongs to {system}.")
        elif labels:
            said.append(f"{system} is the system of record for “{labels}” of {kind}.")
    return " ".join(said)

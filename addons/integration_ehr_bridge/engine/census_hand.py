"""What was entered by hand while the feed was down, when the feed is back.

Times that people note are rough, so the feed agrees if it says the same of state and place at some
time from shortly before the last entry on. Then nobody has to do anything: what was entered gives
way to what the feed says. When the feed has gone beyond the last entry and never said the same, a
person decides (:meth:`..models.ehr_encounter_hand`); until then the newest event counts, whoever
told it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ..tools.census_history import Standing, prefixes, standing
from .census_visits import Visit

if TYPE_CHECKING:
    from .census import Census


def settle_agreed(census: Census, visit: Visit) -> None:
    """Let what was entered by hand give way to the feed, if they agree."""
    if not visit.pending:
        return
    kept, said = kept_and_said(visit)
    if said is None:
        return
    last = max(visit.events[digest].when for digest in visit.pending)
    # sudo: how the census is kept; a service user need not be able to read companies
    since = last - timedelta(minutes=census.company.sudo().ehr_hand_tolerance)
    fed = [event for event in visit.counting if not event.by_hand]
    if any(_same(kept, one) for one in prefixes(fed, since)):
        settle(census, visit)


def settle(census: Census, visit: Visit) -> None:
    """What was entered by hand does not count any more."""
    last = max(visit.events[digest].when for digest in visit.pending)
    visit.settled |= visit.pending
    visit.pending = set()
    census.turn(visit, last)


def uphold(visit: Visit) -> None:
    """What was entered by hand counts for good."""
    visit.pending = set()
    visit.touched = True


def kept_and_said(visit: Visit) -> tuple[Standing, Standing | None]:
    """What the visit is by hand, and by what the feed has told of it; ``None``: nothing."""
    last = max(visit.events[digest].when for digest in visit.pending)
    kept = standing(one for one in visit.counting if one.when <= last)
    fed = [event for event in visit.counting if not event.by_hand]
    return kept, standing(fed) if fed else None


def disagree(visit: Visit) -> tuple[Standing, Standing] | None:
    """What was entered by hand and what the feed says, if it has caught up and says otherwise."""
    if not visit.pending:
        return None
    kept, said = kept_and_said(visit)
    last = max(visit.events[digest].when for digest in visit.pending)
    if said is None or said.last_event_at is None or said.last_event_at < last:
        return None
    return kept, said


def _same(one: Standing, other: Standing) -> bool:
    return (one.state, one.location) == (other.state, other.location)

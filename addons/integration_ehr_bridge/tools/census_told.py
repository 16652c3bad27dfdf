# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What messages about the census say, read once: keys to look up, and facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from odoo.addons.integration_core.tools import errors, moments

from .numbers import same

#: How far the clock of a clinical system may be ahead.
AHEAD: Final = timedelta(hours=1)
#: Codes and moments that a message may say of a visit, beside what has to be looked up.
_PLAIN: Final = ("class", "service", "payer", "plan", "financial_class", "disposition")
_MOMENTS: Final = ("admitted_at", "discharged_at", "expected_at")


class Identifier(NamedTuple):
    """A number and who assigned it; nobody in particular: empty."""

    assigner: str
    number: str


class Place(NamedTuple):
    """A place as clinical systems name it."""

    facility: str
    point_of_care: str
    room: str = ""
    bed: str = ""

    @property
    def parent(self) -> Place | None:
        """The room of a bed, the unit of a room."""
        if self.bed:
            return self._replace(bed="") if self.room else self._replace(bed="", room="")
        return self._replace(room="") if self.room else None


@dataclass(frozen=True)
class Told:
    """An event of a visit as a message tells it.

    :ivar facts: what needs no looking up
    :ivar places: ``location`` and ``prior_location``, if said; ``None`` for none
    """

    kind: str
    occurred_at: datetime
    recorded_at: datetime | None
    visit: Identifier
    facts: Mapping[str, Any]
    patient: Identifier | None
    attending: Identifier | None
    places: Mapping[str, Place | None]


def read_identifier(data: Mapping[str, Any] | None) -> Identifier | None:
    """A number of a message; ``None`` when there is none.

    >>> read_identifier({"number": " 12 ", "assigner": None})
    Identifier(assigner='', number='12')
    """
    number = ((data or {}).get("number") or "").strip()
    return Identifier(((data or {}).get("assigner") or "").strip(), number) if number else None


def read_place(data: Mapping[str, Any] | None) -> Place | None:
    """A place of a message; ``None`` when it names no unit."""
    pieces = [
        ((data or {}).get(name) or "").strip()
        for name in ("facility", "point_of_care", "room", "bed")
    ]
    return Place(*pieces) if pieces[1] else None


def read_moment(text: str, now: datetime) -> datetime:
    """When something happened: naive, in UTC, in whole seconds.

    :raises errors.ConflictError: ``in_future``
    """
    found = moments.read_moment(text).replace(microsecond=0)
    if found > now + AHEAD:
        raise errors.ConflictError(
            "The message says that it happened more than an hour from now. Let the clock of the "
            "sender be set right, then retry when the time has come, or cancel the message.",
            code="in_future",
        )
    return found


def read_encounter(data: Mapping[str, Any], now: datetime) -> Told:
    """A message of the contract ``ehr.encounter``.

    :param now: naive, in UTC
    :raises errors.IntegrationError: a moment that does not exist, or that is yet to come; no visit,
        or the number of the patient in its place
    """
    occurred_at = read_moment(data["occurred_at"], now)
    recorded = data.get("recorded_at")
    patient = read_identifier(data.get("patient"))
    visit = read_visit(data["visit"], patient)
    facts: dict[str, Any] = {name: data[name] or None for name in _PLAIN if name in data}
    for name in _MOMENTS:
        if name in data:
            facts[name] = _iso(data[name])
    if "account" in data:
        facts |= read_account(data["account"], visit, patient)
    if "attending" in data and read_identifier(data["attending"]) is None:
        facts["attending"] = None
    return Told(
        kind=data["event"],
        occurred_at=occurred_at,
        recorded_at=read_moment(recorded, now) if recorded else None,
        visit=visit,
        facts=facts,
        patient=patient,
        attending=read_identifier(data.get("attending")),
        places={
            name: read_place(data[name]) for name in ("location", "prior_location") if name in data
        },
    )


def read_visit(data: Mapping[str, Any] | None, patient: Identifier | None) -> Identifier:
    """The number of a visit.

    :raises errors.ContractError: ``no_visit``, ``visit_is_record_number``
    """
    visit = read_identifier(data)
    if visit is None:
        raise errors.ContractError(
            "The message does not say which visit it is about. Ask the sender for its number.",
            code="no_visit",
        )
    if patient and same(visit.number, patient.number):
        raise visit_is_record_number()
    return visit


def visit_is_record_number() -> errors.ContractError:
    """A number of the patient stands in the place of the visit's."""
    return errors.ContractError(
        "The message gives the record number of the patient as number of the visit, which "
        "would stand in clear. Ask the sender for the number of the visit, or let the mapping "
        "take it from another field, then retry.",
        code="visit_is_record_number",
    )


def read_account(
    data: Mapping[str, Any] | None, visit: Identifier, *records: Identifier | None
) -> dict[str, Any]:
    """The fact of an account: number and assigner, or that there is none.

    Hospitals that have no accounts send another number in their place. That of the visit is the
    account, too, and stands in clear on the visit alone: the fact names no number then. A record
    number stands nowhere in clear, so nothing was said of an account.

    :param records: record numbers of the patient
    """
    account = read_identifier(data)
    if account is None:
        return {"account": None}
    if any(same(account.number, one.number) for one in records if one):
        return {}
    return {"account": ["" if account.number == visit.number else account.number, account.assigner]}


def _iso(text: str | None) -> str | None:
    return moments.read_moment(text).replace(microsecond=0).isoformat() if text else None

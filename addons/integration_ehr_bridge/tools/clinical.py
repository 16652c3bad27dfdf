# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the members of canonical clinical objects mean: numbers, moments, durations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from odoo.addons.integration_core.tools import errors, moments

#: How far the clock of a clinical system may be ahead of ours.
AHEAD: Final = timedelta(hours=1)

#: The members of a location, from the largest to the smallest.
PLACE: Final = ("facility", "point_of_care", "room", "bed")

#: Who gave a number, and the number.
Pair = tuple[str, str]


def pair(identifier: Mapping[str, Any] | None, assigner: str = "") -> Pair | None:
    """Assigner and number of an identifier; None for none.

    :param assigner: whose number it is if the identifier does not say so
    """
    if not identifier:
        return None
    return identifier.get("assigner") or assigner, identifier["number"]


def identifier(number: str | None, assigner: str | None) -> dict[str, str] | None:
    """The reverse of :func:`pair`."""
    if not number:
        return None
    return {"number": number, **({"assigner": assigner} if assigner else {})}


def happened(text: str, now: datetime | None = None) -> datetime:
    """When an event happened, naive UTC.

    :param now: naive, in UTC; the present moment if not given
    :raises errors.ContractError: ``no_such_moment``; ``in_future``: later than :data:`AHEAD`
    """
    found = moments.read_moment(text)
    if found > (now or datetime.now(UTC).replace(tzinfo=None)) + AHEAD:
        raise errors.ContractError(
            "The message says that something happened more than an hour from now. Compare the "
            "clocks and time zones of both sides; retry this message when its time has come, or "
            "cancel it.",
            code="in_future",
        )
    return found


def moment(text: str | None) -> datetime | None:
    """A moment of a message, naive UTC; None for none.

    :raises errors.ContractError: see :func:`.moments.read_moment`
    """
    return moments.read_moment(text) if text else None


def minutes_between(start: datetime, end: datetime) -> int:
    """How long it takes, in whole minutes; one that has begun counts.

    :raises errors.ContractError: ``ends_before``: the end lies before the beginning
    """
    if end < start:
        raise errors.ContractError(
            "An appointment ends before it begins. Ask the sender for the right times, or mend the "
            "mapping of the interface, then retry.",
            code="ends_before",
        )
    return -((start - end) // timedelta(minutes=1))

# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the members of messages about the schedule mean: numbers, moments, durations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from odoo.addons.integration_core.tools import errors, moments

from .census_told import Identifier, read_identifier

#: The members of a location, from the largest to the smallest.
PLACE: Final = ("facility", "point_of_care", "room", "bed")


def pair(identifier: Mapping[str, Any] | None, assigner: str = "") -> Identifier | None:
    """Assigner and number of an identifier; None for none.

    :param assigner: whose number it is if the identifier does not say so
    """
    found = read_identifier(identifier)
    return found._replace(assigner=found.assigner or assigner) if found else None


def identifier(number: str | None, assigner: str | None) -> dict[str, str] | None:
    """The reverse of :func:`pair`."""
    if not number:
        return None
    return {"number": number, **({"assigner": assigner} if assigner else {})}


def moment(text: str | None) -> datetime | None:
    """A moment of a message, naive UTC in whole seconds as Odoo keeps it; None for none.

    :raises errors.ContractError: see :func:`.moments.read_moment`
    """
    return moments.read_moment(text).replace(microsecond=0) if text else None


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

# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What messages say of tests that are asked for (contract ``ehr.kit_request``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from odoo.addons.integration_ehr_bridge.tools.census_told import (
    Identifier,
    Place,
    read_identifier,
    read_moment,
    read_place,
)

#: What a value map says of a test that takes nothing from stock and is done in the house.
NOTHING: Final = "-"


class RequestKey(NamedTuple):
    """What a test is known by at its system."""

    number: str
    line: str


@dataclass(frozen=True)
class Asked:
    """A test as a message tells it.

    :ivar cancels: it is not wanted any more
    :ivar code: of the kit; :data:`NOTHING` for none
    :ivar at: naive, in UTC
    """

    key: RequestKey
    cancels: bool
    code: str
    at: datetime
    place: Place | None
    visit: Identifier | None
    order: str


def read_tests(data: Mapping[str, Any], now: datetime) -> list[Asked]:
    """The tests of a message.

    :param now: naive, in UTC
    :raises errors.IntegrationError: ``in_future``
    """
    visit = read_identifier(data.get("visit"))
    place = read_place(data.get("location"))
    return [
        Asked(
            key=RequestKey(one["number"].strip(), one["line"].strip()),
            cancels=one["action"] == "cancel",
            code=one["test"].strip(),
            at=read_moment(one["requested_at"], now),
            place=place,
            visit=visit,
            order=(one.get("order") or "").strip(),
        )
        for one in data.get("tests", ())
    ]

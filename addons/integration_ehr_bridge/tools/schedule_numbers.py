# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which numbers a message gives an appointment, and which of them must not stand in clear.

Some schedulers number their appointments like the visit, or like the patient's record. The number
of a visit stands in clear on the visit alone, that of a record nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from odoo.addons.integration_core.tools import errors

from .census_told import Identifier
from .clinical import pair
from .numbers import same

#: The two numbers by which an appointment is known, and those of its orders.
ROLES: Final = ("filler", "placer")
ORDERS: Final = ("placer_order", "filler_order")


def context(company_id: int, assigner: str) -> str:
    """What the pseudonym of an appointment's number is bound to."""
    return f"ehr.appointment|number|{company_id}|{assigner}"


def identifiers(data: Mapping[str, Any], assigner: str) -> dict[str, Identifier]:
    """The numbers by which a message names an appointment, by role.

    :param data: as in the contract ``ehr.appointment``
    :param assigner: whose number it is if the message does not say so
    """
    found = {role: pair(data.get(role), assigner) for role in ROLES}
    return {role: one for role, one in found.items() if one}


def all_numbers(data: Mapping[str, Any]) -> list[str]:
    """Every number that a message gives an appointment or its orders."""
    found = [one.number for one in identifiers(data, "").values()]
    return found + [data[name] for name in ORDERS if data.get(name)]


def is_one_of(number: str, others: Iterable[str | None]) -> bool:
    """Whether a number is one of others, as two systems write it."""
    return any(same(number, other) for other in others)


def is_record_number() -> errors.ContractError:
    """A number of the appointment is one of the patient's."""
    return errors.ContractError(
        "The message gives a number of the patient as number of the appointment or of its order, "
        "which would stand in clear. Ask the sender for the number of the appointment, or let the "
        "mapping take it from another field, then retry.",
        code="appointment_is_record_number",
    )

"""Readiness: whether the records that an interface will tell of, or look for, are fit for it.

Checks are methods of ``integration.readiness.check``; addons add them for the contracts that they
define. They only read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from odoo.models import BaseModel

from . import routes

#: In the place of a contract's code: whatever travels through an interface.
EVERY = ""
#: Records that one check names; above it only their number is told.
MAX_RECORDS = 500


@dataclass(frozen=True)
class Checked:
    """What one check found.

    :ivar title: what was looked at, such as "Items have a unit with a code"
    :ivar advice: what to do about the records that were found
    :ivar severity: ``blocks``: messages about such a record end in quarantine; ``advice``: they
        work, but a person had better look
    :ivar records: the records to mend, at most :data:`MAX_RECORDS`; empty if all is well
    :ivar total: how many there are
    :ivar details: by record id, what is wrong with this one
    """

    title: str
    advice: str
    severity: Literal["blocks", "advice"]
    records: BaseModel
    total: int
    details: Mapping[int, str] = field(default_factory=dict)


def contracts_of(interface: BaseModel) -> Sequence[str]:
    """Codes of the canonical contracts that travel through an interface."""
    if interface.direction == "outbound":
        codes = interface.event_type_ids.contract_id.mapped("code")
    else:
        codes = routes.contract_codes(interface)
    return sorted(set(codes))


def run(interface: BaseModel) -> list[Checked]:
    """Run all checks that concern an interface, each once."""
    checks = interface.env["integration.readiness.check"].with_company(interface.company_id)
    by_contract = checks._checks()
    names = dict.fromkeys(
        name for code in (EVERY, *contracts_of(interface)) for name in by_contract.get(code, ())
    )
    return [found for name in names for found in getattr(checks, name)(interface)]

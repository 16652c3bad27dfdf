# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Observations that say together which device was used: item, lot, serial number, quantity.

================================= ==============================================================
``hl7_rows(segments, names, of)`` one object for each sub-id (OBX-4) of which an observation has
                                  one of the codes (OBX-3.1) that ``names`` lists by member; its
                                  members are the observations, ``sub`` is the sub-id and
                                  ``of`` what they belong to, such as their OBR
``hl7_with(segments, of)``        the segments, each with ``of``, such as tests with their ORC
================================= ==============================================================

>>> obx = [{"f3": [{"c1": "ITEM"}], "f4": [{"c1": "1"}], "f5": [{"c1": "HIP-32"}]},
...        {"f3": [{"c1": "LOT"}], "f4": [{"c1": "1"}], "f5": [{"c1": "L7"}]},
...        {"f3": [{"c1": "718-7"}], "f5": [{"c1": "13.1"}]}]
>>> [(row["sub"], row["lot"]["f5"]) for row in rows(obx, {"item": "ITEM", "lot": "LOT"}, {})]
[('1', [{'c1': 'L7'}])]
"""

from typing import Any

from odoo.addons.integration_core.tools.errors import MappingError
from odoo.addons.integration_core.tools.mapping_functions import extend

_FOUND = {"types": ["array", "null"]}


def register() -> None:
    """Let mappings use these functions."""
    extend("hl7_rows", rows, _FOUND, {"types": ["object"]}, {"types": ["object"]})
    extend("hl7_with", with_head, _FOUND, {"types": ["object"]})


def rows(
    segments: list[Any] | None, names: dict[str, str], of: dict[str, Any]
) -> list[dict[str, Any]]:
    """See the module.

    :raises MappingError: one sub-id says the same thing twice
    """
    members = {code: member for member, code in names.items()}
    found: dict[str, dict[str, Any]] = {}
    for segment in segments or ():
        member = members.get(_first(segment, "f3"))
        if member is None:
            continue
        sub = _first(segment, "f4")
        row = found.setdefault(sub, {"sub": sub, "of": of})
        if member in row:
            raise MappingError(
                f"OBX-4 (sub-id): two observations say the {member} of one device",
                code="repeated_observation",
            )
        row[member] = segment
    return list(found.values())


def with_head(segments: list[Any] | None, of: dict[str, Any]) -> list[dict[str, Any]]:
    """See the module. No segment: one that says nothing, so that a mapping misses it."""
    return [{**segment, "of": of} for segment in segments or [{}]]


def _first(segment: dict[str, Any], field: str) -> str:
    text = ((segment.get(field) or [{}])[0]).get("c1")
    return text.strip() if isinstance(text, str) else ""

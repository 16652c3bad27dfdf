# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Lines that a payer adds to a claim, in the place of lines of it or beside them.

FHIR has them in ``ClaimResponse.addItem``: the numbers of the lines that each stands for, and what
is paid for it. A line that one stands for alone is paid by that much more. What is paid for
several lines together cannot be told apart, unless it is all of them; what is paid and was never
claimed is for a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from odoo.addons.integration_core.tools import errors


def merged(claimed: Mapping[int, Decimal], answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines of an answer, with what was added to each.

    :param claimed: amount by number of the line
    :param answer: as in the contract ``ehr.claim_answer``
    :raises errors.ConflictError: ``claim_line_added``, ``claim_lines_bundled``
    """
    lines = [dict(one) for one in answer.get("lines", ())]
    for added in answer.get("added", ()):
        for sequence, more in _parts(claimed, added):
            mine = next((one for one in lines if one["sequence"] == sequence), None)
            if mine is None:
                lines.append({"sequence": sequence, **more})
            else:
                _add(mine, more)
    return lines


def _parts(
    claimed: Mapping[int, Decimal], added: Mapping[str, Any]
) -> Sequence[tuple[int, dict[str, Any]]]:
    numbers = added.get("sequences") or []
    paid, patient = Decimal(added["paid"]), Decimal(added.get("patient") or 0)
    said = {"paid": added["paid"], "patient": added.get("patient"),
            "reasons": list(added.get("reasons", ()))}  # fmt: skip
    if len(numbers) == 1:
        return [(numbers[0], said)]
    if not numbers:
        if paid or patient:
            raise errors.ConflictError(
                "The payer pays for something that was not claimed. Ask the payer what it is for, "
                "then cancel this message.",
                code="claim_line_added",
            )
        return []
    whole = [claimed.get(number) for number in numbers]
    if patient or None in whole or paid != sum(one for one in whole if one is not None):
        raise errors.ConflictError(
            "The payer decides on several lines together, and not on each. Ask the payer what it "
            "pays of each line, then cancel this message.",
            code="claim_lines_bundled",
        )
    return [
        (number, {**said, "paid": str(amount)})
        for number, amount in zip(numbers, whole, strict=True)
    ]


def _add(line: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name in ("paid", "patient"):
        total = Decimal(line.get(name) or 0) + Decimal(more.get(name) or 0)
        line[name] = format(total, "f")
    line.pop("denied", None)  # it was said before the addition
    known = {one["code"] for one in line.get("reasons", ())}
    fresh = [one for one in more["reasons"] if one["code"] not in known]
    line["reasons"] = [*line.get("reasons", ()), *fresh]

# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a payer's answer makes of a claim and of each of its lines.

An answer says how things stand, not what is added: a later one replaces what an earlier one said.
Sums are decimals in the currency of the claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from odoo.addons.integration_core.tools import errors

from . import added_lines

ZERO: Final = Decimal()


@dataclass(frozen=True)
class Verdict:
    """What a payer says of one line.

    :ivar paid: what it pays, or has paid, of the line
    :ivar patient: what it says that the patient owes; nobody denies that
    :ivar denied: what it will not pay
    :ivar reasons: pairs of code and text, as the payer writes them
    """

    sequence: int
    paid: Decimal
    patient: Decimal
    denied: Decimal
    reasons: tuple[tuple[str, str], ...] = ()


def verdicts(claimed: Mapping[int, Decimal], answer: Mapping[str, Any]) -> tuple[Verdict, ...]:
    """What an answer says of the lines of a claim; nothing, if it only confirms or refuses it.

    :param claimed: amount by number of the line
    :param answer: as in the contract ``ehr.claim_answer``
    :raises errors.ConflictError: ``unknown_claim_line``, ``claim_line_twice``, ``paid_too_much``,
        ``negative_amount``, ``total_differs``, and as of :func:`.added_lines.merged`
    :raises errors.ContractError: ``claim_lines_missing``: a complete answer leaves lines open
    """
    if answer["outcome"] not in ("complete", "partial"):
        return ()
    told = added_lines.merged(claimed, answer) or _of_total(claimed, answer)
    numbers = [one["sequence"] for one in told]
    if set(numbers) - set(claimed):
        raise errors.ConflictError(
            "The payer answers a line that the claim does not have. Compare the answer with the "
            "claim, and ask the payer; then cancel this message.",
            code="unknown_claim_line",
        )
    if len(set(numbers)) < len(numbers):
        raise errors.ConflictError(
            "The payer answers a line twice in one answer. Ask the payer which is right, then "
            "cancel this message.",
            code="claim_line_twice",
        )
    if answer["outcome"] == "complete" and set(claimed) - set(numbers):
        raise errors.ContractError(
            "The payer calls its answer complete, and does not say what it pays of each line. Ask "
            "the payer for the lines that are missing, then cancel this message.",
            code="claim_lines_missing",
        )
    found = tuple(_verdict(claimed[one["sequence"]], one) for one in told)
    if answer["outcome"] == "complete":
        _require_total(claimed, answer.get("total") or {}, found)
    return found


def _of_total(claimed: Mapping[int, Decimal], answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines that follow from the sum alone: all of them paid, none of them, or the only one."""
    total = answer.get("total") or {}
    if answer["outcome"] != "complete" or total.get("paid") is None:
        return []
    paid, patient = Decimal(total["paid"]), Decimal(total.get("patient") or 0)
    reasons = [{"code": code} for code in answer.get("reasons", ())]
    if len(claimed) == 1:
        parts = [(number, total["paid"], total.get("patient")) for number in claimed]
    elif paid == sum(claimed.values()) and not patient:
        parts = [(number, str(amount), None) for number, amount in claimed.items()]
    elif not paid and not patient:
        parts = [(number, "0", None) for number in claimed]
    else:
        return []
    return [
        {"sequence": number, "paid": one, "patient": left, "reasons": reasons}
        for number, one, left in parts
    ]


def _require_total(
    claimed: Mapping[int, Decimal], total: Mapping[str, Any], found: Iterable[Verdict]
) -> None:
    """Sums that a payer names are those of the lines."""
    lines = tuple(found)
    sums = {
        "submitted": sum(claimed.values(), ZERO),
        "paid": sum((one.paid for one in lines), ZERO),
        "patient": sum((one.patient for one in lines), ZERO),
    }
    for name, expected in sums.items():
        if total.get(name) is not None and Decimal(total[name]) != expected:
            raise errors.ConflictError(
                "The sums of the payer's answer are not those of its lines, or of the claim. Ask "
                "the payer what is right, then cancel this message.",
                code="total_differs",
            )


def _verdict(claimed: Decimal, told: Mapping[str, Any]) -> Verdict:
    paid, patient = Decimal(told["paid"]), Decimal(told.get("patient") or 0)
    if claimed >= 0 and (paid < 0 or patient < 0):
        raise errors.ConflictError(
            "The payer answers a line with less than nothing. An answer says how things stand, and "
            "not what is taken back. Ask the payer, then cancel this message.",
            code="negative_amount",
        )
    left = claimed - paid - patient
    # Of a line that takes something back, what the payer leaves to us is nothing that it denies.
    implied = max(left, ZERO) if claimed < 0 else left
    denied = Decimal(told["denied"]) if told.get("denied") is not None else implied
    if denied < 0 or denied > max(left, ZERO):
        raise errors.ConflictError(
            "What the payer pays, leaves to the patient and denies of a line is more than was "
            "claimed. Ask the payer what is right, then cancel this message.",
            code="paid_too_much",
        )
    reasons = tuple((one["code"], one.get("text") or "") for one in told.get("reasons", ()))
    return Verdict(told["sequence"], paid, patient, denied, reasons)


def line_state(claimed: Decimal, verdict: Verdict) -> str:
    """What became of a line: ``paid``, ``partial`` or ``denied``."""
    if not verdict.denied:
        return "paid"
    return "denied" if verdict.denied == claimed else "partial"


def claim_state(outcome: str, lines: Iterable[str]) -> str:
    """What became of a claim, by the outcome of its latest answer and the states of its lines.

    >>> claim_state("queued", ["open", "open"])
    'accepted'
    >>> claim_state("complete", ["paid", "denied"])
    'partial'
    >>> claim_state("partial", ["paid", "open"])
    'accepted'
    """
    if outcome == "error":
        return "failed"
    found = set(lines)
    if outcome == "queued" or "open" in found:
        return "accepted"
    if found == {"paid"}:
        return "paid"
    return "denied" if found == {"denied"} else "partial"

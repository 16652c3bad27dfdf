# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The functions that mapping expressions have for what payers answer over FHIR.

=================================== ============================================================
``fhir_asked(reference, contained)`` what is answered: our number, or how the sender calls it
``fhir_day(text, place)``            the day of a date or dateTime
``fhir_adjudicated(list, code…)``    the sum of the amounts of these categories, as decimal text;
                                     nothing, if there is none
``fhir_denied_for(list, …)``         codes of the reasons of adjudications, and of the errors of a
                                     line, with our own words
``fhir_one_currency(list)``          the currency of all of them
=================================== ============================================================

Pages cited: claimresponse.html of HL7 FHIR 4.0.1.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from odoo.addons.integration_core.tools import decimals
from odoo.addons.integration_core.tools.errors import MappingError
from odoo.addons.integration_core.tools.mapping_functions import extend
from odoo.addons.integration_ehr_bridge.tools.fhir import references
from odoo.addons.integration_ehr_bridge.tools.fhir.values import code, elements

from . import denial_words

#: Under which numbers of what payers are asked leave.
OURS: Final = frozenset(f"urn:odoo:{one}" for one in ("authorization", "claim", "eligibility"))
_DAY: Final = re.compile(r"(\d{4}-\d\d-\d\d)(T.*)?")
#: Longest code of a reason that is kept.
LENGTH: Final = 64
_LIST: Final = {"types": ["array", "null"]}
_OBJECT: Final = {"types": ["object", "null"]}
_MAYBE_TEXT: Final = {"types": ["string", "null"]}
_TEXT: Final = {"types": ["string"]}


def register() -> None:
    """Let mappings use these functions."""
    extend("fhir_asked", asked, _OBJECT, _LIST)
    extend("fhir_day", day, _MAYBE_TEXT, _TEXT)
    extend("fhir_adjudicated", adjudicated, _LIST, {**_TEXT, "variadic": True})
    extend("fhir_denied_for", denied_for, _LIST, _LIST, {"types": ["number", "null"]})
    extend("fhir_one_currency", one_currency, _LIST)


def asked(reference: Any, contained: Any) -> dict[str, str] | None:
    """What a reference to a request means: by our own number, and by the name of the resource.

    An identifier of another system is somebody else's number, and not looked at.

    :raises MappingError: ``unresolved_reference``
    """
    meant = references.read(reference, contained, "the request that is answered")
    if meant is None:
        return None
    within = elements(meant.contained.get("identifier")) if meant.contained else []
    named = [*within, *([meant.identifier] if meant.identifier else [])]
    numbers = [
        one["value"].strip()
        for one in named
        if isinstance(one.get("value"), str)
        and one["value"].strip()
        and (not one.get("system") or one["system"] in OURS)
    ]
    found = {
        **({"number": numbers[0]} if numbers else {}),
        **({"record": meant.record} if meant.record else {}),
    }
    if not found:
        raise MappingError(
            "the request that is answered: it is named by no number of ours and by no address. Ask "
            "the payer to send one",
            code="unresolved_reference",
        )
    return found


def day(text: str | None, place: str) -> str | None:
    """The day of a date or a dateTime, as it is written there.

    :param place: what an error calls it
    :raises MappingError: ``invalid_datetime``: a year or a month alone, or none

    >>> day("2026-03-02T23:30:00-05:00", "x")
    '2026-03-02'
    """
    if not text:
        return None
    found = _DAY.fullmatch(text)
    if not found:
        raise MappingError(f"{place}: no day. Ask the payer to send one", code="invalid_datetime")
    return found[1]


def adjudicated(found: Any, *kinds: str) -> str | None:
    """The sum of the amounts of some categories (Claim adjudication: benefit, copay, deductible).

    :raises MappingError: ``invalid_decimal``
    """
    amounts = []
    for one in elements(found):
        codes = {
            coding.get("code") for coding in elements((one.get("category") or {}).get("coding"))
        }
        amount = one.get("amount") or {}
        if codes & set(kinds) and amount.get("value") is not None:
            amounts.append(amount["value"])
    if not amounts:
        return None
    try:
        return decimals.to_text(sum((decimals.parse(one) for one in amounts), Decimal()))
    except (TypeError, ValueError) as error:
        raise MappingError(f"an adjudication: {error}", code="invalid_decimal") from None


def denied_for(found: Any, wrong: Any = None, sequence: int | None = None) -> list[dict[str, str]]:
    """Why something is not paid: reasons of adjudications and errors of a line, each once.

    Nothing but codes is read: what payers write beside them, and notes, may speak of the patient.

    :param wrong: ``ClaimResponse.error``
    :param sequence: number of the line of which errors are looked for
    """
    mine = [one for one in elements(wrong) if sequence and one.get("itemSequence") == sequence]
    concepts = [*(one.get("reason") for one in elements(found)), *(one.get("code") for one in mine)]
    codes = dict.fromkeys(one for one in map(code, concepts) if one and len(one) <= LENGTH)
    return [
        {"code": one, **({"text": words} if (words := denial_words.of(one)) else {})}
        for one in codes
    ]


def one_currency(found: Any) -> str | None:
    """The currency of amounts, if they have one.

    :raises MappingError: ``currencies_differ``
    """
    named = {one for one in found or () if isinstance(one, str) and one}
    if len(named) > 1:
        raise MappingError(
            "the amounts of an answer are in several currencies. Ask the payer for one",
            code="currencies_differ",
        )
    return named.pop() if named else None

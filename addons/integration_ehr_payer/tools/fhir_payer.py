# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The functions that mapping expressions have for what payers answer over FHIR.

=================================== ============================================================
``fhir_asked(reference, contained)`` what is answered: our number, or how the sender calls it
``fhir_day(text, place)``            the day of a date or dateTime
``fhir_adjudicated(list, code…)``    the sum of the amounts of these categories, as decimal text;
                                     nothing, if there is none
``fhir_denied_for(list)``            codes and texts of the reasons of adjudications
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
from odoo.addons.integration_ehr_bridge.tools.fhir.values import elements

#: Under which our own numbers leave.
OURS: Final = "urn:odoo:"
_DAY: Final = re.compile(r"(\d{4}-\d\d-\d\d)(T.*)?")
_LIST: Final = {"types": ["array", "null"]}
_OBJECT: Final = {"types": ["object", "null"]}
_MAYBE_TEXT: Final = {"types": ["string", "null"]}
_TEXT: Final = {"types": ["string"]}
#: Longest text of a reason that is kept.
TEXT: Final = 200


def register() -> None:
    """Let mappings use these functions."""
    extend("fhir_asked", asked, _OBJECT, _LIST)
    extend("fhir_day", day, _MAYBE_TEXT, _TEXT)
    extend("fhir_adjudicated", adjudicated, _LIST, {**_TEXT, "variadic": True})
    extend("fhir_denied_for", denied_for, _LIST)
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
        and str(one.get("system") or OURS).startswith(OURS)
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


def denied_for(found: Any) -> list[dict[str, str]]:
    """Why something is not paid: the reasons of adjudications, each once.

    The text is what the code is called, or the reason's own where it has no code. Notes are not
    read: they may speak of the patient.
    """
    reasons: dict[str, str] = {}
    for one in elements(found):
        reason = one.get("reason") or {}
        for coding in elements(reason.get("coding"))[:1]:
            code = coding.get("code")
            if isinstance(code, str) and re.fullmatch(r"\S{1,64}", code):
                text = coding.get("display") or ""
                reasons.setdefault(code, str(text)[:TEXT])
    return [{"code": code, **({"text": text} if text else {})} for code, text in reasons.items()]


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

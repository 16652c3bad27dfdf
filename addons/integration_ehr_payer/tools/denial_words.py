# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What codes of why a payer does not pay mean, in our own short words.

What payers write beside a code may speak of the patient, so it is not read; a code says enough.
These are the most frequent claim adjustment reason codes (X12, external code list 139), and those
of the FHIR example set (codesystem-adjudication-reason.html).
"""

from __future__ import annotations

from typing import Final

_WORDS: Final = {
    "1": "Deductible",
    "2": "Coinsurance",
    "3": "Copayment",
    "4": "Procedure does not fit its modifier",
    "5": "Procedure does not fit the place of service",
    "11": "Diagnosis does not fit the procedure",
    "15": "Authorisation number missing or not valid",
    "16": "Information missing or wrong",
    "18": "Claimed before",
    "22": "Another payer comes first",
    "23": "Another payer has paid",
    "26": "Before the cover began",
    "27": "After the cover ended",
    "29": "Too late to claim",
    "31": "Patient is not known as insured",
    "45": "More than the agreed price",
    "49": "Routine examination, not covered",
    "50": "Not medically necessary, by the payer",
    "59": "Several procedures on one day",
    "96": "Not covered",
    "97": "Contained in another service",
    "109": "Another payer is responsible",
    "119": "Highest benefit reached",
    "151": "More often than covered",
    "197": "Not authorised before",
    "198": "More than authorised",
    "204": "Not in the patient's plan",
    "ar001": "Not covered",
    "ar002": "Plan limit reached",
}


def of(code: str) -> str:
    """What a code means; empty if it is none of the list.

    >>> of("96")
    'Not covered'
    >>> of("CO-96")
    'Not covered'
    """
    # Payers write the group in front: CO, PR, OA, PI, CR.
    plain = code.partition("-")[2] if code[:3] in ("CO-", "PR-", "OA-", "PI-", "CR-") else code
    return _WORDS.get(plain.lower(), "")

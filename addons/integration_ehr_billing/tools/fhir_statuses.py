# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What states of charges and invoices mean over FHIR (value sets chargeitem-status and
invoice-status of FHIR 4.0.1). The tables of the documentation are made of these."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: ChargeItem.status by the state of a charge. Planned: it is not to be billed yet.
CHARGE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "waiting": "planned",
        "held": "planned",
        "posted": "billable",
        "drafted": "billable",
        "invoiced": "billed",
        "paid": "billed",
        "credited": "aborted",
        "refused": "not-billable",
    }
)
#: Invoice.status of an invoice that is not posted, by its state.
UNPOSTED: Final[Mapping[str, str]] = MappingProxyType({"draft": "draft", "cancel": "cancelled"})
#: Invoice.status of a posted one, by its payment. Reversed: a credit note took all of it back.
POSTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "not_paid": "issued",
        "partial": "issued",
        "blocked": "issued",
        "invoicing_legacy": "issued",
        "in_payment": "balanced",
        "paid": "balanced",
        "reversed": "cancelled",
    }
)


def invoice(state: str, payment: str) -> str:
    """Invoice.status of an invoice or a credit note.

    >>> invoice("posted", "paid"), invoice("draft", "not_paid")
    ('balanced', 'draft')
    """
    return POSTED[payment] if state == "posted" else UNPOSTED[state]

from . import (
    answers,
    canonical,
    identifiers,
    invoice_match,
    journal_entry,
    price_lists,
    shipments,
    thresholds,
)

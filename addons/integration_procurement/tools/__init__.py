from . import (
    answers,
    canonical,
    digest,
    identifiers,
    invoice_match,
    journal_entry,
    price_lists,
    shipments,
    thresholds,
)

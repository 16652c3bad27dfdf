"""FHIR resources into the ledger: what every way in which they come does alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine import intake, intake_batch
from odoo.addons.integration_core.engine.intake import Incoming, Receipt
from odoo.addons.integration_core.tools import correlation, data_classes
from odoo.addons.integration_core.tools.keyring import KeyRing

from ..tools.fhir.answers import Outcome
from ..tools.fhir.arriving import Arrived
from ..tools.fhir.resource import CONTENT_TYPE

_OUTCOMES = {
    intake.Outcome.STORED: Outcome.STORED,
    intake.Outcome.DUPLICATE: Outcome.DUPLICATE,
    intake.Outcome.CONFLICT: Outcome.CONFLICT,
}


def incoming(
    spec: Mapping[str, Any],
    one: Arrived,
    ring: KeyRing | None,
    correlation_id: str | None = None,
    trace_parent: str | None = None,
) -> Incoming:
    """A resource as the ledger takes it: one message for each version, however it comes.

    :param spec: of an interface whose ``body_codec`` is fhir
    :raises tools.keyring.KeyRingMissing: a clinical interface and no key ring
    """
    about = one.identity.partition
    if spec["data_class"] in data_classes.PRIVATE:
        about = intake.partition_pseudonym(spec["id"], about, ring)
    return Incoming(
        external_key=one.identity.key,
        message_type=one.identity.type,
        body=one.body,
        content_type=CONTENT_TYPE,
        correlation_id=correlation_id or correlation.new_id(),
        trace_parent=trace_parent or str(correlation.new_traceparent()),
        partition_key=about,
        compared=one.compared,
        error=one.error,
    )


def store(
    cr: BaseCursor, spec: Mapping[str, Any], found: Sequence[Incoming], ring: KeyRing | None
) -> tuple[list[Receipt], list[Outcome]]:
    """Store resources in the transaction of ``cr``, and say what became of each."""
    receipts = intake_batch.store(cr, spec, found, ring) if found else []
    return receipts, [_OUTCOMES[one.outcome] for one in receipts]

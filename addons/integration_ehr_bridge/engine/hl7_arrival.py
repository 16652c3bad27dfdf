"""HL7 v2 messages into the ledger: what every door of theirs does the same way.

A door reads a frame or a request with :func:`..tools.mllp.reception.receive`, makes
:func:`incoming` of its parts, stores them in a transaction of its own and asks :func:`results`
what each of them is answered.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine import acknowledgements, batches, intake, payloads
from odoo.addons.integration_core.engine.acknowledgements import Acknowledgement
from odoo.addons.integration_core.engine.intake import Incoming, Outcome, Receipt
from odoo.addons.integration_core.tools import correlation, data_classes
from odoo.addons.integration_core.tools.keyring import KeyRing

from ..tools.mllp.committer import Answered, Result, Waits
from ..tools.mllp.reception import Part
from . import hl7_answers

_logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/hl7-v2"


def incoming(spec: Mapping[str, Any], part: Part, ring: KeyRing | None) -> Incoming:
    """A part of what arrived, as the ledger takes it.

    :param spec: of an interface whose ``body_codec`` is hl7
    :raises tools.keyring.KeyRingMissing: a clinical interface and no key ring
    """
    about = part.about
    if about and spec["data_class"] in data_classes.PRIVATE:
        about = tuple(intake.partition_pseudonym(spec["id"], key, ring) for key in about)
    return Incoming(
        external_key=part.key or intake.content_key(spec, part.body, ring),
        message_type=part.type,
        body=part.body,
        content_type=f"{CONTENT_TYPE}; charset={spec['hl7_charset']}",
        correlation_id=correlation.new_id(),
        trace_parent=str(correlation.new_traceparent()),
        partition_key=about[0] if about else None,
        further_keys=about[1:],
        compared=part.compared,
        error=part.error,
        acknowledgement=_kept(part.content),
        conflict_acknowledgement=_kept(part.conflict),
    )


def keep_batches(
    cr: BaseCursor,
    spec: Mapping[str, Any],
    parts: Sequence[Part],
    receipts: Sequence[Receipt],
    ring: KeyRing | None,
) -> None:
    """Remember which parts came in one batch or file, in the transaction that stores them."""
    found: dict[tuple[str, int], dict[int, str]] = {}
    for part, receipt in zip(parts, receipts, strict=True):
        if part.whole is not None:
            members = found.setdefault((part.whole.digest, part.whole.messages), {})
            members[part.whole.number] = receipt.uuid
    for (digest, messages), members in found.items():
        key = payloads.digest(digest.encode(), spec["data_class"], ring)
        batches.keep(cr, spec, batches.FILE, key, members, messages)


def _kept(content: bytes | None) -> Acknowledgement | None:
    return None if content is None else Acknowledgement(content, CONTENT_TYPE)


def results(
    cr: BaseCursor,
    spec: Mapping[str, Any],
    parts: Sequence[Part],
    receipts: Sequence[Receipt],
    ring: KeyRing | None,
) -> list[Result]:
    """What each part is answered; a repetition gets what its message got, byte for byte."""
    again = [receipt.uuid for receipt in receipts if receipt.outcome is Outcome.DUPLICATE]
    known = acknowledgements.stored(cr, spec["id"], again, ring) if again else {}
    return [
        _result(part, receipt, known.get(receipt.uuid))
        for part, receipt in zip(parts, receipts, strict=True)
    ]


def _result(part: Part, receipt: Receipt, known: Acknowledgement | None) -> Result:
    if part.content is None and part.conflict is None and part.waiting is None:
        return Answered(None, receipt.outcome is not Outcome.DUPLICATE)
    if receipt.outcome is Outcome.CONFLICT:
        return Answered(part.conflict if part.conflict is not None else part.content)
    if receipt.outcome is Outcome.DUPLICATE and known is not None:
        return Answered(known.body, new=False)
    if part.waiting is not None:
        return Waits(receipt.uuid)
    return Answered(part.content, receipt.outcome is not Outcome.DUPLICATE)


def reply_taken(registry: Registry, spec: Mapping[str, Any], part: Part) -> bool:
    """Whether a part was an answer to a message of ours, which has got it now.

    In a transaction of its own: that message is another one's business.
    """
    if part.replies is None:
        return False
    return hl7_answers.take(registry, spec["system_id"], part.replies, part.body)

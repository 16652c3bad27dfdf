"""Splitting: a message that lists many things becomes one message for each of them.

The *whole* is stored as it arrived. To handle it is to make its *parts*: messages of the same
interface and type, each with a state, attempts and an error of its own, in the transaction that
ends the whole. So the good rows of a list apply, and each bad one waits for somebody to mend it.

A whole arrived by itself, a part has its whole as its cause: that tells them apart. Where the
content of messages is fetched, a whole has as its cause the message that asked for it, which was
sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from odoo import api
from odoo.sql_db import BaseCursor

from ..tools import codecs, correlation, data_classes, errors
from ..tools.keyring import KeyRing
from . import batches, intake, intake_batch, keys, wakeup
from .inbound_plan import InboundPlan

#: Parts of one statement.
PAGE = 1000
#: As that of replays: new traffic of the interface goes first (see :mod:`.claims`).
PRIORITY = 20


class Stored(Protocol):
    """What is known of a whole beside its body."""

    @property
    def content_type(self) -> str | None: ...
    @property
    def message_type(self) -> str | None: ...
    @property
    def correlation_id(self) -> str | None: ...
    @property
    def trace_parent(self) -> str | None: ...
    @property
    def depth(self) -> int | None: ...
    @property
    def causation_id(self) -> str | None: ...


def is_whole(cr: BaseCursor, plan: InboundPlan, stored: Stored | None) -> bool:
    """Whether a message is to be split rather than handled, or fetched."""
    if not plan.splits or stored is None:
        return False
    if not plan.fetch:
        return stored.causation_id is None
    if stored.causation_id is None:
        return False
    cr.execute(
        "SELECT direction = 'outbound' FROM integration_message WHERE uuid = %s",
        [stored.causation_id],
    )
    return (cr.fetchone() or (False,))[0]


def split(env: api.Environment, plan: InboundPlan, uuid: str, stored: Stored, raw: bytes) -> None:
    """Make the parts of a whole, in the transaction that handles it.

    :param uuid: of the whole
    :param raw: its body
    :raises errors.IntegrationError: it cannot be read, or lists nothing
    """
    content_type = stored.content_type or ""
    found = plan.codec.parts(raw, content_type)
    if not found:
        raise errors.ContractError("The message lists nothing.", code="missing_required")
    spec = env["integration.interface"].browse(plan.interface_id)._inbound_spec()
    spec |= {"data_class": data_classes.strictest((spec["data_class"], plan.data_class))}
    ring = keys.optional_ring(env.cr)
    lanes: set[int] = set()
    for start, page in _pages(found):
        incoming = [
            _incoming(spec, uuid, stored, number, part, ring)
            for number, part in enumerate(page, start + 1)
        ]
        receipts = intake_batch.store(env.cr, spec, incoming, ring)
        _require_new(receipts)
        members = {number: one.uuid for number, one in enumerate(receipts, start + 1)}
        batches.keep(env.cr, spec, batches.LIST, uuid, members, len(found))
        _adopt(env.cr, plan, uuid, (stored.depth or 0) + 1, [one.uuid for one in receipts])
        lanes |= {one.lane for one in receipts if one.lane is not None}
    for lane in sorted(lanes):
        wakeup.wake_interface_after_commit(env.cr, plan.interface_id, lane)


def _require_new(receipts: Sequence[intake.Receipt]) -> None:
    """A whole has the parts that it had before, or none yet: what stands beside them is no part.

    :raises errors.ConflictError: it was taken apart before, and otherwise
    """
    if any(one.outcome is intake.Outcome.CONFLICT for one in receipts):
        raise errors.ConflictError(
            "The message was taken apart before, into other parts than now. Look at those. If the "
            "list is still to be applied, replay the message: a replay has parts of its own.",
            code="parts_differ",
        )


def _pages(found: Sequence[codecs.Part]) -> Iterator[tuple[int, Sequence[codecs.Part]]]:
    for start in range(0, len(found), PAGE):
        yield start, found[start : start + PAGE]


def _incoming(
    spec: dict[str, Any],
    uuid: str,
    stored: Stored,
    number: int,
    part: codecs.Part,
    ring: KeyRing | None,
) -> intake.Incoming:
    """A part as if it had arrived. It stands in the queue of what it is about."""
    parent = correlation.parse_traceparent(stored.trace_parent)
    about = part.about[: intake.KEY_LENGTH] or None
    if about and spec["data_class"] in data_classes.PRIVATE:
        about = intake.partition_pseudonym(spec["id"], about, ring)
    return intake.Incoming(
        external_key=f"{uuid}/{number}",
        message_type=stored.message_type,
        body=part.body,
        content_type=stored.content_type or "",
        correlation_id=stored.correlation_id or uuid,
        trace_parent=str(parent.child() if parent else correlation.new_traceparent()),
        partition_key=about,
    )


def _adopt(cr: BaseCursor, plan: InboundPlan, uuid: str, depth: int, parts: Sequence[str]) -> None:
    """Say whose parts these are. Thousands of rows yield to what else the interface receives.

    Where the whole interface is one queue, that would be an overtaking.
    """
    priority = intake.NORMAL_PRIORITY if plan.ordering == "strict" else PRIORITY
    cr.execute(
        "UPDATE integration_message SET causation_id = %s, depth = %s, priority = %s "
        "WHERE uuid = ANY(%s)",
        [uuid, depth, priority, list(parts)],
    )

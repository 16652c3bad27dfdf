"""What interfaces are telling of a record, and taking it back.

For when a person reached the partner in another way, by telephone say: what has not left is
withdrawn; what has, or is leaving this very moment, can only be told.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.sql_db import BaseCursor

from ..tools.acts import Act
from . import operations, sync


@dataclass(frozen=True)
class UnderWay:
    """What one interface is telling of a record.

    :ivar partner_id: commercial partner behind the system; ``None`` if it belongs to no contact
    :ivar pending: messages that wait for their turn
    :ivar failed: messages that wait for a person
    :ivar leaving: one is being sent this very moment, or its acknowledgement is awaited
    :ivar unsure: nobody knows whether one that did not succeed arrived all the same
    :ivar left_at: when the latest message was delivered; ``None`` if that one is still here
    """

    interface_id: int
    name: str
    partner_id: int | None
    awaits_confirmation: bool
    pending: Sequence[int]
    failed: Sequence[int]
    leaving: bool
    unsure: bool
    left_at: datetime | None

    @property
    def may_have_left(self) -> bool:
        return self.leaving or self.unsure or self.left_at is not None


def under_way(cr: BaseCursor, record: BaseModel) -> list[UnderWay]:
    """What the interfaces of the record's company are telling of it, by their name."""
    cr.execute(
        """
        SELECT i.id, i.name, p.commercial_partner_id, coalesce(i.awaits_confirmation, false),
               coalesce(array_agg(m.id ORDER BY m.id) FILTER (
                   WHERE m.state IN ('received', 'queued', 'retry', 'held')), '{}'),
               coalesce(array_agg(m.id ORDER BY m.id) FILTER (
                   WHERE m.state IN ('quarantined', 'dead')), '{}'),
               bool_or(m.state IN ('processing', 'waiting')),
               bool_or(m.state NOT IN ('done', 'cancelled') AND EXISTS (
                   SELECT FROM integration_attempt a WHERE a.message_id = m.id
                      AND (a.error_class = 'unknown_outcome' OR a.error_code = 'worker_lost'))),
               (array_agg(CASE WHEN m.state = 'done' THEN m.finished_at END ORDER BY m.id DESC)
                   FILTER (WHERE m.state <> 'cancelled'))[1]
          FROM integration_message m
          JOIN integration_interface i ON i.id = m.interface_id
          JOIN integration_system s ON s.id = i.system_id
          LEFT JOIN res_partner p ON p.id = s.partner_id
         WHERE m.direction = 'outbound' AND m.res_model = %s AND m.res_id = %s
           AND m.state <> 'filtered' AND i.company_id = %s
         GROUP BY i.id, p.commercial_partner_id
         ORDER BY i.name, i.id
        """,
        [record._name, record.id, record.company_id.id],
    )
    return [UnderWay(*row) for row in cr.fetchall()]


def withdraw(
    record: BaseModel, found: Collection[UnderWay], note: str, status: str, *, certain: bool = False
) -> Sequence[int]:
    """Cancel what has not left, in the transaction of ``record``; the caller checked the rights.

    :param note: why; the audit trail keeps it under the name of the user
    :param status: what everybody who reads the record is told
    :param certain: the user accepts that some of it may leave all the same
    :return: the messages that were taken back
    :raises UserError: a message was taken up for sending since it was looked at
    """
    # sudo: who works with the document decides how its partner learns of it, and needs no right
    # on messages for that; each of these is about this very document
    messages = record.env["integration.message"].sudo()
    moved: list[int] = []
    for act, ids in (
        (Act.CANCEL, [one for row in found for one in row.pending]),
        (Act.RESOLVE, [one for row in found for one in row.failed]),
    ):
        if ids:
            report = operations.operate(messages.browse(ids), act, note)
            if report.refused and not certain:
                # Nothing is locked between looking and acting: sending may have begun meanwhile.
                raise UserError(
                    record.env._(
                        "It is being sent at this very moment, so it could not be stopped. Nothing "
                        "was changed: look again at what has left."
                    )
                )
            moved += report.moved
    interface_ids = [row.interface_id for row in found]
    sync.withdraw(record.env.cr, record._name, record.id, interface_ids, status)
    return moved


def undo(
    record: BaseModel, message_ids: Sequence[int], interface_ids: Sequence[int], note: str
) -> None:
    """Send after all what was withdrawn, as new messages; the caller checked the rights.

    :raises UserError: the partner has confirmed the record, or was told of it anew
    """
    cr = record.env.cr
    cr.execute(
        "SELECT count(*) FROM integration_record_sync WHERE res_model = %s AND res_id = %s "
        "AND interface_id = ANY(%s) AND state <> 'cancelled'",
        [record._name, record.id, list(interface_ids)],
    )
    if cr.fetchone()[0]:
        raise UserError(
            record.env._(
                "The other side has answered, or was sent something newer since. There is nothing "
                "left to undo."
            )
        )
    # sudo: as in withdraw
    messages = record.env["integration.message"].sudo().browse(message_ids).exists()
    report = operations.operate(messages, Act.REPLAY, note)
    if report.refused:
        raise UserError(
            record.env._(
                "It cannot be sent any more: its content was removed, or the interface is "
                "retired. Ask an integration operator."
            )
        )
    sync.restore(cr, record._name, record.id, interface_ids)

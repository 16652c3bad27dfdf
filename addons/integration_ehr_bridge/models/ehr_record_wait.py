from odoo import api, fields, models

from odoo.addons.integration_core.engine import ledger, sync, wakeup
from odoo.addons.integration_core.tools.states import State

from ..tools.state_versions import UnknownReferenceError

#: What a message that is tried again has no more, and when it is.
_ANEW = dict.fromkeys(
    ("error_class", "error_code", "error_message", "error_fingerprint", "error_title", "fault")
)
#: Messages that wait for one batch of records; what is beyond is tried again as the policy says.
MOST = 2000


class EhrRecordWait(models.Model):
    """That a message waits for a record that its system has not told of yet.

    As soon as it does, the message is tried again, also if it was given up meanwhile.
    """

    _name = "ehr.record.wait"
    _description = "Message that Waits for a Record"
    _log_access = False
    _integration_data_class = "clinical"

    message_id = fields.Many2one(
        "integration.message", required=True, readonly=True, ondelete="cascade"
    )
    name_key = fields.Char(
        required=True, readonly=True, index=True, help="Of the record, as records are known."
    )

    _name_unique = models.UniqueIndex("(message_id, name_key)")

    @api.model
    def _wait(self, message_id, keys):
        """Remember that a message waits for whichever of these names comes first."""
        self.env.cr.execute(
            "INSERT INTO ehr_record_wait (message_id, name_key) "
            "SELECT %s, unnest(%s) ON CONFLICT DO NOTHING",
            [message_id, list(keys)],
        )

    @api.model
    def _came(self, keys):
        """Let messages go on that wait for these names, in the transaction that brings them."""
        cr = self.env.cr
        cr.execute(
            "DELETE FROM ehr_record_wait WHERE name_key = ANY(%s) RETURNING message_id",
            [list(keys)],
        )
        waiting = [row[0] for row in cr.fetchall()]
        if not waiting:
            return
        # Whoever holds one of them tries it anyway.
        moved = ledger.move(
            cr,
            State.QUEUED,
            where="id = ANY(%(ids)s) AND error_code = %(code)s AND state IN ('retry', 'dead')",
            values={"ids": waiting, "code": UnknownReferenceError.default_code},
            assign={**_ANEW, "attempts": 0, "held_reason": None, "available_at": cr.now()},
            limit=MOST,
        )
        sync.mark(cr, moved, "pending", None)
        cr.execute(
            "SELECT DISTINCT interface_id FROM integration_message WHERE id = ANY(%s)", [moved]
        )
        wakeup.wake_interfaces_after_commit(cr, [row[0] for row in cr.fetchall()])

    @api.autovacuum
    def _gc_over(self):
        """Nobody waits any more: the message was handled, or a person has decided."""
        self.env.cr.execute(
            """
            DELETE FROM ehr_record_wait w
             WHERE NOT EXISTS (SELECT 1 FROM integration_message m
                                WHERE m.id = w.message_id AND m.error_code = %s
                                  AND m.state NOT IN ('done', 'filtered', 'cancelled'))
            """,
            [UnknownReferenceError.default_code],
        )


class IntegrationHandler(models.AbstractModel):
    """Messages that refer to what is not known yet are remembered with what they wait for."""

    _inherit = "integration.handler"

    def _failed(self, results):
        res = super()._failed(results)
        for result in results:
            if isinstance(result.error, UnknownReferenceError) and result.error.keys:
                self.env["ehr.record.wait"]._wait(result.message_id, result.error.keys)
        return res

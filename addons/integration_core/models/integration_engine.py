from odoo import api, models

from ..engine import capture, ledger, wakeup
from ..tools import canonical_json
from ..tools.states import State


class IntegrationEngine(models.AbstractModel):
    """What people may make the engine do with messages. Callers check rights first."""

    _name = "integration.engine"
    _description = "Integration Engine"

    @api.model
    def _operate(self, messages, act, note=""):
        """Apply ``act`` (retry, park, cancel) to those messages whose state allows it.

        :return: the ids of the messages that moved
        """
        if act == "retry":
            self._refresh_snapshots(messages)
        moved = {"retry": self._retry, "park": self._park, "cancel": self._cancel}[act](
            messages, note
        )
        messages.invalidate_model()
        # sudo: the operator need not be allowed to read the interface's configuration
        wakeup.wake_interfaces_after_commit(
            self.env.cr, messages.browse(moved).sudo().interface_id.ids
        )
        return moved

    def _retry(self, messages, _note):
        return ledger.move(
            self.env.cr,
            State.QUEUED,
            where="id = ANY(%(ids)s) AND state <> 'processing'",
            values={"ids": messages.ids},
            assign={
                "attempts": 0,
                "held_reason": None,
                "available_at": self.env.cr.now(),
                "error_class": None,
                "error_code": None,
                "error_message": None,
                "error_fingerprint": None,
            },
        )

    def _park(self, messages, _note):
        return ledger.move(
            self.env.cr,
            State.HELD,
            where="id = ANY(%(ids)s) AND state <> 'processing'",
            values={"ids": messages.ids},
            assign={"held_reason": "parked"},
        )

    def _cancel(self, messages, note):
        return ledger.move(
            self.env.cr,
            State.CANCELLED,
            where="id = ANY(%(ids)s)",
            values={"ids": messages.ids},
            assign={"resolution": note or None, "held_reason": None},
        )

    @api.model
    def _refresh_snapshots(self, messages):
        """Take the snapshot of quarantined outbound messages anew.

        They never left, and what was wrong with them was mended in the record or its master data.
        """
        # sudo: events belong to the engine; the snapshot follows the contract, not a user's rights
        events = (
            messages.sudo()
            .filtered(lambda m: m.state == "quarantined" and m.direction == "outbound")
            .event_id
        )
        for event in events.filtered(lambda e: e.res_model in self.env):
            record = (
                self.env[event.res_model].sudo().browse(event.res_id).exists()
            )  # sudo: as above
            snapshot: capture.Snapshot | None = record._integration_snapshots(
                event.type_id.contract_id.code
            ).get(record.id)
            if snapshot:
                self.env.cr.execute(
                    "UPDATE integration_event SET data = %s WHERE id = %s",
                    [canonical_json.dumps(snapshot.data).decode(), event.id],
                )
        events.invalidate_recordset()

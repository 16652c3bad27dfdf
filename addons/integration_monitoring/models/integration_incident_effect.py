from odoo import api, fields, models

from ..tools.findings import Signal
from .integration_incident import SEVERITIES

SIGNALS = [
    (Signal.VOLUME_HIGH.value, "More messages than usual"),
    (Signal.VOLUME_LOW.value, "Fewer messages than usual"),
    (Signal.SILENCE.value, "Nothing comes any more"),
    (Signal.AVAILABILITY.value, "Too many failures"),
    (Signal.LATENCY.value, "Too slow"),
    (Signal.RECOVERY.value, "Not healed in time"),
    (Signal.DURABILITY.value, "Something was lost"),
    (Signal.QUEUE_AGE.value, "Messages wait for too long"),
    (Signal.DEAD_LETTER.value, "Messages were given up"),
    (Signal.DUPLICATES.value, "Most of what comes is known already"),
    (Signal.ERROR_GROUP.value, "A new kind of failure"),
    (Signal.BREAKER_OPEN.value, "The circuit breaker is open"),
    (Signal.LISTENER_DOWN.value, "The listener stands still"),
    (Signal.RUNNER_DOWN.value, "The job runner stands still"),
    (Signal.PROBE_FAILED.value, "The partner does not answer"),
    (Signal.EXPIRY.value, "A certificate or secret ends soon"),
    (Signal.RETENTION.value, "Something is kept for too long"),
    (Signal.AUDIT_CHAIN.value, "The audit trail does not verify"),
    (Signal.DATABASE.value, "PostgreSQL is near a limit"),
]


class IntegrationIncidentEffect(models.Model):
    """A signal of an interface that the incident of something behind it explains.

    When the cause is over and the signal is not, it becomes an incident of its own.
    """

    _name = "integration.incident.effect"
    _description = "Effect of an Incident"
    _order = "ended_at desc, severity, since desc, id"
    _log_access = False
    _rec_name = "interface_id"

    incident_id = fields.Many2one(
        "integration.incident", required=True, readonly=True, ondelete="cascade"
    )
    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="interface_id.company_id")
    signal = fields.Selection(SIGNALS, required=True, readonly=True)
    severity = fields.Selection(SEVERITIES, required=True, readonly=True)
    since = fields.Datetime(required=True, readonly=True)
    ended_at = fields.Datetime(string="Ended", readonly=True)
    finding = fields.Json(readonly=True, help="The numbers that say why.")

    _signal_unique = models.UniqueIndex("(incident_id, interface_id, signal)")

    @api.model
    def _signal_label(self, signal):
        """A signal in the reader's language."""
        return dict(self._fields["signal"]._description_selection(self.env)).get(signal, signal)

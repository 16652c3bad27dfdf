from odoo import api, fields, models

from odoo.addons.integration_core.engine import audit_settings

from ..engine import siem, siem_destinations

_SECONDS = 20.0


class IntegrationSiem(models.Model):
    """How far the audit trail has left for a SIEM; a row for each destination.

    Written by ``engine.siem``. What is configured stands in odoo.conf, so that nobody who works
    with Odoo can turn it off.
    """

    _name = "integration.siem"
    _description = "Delivery of Audit Events to a SIEM"
    _order = "kind"
    _rec_name = "kind"
    _log_access = False

    kind = fields.Selection(
        [("file", "File of JSON lines"), ("syslog", "Syslog")],
        string="Destination",
        required=True,
        readonly=True,
    )
    sequence = fields.Integer(
        string="Last number", required=True, readonly=True, aggregator=None, help="Of the chain."
    )
    waiting = fields.Integer(
        compute="_compute_waiting", help="Sealed entries that have not left yet."
    )
    delivered_at = fields.Datetime(string="Last delivery", readonly=True)
    failing_since = fields.Datetime(string="Failing since", readonly=True)
    problem = fields.Char(readonly=True, help="Why the last delivery failed.")
    state = fields.Selection(
        [("off", "Not configured"), ("ok", "Delivers"), ("failing", "Failing")],
        compute="_compute_state",
    )

    _kind_unique = models.UniqueIndex("(kind)")

    @api.depends("kind", "problem")
    def _compute_state(self):
        configured = siem_destinations.configured()
        for one in self:
            if one.kind not in configured:
                one.state = "off"
            else:
                one.state = "failing" if one.problem else "ok"

    @api.depends("sequence")
    def _compute_waiting(self):
        self.env.cr.execute("SELECT coalesce(max(sequence), 0) FROM integration_audit_seal")
        last = self.env.cr.fetchone()[0]
        for one in self:
            one.waiting = max(0, last - one.sequence)

    @api.model
    def _cron_siem(self):
        """Hand over what was sealed since the last time."""
        if self.env["integration.arming"]._held():
            return  # a copy tells the SIEM nothing: it would look like the original
        if audit_settings.key_problem() or not audit_settings.keys():
            return  # nothing is sealed; the audit itself says so
        for kind in siem_destinations.configured():
            if siem.export(self.env.registry, kind, _SECONDS):
                self.env.ref("integration_monitoring.ir_cron_siem")._trigger()

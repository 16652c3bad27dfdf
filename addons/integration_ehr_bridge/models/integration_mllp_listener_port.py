from datetime import timedelta

from odoo import api, fields, models

from .integration_mllp_listener import STALE


class IntegrationMllpListenerPort(models.Model):
    """One port of a listener process, as it reports it."""

    _name = "integration.mllp.listener.port"
    _description = "Port of an MLLP Listener"
    _log_access = False
    _rec_name = "port"
    _order = "port, id"

    listener_id = fields.Many2one(
        "integration.mllp.listener", required=True, readonly=True, index=True, ondelete="cascade"
    )
    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="interface_id.company_id", store=True, index=True)
    port = fields.Integer(required=True, readonly=True, aggregator=None)
    error = fields.Char(string="Why it is closed", readonly=True)
    connections = fields.Integer(readonly=True)
    messages = fields.Integer(
        string="Acknowledged", readonly=True, help="Messages since the listener began."
    )
    last_message_at = fields.Datetime(string="Last message", readonly=True)

    _port_unique = models.UniqueIndex("(listener_id, interface_id)")

    @api.model
    def _search_running(self, domain):
        """Ports of listeners that live."""
        limit = fields.Datetime.now() - timedelta(seconds=STALE)
        running = [("listener_id.seen_at", ">=", limit), ("listener_id.stopped_at", "=", False)]
        return self.search([*domain, *running])

    def action_open_interface(self):
        """The interface whose port it is."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "integration.interface",
            "res_id": self.interface_id.id,
            "views": [(False, "form")],
        }

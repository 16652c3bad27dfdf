from odoo import fields, models


class IntegrationHealth(models.Model):
    """Interfaces whose partner takes nothing at present; see ``engine.health``, which writes it."""

    _name = "integration.health"
    _description = "Failing Endpoint"
    _log_access = False
    _rec_name = "interface_id"

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, ondelete="cascade"
    )
    failing_since = fields.Datetime(required=True, readonly=True)
    announced = fields.Integer(
        readonly=True, aggregator=None, help="Percent of the time of which the owner was told."
    )
    disable_at = fields.Datetime(readonly=True, help="The end that was announced then.")

    _interface_unique = models.UniqueIndex("(interface_id)")

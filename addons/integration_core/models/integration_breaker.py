from odoo import fields, models


class IntegrationBreaker(models.Model):
    """State of an interface's circuit breaker, shared by all workers.

    Written by the engine on a READ COMMITTED cursor of its own, once a batch; ``data`` is the
    serialised :class:`tools.breaker.Breaker`.
    """

    _name = "integration.breaker"
    _description = "Integration Circuit Breaker"
    _log_access = False

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, ondelete="cascade"
    )
    state = fields.Char(required=True, readonly=True, default="closed")
    data = fields.Text(readonly=True)

    _interface_unique = models.UniqueIndex("(interface_id)")

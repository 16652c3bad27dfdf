from odoo import fields, models


class IntegrationRate(models.Model):
    """What is left of an interface's outbound rate, shared by all workers.

    Written by ``engine.rates`` on a READ COMMITTED cursor of its own, once a batch; a row is the
    stored form of :class:`tools.rate.Allowance`.
    """

    _name = "integration.rate"
    _description = "Integration Rate"
    _log_access = False
    _rec_name = "interface_id"

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, ondelete="cascade"
    )
    tokens = fields.Float(readonly=True, help="Messages that could leave at once.")
    counted_at = fields.Float(readonly=True, help="When that was so, in seconds of Unix time.")

    _interface_unique = models.UniqueIndex("(interface_id)")

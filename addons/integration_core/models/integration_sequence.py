from odoo import fields, models


class IntegrationSequence(models.Model):
    """The last number that a message of an outbound interface got, from which partners see gaps.

    Written by ``engine.sequences`` on a READ COMMITTED cursor of its own, in the transaction that
    gives the numbers to messages: so they are dense, whatever dies in between.
    """

    _name = "integration.sequence"
    _description = "Integration Sequence"
    _log_access = False
    _rec_name = "interface_id"

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, ondelete="cascade"
    )
    last = fields.Integer(readonly=True, aggregator=None, help="The number that was given last.")

    _interface_unique = models.UniqueIndex("(interface_id)")

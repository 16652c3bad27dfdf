from odoo import fields, models


class IntegrationEventCondition(models.Model):
    """A document that matched the scheduled condition of an event type when it was looked at last.

    Written by ``engine.conditions``. A million rows are normal, hence no columns but these.
    """

    _name = "integration.event.condition"
    _description = "Integration Event Condition"
    _log_access = False

    type_id = fields.Many2one(
        "integration.event.type", required=True, readonly=True, ondelete="cascade"
    )
    res_id = fields.Integer(string="Document id", required=True, readonly=True)

    _record_unique = models.UniqueIndex("(type_id, res_id)")

from odoo import fields, models


class IntegrationAuditMembership(models.Model):
    """Who holds which role of the suite, as the audit has recorded it (``engine.memberships``)."""

    _name = "integration.audit.membership"
    _description = "Integration Audit Known Role"
    _log_access = False

    # Integers, not relations: what Odoo deletes along would not be noticed.
    user_id = fields.Integer(required=True, readonly=True)
    group_id = fields.Integer(required=True, readonly=True)

    _pair_uniq = models.UniqueIndex("(user_id, group_id)")

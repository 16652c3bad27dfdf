from odoo import fields, models


class IntegrationRecordLink(models.Model):
    """The name under which a system knows an Odoo record."""

    _name = "integration.record.link"
    _description = "Integration Record Link"
    _inherit = ["integration.audited"]
    _rec_name = "external_id"

    system_id = fields.Many2one("integration.system", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    res_model = fields.Char(string="Document model", required=True)
    res_id = fields.Many2oneReference(string="Document id", model_field="res_model", required=True)
    external_id = fields.Char(string="External identifier", required=True)

    _external_unique = models.UniqueIndex(
        "(system_id, res_model, external_id)",
        "This system has another record under this identifier already.",
    )
    _record_idx = models.Index("(res_model, res_id)")

from odoo import api, fields, models

from ..engine import documents


class IntegrationReadinessLine(models.Model):
    """A record that is not fit for an interface."""

    _name = "integration.readiness.line"
    _description = "Readiness Report: Record"
    _order = "id"

    result_id = fields.Many2one(
        "integration.readiness.result", required=True, readonly=True, index=True, ondelete="cascade"
    )
    res_model = fields.Char(string="Document model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Document id", model_field="res_model", required=True, readonly=True
    )
    detail = fields.Char(readonly=True)
    document_name = fields.Char(string="Record", compute="_compute_document_name")
    model_label = fields.Char(string="Kind of record", compute="_compute_document_name")

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_document_name(self):
        names = documents.readable_names(self)
        for line in self:
            line.model_label = documents.kind_name(self.env, line.res_model)
            line.document_name = names.get(
                (line.res_model, line.res_id), self.env._("You may not read it")
            )

    def action_open_document(self):
        self.ensure_one()
        return self.env[self.res_model].browse(self.res_id).get_formview_action()

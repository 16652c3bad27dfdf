from odoo import api, fields, models


class IntegrationExceptionMixin(models.AbstractModel):
    """A document about which partners may say something else: banner and button on its form."""

    _name = "integration.exception.mixin"
    _description = "Document with Business Exceptions"

    integration_exception_count = fields.Integer(
        string="To be decided", compute="_compute_integration_exceptions", groups="base.group_user"
    )
    integration_exception_text = fields.Text(
        string="What differs", compute="_compute_integration_exceptions", groups="base.group_user"
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_integration_exceptions(self):
        exceptions = self.env["integration.exception"]
        found = (
            exceptions._of(self._origin) if exceptions.has_access("read") else exceptions.browse()
        )
        by_document = found.grouped("res_id")
        for record in self:
            mine = by_document.get(record._origin.id, exceptions)
            record.integration_exception_count = len(mine)
            record.integration_exception_text = "\n".join(mine.mapped("name")) or False

    def action_open_integration_exceptions(self):
        """What partners say otherwise about this document."""
        self.ensure_one()
        return self.env["integration.exception"]._open_of(self)

from odoo import fields, models


class IntegrationReadinessResult(models.Model):
    """What one check of a readiness report found."""

    _name = "integration.readiness.result"
    _description = "Readiness Report: Check"
    _order = "sequence, severity desc, id"

    report_id = fields.Many2one(
        "integration.readiness", required=True, readonly=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(readonly=True)
    name = fields.Char(string="Check", required=True, readonly=True)
    advice = fields.Char(string="What to do", readonly=True)
    severity = fields.Selection(
        [("blocks", "Blocks messages"), ("advice", "Worth a look")], required=True, readonly=True
    )
    total = fields.Integer(string="Records", readonly=True)
    line_ids = fields.One2many("integration.readiness.line", "result_id", readonly=True)

    def action_open_lines(self):
        """The records to mend, each a click away."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_readiness_line"
        )
        action["domain"] = [("result_id", "=", self.id)]
        action["display_name"] = self.name
        action["context"] = {}
        return action

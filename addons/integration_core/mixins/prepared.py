from odoo import api, fields, models


class IntegrationInterfacePrepared(models.AbstractModel):
    """An interface whose records are checked before it goes live.

    Part of ``integration.interface``.
    """

    _name = "integration.interface.prepared"
    _description = "Interface with a Readiness Report"

    readiness_blocking_count = fields.Integer(
        string="Records that block", compute="_compute_readiness"
    )
    readiness_checked_at = fields.Datetime(string="Readiness checked", compute="_compute_readiness")

    @api.depends_context("uid")
    def _compute_readiness(self):
        reports = self.env["integration.readiness"].search([("interface_id", "in", self.ids)])
        by_interface = {report.interface_id: report for report in reports}
        for interface in self:
            report = by_interface.get(interface._origin, reports.browse())
            interface.readiness_blocking_count = report.blocking_count
            interface.readiness_checked_at = report.checked_at

    def action_check_readiness(self):
        """Check now whether records stand in the way of this interface, and show the report."""
        self.ensure_one()
        return self.env["integration.readiness"]._check(self).get_formview_action()

    def action_open_readiness(self):
        """The report of the last check."""
        self.ensure_one()
        report = self.env["integration.readiness"].search([("interface_id", "=", self.id)])
        return report.get_formview_action() if report else self.action_check_readiness()

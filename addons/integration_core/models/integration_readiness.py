from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..engine import readiness


class IntegrationReadiness(models.Model):
    """The readiness report of one interface: one row, made anew by each check."""

    _name = "integration.readiness"
    _description = "Readiness Report"
    _rec_name = "interface_id"
    _order = "checked_at desc, id desc"

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="interface_id.company_id", store=True, index=True)
    checked_at = fields.Datetime(string="Checked", required=True, readonly=True)
    checked_by_id = fields.Many2one(
        "res.users", string="Checked by", readonly=True, ondelete="set null"
    )
    result_ids = fields.One2many("integration.readiness.result", "report_id", readonly=True)
    blocking_count = fields.Integer(string="Records that block", compute="_compute_counts")
    advice_count = fields.Integer(string="Records to look at", compute="_compute_counts")

    _interface_unique = models.UniqueIndex("(interface_id)")

    @api.depends("result_ids.total", "result_ids.severity")
    def _compute_counts(self):
        for report in self:
            blocking = report.result_ids.filtered(lambda one: one.severity == "blocks")
            report.blocking_count = sum(blocking.mapped("total"))
            report.advice_count = sum((report.result_ids - blocking).mapped("total"))

    @api.model
    def _check(self, interface):
        """Run the checks of an interface, and replace its report.

        :raises AccessError: the user does not operate interfaces
        """
        interface.check_access("read")
        if not self.env.user.has_group("integration_core.group_operator"):
            raise AccessError(self.env._("Operators of interfaces check whether they are ready."))
        # sudo: the records are of all apps, and only their ids are kept; who opens the report
        # reads the names of those that he may read
        found = readiness.run(interface.sudo())
        reports = self.sudo()  # sudo: people read reports, checks write them
        reports.search([("interface_id", "=", interface.id)]).unlink()
        report = reports.create(
            {
                "interface_id": interface.id,
                "checked_at": fields.Datetime.now(),
                "checked_by_id": self.env.uid,
                "result_ids": [
                    fields.Command.create(
                        {
                            "name": one.title,
                            "advice": one.advice,
                            "severity": one.severity,
                            "total": one.total,
                            "sequence": 10 if one.total else 20,
                            "line_ids": [
                                fields.Command.create(
                                    {
                                        "res_model": record._name,
                                        "res_id": record.id,
                                        "detail": one.details.get(record.id),
                                    }
                                )
                                for record in one.records
                            ],
                        }
                    )
                    for one in found
                ],
            }
        )
        return report.sudo(self.env.su)

    def action_check_again(self):
        """Look at the records as they are now."""
        self.ensure_one()
        return self._check(self.interface_id).get_formview_action()

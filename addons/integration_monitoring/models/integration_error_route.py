from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core.models.integration_message import ERROR_CLASSES, FAULTS


class IntegrationErrorRoute(models.Model):
    """Who looks after which kinds of failure: the first route that fits decides."""

    _name = "integration.error.route"
    _description = "Route of Failures"
    _inherit = ["integration.audited"]
    _order = "sequence, id"
    _rec_name = "user_id"
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: of all companies.")
    system_id = fields.Many2one("integration.system", check_company=True, ondelete="cascade")
    interface_id = fields.Many2one("integration.interface", check_company=True, ondelete="cascade")
    error_class = fields.Selection(ERROR_CLASSES, string="Class of error")
    fault = fields.Selection(FAULTS, help="On whose side the cause lies.")
    code = fields.Char(string="Error code", help="Exactly this one.")
    words = fields.Char(help="Part of the kind of failure, whatever its case.")
    user_id = fields.Many2one(
        "res.users",
        string="Goes to",
        required=True,
        domain=lambda self: [
            ("all_group_ids", "in", self.env.ref("integration_core.group_operator").ids)
        ],
    )

    @api.constrains("user_id")
    def _check_user(self):
        for route in self:
            if not route.user_id.has_group("integration_core.group_operator"):
                raise ValidationError(
                    self.env._("Only an integration operator can look after failures.")
                )

    def _matches(self, group):
        """Whether a group is of this kind; what is left empty fits all."""
        wanted = (
            (self.company_id, group.company_id),
            (self.system_id, group.system_id),
            (self.interface_id, group.interface_id),
            (self.error_class, group.error_class),
            (self.fault, group.fault),
            (self.code, group.code),
        )
        if any(mine and mine != theirs for mine, theirs in wanted):
            return False
        return not self.words or self.words.casefold() in (group.title or "").casefold()

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..mixins.addressed import MAX_OVERLAP_HOURS, OVERLAP_HOURS


class IntegrationNewAddress(models.TransientModel):
    """Asks why an inbound interface gets a new address, and what becomes of the old one."""

    _name = "integration.new.address"
    _description = "New Address of an Interface"

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, ondelete="cascade"
    )
    ending = fields.Selection(
        [
            ("later", "It stays in force until the partner has changed over"),
            ("now", "It ends at once: strangers may know it"),
        ],
        string="The old address",
        required=True,
        default="later",
    )
    overlap_hours = fields.Integer(
        string="For hours",
        default=OVERLAP_HOURS,
        required=True,
        help="Both addresses are in force meanwhile. You can end it sooner.",
    )
    older_until = fields.Datetime(
        related="interface_id.former_address_until", string="Older address until"
    )
    older_valid = fields.Boolean(related="interface_id.former_address_valid")
    reason = fields.Text(required=True, help="Others will read it; write it for them.")

    @api.constrains("overlap_hours")
    def _check_overlap_hours(self):
        for wizard in self:
            if not 1 <= wizard.overlap_hours <= MAX_OVERLAP_HOURS:
                raise ValidationError(
                    self.env._(
                        "The old address stays in force for 1 to %s hours.", MAX_OVERLAP_HOURS
                    )
                )

    def action_confirm(self):
        self.ensure_one()
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Give a reason that others will understand."))
        hours = self.overlap_hours if self.ending == "later" else 0
        # Checks the right of the user, and that there is an address.
        self.interface_id._renew_address(reason, hours)
        return {"type": "ir.actions.act_window_close"}

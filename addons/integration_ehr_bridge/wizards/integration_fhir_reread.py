from odoo import fields, models
from odoo.exceptions import UserError


class IntegrationFhirReread(models.TransientModel):
    """Asks from when a FHIR server is to be read again, and why."""

    _name = "integration.fhir.reread"
    _description = "Read a FHIR Server Again"

    poll_ids = fields.Many2many("integration.fhir.poll", required=True, readonly=True)
    whole = fields.Boolean(
        string="From the beginning",
        help="Everything that the searches find, however old. That may be much.",
    )
    moment = fields.Datetime(
        string="From",
        help="Everything that was changed at the server since then is read again.",
    )
    reason = fields.Text(required=True, help="Others will read it; write it for them.")

    def action_confirm(self):
        self.ensure_one()
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Give a reason that others will understand."))
        if not self.whole and not self.moment:
            raise UserError(self.env._("Say from when, or choose from the beginning."))
        if self.moment and not self.whole and self.moment > fields.Datetime.now():
            raise UserError(self.env._("That time is still to come. Enter an earlier one."))
        # Checks the right of the user.
        self.poll_ids._read_again(False if self.whole else self.moment, reason)
        return {"type": "ir.actions.act_window_close"}

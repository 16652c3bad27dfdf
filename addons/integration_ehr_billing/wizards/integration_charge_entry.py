from odoo import fields, models
from odoo.exceptions import UserError


class IntegrationChargeEntry(models.TransientModel):
    """A service that was done for a visit, booked by hand, for a hospital whose billing is
    elsewhere."""

    _name = "integration.charge.entry"
    _description = "Book a Service for a Visit"
    _check_company_auto = True

    encounter_id = fields.Many2one("ehr.encounter", string="Visit", required=True)
    company_id = fields.Many2one(related="encounter_id.company_id")
    visit_is_temporary = fields.Boolean(related="encounter_id.temporary")
    code_id = fields.Many2one(
        "ehr.charge.code", string="Service", required=True, check_company=True
    )
    quantity = fields.Float(required=True, digits="Product Unit")
    charged_at = fields.Datetime(string="Date", required=True, default=fields.Datetime.now)

    def action_book(self):
        self.ensure_one()
        if self.quantity <= 0:
            raise UserError(self.env._("Enter how much was done, more than zero."))
        self.encounter_id.check_access("read")
        if self.encounter_id.state == "cancelled":
            raise UserError(self.env._("The visit was cancelled. Choose the right one."))
        # sudo: charges are closed but for this and the feed; the visit was checked above
        charges = self.env["ehr.charge"].sudo()
        code = self.code_id.sudo()  # sudo: as above
        charge = charges._book(
            self.encounter_id.sudo(), code.product_id, self.quantity, self.charged_at, code=code
        )  # sudo: as above
        if not charge:
            raise UserError(
                self.env._(
                    "In this company charges come from clinical systems, and Odoo invoices them. "
                    "The settings of charges say which direction is used."
                )
            )
        return {"type": "ir.actions.act_window_close"}

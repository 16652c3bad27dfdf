from odoo import fields, models
from odoo.exceptions import UserError


class IntegrationAuthorizationEntry(models.TransientModel):
    """Asks the payer of a visit to authorise something that is planned."""

    _name = "integration.authorization.entry"
    _description = "Ask for Prior Authorisation"
    _check_company_auto = True
    _integration_data_class = "clinical"

    encounter_id = fields.Many2one("ehr.encounter", string="Visit", required=True)
    company_id = fields.Many2one(related="encounter_id.company_id")
    code_id = fields.Many2one("ehr.charge.code", string="What", required=True, check_company=True)
    quantity = fields.Float(required=True, default=1.0, digits="Product Unit")
    order_number = fields.Char(
        string="Order", help="Number of the order that it is for, at the system that fills it."
    )

    def action_ask_payer(self):
        self.ensure_one()
        if self.quantity <= 0:
            raise UserError(self.env._("Enter how much is planned, more than zero."))
        self.encounter_id.check_access("read")
        if self.encounter_id.state == "cancelled":
            raise UserError(self.env._("The visit was cancelled. Choose the right one."))
        self.env["ehr.authorization"]._request(
            self.encounter_id, self.code_id, self.quantity, (self.order_number or "").strip()
        )
        return {"type": "ir.actions.act_window_close"}

from odoo import api, fields, models

from .ehr_authorization import STATES


class EhrKitRequest(models.Model):
    """Orders show whether the payer has authorised them."""

    _inherit = "ehr.kit.request"

    authorization_state = fields.Selection(
        STATES,
        string="Prior authorisation",
        compute="_compute_authorization_state",
        # sudo: whoever may see the order may know whether it is authorised
        compute_sudo=True,
        help="Of the latest request to a payer under the number of this order.",
    )

    @api.depends("number", "order_number")
    def _compute_authorization_state(self):
        numbers = {*self.mapped("number"), *self.mapped("order_number")} - {False}
        found = self.env["ehr.authorization"].search(
            [
                ("order_number", "in", list(numbers)),
                ("company_id", "in", self.company_id.ids),
            ],
            order="id",
        )
        latest = {(one.company_id, one.order_number): one.state for one in found}
        for order in self:
            named = [(order.company_id, name) for name in (order.number, order.order_number)]
            order.authorization_state = next((latest[key] for key in named if key in latest), False)

from odoo import api, fields, models


class EhrConsumption(models.Model):
    """What was used for a visit is charged, if another system invoices it.

    By the line of usage, not by its stock move: one move takes lines of several visits.
    """

    _inherit = "ehr.consumption"

    charge_ids = fields.One2many(
        "ehr.charge",
        "consumption_id",
        string="Charges",
        readonly=True,
        groups="account.group_account_invoice",
    )

    is_left_uncharged = fields.Boolean(
        readonly=True, copy=False, help="Somebody decided that nobody is charged for this use."
    )

    @api.model_create_multi
    def create(self, vals_list):
        consumptions = super().create(vals_list)
        # sudo: who tells what was used need not see what is charged for it
        consumptions.sudo()._post_charges()
        return consumptions

    def _post_charges(self):
        """Post a charge for each line of a visit, a credit for what comes back.

        A line of a system that charges usage itself is not charged here as well.
        """
        charges = self.env["ehr.charge"]
        for one in self.filtered("encounter_id"):
            if one.company_id.ehr_charge_direction != "out":
                continue
            unit = one.product_id.uom_id
            quantity = one.uom_id._compute_quantity(one.quantity, unit, round=False)
            if one.returns_id:
                charges._book_back_usage(one, quantity)
            elif not one.system_id.ehr_charges_usage:
                charges._book(
                    one.encounter_id,
                    one.product_id,
                    quantity,
                    one.used_at,
                    consumption_id=one.id,
                    location_id=(one.place_id or one.encounter_id.location_id).id,
                    order_number=one.order_number,
                    analytic_account_id=one.analytic_account_id.id,
                )

    def _ehr_given_back(self):
        """What came back of these lines."""
        return self.return_ids.sorted("id")

from odoo import fields, models


class ResCompany(models.Model):
    """How a company waits for payers, and works on what they deny."""

    _inherit = "res.company"

    ehr_eligibility_hours = fields.Integer(
        string="Wait for payers (hours)",
        help="An invoice that waits for the answer to a question is released so many hours after "
        "the payer was asked. 0: it waits until somebody releases it.",
    )
    ehr_denials_scored = fields.Boolean(
        string="Order denied lines by score",
        default=True,
        help="Points for amount, age and deadline, each explained. Off: the deadline orders, and "
        "the amount.",
    )
    ehr_denial_large = fields.Monetary(
        string="A large denial",
        default=1000.0,
        help="The amount that gets half of the points for amounts.",
    )

    _ehr_eligibility_hours_positive = models.Constraint(
        "CHECK(ehr_eligibility_hours >= 0)", "Hours to wait for payers are 0 or more."
    )
    _ehr_denial_large_positive = models.Constraint(
        "CHECK(ehr_denial_large > 0)", "A large denial is more than 0."
    )

    def write(self, vals):
        result = super().write(vals)
        if {"ehr_denials_scored", "ehr_denial_large"} & set(vals):
            # sudo: the order of a list follows the settings, whoever may change these
            denials = self.env["ehr.denial"].sudo()
            denials.search([("company_id", "in", self.ids), ("is_open", "=", True)])._rate()
        return result

from odoo import fields, models

from .ehr_location_usage import POLICIES


class ResCompany(models.Model):
    """How what clinical systems tell of usage is booked."""

    _inherit = "res.company"

    ehr_usage_shortage = fields.Selection(
        POLICIES,
        string="Used beyond stock",
        required=True,
        default="quarantine",
        help="What happens when a clinical system tells that more was used than there is.",
    )
    ehr_usage_cost_centre_id = fields.Many2one(
        "account.analytic.account",
        string="Cost centre of usage",
        help="Bears what is used at places that have no cost centre. Empty: such messages wait.",
    )
    ehr_usage_buyer_id = fields.Many2one(
        "res.users",
        string="Buyer of emergency receipts",
        help="Has to settle emergency receipts with the supplier.",
    )
    ehr_usage_hours = fields.Integer(
        string="Usage after discharge (hours)",
        default=24,
        help="What was used so many hours after a patient left is still booked on the visit. What "
        "was used later waits for a person.",
    )
    ehr_kit_hours = fields.Integer(
        string="Kits stay after the appointment (hours)",
        default=4,
        help="So long a case kit stays reserved, or in the theatre, after its appointment is done: "
        "what was used of it may be told later. 0: it is released at once.",
    )

    _ehr_kit_hours_positive = models.Constraint(
        "CHECK(ehr_kit_hours >= 0)", "Kits stay 0 hours or more after the appointment."
    )
    _ehr_usage_hours_positive = models.Constraint(
        "CHECK(ehr_usage_hours >= 0)", "Usage after discharge is 0 hours or more."
    )

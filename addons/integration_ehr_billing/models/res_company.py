from odoo import fields, models


class ResCompany(models.Model):
    """How charges of a company's visits are billed."""

    _inherit = "res.company"

    ehr_charge_direction = fields.Selection(
        [
            ("in", "Clinical systems post charges, Odoo invoices them"),
            ("out", "Odoo posts charges, another system invoices them"),
        ],
        string="Charges",
        required=True,
        default="in",
        help="One of both, never both: a charge that was posted to another system is not invoiced "
        "here as well.",
    )
    ehr_patient_debtor_id = fields.Many2one(
        "res.partner",
        string="Patients' debtor",
        check_company=True,
        help="The contact to whom all charges go that no payer bears. Its invoices carry the "
        "reference of the visit and no name: who it is stands where patients are administered.",
    )
    ehr_patient_journal_id = fields.Many2one(
        "account.journal",
        string="Journal of patients' invoices",
        check_company=True,
        domain="[('type', '=', 'sale')]",
        help="Empty: the company's first sales journal.",
    )
    ehr_create_accounts = fields.Boolean(
        string="Create accounts as charges name them",
        help="A patient account that no message has opened is created when a charge names it. "
        "Otherwise the charge waits, unless the census knows the account from the visit.",
    )
    ehr_charge_price_rule = fields.Selection(
        [
            ("sender", "The sender's amount"),
            ("own", "Our price"),
            ("compare", "Our price, and a person decides where the sender's differs"),
        ],
        string="Price of charges",
        required=True,
        default="sender",
        help="A charge code may have a rule of its own.",
    )
    ehr_charge_tolerance = fields.Float(
        string="Tolerated difference (%)",
        help="By how many percent the sender's amount may differ from our price, where both "
        "are compared. Within it, the sender's amount is invoiced.",
    )
    ehr_late_days = fields.Integer(
        string="Late after (days)",
        default=3,
        help="A charge that arrives more than so many days after the discharge is late.",
    )
    ehr_late_rule = fields.Selection(
        [("accept", "Are invoiced, and marked"), ("decide", "Wait for a decision")],
        string="Late charges",
        required=True,
        default="accept",
    )

    _ehr_charge_tolerance_positive = models.Constraint(
        "CHECK(ehr_charge_tolerance >= 0)", "A tolerance is 0 percent or more."
    )
    _ehr_late_days_positive = models.Constraint(
        "CHECK(ehr_late_days >= 0)", "Charges are late after 0 days or more."
    )

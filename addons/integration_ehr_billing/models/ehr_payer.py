from odoo import fields, models


class EhrPayer(models.Model):
    """Whom a payer's charges are invoiced to."""

    _name = "ehr.payer"
    _inherit = ["ehr.payer", "ehr.waits.for"]
    _check_company_auto = True
    _waiting_codes = ("unknown_payer", "unknown_plan", "payer_without_contact")

    partner_id = fields.Many2one(
        "res.partner",
        string="Invoiced to",
        check_company=True,
        ondelete="restrict",
        help="Charges that this payer bears are invoiced to this contact, with its fiscal position "
        "and payment terms.",
    )
    self_pay = fields.Boolean(
        string="The patient pays",
        help="Charges under this code go to the patients' debtor of the settings.",
    )
    journal_id = fields.Many2one(
        "account.journal",
        check_company=True,
        ondelete="restrict",
        domain="[('type', '=', 'sale')]",
        help="Empty: the company's first sales journal.",
    )
    plan_ids = fields.One2many(
        "ehr.payer.plan",
        "payer_id",
        string="Plans",
        help="If there are any, a charge that names another plan waits.",
    )


class EhrPayerPlan(models.Model):
    """A plan of a payer, where it is invoiced otherwise than the payer."""

    _name = "ehr.payer.plan"
    _description = "Plan of a Payer"
    _order = "payer_id, code, id"
    _check_company_auto = True
    _rec_name = "code"

    payer_id = fields.Many2one("ehr.payer", required=True, index=True, ondelete="cascade")
    code = fields.Char(required=True, help="As messages name it.")
    name = fields.Char()
    partner_id = fields.Many2one(
        "res.partner",
        string="Invoiced to",
        check_company=True,
        ondelete="restrict",
        help="Empty: as the payer.",
    )
    journal_id = fields.Many2one(
        "account.journal",
        check_company=True,
        ondelete="restrict",
        domain="[('type', '=', 'sale')]",
        help="Empty: as the payer.",
    )
    company_id = fields.Many2one(related="payer_id.company_id", store=True, index=True)

    _code_unique = models.UniqueIndex("(payer_id, code)", "The payer has this plan already.")

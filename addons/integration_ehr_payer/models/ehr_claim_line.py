from odoo import api, fields, models


class EhrClaimLine(models.Model):
    """What is claimed for one line of an invoice, and what the payer says of it."""

    _name = "ehr.claim.line"
    _description = "Line of a Claim"
    _order = "claim_id, sequence"
    _check_company_auto = True
    _integration_data_class = "clinical"

    claim_id = fields.Many2one(
        "ehr.claim",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    sequence = fields.Integer(string="No.", required=True, readonly=True)
    move_line_id = fields.Many2one(
        "account.move.line",
        string="Invoice line",
        readonly=True,
        ondelete="restrict",
        check_company=True,
    )
    name = fields.Char(string="What", required=True, readonly=True)
    charge_code = fields.Char(string="Code", readonly=True)
    procedure_code = fields.Char(string="Procedure", readonly=True)
    modifiers = fields.Char(readonly=True)
    service_date = fields.Date(string="Date", readonly=True)
    quantity = fields.Float(readonly=True, digits="Product Unit")
    currency_id = fields.Many2one(related="claim_id.currency_id", store=True)
    amount = fields.Monetary(string="Claimed", readonly=True, help="With taxes.")
    paid_amount = fields.Monetary(string="Paid", readonly=True)
    patient_amount = fields.Monetary(string="Left to the patient", readonly=True)
    denied_amount = fields.Monetary(string="Denied", readonly=True)
    reason_codes = fields.Char(
        string="Reasons", readonly=True, help="Codes, as the payer writes them."
    )
    reason_text = fields.Char(string="In words", readonly=True)
    state = fields.Selection(
        [
            ("open", "Open"),
            ("paid", "Paid"),
            ("partial", "Partly paid"),
            ("denied", "Denied"),
        ],
        required=True,
        readonly=True,
        default="open",
    )
    company_id = fields.Many2one(related="claim_id.company_id", store=True, index=True)

    _sequence_unique = models.UniqueIndex("(claim_id, sequence)")

    @api.model
    def _of_invoice(self, move):
        """Values of lines of a claim, one for each line of an invoice that has a price."""
        lines = move.invoice_line_ids.filtered(lambda one: one.display_type == "product")
        charges = move.env["ehr.charge"].search([("move_line_id", "in", lines.ids)])
        by_line = {one.move_line_id: one for one in charges}
        none = charges.browse()
        return [
            self._values(number, line, by_line.get(line, none))
            for number, line in enumerate(lines.sorted("id"), 1)
        ]

    def _values(self, number, line, charge):
        procedures = charge.payer_id.claim_procedures
        return {
            "sequence": number,
            "move_line_id": line.id,
            "name": line.product_id.name or line.name or "",
            "charge_code": charge.charge_code,
            # Least fields: what the payer does not ask for is not claimed with.
            "procedure_code": charge.procedure_code if procedures else False,
            "modifiers": charge.modifiers if procedures else False,
            "service_date": charge.charged_at and charge._day(charge.charged_at, charge.company_id),
            "quantity": line.quantity,
            "amount": line.price_total,
        }

    def _once_more(self):
        """Values of a line that claims what was denied of this one."""
        self.ensure_one()
        kept = (
            "sequence",
            "name",
            "charge_code",
            "procedure_code",
            "modifiers",
            "service_date",
            "quantity",
        )
        return {
            **{name: self[name] for name in kept},
            "move_line_id": self.move_line_id.id,
            "amount": self.denied_amount,
        }

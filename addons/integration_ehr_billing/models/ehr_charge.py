from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.integration_ehr_bridge.mixins.ehr_visit_document import VISIT_GROUPS

from ..tools.charges import Amounts
from .ehr_account import BILLING_GROUPS

STATES = [
    ("waiting", "To be decided"),
    ("held", "Waits for the visit"),
    ("posted", "Posted to billing"),
    ("drafted", "On a draft invoice"),
    ("invoiced", "Invoiced"),
    ("paid", "Paid"),
    ("credited", "Credited"),
    ("refused", "Refused"),
]
#: As many decimals as messages may have: a credit of all of a charge must find all of it.
QUANTITY_DIGITS = (18, 6)
#: What the payment state of a posted invoice makes of its charges; invoiced, of all others.
SETTLED = {"paid": "paid", "in_payment": "paid", "reversed": "credited"}


class EhrCharge(models.Model):
    """What was done or used for a visit and is to be billed, or a credit that takes it back.

    Known by the number that its system gave it. What is invoiced of it is its line on a draft
    invoice; what became of it follows from that line and from its credits. People read charges and
    decide about those that wait; nobody writes on them otherwise.
    """

    _name = "ehr.charge"
    _description = "Charge"
    _inherit = ["ehr.visit.document", "integration.sync.mixin", "integration.exception.mixin"]
    _order = "charged_at desc, id desc"
    _rec_name = "number"
    _check_company_auto = True
    _log_access = False
    _integration_data_class = "clinical"

    number = fields.Char(required=True, readonly=True, help="At the system that posted it.")
    kind = fields.Selection(
        [("charge", "Charge"), ("credit", "Credit")], required=True, readonly=True, default="charge"
    )
    source = fields.Selection(
        [("feed", "Clinical system"), ("odoo", "Odoo")],
        required=True,
        readonly=True,
        default="feed",
    )
    system_id = fields.Many2one(
        "integration.system",
        string="Posted by",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    reverses_id = fields.Many2one(
        "ehr.charge",
        string="Takes back",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
    )
    credit_ids = fields.One2many("ehr.charge", "reverses_id", string="Credits", readonly=True)
    charged_at = fields.Datetime(string="Date", required=True, readonly=True)
    received_at = fields.Datetime(
        string="Received", required=True, readonly=True, default=fields.Datetime.now
    )
    charge_code = fields.Char(string="Code", required=True, readonly=True)
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="restrict", check_company=True
    )
    quantity = fields.Float(required=True, readonly=True, digits=QUANTITY_DIGITS)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    said = fields.Boolean(string="Amount named", readonly=True)
    said_amount = fields.Monetary(
        string="Sender's amount",
        readonly=True,
        help="As the message says; 0 if it names none. Of a credit that names none, its share.",
    )
    own_amount = fields.Monetary(
        string="Our price", readonly=True, help="What Odoo would invoice, where that was compared."
    )
    amount = fields.Monetary(string="Billed amount", readonly=True, help="Before taxes.")
    unit_cost = fields.Float(readonly=True, digits="Product Price", groups=BILLING_GROUPS)
    department = fields.Char(readonly=True, help="Code of the department, as the message names it.")
    location_id = fields.Many2one(
        "ehr.location",
        string="Place",
        readonly=True,
        ondelete="restrict",
        check_company=True,
        groups=VISIT_GROUPS,
    )
    analytic_account_id = fields.Many2one(
        "account.analytic.account",
        string="Cost centre",
        readonly=True,
        ondelete="restrict",
        check_company=True,
        help="That of the department, else of the place.",
    )
    order_number = fields.Char(string="Order", readonly=True, help="At the system that fills it.")
    procedure_code = fields.Char(string="Procedure", readonly=True, groups=BILLING_GROUPS)
    modifiers = fields.Char(readonly=True, groups=BILLING_GROUPS)
    drug_code = fields.Char(string="Drug code", readonly=True, groups=BILLING_GROUPS)
    account_id = fields.Many2one(
        "ehr.account",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        groups=BILLING_GROUPS,
    )
    payer_id = fields.Many2one(
        "ehr.payer", readonly=True, ondelete="restrict", check_company=True, groups=BILLING_GROUPS
    )
    plan_code = fields.Char(string="Plan", readonly=True, groups=BILLING_GROUPS)
    partner_id = fields.Many2one(
        "res.partner",
        string="Invoiced to",
        readonly=True,
        ondelete="restrict",
        check_company=True,
        groups=BILLING_GROUPS,
    )
    journal_id = fields.Many2one(
        "account.journal",
        readonly=True,
        ondelete="restrict",
        check_company=True,
        groups=BILLING_GROUPS,
    )
    is_late = fields.Boolean(
        string="Late",
        readonly=True,
        help="It came longer after the discharge than the settings say.",
    )
    price_open = fields.Boolean(readonly=True, help="Somebody has to decide on its amount.")
    late_open = fields.Boolean(readonly=True, help="Somebody has to decide whether it is invoiced.")
    is_refused = fields.Boolean(readonly=True)
    move_line_id = fields.Many2one(
        "account.move.line",
        string="Invoice line",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        groups=BILLING_GROUPS,
    )
    move_id = fields.Many2one(
        related="move_line_id.move_id",
        string="Invoice",
        store=True,
        index="btree_not_null",
        groups=BILLING_GROUPS,
    )
    credited_quantity = fields.Float(
        compute="_compute_credited", store=True, digits=QUANTITY_DIGITS
    )
    credited_said = fields.Monetary(compute="_compute_credited", store=True)
    credited_amount = fields.Monetary(string="Credited", compute="_compute_credited", store=True)
    net_amount = fields.Monetary(
        compute="_compute_net_amount",
        store=True,
        help="Billed, less what was credited; a credit is negative.",
    )
    is_credited = fields.Boolean(readonly=True, help="Credits took all of it back.")
    state = fields.Selection(STATES, compute="_compute_state", store=True, index=True)
    digest = fields.Char(readonly=True, groups="integration_ehr_bridge.group_feed")
    message_uuid = fields.Char(string="Message", readonly=True, index="btree_not_null")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )

    _number_unique = models.UniqueIndex("(company_id, coalesce(system_id, 0), number, kind)")

    @api.depends("number", "charge_code")
    def _compute_display_name(self):
        for charge in self:
            charge.display_name = f"{charge.charge_code} {charge.number}"

    @api.depends("credit_ids.quantity", "credit_ids.said_amount", "credit_ids.amount")
    def _compute_credited(self):
        for charge in self:
            charge.credited_quantity = sum(charge.credit_ids.mapped("quantity"))
            charge.credited_said = sum(charge.credit_ids.mapped("said_amount"))
            charge.credited_amount = sum(charge.credit_ids.mapped("amount"))

    @api.depends("kind", "amount", "credited_amount")
    def _compute_net_amount(self):
        for charge in self:
            sign = -1 if charge.kind == "credit" else 1
            charge.net_amount = sign * charge.amount - charge.credited_amount

    @api.depends(
        "kind",
        "source",
        "is_posted",
        "is_refused",
        "is_credited",
        "price_open",
        "late_open",
        "move_line_id.move_id.state",
        "move_line_id.move_id.payment_state",
    )
    def _compute_state(self):
        for charge in self:
            charge.state = charge._state()

    def _state(self):
        # sudo: what became of it is no secret to who may read it, the invoice may be one
        move = self.sudo().move_line_id.move_id
        if self.source == "odoo" and not self.is_posted:
            return "held"
        if self.is_credited or (self.kind == "credit" and not move):
            return "credited"
        if self.price_open or self.late_open:
            return "waiting"
        if self.source == "odoo":
            return "posted"
        if self.is_refused or not move or move.state == "cancel":
            return "refused"
        if move.state == "draft":
            return "drafted"
        return SETTLED.get(move.payment_state, "invoiced")

    @api.model_create_multi
    def create(self, vals_list):
        self._require_feed()
        return super().create(vals_list)

    def write(self, vals):
        self._require_feed()
        return super().write(vals)

    @api.model
    def _require_feed(self):
        """A charge is what its system says, and what was decided about it."""
        if not self.env.su and not self.env.user.has_group("integration_ehr_bridge.group_feed"):
            raise AccessError(
                self.env._(
                    "Charges are posted by clinical systems. Decide about those that wait with "
                    "their buttons; to take one back, let its system credit it."
                )
            )

    # ------------------------------------------------------------------
    # for the feed and for decisions
    # ------------------------------------------------------------------

    def _whole(self):
        """Quantity and amounts of this charge (:class:`..tools.charges.Amounts`)."""
        return Amounts(
            self._exact(self.quantity),
            self._exact(self.said_amount) if self.said else None,
            self._exact(self.amount),
        )

    def _taken_back(self):
        """The same of what was credited."""
        return Amounts(
            self._exact(self.credited_quantity),
            self._exact(self.credited_said) if self.said else None,
            self._exact(self.credited_amount),
        )

    @api.model
    def _exact(self, number):
        # What a column holds is a rounded decimal, which the shortest text of a float gives back.
        return round(Decimal(repr(number)), 10)

    def _invoice_line_label(self):
        return self._label(self.product_id, self.charged_at, self.company_id, self.partner_id)

    @api.model
    def _label(self, product, moment, company, partner):
        """The text of an invoice line: what the product is called in the debtor's language, and
        the day. Nothing that a message says stands there, for it may tell of an illness."""
        name = product.with_context(lang=partner.lang or self.env.lang).name
        return f"{name}, {fields.Date.to_string(self._day(moment, company))}"

    @api.model
    def _day(self, moment, company):
        """The company's day of a moment."""
        # sudo: in which time zone the company's days are
        zone = company.sudo().partner_id.tz
        return fields.Datetime.context_timestamp(self.with_context(tz=zone), moment).date()

    # ------------------------------------------------------------------
    # where it leads to
    # ------------------------------------------------------------------

    def action_open_invoice(self):
        """The invoice that has this charge, with its journal items."""
        self.ensure_one()
        return self.move_id.get_formview_action()

    def action_open_journal_items(self):
        """The journal items of the invoice."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_line_select")
        action["domain"] = [("move_id", "=", self.move_id.id)]
        action["context"] = {}
        return action

    def action_open_credits(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_ehr_billing.action_ehr_charge"
        )
        found = self.credit_ids or self.reverses_id
        return {**action, "domain": [("id", "in", found.ids)], "context": {}}

    def action_open_source_message(self):
        """The message that brought it, for those who may see messages."""
        self.ensure_one()
        messages = self.env["integration.message"]
        messages.check_access("read")
        found = messages.search([("uuid", "=", self.message_uuid)])
        return found.get_formview_action() if len(found) == 1 else False

from odoo import api, fields, models
from odoo.exceptions import UserError

KINDS = [
    ("stock", "Stock"),
    ("non_stock", "Not in stock"),
    ("order", "General order"),
]
STATES = [
    ("draft", "Being entered"),
    ("held", "To decide"),
    ("ready", "To pick"),
    ("waiting", "Waiting for stock"),
    ("done", "Delivered"),
    ("cancelled", "Nothing to deliver"),
]
#: What comes of messages and decisions alone, whatever a person writes.
GIVEN = frozenset({"by_hand", "group_number", "matched_id", "state", "system_id", "urgent"})
#: What is over for a line.
CLOSED = frozenset({"delivered", "ended", "cancelled", "rejected", "matched"})
READY = frozenset({"ready", "partly_ready", "picked"})


class EhrRequisition(models.Model):
    """What a clinical place orders of the store, from whatever system, or by hand.

    It is decided line by line, and leads to transfers and purchases, which then say how far it is.
    """

    _name = "ehr.requisition"
    _description = "Requisition"
    _inherit = ["ehr.visit.document", "integration.sync.mixin", "integration.exception.mixin"]
    _order = "needed_by, id desc"
    _check_company_auto = True

    name = fields.Char(
        string="Number", required=True, readonly=True, copy=False, default=lambda self: "/"
    )
    kind = fields.Selection(
        KINDS,
        required=True,
        default="stock",
        help="As the clinical system calls it. What is picked and what is bought follows from the "
        "items and the supply route.",
    )
    group_number = fields.Char(
        string="Order number of the place",
        readonly=True,
        copy=False,
        help="Under which the clinical system has ordered it: the number of the order, or of the "
        "group of orders.",
    )
    system_id = fields.Many2one(
        "integration.system", string="Ordered by", readonly=True, copy=False, ondelete="restrict"
    )
    by_hand = fields.Boolean(
        string="Entered by hand",
        readonly=True,
        copy=False,
        help="Not told by a clinical system, such as while its feed was down.",
    )
    hand_reason = fields.Char(
        string="Why by hand",
        copy=False,
        help="Such as “feed down since 7:40”. No patient's name, no diagnosis.",
    )
    route_id = fields.Many2one(
        "ehr.supply.route",
        string="Supply route",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        help="Says from where the place that ordered is supplied, and what happens without stock.",
    )
    place_id = fields.Many2one(related="route_id.place_id", store=True, string="Clinical place")
    ordered_at = fields.Datetime(
        string="Ordered", required=True, copy=False, default=fields.Datetime.now
    )
    needed_by = fields.Datetime(
        string="Needed by",
        copy=False,
        help="When the first of its items is needed; transfers and purchases are due then.",
    )
    urgent = fields.Boolean(
        readonly=True,
        copy=False,
        help="Whoever ordered it says so. Its transfers are picked before others.",
    )
    state = fields.Selection(
        STATES, compute="_compute_state", store=True, required=True, default="draft", index=True
    )
    line_ids = fields.One2many("ehr.requisition.line", "requisition_id", string="Items")
    line_count = fields.Integer(compute="_compute_line_count")
    picking_ids = fields.Many2many(
        "stock.picking",
        string="Transfers",
        compute="_compute_pickings",
        groups="stock.group_stock_user",
    )
    purchase_ids = fields.Many2many(
        "purchase.order",
        string="Purchases",
        compute="_compute_purchases",
        groups="purchase.group_purchase_user",
    )
    entry_ids = fields.Many2many(
        "account.move",
        string="Journal entries",
        compute="_compute_entries",
        groups="account.group_account_readonly,account.group_account_invoice",
    )
    picking_count = fields.Integer(compute="_compute_pickings", groups="stock.group_stock_user")
    purchase_count = fields.Integer(
        compute="_compute_purchases", groups="purchase.group_purchase_user"
    )
    entry_count = fields.Integer(
        compute="_compute_entries",
        groups="account.group_account_readonly,account.group_account_invoice",
    )
    matched_id = fields.Many2one(
        "ehr.requisition",
        string="Order of the feed",
        readonly=True,
        copy=False,
        ondelete="restrict",
        check_company=True,
        help="What was entered by hand turned out to be this order.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )

    _name_unique = models.UniqueIndex("(company_id, name) WHERE name <> '/'")
    _group_idx = models.Index("(system_id, group_number)")

    @api.depends("line_ids.state")
    def _compute_state(self):
        for one in self:
            states = set(one.line_ids.mapped("state"))
            if not states or "draft" in states:
                one.state = "draft"
            elif "held" in states:
                one.state = "held"
            elif states & READY:
                one.state = "ready"
            elif states - CLOSED:
                one.state = "waiting"
            else:
                one.state = "done" if states & {"delivered", "ended"} else "cancelled"

    # One method for each kind: who may not read one of them may read another.

    @api.depends("line_ids.move_ids.picking_id", "line_ids.purchase_line_ids.move_ids.picking_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_pickings(self):
        for one in self:
            # sudo: who may not read transfers does not read these fields either
            lines = one.sudo().line_ids
            moves = lines.move_ids | lines.purchase_line_ids.move_ids
            one.picking_ids = moves.picking_id.ids
            one.picking_count = len(one.picking_ids)

    @api.depends("line_ids.purchase_line_ids.order_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_purchases(self):
        for one in self:
            # sudo: as above, of purchases
            one.purchase_ids = one.sudo().line_ids.purchase_line_ids.order_id.ids
            one.purchase_count = len(one.purchase_ids)

    @api.depends(
        "line_ids.move_ids.account_move_id",
        "line_ids.purchase_line_ids.invoice_lines",
        "line_ids.purchase_line_ids.move_ids.account_move_id",
    )
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_entries(self):
        for one in self:
            lines = one.sudo().line_ids  # sudo: as above, of journal entries
            moves = lines.move_ids | lines.purchase_line_ids.move_ids
            entries = moves.account_move_id
            one.entry_ids = (entries | lines.purchase_line_ids.invoice_lines.move_id).ids
            one.entry_count = len(one.entry_ids)

    @api.depends("line_ids")
    def _compute_line_count(self):
        for one in self:
            one.line_count = len(one.line_ids)

    # ------------------------------------------------------------------
    # who writes it
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            company = self.env["res.company"].browse(vals.get("company_id") or self.env.company.id)
            if vals.get("name", "/") == "/":
                # sudo: numbers are drawn for whoever may make a requisition
                sequences = self.env["ir.sequence"].sudo().with_company(company)
                vals["name"] = sequences.next_by_code("ehr.requisition")
            if not self._is_feed():
                self._require_free(vals, GIVEN)
                vals["by_hand"] = True
        return super().create(vals_list)

    def write(self, vals):
        self._require_own()
        self._require_free(vals, GIVEN)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        if not self._is_feed() and any(not one.by_hand or one.state != "draft" for one in self):
            raise UserError(self.env._("Only what is being entered by hand is deleted. Cancel it."))

    @api.model
    def _is_feed(self):
        return self.env.su or self.env.user.has_group("integration_ehr_bridge.group_feed")

    def _require_own(self):
        """People write what they enter; all else comes from messages and buttons."""
        if self._is_feed():
            return
        if any(not one.by_hand or one.state != "draft" for one in self):
            raise UserError(
                self.env._(
                    "This was decided or ordered by a clinical system already. Use its buttons and "
                    "its transfers."
                )
            )

    @api.model
    def _require_free(self, vals, closed):
        """:raises UserError: a person writes what comes of messages and decisions alone"""
        if not self._is_feed() and (names := sorted(closed & set(vals))):
            raise UserError(
                self.env._(
                    "This is written by messages and buttons alone: %s. Leave it out.",
                    ", ".join(names),
                )
            )

    # ------------------------------------------------------------------
    # where it leads to
    # ------------------------------------------------------------------

    def action_open_transfers(self):
        """The transfers of this requisition."""
        return self._open("stock.action_picking_tree_all", self.picking_ids)

    def action_open_purchases(self):
        """The purchases of this requisition."""
        return self._open("purchase.purchase_form_action", self.purchase_ids)

    def action_open_entries(self):
        """The journal entries of its transfers and purchases."""
        return self._open("account.action_move_journal_line", self.entry_ids)

    def _open(self, xmlid, records):
        self.ensure_one()
        return self._leading_to(xmlid, records)

    @api.model
    def _open_records(self, records):
        """Action: these requisitions."""
        xmlid = "integration_ehr_supply.action_ehr_requisition"
        return self._leading_to(xmlid, records)

    @api.model
    def _leading_to(self, xmlid, records):
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = [("id", "in", records.ids)]
        action["context"] = {"create": False}
        if len(records) == 1:
            action["views"] = [(False, "form")]
            action["res_id"] = records.id
        return action

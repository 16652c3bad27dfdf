from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import requisition

DECISIONS = [
    ("accepted", "Accepted"),
    ("partial", "Accepted in part"),
    ("backordered", "Back order"),
    ("rejected", "Rejected"),
    ("held", "To decide"),
]
REASONS = [
    ("no_stock", "Not enough stock"),
    ("bought", "Is bought"),
    ("not_stocked", "Is not kept in stock"),
    ("archived_item", "Is not supplied any more"),
    ("maybe_by_hand", "May have been entered by hand"),
]
STATES = [
    ("draft", "Being entered"),
    ("held", "To decide"),
    ("waiting", "Waiting for stock"),
    ("partly_ready", "Ready in part"),
    ("ready", "Ready"),
    ("picked", "Picked"),
    ("partly_delivered", "Delivered in part"),
    ("delivered", "Delivered"),
    ("ended", "Ended, delivered in part"),
    ("rejected", "Rejected"),
    ("cancelled", "Cancelled"),
    ("matched", "Order of the feed"),
]
#: What comes of messages and decisions alone, whatever a person writes.
CLOSED = frozenset(
    {"number", "order_number", "order_assigner", "set_id", "system_id", "deliver_to", "item_code"}
    | {"decision", "reason", "is_direct", "rejected_quantity", "cancelled_quantity", "matched_id"}
    | {"move_ids", "purchase_line_ids", "state", "digest", "changed_at", "first_answer"}
    | {"order_record", "order_over"}
)
#: Quantities of a product, whatever unit it was ordered in.
QUANTITY = "Product Unit"


class EhrRequisitionLine(models.Model):
    """One item that was ordered, and what became of it."""

    _name = "ehr.requisition.line"
    _description = "Item of a Requisition"
    _order = "requisition_id, number, id"
    _check_company_auto = True

    requisition_id = fields.Many2one(
        "ehr.requisition", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="requisition_id.company_id", store=True, index=True)
    system_id = fields.Many2one(related="requisition_id.system_id", store=True)
    route_id = fields.Many2one(related="requisition_id.route_id")
    number = fields.Integer(default=1, readonly=True, copy=False)
    order_number = fields.Char(
        readonly=True, copy=False, help="Under which the clinical system has ordered it."
    )
    order_assigner = fields.Char(readonly=True, copy=False)
    set_id = fields.Char(
        string="Position", readonly=True, copy=False, help="Within the order of that system."
    )
    order_record = fields.Char(
        string="Record of the order",
        readonly=True,
        copy=False,
        help="How a system that keeps orders as records names it, such as SupplyRequest/7: what it "
        "is told of the order is based on that.",
    )
    order_over = fields.Boolean(
        readonly=True, copy=False, help="Its system wants nothing more of it: cancelled, completed."
    )
    deliver_to = fields.Char(
        readonly=True, copy=False, help="Code of the place, as it was ordered; empty: by the visit."
    )
    product_id = fields.Many2one(
        "product.product", required=True, ondelete="restrict", check_company=True
    )
    item_code = fields.Char(
        string="Code of the item",
        readonly=True,
        copy=False,
        help="As it was ordered; of several codes, the first by which it is known.",
    )
    quantity = fields.Float(string="Ordered", digits=QUANTITY, required=True, default=1)
    unit_id = fields.Many2one(
        "uom.uom",
        required=True,
        ondelete="restrict",
        compute="_compute_unit_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    stock_unit_id = fields.Many2one(
        related="product_id.uom_id",
        string="Stock unit",
        help="That of the product, in which it is set aside, delivered and still to come.",
    )
    product_quantity = fields.Float(
        string="Ordered, in the unit of the product",
        digits=QUANTITY,
        compute="_compute_product_quantity",
        store=True,
    )
    cost_centre_id = fields.Many2one(
        "account.analytic.account", string="Cost centre", ondelete="restrict", check_company=True
    )
    supplier_id = fields.Many2one(
        "res.partner",
        string="Wanted supplier",
        ondelete="restrict",
        check_company=True,
        help="If it has to be bought. Empty: the supplier of the product.",
    )
    expected_price = fields.Float(
        string="Expected price", digits="Product Price", help="Of one, as whoever ordered it says."
    )
    substitutes = fields.Boolean(help="Something else of the same use may be supplied.")
    needed_by = fields.Datetime(string="Needed by", help="Empty: when the requisition is.")
    decision = fields.Selection(
        DECISIONS, readonly=True, copy=False, help="What was answered to the order."
    )
    reason = fields.Selection(REASONS, readonly=True, copy=False, help="Why not all of it comes.")
    is_direct = fields.Boolean(
        readonly=True, copy=False, help="It is bought for the place, and does not go through stock."
    )
    rejected_quantity = fields.Float(digits=QUANTITY, readonly=True, copy=False)
    cancelled_quantity = fields.Float(digits=QUANTITY, readonly=True, copy=False)
    matched_id = fields.Many2one(
        "ehr.requisition.line",
        string="Item of the feed",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
    )
    move_ids = fields.One2many(
        "stock.move", "ehr_requisition_line_id", string="Stock moves", readonly=True, copy=False
    )
    purchase_line_ids = fields.One2many(
        "purchase.order.line",
        "ehr_requisition_line_id",
        string="Purchase lines",
        readonly=True,
        copy=False,
        groups="purchase.group_purchase_user,integration_ehr_bridge.group_feed",
    )
    reserved_quantity = fields.Float(
        string="Set aside",
        digits=QUANTITY,
        compute="_compute_progress",
        store=True,
        help="Reserved in stock for this item.",
    )
    open_quantity = fields.Float(
        string="Still to come",
        digits=QUANTITY,
        compute="_compute_progress",
        store=True,
        help="Ordered, and neither delivered nor refused nor cancelled.",
    )
    delivered_quantity = fields.Float(
        string="Delivered", digits=QUANTITY, compute="_compute_progress", store=True
    )
    state = fields.Selection(
        STATES, compute="_compute_progress", store=True, required=True, default="draft", index=True
    )
    digest = fields.Char(
        readonly=True, copy=False, help="Of what was ordered, to recognise a repetition."
    )
    changed_at = fields.Datetime(
        readonly=True, copy=False, help="When its system last said something of it."
    )
    first_answer = fields.Json(
        readonly=True, copy=False, help="What was answered to the order, for its repetitions."
    )

    _key_unique = models.UniqueIndex(
        "(company_id, system_id, order_assigner, order_number, set_id) "
        "WHERE order_number IS NOT NULL",
        "This line of the order is known already.",
    )

    @api.depends("product_id")
    def _compute_unit_id(self):
        for line in self:
            if not line.unit_id or not line.unit_id._has_common_reference(line.product_id.uom_id):
                line.unit_id = line.product_id.uom_id

    @api.depends("quantity", "unit_id", "product_id.uom_id")
    def _compute_product_quantity(self):
        for line in self:
            line.product_quantity = (
                line.unit_id._compute_quantity(line.quantity, line.product_id.uom_id, round=False)
                if line.unit_id and line.product_id
                else 0
            )

    @api.depends("requisition_id.name", "number")
    def _compute_display_name(self):
        for line in self:
            line.display_name = f"{line.requisition_id.name}-{line.number}"

    # ------------------------------------------------------------------
    # how far it is
    # ------------------------------------------------------------------

    @api.depends(
        "decision",
        "is_direct",
        "matched_id",
        "product_quantity",
        "rejected_quantity",
        "cancelled_quantity",
        "move_ids.state",
        "move_ids.picked",
        "move_ids.quantity",
        "move_ids.product_uom_qty",
        "move_ids.returned_move_ids.state",
        "purchase_line_ids.qty_received",
        "purchase_line_ids.product_qty",
        "purchase_line_ids.order_id.state",
    )
    def _compute_progress(self):
        for line in self:
            progress = line._progress()
            line.reserved_quantity = float(progress.reserved)
            line.open_quantity = float(progress.open)
            line.delivered_quantity = float(progress.delivered)
            if line.matched_id:
                line.state = "matched"
            elif not line.decision:
                line.state = "draft"
            elif line.decision in ("held", "rejected"):
                line.state = line.decision
            else:
                line.state = requisition.status(progress)

    def _progress(self) -> requisition.Progress:
        """Where its documents stand, whoever may read them."""
        self.ensure_one()
        self = self.sudo()  # sudo: quantities alone, for those who see the requisition
        wanted = self._number(
            self.product_quantity - self.rejected_quantity - self.cancelled_quantity
        )
        if self.is_direct:
            bought = self.purchase_line_ids.filtered(lambda one: one.order_id.state != "cancel")
            delivered = sum(map(self._received, bought))
            ordered = sum(map(self._ordered, bought))
            return requisition.Progress(
                wanted,
                self._number(delivered),
                open=self._number(max(ordered - delivered, 0)),
                cancelled=self._number(self.cancelled_quantity),
            )
        moves = self.move_ids
        done = moves.filtered(lambda move: move.state == "done")
        returned = done.returned_move_ids.filtered(lambda move: move.state == "done")
        live = self._open_moves()
        picked = live.filtered("picked")
        taken = self._moved(live)
        return requisition.Progress(
            wanted,
            delivered=self._number(self._moved(done) - self._moved(returned)),
            reserved=self._number(taken),
            picked=self._number(self._moved(picked)),
            open=self._number(sum(move.product_qty for move in live)),
            cancelled=self._number(self.cancelled_quantity),
        )

    def _open_moves(self):
        return self.move_ids.filtered(lambda move: move.state not in ("done", "cancel"))

    def _moved(self, moves):
        return sum(
            move.product_uom._compute_quantity(move.quantity, self.product_id.uom_id, round=False)
            for move in moves
        )

    def _received(self, line):
        return line.product_uom_id._compute_quantity(
            line.qty_received, self.product_id.uom_id, round=False
        )

    def _ordered(self, line):
        return line.product_uom_id._compute_quantity(
            line.product_qty, self.product_id.uom_id, round=False
        )

    def _number(self, quantity) -> Decimal:
        """A quantity without the dust of floats."""
        return Decimal(repr(round(quantity, 6)))

    # ------------------------------------------------------------------
    # who writes it
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        orders = self.env["ehr.requisition"]
        if orders._is_feed():
            return super().create(vals_list)
        for vals in vals_list:
            # Before there is a line: one that nobody has decided makes a requisition a draft.
            self._require_open(vals)
        lines = super().create(vals_list)
        lines._renumber()
        return lines

    def write(self, vals):
        self.requisition_id._require_own()
        self._require_open(vals)
        return super().write(vals)

    @api.model
    def _require_open(self, vals):
        """People write what they enter, and put it into what they enter alone."""
        orders = self.env["ehr.requisition"]
        orders._require_free(vals, CLOSED)
        orders.browse(vals.get("requisition_id") or ())._require_own()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        self.requisition_id._require_own()

    def _renumber(self):
        """Lines that a person enters have no other number than their place."""
        for one in self.requisition_id:
            # sudo: whose lines they are was checked
            for number, line in enumerate(one.sudo().line_ids.sorted("id"), 1):
                line.number = number

    @api.constrains("quantity")
    def _check_quantity(self):
        for line in self:
            if line.quantity <= 0:
                raise UserError(self.env._("Enter a quantity of more than zero."))

    @api.constrains("quantity", "unit_id", "rejected_quantity", "cancelled_quantity")
    def _check_wanted(self):
        """Not more is refused or cancelled than was ordered: the next change counts on it."""
        for line in self:
            gone = line.rejected_quantity + line.cancelled_quantity
            if self._number(gone - line.product_quantity) > requisition.NOTHING:
                raise UserError(self.env._("More is refused or cancelled than was ordered."))

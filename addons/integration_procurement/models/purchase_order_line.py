from odoo import api, fields, models
from odoo.tools import float_compare, format_date, formatLang

from ..tools import canonical
from ..tools.answers import Status
from ..tools.canonical import FLOAT_DIGITS

# Answers after which the line is not delivered.
REFUSALS = (Status.REJECTED, Status.SUBSTITUTED)


class PurchaseOrderLine(models.Model):
    """What the supplier promised, beside what was ordered; one never overwrites the other.

    Everything is in the unit of the line, the price before discount and in the order's currency.
    """

    _inherit = "purchase.order.line"

    supplier_answer = fields.Selection(
        [
            (Status.ACCEPTED.value, "Accepted"),
            (Status.CHANGED.value, "Changed"),
            (Status.REJECTED.value, "Rejected"),
            (Status.SUBSTITUTED.value, "Replaced by another item"),
        ],
        string="Supplier's answer",
        readonly=True,
        copy=False,
    )
    supplier_confirmed_qty = fields.Float(
        string="Confirmed", digits="Product Unit", readonly=True, copy=False
    )
    supplier_confirmed_price = fields.Float(
        string="Confirmed price",
        min_display_digits="Product Price",
        readonly=True,
        copy=False,
        help="Price of one unit that the supplier confirmed, before discount; zero if the "
        "supplier named none.",
    )
    supplier_confirmed_discount = fields.Float(
        string="Confirmed discount (%)", digits="Discount", readonly=True, copy=False
    )
    supplier_promised_date = fields.Date(
        string="Promised", readonly=True, copy=False, help="When all of it will have been delivered"
    )
    supplier_schedule = fields.Json(
        readonly=True, copy=False, help="Several deliveries: pairs of quantity and day."
    )
    supplier_schedule_text = fields.Char(
        string="Deliveries", compute="_compute_supplier_schedule_text"
    )
    supplier_answered_at = fields.Datetime(string="Answered", readonly=True, copy=False)
    # Tells the same answer to the same order from a new one.
    supplier_answer_key = fields.Char(readonly=True, copy=False)
    supplier_deviates = fields.Boolean(compute="_compute_supplier_deviates")

    @api.depends(
        "supplier_answer",
        "supplier_confirmed_qty",
        "supplier_confirmed_price",
        "supplier_promised_date",
        "product_qty",
        "qty_received",
        "price_unit",
        "date_planned",
    )
    def _compute_supplier_deviates(self):
        """Whether the supplier promised less, more, later or at another price than was ordered."""
        for line in self:
            line.supplier_deviates = line._supplier_deviates()

    def _supplier_deviates(self) -> bool:
        if self.supplier_answer in REFUSALS:
            return self.product_uom_id.compare(self.product_qty, self.qty_received) > 0
        promised = self.supplier_promised_date
        if not (promised or self.supplier_answer):
            return False
        price = self.supplier_confirmed_price
        return bool(
            self.product_uom_id.compare(self.supplier_confirmed_qty, self.product_qty) != 0
            or self._integration_is_late()
            or (price and float_compare(price, self.price_unit, FLOAT_DIGITS))
        )

    def _integration_is_late(self) -> bool:
        """Whether the supplier promised everything for a later day than the line has."""
        promised, requested = self.supplier_promised_date, self._integration_requested_date()
        return bool(promised and requested and promised > requested)

    @api.depends("supplier_schedule", "product_uom_id")
    @api.depends_context("lang")
    def _compute_supplier_schedule_text(self):
        for line in self:
            line.supplier_schedule_text = (
                ", ".join(
                    self.env._(
                        "%(quantity)s on %(date)s",
                        quantity=formatLang(self.env, quantity, dp="Product Unit"),
                        date=format_date(self.env, day),
                    )
                    for quantity, day in line.supplier_schedule or ()
                )
                or False
            )

    def _integration_is_answered(self) -> bool:
        """Whether the supplier has said something to this line, or has nothing to say."""
        return bool(
            self.supplier_answer
            or self.supplier_promised_date
            or self.display_type
            or self.is_downpayment
            or self.product_uom_id.is_zero(self.product_qty)
        )

    def _integration_zone(self) -> str:
        """Name of the time zone in which the goods are wanted.

        Not that of whoever looks: supplier and buyer must mean the same day.
        """
        warehouse = self.order_id.picking_type_id.warehouse_id.partner_id
        return warehouse.tz or self.company_id.partner_id.tz or "UTC"

    def _integration_requested_date(self):
        """The day on which delivery is wanted, where the goods are wanted."""
        self.ensure_one()
        if not self.date_planned:
            return False
        return self._integration_local(self.date_planned).date()

    def _integration_local(self, moment):
        return fields.Datetime.context_timestamp(
            self.with_context(tz=self._integration_zone()), moment
        )

    def _integration_progress(self) -> dict:
        """Ordered, received so far and still to come, in the unit of this line.

        What a supplier delivered beyond the order leaves nothing to come. All ``None`` of no line.
        """
        if not self:
            return dict.fromkeys(("ordered", "received_total", "remaining"))
        self.ensure_one()
        remaining = self.product_qty - self.qty_received
        if self.product_uom_id.compare(remaining, 0) <= 0:
            remaining = 0.0
        return {
            "ordered": canonical.number(self.product_qty),
            "received_total": canonical.number(self.qty_received),
            "remaining": canonical.number(remaining),
        }

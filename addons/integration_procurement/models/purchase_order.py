from odoo import api, fields, models

from odoo.addons.integration_core.engine.capture import Snapshot

from ..tools import canonical

CONTRACT = "procurement.purchase_order"

# States of Odoo in the words of the contract.
STATES = {
    "draft": "draft",
    "sent": "quotation_requested",
    "to approve": "to_approve",
    "purchase": "confirmed",
    "cancel": "cancelled",
}


class PurchaseOrder(models.Model):
    """Purchase orders leave as business events and show whether they got through."""

    _name = "purchase.order"
    _inherit = ["purchase.order", "integration.sync.mixin", "integration.exception.mixin"]

    # Changes of its lines are changes of the order.
    _integration_parts = {"purchase.order.line": "order_id"}

    integration_approved = fields.Boolean(
        string="Approved after review",
        readonly=True,
        copy=False,
        help="Had to be approved, and was. An order that needs no approval, or that a manager "
        "confirms at once, is only confirmed.",
    )

    supplier_has_answered = fields.Boolean(compute="_compute_supplier_has_answered")
    supplier_tells_stock = fields.Boolean(compute="_compute_supplier_tells_stock")

    @api.depends("order_line.supplier_answer", "order_line.supplier_promised_date")
    def _compute_supplier_has_answered(self):
        for order in self:
            order.supplier_has_answered = any(
                line.supplier_answer or line.supplier_promised_date for line in order.order_line
            )

    @api.depends("order_line.supplier_availability")
    def _compute_supplier_tells_stock(self):
        for order in self:
            order.supplier_tells_stock = any(order.order_line.mapped("supplier_availability"))

    def write(self, vals):
        state = vals.get("state")
        if state is None:
            return super().write(vals)
        # What had to be approved is told apart here: afterwards the state looks like any other.
        reviewed = self.filtered(lambda order: order.state == "to approve")
        approved = reviewed if state == "purchase" else self.browse()
        kept = self - approved if state == "purchase" else self.browse()
        rest = self - approved - kept
        for orders, values in (
            (approved, {**vals, "integration_approved": True}),
            (kept, vals),
            (rest, {**vals, "integration_approved": False}),
        ):
            if orders:
                super(PurchaseOrder, orders).write(values)
        if state == "cancel":
            # Nobody has to decide about the answers to an order that there is not any more.
            self.env["integration.exception"]._settle(self)
        return True

    # ------------------------------------------------------------------
    # canonical content
    # ------------------------------------------------------------------

    def _integration_snapshots(self, contract_code):
        if contract_code != CONTRACT:
            return super()._integration_snapshots(contract_code)
        return {
            order.id: Snapshot(
                data=order._integration_canonical(),
                company_id=order.company_id.id,
                subject=order.name,
                partner_id=order.partner_id.commercial_partner_id.id,
            )
            for order in self
        }

    def _integration_canonical(self) -> dict:
        """This order as the canonical object ``procurement.purchase_order`` 1.1.0."""
        self.ensure_one()
        lines = self.order_line.filtered(lambda line: not line.display_type)
        # Of the partner: the company's own field is computed from it, for a statement more.
        buyer, supplier = self.company_id.partner_id, self.partner_id.commercial_partner_id
        return {
            "order_number": self.name,
            "order_date": canonical.moment(self.date_order),
            "state": STATES[self.state],
            "approved_at": canonical.moment(self.date_approve),
            "currency": self.currency_id.name,
            "buyer": {"name": self.company_id.name, "vat": canonical.text(buyer.vat)},
            "supplier": {
                "name": supplier.name,
                "vat": canonical.text(supplier.vat),
                "reference": canonical.text(self.partner_ref),
            },
            "lines": [self._integration_line(line) for line in lines],
            "total": canonical.amount(self.amount_total, self.currency_id.decimal_places),
        }

    def _integration_line(self, line) -> dict:
        supplier_item = line.selected_seller_id
        return {
            "line_reference": str(line.id),
            "item": {
                "code": canonical.text(line.product_id.default_code),
                "supplier_code": canonical.text(supplier_item.product_code),
                "gtin": canonical.text(line.product_id.barcode),
                "name": line.product_id.name or line.name,
            },
            "quantity": canonical.number(line.product_qty),
            # None breaks the contract on purpose: a unit that the supplier does not know must
            # stop the order, not become pieces.
            "unit": line.product_uom_id._integration_unit_code(),
            "unit_price": canonical.number(line.price_unit),
            "discount_percent": canonical.number(line.discount),
            "requested_date": canonical.day(line._integration_requested_date()),
        }

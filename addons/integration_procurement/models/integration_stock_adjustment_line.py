from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import canonical
from ..tools.shipments import exact


class IntegrationStockAdjustmentLine(models.Model):
    """One correction: what was counted, or by how much stock is more or less than before."""

    _name = "integration.stock.adjustment.line"
    _description = "Line of a Reported Stock Adjustment"
    _order = "adjustment_id, id"
    _check_company_auto = True

    adjustment_id = fields.Many2one(
        "integration.stock.adjustment", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="adjustment_id.company_id", store=True, index=True)
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="restrict", check_company=True
    )
    unit_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    lot_id = fields.Many2one(
        "stock.lot", string="Lot or serial number", readonly=True, check_company=True
    )
    package_id = fields.Many2one("stock.package", readonly=True, check_company=True)
    is_count = fields.Boolean(string="Counted", readonly=True)
    quantity = fields.Float(
        string="Reported",
        required=True,
        readonly=True,
        digits="Product Unit",
        help="How much is there if it was counted; else by how much it is more or less.",
    )
    known_quantity = fields.Float(
        string="In Odoo", readonly=True, digits="Product Unit", help="When the report arrived."
    )
    reason = fields.Selection(
        [
            ("count", "Counted otherwise"),
            ("found", "Found"),
            ("lost", "Lost"),
            ("damaged", "Damaged"),
            ("expired", "Expired"),
            ("stolen", "Stolen"),
            ("sample", "Taken as a sample"),
            ("recall", "Recalled by the supplier"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [("waiting", "To be decided"), ("applied", "Applied"), ("rejected", "Rejected")],
        required=True,
        readonly=True,
        default="waiting",
    )

    def _target(self, present) -> Decimal:
        """How much there is to be.

        :param present: how much there is
        """
        quantity = exact(self.quantity)
        return quantity if self.is_count else exact(present) + quantity

    def _is_large(self):
        """Whether a person has to decide, by the limits of the company."""
        known, target = exact(self.known_quantity), self._target(self.known_quantity)
        company = self.company_id
        value = abs(target - known) * exact(self.product_id.with_company(company).standard_price)
        return (
            target < 0
            or value > exact(company.integration_adjustment_value)
            or canonical.deviation_percent(target, known)
            > exact(company.integration_adjustment_percent)
        )

    def _is_overtaken(self):
        """Whether goods were moved since they were counted, and the count says otherwise than Odoo.

        Neither the count nor the count with these moves is right for sure: a move may have been
        booked after the count, of goods that were taken before it.
        """
        if not self.is_count or not self.unit_id.compare(self.quantity, self.known_quantity):
            return False
        place = self.adjustment_id.location_id
        gone = Domain("location_id", "=", place.id) & Domain("package_id", "=", self.package_id.id)
        come = Domain("location_dest_id", "=", place.id) & Domain(
            "result_package_id", "=", self.package_id.id
        )
        moved = Domain(
            [
                ("state", "=", "done"),
                ("product_id", "=", self.product_id.id),
                ("lot_id", "=", self.lot_id.id),
                ("date", ">=", self.adjustment_id.adjusted_at),
            ]
        )
        return bool(self.env["stock.move.line"].search_count(moved & (gone | come), limit=1))

    def _lock_stock(self):
        """Let nobody move this stock until the transaction ends.

        Who moved it since the transaction began makes it fail, and be begun again: what was read
        is outdated. Otherwise Odoo would leave out what somebody works on, and write beside it.
        """
        quants = self._quants()
        quants.flush_model()
        self.env.cr.execute(
            SQL("SELECT id FROM stock_quant WHERE id = ANY(%s) ORDER BY id FOR UPDATE", quants.ids)
        )

    def _quants(self):
        """All stock of the item and lot in the location, in whatever package or ownership."""
        return self.env["stock.quant"].search(
            [
                ("product_id", "=", self.product_id.id),
                ("lot_id", "=", self.lot_id.id),
                ("location_id", "=", self.adjustment_id.location_id.id),
            ]
        )

    def _present(self):
        """How much Odoo has there, in the package of this line and of our own."""
        mine = self._quants().filtered(
            lambda quant: quant.package_id == self.package_id and not quant.owner_id
        )
        return sum(mine.mapped("quantity"))

    def _apply(self):
        """Correct stock with the rights of the present user, as a count in Odoo does."""
        self.ensure_one()
        target = self._target(self._present())
        context = {"inventory_mode": True, "inventory_name": self._reference()}
        quant = (
            self.env["stock.quant"]
            .with_context(**context)
            .create(
                {
                    "product_id": self.product_id.id,
                    "location_id": self.adjustment_id.location_id.id,
                    "lot_id": self.lot_id.id,
                    "package_id": self.package_id.id,
                    "inventory_quantity": float(target),
                }
            )
        )
        # Odoo hands it back with all rights.
        quant.sudo(self.env.su).with_context(**context).action_apply_inventory()
        # sudo: only messages and decisions write lines, so nobody has the right to
        self.sudo().state = "applied"

    def _reference(self):
        """What stands on the stock move."""
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        # sudo: who reported it is shown to whoever may see the correction
        system = self.adjustment_id.sudo().system_id.name
        return f"{reasons[self.reason]}: {self.adjustment_id.name} ({system})"

    def _apply_decided(self):
        """Apply after a person accepted it.

        :raises UserError: what was counted has changed since, or there would be less than nothing
        """
        self._lock_stock()
        present = self._present()
        if self.is_count and self.unit_id.compare(present, self.known_quantity):
            raise UserError(
                self.env._(
                    "Stock of %s has changed since it was counted. Reject this, and count again.",
                    self.product_id.display_name,
                )
            )
        if self._target(present) < 0:
            raise UserError(
                self.env._(
                    "There would be less than nothing of %s. Reject this, and count it.",
                    self.product_id.display_name,
                )
            )
        self._apply()

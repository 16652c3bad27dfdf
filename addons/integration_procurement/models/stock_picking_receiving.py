from odoo import models

#: What is decided by validating a receipt, or by cancelling it.
SETTLED = ("delivery_differs",)


class StockPicking(models.Model):
    """How goods of a message are written onto a receipt."""

    _inherit = "stock.picking"

    def _integration_move_line_values(self, move, product, quantity, *, lot, package, expiry):
        """Values of a detailed operation of this receipt.

        :param move: what awaits the goods; empty for goods that nothing awaits
        :param quantity: in the unit of the product
        :param lot: name of the lot or serial number, if there is one
        :param package: reference of the package, if there is one
        :param expiry: the day on which the lot expires; kept where lots have expiry dates
        """
        self.ensure_one()
        tracked = product.tracking != "none"
        return {
            "picking_id": self.id,
            "move_id": move.id,
            "product_id": product.id,
            "product_uom_id": product.uom_id.id,
            "location_id": (move or self).location_id.id,
            "location_dest_id": (move or self).location_dest_id.id,
            "quantity": quantity,
            "picked": False,
            "lot_id": self._integration_lot(product, lot).id if tracked else False,
            # A lot that is new is made by Odoo when the goods are there.
            "lot_name": lot if tracked else False,
            "result_package_id": self._integration_package(package).id,
        }

    def _integration_lot(self, product, name):
        """The lot, if goods of it have been here before."""
        lots = self.env["stock.lot"]
        if not name:
            return lots
        return lots.search(
            [
                ("product_id", "=", product.id),
                ("name", "=", name),
                ("company_id", "in", (False, self.company_id.id)),
            ],
            limit=1,
        )

    def _integration_package(self, name):
        """The package that comes: made new, unless other goods that come are in it too."""
        packages = self.env["stock.package"]
        if not name:
            return packages
        found = packages.search(
            [
                ("name", "=", name),
                ("company_id", "in", (False, self.company_id.id)),
                ("quant_ids", "=", False),
            ],
            limit=1,
        )
        return found or packages.create({"name": name})

    def _integration_lot_fields(self):
        """Further fields of a detailed operation that tell of its lot; an addon adds its own."""
        return ()

    def _integration_objections(self, lines):
        """What a person has to know before goods are received, beside what differs.

        :param lines: of :class:`..engine.receiving.Line`
        :return: ``(label, ours, theirs)`` texts; an addon adds its own
        """
        return []

    def _integration_validate(self):
        """Validate as a person does who wants a back order for what did not come.

        :return: whether it is done; not if Odoo asks something that only a person can answer
        """
        self.ensure_one()
        self.with_context(skip_backorder=True).button_validate()
        return self.state == "done"

    def _action_done(self):
        done = super()._action_done()
        self._integration_settle()
        return done

    def action_cancel(self):
        cancelled = super().action_cancel()
        self._integration_settle()
        return cancelled

    def _integration_settle(self):
        """What was to be decided about receipts has been, by validating or cancelling them."""
        if receipts := self.filtered(lambda one: one.picking_type_id.code == "incoming"):
            self.env["integration.exception"]._settle(receipts, SETTLED)

from datetime import UTC, datetime

from odoo import models
from odoo.fields import Command
from odoo.tools import float_compare

from odoo.addons.integration_core.tools import errors


class IntegrationHandlerMaterialConsumption(models.AbstractModel):
    """What a ward, a laboratory or an analyser used up is taken from its stock in Odoo.

    The lines of a message become one transfer, which is done at once. It may bring stock below
    zero, as Odoo allows it to people: what was used was used.
    """

    _name = "integration.handler.material_consumption"
    _inherit = "integration.handler"
    _description = "Material consumption: take from stock"

    _contract = "procurement.material_consumption"

    def _process(self, received, data):
        location = self._find_location(received, data["location"])
        moves = [self._move_values(location, line) for line in data["lines"]]
        # sudo: the service user needs no right on systems to know whose message this is
        system = self.env["integration.system"].sudo().browse(received.system_id)
        transfer = self.env["stock.picking"].create(
            {
                "picking_type_id": location.warehouse_id.int_type_id.id,
                "location_id": location.id,
                "location_dest_id": moves[0]["location_dest_id"],
                "origin": self.env._("Consumption reported by %s", system.name),
                "scheduled_date": _naive_utc(data["consumed_at"]),
                "move_ids": [Command.create(values) for values in moves],
            }
        )
        transfer._action_done()
        return transfer

    # ------------------------------------------------------------------
    # what the words of the message mean in Odoo
    # ------------------------------------------------------------------

    def _find_location(self, received, code):
        """The place that the system calls ``code``, or that has it as barcode.

        :raises errors.ConflictError: there is none, or it belongs to no warehouse
        """
        location = self.env["integration.record.link"]._find_record(
            received.system_id, "stock.location", code
        ) or self.env["stock.location"].search(
            [
                ("barcode", "=", code),
                ("usage", "=", "internal"),
                ("company_id", "=", self.env.company.id),
            ],
            limit=1,
        )
        if not location.warehouse_id:
            raise errors.ConflictError(
                "The place of the consumption is no stock location of a warehouse. Enter its code "
                "as barcode of the right location, or in a record link, then retry.",
                code="unknown_location",
            )
        return location

    def _move_values(self, location, line):
        product = self._find_item(line["item"])
        unit = self._find_unit(product, line["unit"])
        quantity = self._checked_quantity(unit, line["quantity"])
        # Where Odoo books what a company uses up itself.
        target = product.property_stock_production
        common = {
            "product_id": product.id,
            "company_id": self.env.company.id,
            "location_id": location.id,
            "location_dest_id": target.id,
        }
        taken = {
            **common,
            "product_uom_id": unit.id,
            "quantity": quantity,
            "lot_id": self._find_lot(product, line.get("lot")).id,
        }
        return {
            **common,
            "product_uom": unit.id,
            "product_uom_qty": quantity,
            "picked": True,
            "move_line_ids": [Command.create(taken)],
        }

    def _find_item(self, code):
        """The product whose reference or barcode is ``code``."""
        products = self.env["product.product"].search(
            [
                "|",
                ("default_code", "=", code),
                ("barcode", "=", code),
                ("type", "=", "consu"),
                ("company_id", "in", (False, self.env.company.id)),
            ],
            limit=2,
        )
        if len(products) != 1:
            raise errors.ConflictError(
                "An item that was used has no product in Odoo, or more than one, by its reference "
                "or barcode. Mend the products, then retry.",
                code="unknown_item",
            )
        return products

    def _find_unit(self, product, code):
        """The unit with this code in which the product can be counted."""
        units = self.env["uom.uom"]._integration_units(code)
        unit = units.filtered(lambda one: one._has_common_reference(product.uom_id))
        # The unit in which it is kept, where several have the code.
        unit = unit & product.uom_id or unit
        if len(unit) != 1:
            raise errors.ConflictError(
                "An item was used in a unit in which Odoo cannot count it. Compare the unit of the "
                "product and the codes of units, then retry.",
                code="unit_differs",
            )
        return unit

    def _checked_quantity(self, unit, text):
        """The quantity, if Odoo can book it as it is: no default, no rounding, no line left out."""
        quantity = float(text)
        if unit.is_zero(quantity) or float_compare(quantity, unit.round(quantity), 10):
            raise errors.ConflictError(
                "A quantity is zero, or has more decimals than Odoo keeps of quantities (decimal "
                "accuracy “Product Unit”). Ask the sender, or raise the accuracy, then retry.",
                code="quantity_not_kept",
            )
        return quantity

    def _find_lot(self, product, name):
        """The lot of a product that is tracked by lots; empty for others."""
        if product.tracking == "none":
            return self.env["stock.lot"]
        lot = self.env["stock.lot"].search(
            [
                ("product_id", "=", product.id),
                ("name", "=", name or ""),
                ("company_id", "in", (False, self.env.company.id)),
            ],
            limit=1,
        )
        if not lot:
            raise errors.ConflictError(
                "An item is tracked by lots, and the message names none that Odoo knows. Ask the "
                "sender, or receive the lot first, then retry.",
                code="unknown_lot",
            )
        return lot


def _naive_utc(text):
    """A moment of a contract (RFC 3339) as Odoo keeps it."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)

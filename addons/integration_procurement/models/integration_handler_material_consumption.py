from odoo import models
from odoo.fields import Command

from odoo.addons.integration_core.tools import errors

from ..tools import canonical


class IntegrationHandlerMaterialConsumption(models.AbstractModel):
    """What a ward, a laboratory or an analyser used up is taken from its stock in Odoo.

    The lines of a message become one transfer, which is done at once. It may bring stock below
    zero, as Odoo allows it to people: what was used was used.
    """

    _name = "integration.handler.material_consumption"
    _inherit = "integration.handler.procurement"
    _description = "Material consumption: take from stock"

    _contract = "procurement.material_consumption"

    def _process(self, received, data):
        location = self._find_location(received, data["location"])
        moves = [self._move_values(received, location, line) for line in data["lines"]]
        transfer = self.env["stock.picking"].create(
            {
                "picking_type_id": location.warehouse_id.int_type_id.id,
                "location_id": location.id,
                "location_dest_id": moves[0]["location_dest_id"],
                "origin": self.env._("Consumption reported by %s", self._system(received).name),
                "scheduled_date": canonical.read_past_moment(data["consumed_at"]),
                "move_ids": [Command.create(values) for values in moves],
            }
        )
        transfer._action_done()
        return transfer

    def _move_values(self, received, location, line):
        product = self._find_product(received, line["item"])
        if product.type != "consu":
            raise errors.ConflictError(
                "An item is a service or a set in Odoo, of which nothing lies in stock. Correct "
                "the product or its reference, then retry.",
                code="not_goods",
            )
        unit = self._find_unit(product, line["unit"])
        quantity = self._quantity(unit, line["quantity"])
        common = {
            "product_id": product.id,
            "company_id": self.env.company.id,
            "location_id": location.id,
            # Where Odoo books what a company uses up itself.
            "location_dest_id": product.property_stock_production.id,
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

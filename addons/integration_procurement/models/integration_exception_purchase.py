from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import float_compare

from ..tools.canonical import FLOAT_DIGITS

# Kinds that are about one line of an order; the key of the exception is the line's id.
OF_LINES = ("order_quantity", "order_price", "order_date", "order_rejected", "order_substitution")


class IntegrationException(models.Model):
    """What suppliers answer to order lines beyond the tolerance, and what accepting it writes.

    A proposal holds ``line_id``, ``ours`` (the values of the line that the supplier answered to,
    by field) and ``write`` (the values that acceptance gives the line). What is written goes
    through the order, with the rights of whoever accepts, as the order's form does it.
    """

    _inherit = "integration.exception"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(
        selection_add=[
            ("order_quantity", "Another quantity"),
            ("order_price", "Another price"),
            ("order_date", "Later delivery"),
            ("order_rejected", "Line rejected"),
            ("order_substitution", "Another item"),
        ],
        ondelete=dict.fromkeys(OF_LINES, "cascade"),
    )

    @api.model
    def _settle_lines(self, lines):
        """The supplier says something new to these lines: what was open about them is not."""
        # sudo: as in _settle
        found = self.sudo()._of(lines.order_id)
        keys = {str(line.id) for line in lines}
        found.filtered(lambda one: one.kind in OF_LINES and one.key in keys)._void()

    # ------------------------------------------------------------------
    # accepting
    # ------------------------------------------------------------------

    def _accept_order_quantity(self):
        line = self._order_line()
        if "write" not in self.proposal:
            raise UserError(
                self.env._(
                    "The quantity cannot be written in the unit of the order line without "
                    "rounding. Change unit and quantity of the line yourself, then reject this."
                )
            )
        self._require_not_below_received(line, self.proposal["write"]["product_qty"])
        self._write_order_line(line, self.proposal["write"])
        # A later day is decided by itself: until then only deliveries in time are planned.
        if line.supplier_schedule and not line._integration_is_late():
            line._integration_plan_promised()

    def _accept_order_price(self):
        line = self._order_line()
        if not line.product_uom_id.is_zero(line.qty_invoiced):
            raise UserError(
                self.env._(
                    "The line has been billed already, so its price stays. Settle the difference "
                    "on the bill, then reject this."
                )
            )
        self._write_order_line(line, self.proposal["write"])

    def _accept_order_date(self):
        """The line has the day on which all of it is there; each delivery has a receipt."""
        line = self._order_line()
        if line.product_uom_id.compare(line.qty_received, line.product_qty) >= 0:
            raise UserError(
                self.env._("All of the line has been received; nothing is left to come later.")
            )
        self._write_order_line(line, self.proposal["write"])
        line._integration_plan_promised()

    def _accept_order_rejected(self):
        """What was received stays ordered, the rest is not waited for."""
        line = self._order_line()
        self._write_order_line(line, {"product_qty": _received_of(line)})

    def _accept_order_substitution(self):
        """A new line for the other item; the old one keeps what was received of it."""
        line = self._order_line()
        values = self._substitute_values(line)
        self._write_order_line(line, {"product_qty": _received_of(line)}, Command.create(values))

    def _substitute_values(self, line) -> dict:
        substitute = self.proposal["substitute"]
        product, unit = self._substitute_goods(line, substitute)
        values = {
            "product_id": product.id,
            "product_qty": substitute["quantity"],
            "product_uom_id": unit.id,
            "date_planned": substitute["date_planned"],
            "sequence": line.sequence,
            "analytic_distribution": line.analytic_distribution,
            "supplier_answer": "accepted",
            "supplier_confirmed_qty": substitute["quantity"],
            "supplier_promised_date": substitute["promised_date"],
        }
        if "unit_price" in substitute:
            values |= {
                "price_unit": substitute["unit_price"],
                "discount": 0,
                "supplier_confirmed_price": substitute["unit_price"],
            }
        return values

    def _substitute_goods(self, line, substitute):
        """Product and unit of the other item, as they are known by now.

        :raises UserError: they are not
        """
        handler = self.env["integration.handler.order_confirmation"]
        product = handler._find_substitute(line.order_id, substitute["item"])
        if not product:
            raise UserError(
                self.env._(
                    "Odoo does not know the other item. Enter the supplier's code for it on a "
                    "product (tab “Purchase”), or its barcode, then accept again; or reject this."
                )
            )
        unit = handler._find_convertible_unit(product, substitute["unit"])
        quantity = substitute["quantity"]
        if len(unit) != 1 or float_compare(quantity, unit.round(quantity), FLOAT_DIGITS):
            raise UserError(
                self.env._(
                    "The other item is offered in a unit or quantity in which Odoo cannot count "
                    "it. Add a line to the order yourself, then reject this."
                )
            )
        return product, unit

    # ------------------------------------------------------------------
    # the order line
    # ------------------------------------------------------------------

    def _order_line(self):
        """The line of the proposal, if it may be written and is what the supplier answered to.

        :raises UserError: otherwise, with what to do
        """
        self.ensure_one()
        order = self._document()
        line = order.order_line.filtered(lambda one: one.id == self.proposal["line_id"])
        if not line:
            raise UserError(
                self.env._("The order does not have this line any more. Reject what was said.")
            )
        if order.state != "purchase":
            raise UserError(
                self.env._("Only confirmed orders change by what suppliers say. Reject this.")
            )
        if order.locked:
            raise UserError(
                self.env._(
                    "The order is locked. Have it unlocked (button “Unlock”), then accept again."
                )
            )
        if changed := self._changed_since(line):
            raise UserError(
                self.env._(
                    "The order line was changed after the order that the supplier answered to "
                    "(%s). Reject this, and ask the supplier to confirm the order as it is now.",
                    ", ".join(changed),
                )
            )
        return line

    def _changed_since(self, line) -> list[str]:
        """Labels of the fields whose values are not those that the supplier answered to."""
        return [
            line._fields[name]._description_string(self.env)
            for name, value in self.proposal["ours"].items()
            if not _is_same(line, name, value)
        ]

    def _require_not_below_received(self, line, quantity):
        if line.product_uom_id.compare(quantity, line.qty_received) < 0:
            raise UserError(
                self.env._(
                    "More has been received already than the supplier says. Return what is too "
                    "much, or reject this."
                )
            )

    def _write_order_line(self, line, values, *more):
        """Write as the order's form does; what Odoo would compute anew from the quantity stays."""
        kept = {
            name: line._fields[name].convert_to_write(line[name], line)
            for name in ("price_unit", "discount", "date_planned")
        }
        line.order_id.write({"order_line": [Command.update(line.id, {**kept, **values}), *more]})


def _received_of(line) -> float:
    """What stays ordered when no more comes; more than was ordered may have come."""
    return min(line.product_qty, line.qty_received)


def _is_same(line, name, value) -> bool:
    """Whether a field has a value that a proposal kept as JSON."""
    now = line[name]
    kind = line._fields[name].type
    if kind == "float":
        return not float_compare(now, value, FLOAT_DIGITS)
    if kind == "datetime":
        return fields.Datetime.to_string(now) == value
    return now.id == value

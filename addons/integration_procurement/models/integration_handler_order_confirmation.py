from markupsafe import Markup

from odoo import models
from odoo.tools import format_date, formatLang

from odoo.addons.integration_core.tools import errors


class IntegrationHandlerOrderConfirmation(models.AbstractModel):
    """A supplier confirms a purchase order: quantities and dates go to its lines."""

    _name = "integration.handler.order_confirmation"
    _inherit = "integration.handler"
    _description = "Purchase order confirmation"

    _contract = "procurement.order_confirmation"

    def _confirms(self, record):
        """An order is confirmed when each of its lines is; a part of it is no confirmation."""
        lines = record.order_line.filtered(lambda line: not line.display_type)
        return all(lines.mapped("supplier_promised_date"))

    def _process(self, received, data):
        order = self._find_order(received, data["order_number"])
        self._refuse_repeated_lines(data["lines"])
        pairs = [(self._find_line(order, line), line) for line in data["lines"]]
        for order_line, line in pairs:
            order_line.write(
                {
                    "supplier_confirmed_qty": float(line["quantity"]),
                    "supplier_promised_date": line["promised_date"],
                }
            )
        reference = data.get("supplier_reference")
        if reference and not order.partner_ref:
            order.partner_ref = reference
        order.message_post(body=self._note(reference, pairs), subtype_xmlid="mail.mt_note")
        return order

    def _find_order(self, received, number):
        """The order of this supplier under ``number``, still open."""
        # sudo: the service user needs no right on systems to know whose message this is
        partner = self.env["integration.system"].sudo().browse(received.system_id).partner_id
        order = self.env["purchase.order"].search(
            [
                ("name", "=", number),
                ("company_id", "=", self.env.company.id),
                ("partner_id", "child_of", partner.commercial_partner_id.ids),
            ]
        )
        if len(order) != 1:
            raise errors.ConflictError(
                "The supplier has no purchase order under the number that it confirms. "
                "Find the right order, or cancel this message.",
                code="unknown_order",
            )
        if order.state != "purchase":
            raise errors.ConflictError(
                "The purchase order is not confirmed, or was cancelled meanwhile. "
                "Agree with the supplier, then retry or cancel this message.",
                code="order_state",
            )
        return order

    def _refuse_repeated_lines(self, lines):
        references = [line["line_reference"] for line in lines]
        if len(set(references)) < len(references):
            raise errors.ConflictError(
                "The confirmation names a line more than once, such as for two deliveries, which "
                "an order line cannot show yet. Split the line in the order, then cancel this "
                "message and ask the supplier to confirm again.",
                code="line_repeated",
            )

    def _find_line(self, order, line):
        found = order.order_line.filtered(
            lambda candidate: str(candidate.id) == line["line_reference"]
        )
        if not found:
            raise errors.ConflictError(
                "The confirmation names a line that the purchase order does not have.",
                code="unknown_line",
            )
        if line["unit"] != found.product_uom_id._integration_unit_code():
            raise errors.ConflictError(
                "A line is confirmed in another unit than it was ordered in.",
                code="unit_differs",
            )
        return found

    def _note(self, reference, pairs):
        """What the buyer reads in the chatter: the promise, and where it deviates."""
        rows = Markup().join(
            Markup("<li>%s</li>")
            % self.env._(
                "%(product)s: %(quantity)s of %(ordered)s %(unit)s, promised for %(date)s",
                product=order_line.product_id.display_name,
                quantity=self._quantity(order_line.supplier_confirmed_qty),
                ordered=self._quantity(order_line.product_qty),
                unit=order_line.product_uom_id.name,
                date=format_date(self.env, order_line.supplier_promised_date),
            )
            for order_line, line in pairs
        )
        title = (
            self.env._("The supplier confirmed this order as %s.", reference)
            if reference
            else self.env._("The supplier confirmed this order.")
        )
        return Markup("<p>%s</p><ul>%s</ul>") % (title, rows)

    def _quantity(self, quantity):
        return formatLang(self.env, quantity, dp="Product Unit")

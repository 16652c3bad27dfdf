from decimal import Decimal

from odoo import fields, models

from odoo.addons.integration_core.tools import errors

CODES = ("code", "supplier_code", "gtin")


class IntegrationHandlerInvoiceLine(models.AbstractModel):
    """What a line of a supplier's invoice means: its order line, unit, price and taxes."""

    _name = "integration.handler.invoice.line"
    _description = "Lines of supplier invoices"

    def _line_values(self, received, supplier, currency, data, line, position):
        """Values of the line of the bill, with the supplier's figures.

        :param position: of the line, from 1, for errors
        """
        number = line.get("order_number") or data.get("order_number")
        if number:
            order = self._find_invoiced_order(supplier, currency, number)
            values = self._ordered_values(received, order, supplier, line)
        else:
            values = self._expense_values(line, position)
        unit = self.env["uom.uom"].browse(values.get("product_uom_id") or [])
        preferred = self.env["account.tax"].browse(values.pop("preferred_tax_ids", []))
        taxes = self.env["account.tax"]
        for tax in line["taxes"]:
            taxes |= self._find_tax(received, tax["code"], tax["rate"], preferred)
        return {
            **values,
            "quantity": self._quantity(unit, line["quantity"]) if unit else _count(line),
            "price_unit": float(line["unit_price"]),
            "discount": self._discount(line.get("discount_percent")),
            "tax_ids": [fields.Command.set(taxes.ids)],
            "supplier_amount": self._amount(currency, line["net_amount"]),
        }

    def _discount(self, text) -> float:
        """A discount in percent, if Odoo keeps all of its digits.

        :raises errors.ConflictError: it has more
        """
        percent = Decimal(text or 0)
        digits = self.env["decimal.precision"].precision_get("Discount")
        if percent != round(percent, digits):
            raise errors.ConflictError(
                "A discount has more decimals than Odoo keeps (decimal accuracy “Discount”). Raise "
                "the accuracy, or ask the sender for net prices, then retry.",
                code="discount_not_kept",
            )
        return float(percent)

    # ------------------------------------------------------------------
    # lines of orders
    # ------------------------------------------------------------------

    def _find_invoiced_order(self, supplier, currency, number):
        """A confirmed order of this supplier.

        :raises errors.ConflictError: unknown, not confirmed, or in another currency
        """
        order = self.env["purchase.order"].search(
            [
                ("name", "=", number),
                ("company_id", "=", self.env.company.id),
                ("partner_id", "child_of", self._same_supplier(supplier).ids),
            ]
        )
        if len(order) != 1:
            raise errors.ConflictError(
                "The supplier has no purchase order under a number that the invoice names. Find "
                "the right order, or cancel this message.",
                code="unknown_order",
            )
        if order.state != "purchase":
            raise errors.ConflictError(
                "A purchase order that is invoiced is not confirmed, or was cancelled. Agree with "
                "the supplier, then retry or cancel this message.",
                code="order_state",
            )
        if order.currency_id != currency:
            raise errors.ConflictError(
                "The invoice is in another currency than its order. Agree with the supplier, then "
                "cancel this message.",
                code="currency_differs",
            )
        return order

    def _ordered_values(self, received, order, supplier, line):
        order_line = self._find_invoiced_line(received, order, supplier, line)
        values = order_line._prepare_account_move_line()
        if line.get("description"):
            values["name"] = line["description"]
        unit = order_line.product_uom_id
        if line.get("unit") and line["unit"] != unit._integration_unit_code():
            # Archived products are invoiced still: they were ordered.
            unit = self._find_unit(order_line.product_id, line["unit"])
        if not line.get("unit"):
            raise errors.ConflictError(
                "A line of an order is invoiced without a unit, so its quantity means nothing. Ask "
                "the sender, then cancel this message.",
                code="unknown_unit",
            )
        return {**values, "product_uom_id": unit.id, "preferred_tax_ids": order_line.tax_ids.ids}

    def _find_invoiced_line(self, received, order, supplier, line):
        """The line of the order by its reference, else by its item.

        :raises errors.ConflictError: none, several, or one of another item
        """
        stated = {code for name in CODES if (code := (line.get("item") or {}).get(name))}
        if line.get("order_line_reference"):
            found = self._find_order_line(order, line["order_line_reference"])
            if stated and not stated & self._item_codes(received, found, supplier):
                raise errors.ConflictError(
                    "A line is invoiced with another item than its order line has. Ask the "
                    "supplier, or enter its code on the product, then retry.",
                    code="item_differs",
                )
            return found
        found = order.order_line.filtered(
            lambda one: not one.display_type and stated & self._item_codes(received, one, supplier)
        )
        if len(found) != 1:
            raise errors.ConflictError(
                "A line of the invoice names no line of the order, and its item is on none or on "
                "several of them. Ask the supplier for line references, or enter its code on the "
                "product, then retry.",
                code="unknown_line",
            )
        return found

    def _item_codes(self, received, order_line, supplier):
        """All identifiers under which the product of an order line may be named."""
        product = order_line.product_id.with_context(active_test=False)
        sellers = product.seller_ids.filtered(
            lambda seller: seller.partner_id.commercial_partner_id == supplier
        )
        linked = self.env["integration.record.link"]._find_external_id(received.system_id, product)
        return {
            code
            for code in (
                product.default_code,
                product.barcode,
                linked,
                *sellers.mapped("product_code"),
            )
            if code
        }

    # ------------------------------------------------------------------
    # lines without order
    # ------------------------------------------------------------------

    def _expense_values(self, line, position):
        """An expense, on the account that the company chose for them.

        :raises errors.ConflictError: it chose none
        """
        # sudo: the service user need not see companies' settings
        account = self.env.company.sudo().invoice_expense_account_id
        if not account:
            raise errors.ConflictError(
                f"Line {position} of the invoice names no purchase order. Ask the supplier for "
                "the order number, or choose an account for invoices without order (Accounting / "
                "Configuration / Settings), then retry.",
                code="no_order",
            )
        values = {"name": line.get("description") or "/", "account_id": account.id}
        if line.get("unit"):
            units = self.env["uom.uom"]._integration_units(line["unit"])
            if not units:
                raise errors.ConflictError(
                    "No unit in Odoo has the code of a unit in the message. Enter the code on the "
                    "unit (Inventory / Configuration / Units), or map it, then retry.",
                    code="unknown_unit",
                )
            values["product_uom_id"] = units[0].id
        return values


def _count(line) -> float:
    """How often something without a unit, such as a fee, is invoiced.

    :raises errors.ConflictError: not at all
    """
    if not Decimal(line["quantity"]):
        raise errors.ConflictError(
            "A quantity is zero. Ask the sender, then cancel this message.",
            code="quantity_not_kept",
        )
    return float(line["quantity"])

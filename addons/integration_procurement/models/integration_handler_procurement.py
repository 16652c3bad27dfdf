from decimal import Decimal

from odoo import models
from odoo.fields import Domain
from odoo.tools import float_compare

from odoo.addons.integration_core.tools import errors, moments


class IntegrationHandlerProcurement(models.AbstractModel):
    """What the words of messages about purchases, stock and invoices mean in Odoo.

    Everything is found by identifiers, never by name. What is not found, or found twice, stops the
    message with an error that says what to mend: there is no default unit and no skipped line.
    """

    _name = "integration.handler.procurement"
    _inherit = "integration.handler"
    _description = "Procurement: what messages refer to"

    # ------------------------------------------------------------------
    # partners
    # ------------------------------------------------------------------

    def _system(self, received):
        """The system that sent the message."""
        # sudo: the service user needs no right on systems to know whose message this is
        return self.env["integration.system"].sudo().browse(received.system_id)

    def _partner(self, received):
        """The company behind the system that sent the message.

        :raises errors.ConfigurationError: the system belongs to no contact
        """
        partner = self._system(received).partner_id.commercial_partner_id
        if not partner:
            raise errors.ConfigurationError(
                "The system that sent this belongs to no contact. Choose its contact on the form "
                "of the system, then retry.",
                code="system_without_contact",
            )
        return partner.sudo(False)

    def _company_domain(self) -> Domain:
        """Records of the interface's company, and those that all companies share."""
        return Domain("company_id", "in", (False, self.env.company.id))

    def _day(self, text):
        """A day of a message, ``False`` for none.

        :raises errors.ContractError: see :func:`.moments.read_day`
        """
        return moments.read_day(text) if text else False

    # ------------------------------------------------------------------
    # orders
    # ------------------------------------------------------------------

    def _find_order(self, received, number):
        """The purchase order of the sender under ``number``.

        :raises errors.ConflictError: there is none of this supplier in this company
        """
        order = self.env["purchase.order"].search(
            [
                ("name", "=", number),
                ("company_id", "=", self.env.company.id),
                ("partner_id", "child_of", self._partner(received).ids),
            ]
        )
        if len(order) != 1:
            raise errors.ConflictError(
                "The supplier has no purchase order under the number that it names. "
                "Find the right order, or cancel this message.",
                code="unknown_order",
            )
        return order

    def _find_order_line(self, order, reference):
        """The line of an order that was sent as ``line_reference``.

        :raises errors.ConflictError: the order has no such line
        """
        found = order.order_line.filtered(
            lambda line: not line.display_type and str(line.id) == reference
        )
        if not found:
            raise errors.ConflictError(
                "The message names a line that the purchase order does not have. Compare the order "
                "with what the supplier has, then retry or cancel this message.",
                code="unknown_line",
            )
        return found

    # ------------------------------------------------------------------
    # items, units, quantities
    # ------------------------------------------------------------------

    def _find_product(self, received, code, *, archived=False):
        """The product that the sender calls ``code``: by record link, else reference or barcode.

        :param archived: an archived product is found as well
        :raises errors.ConflictError: none, several, or only an archived one
        """
        products = self.env["product.product"].with_context(active_test=False)
        found = self.env["integration.record.link"]._find_record(
            received.system_id, "product.product", code
        ) or products.search(
            Domain.OR([[("default_code", "=", code)], [("barcode", "=", code)]])
            & self._company_domain()
        )
        if living := found.filtered("active"):
            found = living
        if len(found) != 1:
            raise errors.ConflictError(
                "An item has no product in Odoo, or more than one, by its identifier, reference or "
                "barcode. Mend the products or enter a record link, then retry.",
                code="unknown_item",
            )
        if not (found.active or archived):
            raise errors.ConflictError(
                "An item is an archived product. Unarchive it, or agree with the sender on another "
                "item, then retry.",
                code="archived_item",
            )
        return found.with_context(active_test=True)

    def _find_unit(self, product, code):
        """The unit with a code of UN/ECE Recommendation 20 in which a product can be counted.

        :raises errors.ConflictError: no unit has the code, or none that converts to the product's
        """
        units = self.env["uom.uom"]._integration_units(code)
        if not units:
            raise errors.ConflictError(
                "No unit in Odoo has the code of a unit in the message. Enter the code on the "
                "unit (Inventory / Configuration / Units), or map it, then retry.",
                code="unknown_unit",
            )
        found = units.filtered(lambda one: one._has_common_reference(product.uom_id))
        # The unit in which it is kept, where several have the code.
        found = found & product.uom_id or found
        if len(found) != 1:
            raise errors.ConflictError(
                "An item is stated in a unit in which Odoo cannot count it. Compare the unit of "
                "the product and the codes of units, then retry.",
                code="unit_differs",
            )
        return found

    def _quantity(self, unit, text, *, zero=False) -> float:
        """A quantity that Odoo can book as it is: no default, no rounding.

        :param zero: zero means something
        :raises errors.ConflictError: zero, or more decimals than Odoo keeps
        """
        quantity = float(text)
        is_zero = unit.is_zero(quantity)
        if (is_zero and not zero) or float_compare(quantity, unit.round(quantity), 10):
            raise errors.ConflictError(
                "A quantity is zero, or has more decimals than Odoo keeps of quantities (decimal "
                "accuracy “Product Unit”). Ask the sender, or raise the accuracy, then retry.",
                code="quantity_not_kept",
            )
        return quantity

    def _find_lot(self, product, name, *, create=False):
        """The lot of a product that is tracked; empty for others.

        :param create: a new lot may be made, as when goods arrive
        :raises errors.ConflictError: the product is tracked and the message names no known lot
        """
        lots = self.env["stock.lot"]
        if product.tracking == "none":
            return lots
        lot = lots.search(
            Domain("product_id", "=", product.id)
            & Domain("name", "=", name or "")
            & self._company_domain(),
            limit=1,
        )
        if not lot and name and create:
            lot = lots.create({"product_id": product.id, "name": name})
        if not lot:
            raise errors.ConflictError(
                "An item is tracked by lots or serial numbers, and the message names none that "
                "Odoo knows. Ask the sender, or receive the lot first, then retry.",
                code="unknown_lot",
            )
        return lot

    def _find_location(self, received, code):
        """The stock location that the sender calls ``code``, or that has it as barcode.

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
                "A place is no stock location of a warehouse. Enter its code as barcode of the "
                "right location, or in a record link, then retry.",
                code="unknown_location",
            )
        return location

    # ------------------------------------------------------------------
    # money
    # ------------------------------------------------------------------

    def _find_currency(self, code):
        """The active currency with a code of ISO 4217.

        :raises errors.ConflictError: Odoo has none, or it is not active
        """
        currency = self.env["res.currency"].search([("name", "=", code)])
        if not currency:
            raise errors.ConflictError(
                "The currency is unknown or not active in Odoo. Activate it (Accounting / "
                "Configuration / Currencies), then retry.",
                code="unknown_currency",
            )
        return currency

    def _amount(self, currency, text) -> float:
        """An amount that fits its currency: no fraction of a cent is dropped.

        :raises errors.ConflictError: more decimals than the currency has
        """
        value = Decimal(text)
        if value != round(value, currency.decimal_places):
            raise errors.ConflictError(
                "An amount has more decimals than its currency. Ask the sender for the exact "
                "amount, then cancel this message.",
                code="amount_not_kept",
            )
        return float(value)

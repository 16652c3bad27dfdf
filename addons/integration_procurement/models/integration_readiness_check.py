from odoo import api, models
from odoo.fields import Domain

from odoo.addons.integration_core.engine.readiness import MAX_RECORDS, Checked

# Contracts with lines of items that are ordered, delivered or used.
ITEMS = (
    "procurement.catalogue",
    "procurement.goods_receipt",
    "procurement.invoice",
    "procurement.item",
    "procurement.material_consumption",
    "procurement.order_confirmation",
    "procurement.price_list",
    "procurement.proof_of_delivery",
    "procurement.purchase_order",
    "procurement.shipping_notice",
    "procurement.stock_adjustment",
    "procurement.stock_availability",
    "procurement.stock_move",
    "procurement.stock_threshold",
    "procurement.supplier_invoice",
)
SUPPLIERS = ("procurement.supplier",)
PLACES = (
    "procurement.material_consumption",
    "procurement.stock_adjustment",
    "procurement.stock_move",
    "procurement.stock_threshold",
)


class IntegrationReadinessCheck(models.AbstractModel):
    """Whether items, units, suppliers and places have what messages name them by."""

    _inherit = "integration.readiness.check"

    @api.model
    def _checks(self):
        found = dict(super()._checks())
        for codes, names in (
            (ITEMS, ("_check_units", "_check_item_identifiers", "_check_item_duplicates")),
            (SUPPLIERS, ("_check_supplier_references", "_check_supplier_duplicates")),
            (PLACES, ("_check_places",)),
        ):
            for code in codes:
                found[code] = (*found.get(code, ()), *names)
        return found

    def _traded(self, interface) -> Domain:
        """Items that travel: goods of the company, and for a supplier those that it delivers."""
        domain = Domain("company_id", "in", (False, interface.company_id.id)) & Domain(
            "type", "=", "consu"
        )
        supplier = interface.system_id.partner_id.commercial_partner_id
        if not supplier:
            return domain & Domain("purchase_ok", "=", True)
        offered = self.env["product.supplierinfo"].search(
            [("partner_id", "child_of", supplier.ids)]
        )
        return domain & Domain("product_tmpl_id", "in", offered.product_tmpl_id.ids)

    def _check_units(self, interface):
        products = self.env["product.product"].search(self._traded(interface))
        units = (
            products.uom_id | products.seller_ids.product_uom_id | self._ordered_units(interface)
        )
        nameless = units.filtered(lambda unit: not unit._integration_unit_code())
        return [
            Checked(
                self.env._("Units of items have a code"),
                self.env._(
                    "Enter the code of UN/ECE Recommendation 20 on the unit, such as “C62” for one "
                    "piece. Orders in a unit without a code are not sent."
                ),
                "blocks",
                nameless[:MAX_RECORDS],
                len(nameless),
            )
        ]

    def _ordered_units(self, interface):
        """Units of orders that are under way."""
        lines = self.env["purchase.order.line"]._read_group(
            [
                ("company_id", "=", interface.company_id.id),
                ("state", "not in", ("cancel",)),
                ("order_id.receipt_status", "!=", "full"),
                ("product_uom_id", "!=", False),
            ],
            ["product_uom_id"],
        )
        return self.env["uom.uom"].union(*(unit for (unit,) in lines))

    def _check_item_identifiers(self, interface):
        return [
            self._checked(
                self.env._("Items have a reference or a barcode"),
                self.env._(
                    "Enter the internal reference or the barcode: partners name the item by it."
                ),
                "product.product",
                self._traded(interface)
                & Domain("default_code", "in", (False, ""))
                & Domain("barcode", "in", (False, "")),
            )
        ]

    def _check_item_duplicates(self, interface):
        return [
            self._duplicates(
                self.env._("No two items have the same reference"),
                self.env._(
                    "Give each item a reference of its own, or archive those that are the same: "
                    "a message that names it cannot be handled."
                ),
                "product.product",
                Domain("company_id", "in", (False, interface.company_id.id)),
                "default_code",
            )
        ]

    def _suppliers(self, interface) -> Domain:
        return (
            Domain("is_company", "=", True)
            & Domain("supplier_rank", ">", 0)
            & Domain("company_id", "in", (False, interface.company_id.id))
        )

    def _check_supplier_references(self, interface):
        linked = self.env["integration.record.link"].search(
            [("system_id", "=", interface.system_id.id), ("res_model", "=", "res.partner")]
        )
        return [
            self._checked(
                self.env._("Suppliers have an identifier"),
                self.env._(
                    "Enter the number under which the other system knows the supplier, as its "
                    "reference or as a record link."
                ),
                "res.partner",
                self._suppliers(interface)
                & Domain("ref", "in", (False, ""))
                & Domain("id", "not in", linked.mapped("res_id")),
            )
        ]

    def _check_supplier_duplicates(self, interface):
        merge = self.env._("Merge the contacts that are the same (Contacts / Action / Merge).")
        return [
            self._duplicates(
                self.env._("No two suppliers have the same reference"),
                merge,
                "res.partner",
                self._suppliers(interface),
                "ref",
            ),
            self._duplicates(
                self.env._("No two suppliers have the same tax ID"),
                merge,
                "res.partner",
                self._suppliers(interface),
                "vat",
                severity="advice",
            ),
        ]

    def _check_places(self, interface):
        linked = self.env["integration.record.link"].search(
            [("system_id", "=", interface.system_id.id), ("res_model", "=", "stock.location")]
        )
        return [
            self._checked(
                self.env._("Stock locations have a barcode"),
                self.env._("Enter the barcode of the location: messages name the place by it."),
                "stock.location",
                [
                    ("usage", "=", "internal"),
                    ("company_id", "=", interface.company_id.id),
                    ("barcode", "in", (False, "")),
                    ("id", "not in", linked.mapped("res_id")),
                ],
                severity="advice",
            )
        ]

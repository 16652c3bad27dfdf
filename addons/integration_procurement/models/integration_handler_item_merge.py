from odoo import models

from odoo.addons.integration_core.engine import merging
from odoo.addons.integration_core.tools import errors

_OPEN_ORDERS = ("draft", "sent", "to approve")


class IntegrationHandlerItemMerge(models.AbstractModel):
    """Two items are one: the product of the merged one is archived, its identifiers move on.

    Odoo cannot move stock, orders and valuation from one product to another. So as long as any of
    that is open, the merger waits for people who finish it.
    """

    _name = "integration.handler.item_merge"
    _inherit = "integration.handler.procurement"
    _description = "Items: merge two"

    _contract = "procurement.item_merge"
    # Once the numbers mean the same product there is nothing left to do.
    _repeatable = True

    def _process(self, received, data):
        survivor = self._item(received, data["survivor"])
        merged = self._item(received, data["merged"])
        if merged == survivor:
            return survivor
        self._refuse_open(merged)
        self._refuse_other_unit(survivor, merged)
        reason = data.get("reason") or ""
        links = self.env["integration.record.link"]
        links._relink(received.system_id, survivor, data["merged"], reason)
        # Other systems know the merged one as well, and it may have further names in this one.
        merging.merge(merged, survivor, reason)
        if len(merged.product_tmpl_id.with_context(active_test=False).product_variant_ids) == 1:
            merging.merge(merged.product_tmpl_id, survivor.product_tmpl_id, reason)
        merged.action_archive()
        return survivor

    def _item(self, received, number):
        found = self.env["integration.record.link"]._find_record(
            received.system_id, "product.product", number
        )
        if not found:
            raise errors.ConflictError(
                "The system never sent one of the two items, so nobody knows what it means. Have "
                "the item sent, or enter its number in a record link, then retry.",
                code="unknown_item",
            )
        return found

    def _refuse_open(self, merged):
        """Refuse what would leave stock or documents behind on an archived product."""
        for open_now, said in (
            (self._has_stock, "it is in stock; move its stock to the other product"),
            (self._has_moves, "goods of it are on their way; receive, deliver or cancel them"),
            (self._has_orders, "purchase orders of it are open; receive or cancel them"),
            (self._has_bills, "bills of it are in draft or its orders not billed; finish them"),
        ):
            if open_now(merged):
                raise errors.ConflictError(
                    f"The merged item cannot go yet: {said}, then retry.", code="merge_blocked"
                )

    def _refuse_other_unit(self, survivor, merged):
        if survivor.uom_id != merged.uom_id:
            raise errors.ConflictError(
                "The two items are counted in different units, so they are not the same thing for "
                "stock. Ask the sender, then retry or resolve this message.",
                code="merge_unit_differs",
            )

    # What is open stays open for everybody, whatever the service user or its companies may see:
    # hence sudo in each of these. Nothing of it is told.

    def _has_stock(self, product):
        quants = self.env["stock.quant"].sudo()  # sudo: see above
        return quants.search_count(
            [
                ("product_id", "=", product.id),
                ("location_id.usage", "in", ("internal", "transit")),
                ("quantity", "!=", 0),
            ],
            limit=1,
        )

    def _has_moves(self, product):
        moves = self.env["stock.move"].sudo()  # sudo: see above
        return moves.search_count(
            [("product_id", "=", product.id), ("state", "not in", ("done", "cancel"))], limit=1
        )

    def _has_orders(self, product):
        # sudo: see above
        lines = self.env["purchase.order.line"].sudo().search([("product_id", "=", product.id)])
        return any(
            line.state in _OPEN_ORDERS
            or (line.state == "purchase" and line.qty_received < line.product_qty)
            for line in lines
        )

    def _has_bills(self, product):
        lines = self.env["account.move.line"].sudo()  # sudo: see above
        drafts = lines.search_count(
            [("product_id", "=", product.id), ("parent_state", "=", "draft")], limit=1
        )
        ordered = self.env["purchase.order.line"].sudo()  # sudo: see above
        return drafts or ordered.search_count(
            [
                ("product_id", "=", product.id),
                ("state", "=", "purchase"),
                ("qty_to_invoice", "!=", 0),
            ],
            limit=1,
        )

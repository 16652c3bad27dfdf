from hashlib import sha256

from markupsafe import Markup

from odoo import models
from odoo.fields import Command, Domain
from odoo.tools import format_datetime

from odoo.addons.integration_core.tools import canonical_json, errors

from ..tools import canonical


class IntegrationHandlerShippingNotice(models.AbstractModel):
    """A supplier announces goods: they stand on the open receipts of the order, not done yet.

    Lots, expiry dates and packages are the supplier's; what he does not name, such as the lot of
    a tracked product, is entered on arrival. What was not ordered, or is more than is awaited, is
    for a person to decide; all else of the same notice is written at once.
    """

    _name = "integration.handler.shipping_notice"
    _inherit = "integration.handler.receipt"
    _description = "Shipping notice: expect goods"

    _contract = "procurement.shipping_notice"
    # A version of a notice that is known already changes nothing.
    _repeatable = True

    def _process(self, received, data):
        digest = sha256(canonical_json.dumps(data)).hexdigest()
        parts = self._by_order(received, data)
        known = self._known(parts, data["notice_number"])
        if known and not self._is_newer(known, data, digest):
            return (known.picking_ids or known.order_id.picking_ids).sudo(False)[:1] or next(
                iter(parts)
            )
        lines = self._lines(received, parts)
        self._refuse_received(known)
        self._withdraw_left_out(known.filtered(lambda one: one.order_id not in parts), data, digest)
        pickings = self.env["stock.picking"]
        for order in parts:
            mine = known.filtered(lambda one, order=order: one.order_id == order)
            shipment = self._record(received, order, mine, data, digest, lines[order])
            pickings |= self._announce(received, shipment, parts)
        return pickings[:1]

    def _by_order(self, received, data):
        """The lines of each order of the notice; goods of several may come together."""
        parts = {}
        for line in data["lines"]:
            number = line.get("order_number") or data["order_number"]
            parts.setdefault(number, []).append(line)
        found = {self._find_order(received, number): lines for number, lines in parts.items()}
        for order in found:
            self._refuse_order(order)
        return found

    def _announce(self, received, shipment, orders):
        """Put what is announced of one order onto its receipts; return the first of them."""
        moves = shipment.order_id._integration_open_moves()
        if shipment.state != "cancelled":
            shipment._place(received)
            shipment._plan_dates()
        picking = (shipment.picking_ids or moves.picking_id)[:1]
        picking.message_post(body=self._note(shipment, orders), subtype_xmlid="mail.mt_note")
        return picking

    # ------------------------------------------------------------------
    # what stands in the way
    # ------------------------------------------------------------------

    def _refuse_order(self, order):
        if order.state != "purchase":
            raise errors.ConflictError(
                "The purchase order is not confirmed, or was cancelled meanwhile. Agree with the "
                "supplier, then retry or cancel this message.",
                code="order_state",
            )
        self._refuse_drop_shipment(order)

    def _known(self, orders, number):
        """The announcements under a number, with the rights to write what was announced.

        One for each order; also those that came with them by the same notice, of orders that this
        version does not name any more.
        """
        # sudo: only messages write announcements, so nobody has the right to
        shipments = self.env["integration.shipment"].sudo()
        orders = self.env["purchase.order"].union(*orders)
        domain = Domain("name", "=", number) & Domain("company_id", "=", self.env.company.id)
        known = shipments.search(domain & Domain("order_id", "in", orders.ids))
        known |= shipments.search(
            domain
            & Domain("partner_id", "in", known.partner_id.ids)
            & Domain("digest", "in", known.mapped("digest"))
        )
        return known.sorted("id")

    def _is_newer(self, known, data, digest):
        """Whether a notice says something that its number has not said before.

        :raises errors.ConflictError: two notices of one version that say different things
        """
        version = data.get("version") or 1
        if any(version == one.version and digest != one.digest for one in known):
            raise errors.ConflictError(
                "This notice came before, with other content under the same version. Ask the "
                "supplier which is right and for a new version, then cancel this message.",
                code="notice_differs",
            )
        return version > max(known.mapped("version"))

    def _refuse_received(self, known):
        if any(one._is_received() for one in known):
            raise errors.ConflictError(
                "The goods of this notice have been received already, so it cannot be corrected. "
                "Compare the receipt with the notice, then cancel this message.",
                code="receipt_done",
            )
        self._refuse_begun(known._move_lines().move_id)

    def _refuse_done(self, order):
        moves = order._integration_open_moves()
        if not moves:
            raise errors.ConflictError(
                "Everything of an order of this notice has been received or was cancelled. Find "
                "out from the supplier what comes, then retry or cancel this message.",
                code="receipt_done",
            )
        self._refuse_begun(moves)

    def _withdraw_left_out(self, shipments, data, digest):
        """A correction does not name an order any more: nothing of it comes by this notice."""
        shipments.sudo(False)._withdraw()
        shipments.write(
            {"version": data.get("version") or 1, "digest": digest, "state": "cancelled"}
        )
        for shipment in shipments.sudo(False):
            pickings = shipment.order_id._integration_open_moves().picking_id
            pickings[:1].message_post(body=self._note(shipment), subtype_xmlid="mail.mt_note")

    # ------------------------------------------------------------------
    # what is announced
    # ------------------------------------------------------------------

    def _lines(self, received, parts):
        """Values of the lines of the announcement of each order."""
        found = {
            order: [self._line(received, order, line) for line in lines]
            for order, lines in parts.items()
        }
        self._refuse_repeated_serials(
            (product, values["lot_name"]) for lines in found.values() for product, values in lines
        )
        return {order: [values for _product, values in lines] for order, lines in found.items()}

    def _line(self, received, order, line):
        reference, item = line.get("line_reference"), line.get("item")
        if not (reference or item):
            raise errors.ConflictError(
                "A line names neither the line of the order nor the item. Ask the supplier, then "
                "cancel this message.",
                code="unknown_item",
            )
        order_line = order.order_line.browse()
        if reference:
            order_line = self._find_order_line(order, reference)
            product = order_line.product_id
            if item and self._find_product(received, item, archived=True) != product:
                raise errors.ConflictError(
                    "The notice names another item than the line of the order has. Ask the "
                    "supplier what comes, then cancel this message.",
                    code="item_differs",
                )
        else:
            # What was ordered before it was archived comes nonetheless.
            product = self._find_product(received, item, archived=True)
            if not product.active and product not in order.order_line.product_id:
                product = self._find_product(received, item)
        quantity = self._product_quantity(product, line["unit"], line["quantity"])
        lot = line.get("lot") or False
        self._refuse_serial(product, quantity, lot)
        self._refuse_package(line.get("package"))
        return product, {
            "order_line_id": order_line.id,
            "product_id": product.id,
            "quantity": float(quantity),
            "lot_name": lot,
            "expiry_date": self._day(line.get("expiry_date")),
            "package_name": line.get("package") or False,
        }

    def _refuse_package(self, name):
        if name and self.env["stock.package"].search_count(
            [
                ("name", "=", name),
                ("company_id", "=", self.env.company.id),
                ("quant_ids", "!=", False),
            ],
            limit=1,
        ):
            raise errors.ConflictError(
                "A package of the notice stands in stock already under the same number. Ask the "
                "supplier for the right number, or unpack the old package, then retry.",
                code="package_in_stock",
            )

    def _record(self, received, order, known, data, digest, lines):
        self._refuse_done(order)
        moment = canonical.read_moment
        values = {
            "version": data.get("version") or 1,
            "digest": digest,
            "system_id": received.system_id,
            "carrier": data.get("carrier") or False,
            "tracking_reference": data.get("tracking_reference") or False,
            "shipped_at": data.get("shipped_at") and moment(data["shipped_at"]),
            "expected_at": data.get("expected_at") and moment(data["expected_at"]),
            "state": "cancelled" if data.get("cancelled") else "announced",
            "line_ids": [Command.clear(), *(Command.create(line) for line in lines)],
        }
        if known:
            known.sudo(False)._withdraw()
            known.write(values)
        else:
            # sudo: only messages write announcements, so nobody has the right to
            known = known.sudo().create(
                {
                    **values,
                    "name": data["notice_number"],
                    "order_id": order.id,
                    "partner_id": order.partner_id.commercial_partner_id.id,
                    "company_id": order.company_id.id,
                }
            )
        return known.sudo(False)

    def _note(self, shipment, orders=()):
        """What the storekeeper reads in the chatter.

        :param orders: of which goods come by the same notice
        """
        if shipment.state == "cancelled":
            return self.env._("The supplier cancelled the shipment %s.", shipment.name)
        facts = [
            (self.env._("Carrier"), shipment.carrier),
            (self.env._("Tracking reference"), shipment.tracking_reference),
            (
                self.env._("Expected on"),
                shipment.expected_at and format_datetime(self.env, shipment.expected_at),
            ),
            (
                self.env._("Comes together with"),
                ", ".join(one.name for one in orders if one != shipment.order_id),
            ),
        ]
        rows = Markup().join(Markup("<li>%s: %s</li>") % fact for fact in facts if fact[1])
        title = self.env._("The supplier announced the shipment %s.", shipment.name)
        missing = (
            Markup("<p>%s</p>")
            % self.env._("Lots or serial numbers are missing: enter them on arrival.")
            if shipment.lots_missing
            else Markup()
        )
        return Markup("<p>%s</p><ul>%s</ul>%s") % (title, rows, missing)

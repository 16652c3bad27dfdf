from odoo import models
from odoo.fields import Domain

from odoo.addons.integration_core.tools import errors

SHIPMENT_REFERENCES = {
    "tracking_reference": "tracking_reference",
    "shipment_number": "name",
    "order_number": "order_id.name",
}


class IntegrationHandlerCarrier(models.AbstractModel):
    """Whose goods a carrier speaks of. He is not their supplier, and knows numbers only."""

    _name = "integration.handler.carrier"
    _inherit = "integration.handler.receipt"
    _description = "Carriers: what messages refer to"

    def _find_goods(self, data):
        """What a message of a carrier is about; everything that it names has to fit.

        :return: announcements, and receipts whether open or done; announcements may be missing
        :raises errors.ConflictError: there are none, or those of several suppliers
        """
        picking = self._find_receipt(data.get("receipt_number"))
        shipments = self._find_shipments(data, picking)
        if shipments:
            self._refuse_closed(shipments.order_id)
            pickings = picking or shipments.picking_ids
            return shipments, pickings or shipments.order_id._integration_open_moves().picking_id
        if data.get("order_number"):
            order = self._find_any_order(data["order_number"])
            mine = order._integration_moves().filtered(lambda move: move.state != "cancel")
            if picking and picking not in mine.picking_id:
                self._unknown()
            return shipments, picking or mine.picking_id
        if not picking:
            self._unknown()
        return shipments, picking

    def _find_receipt(self, number):
        """The receipt that we know under a number; empty if none is named."""
        pickings = self.env["stock.picking"]
        if not number:
            return pickings
        picking = pickings.search(
            [("name", "=", number), ("company_id", "=", self.env.company.id)], limit=1
        )
        if not picking:
            self._unknown()
        if picking.picking_type_id.code != "incoming" or picking.return_id:
            raise errors.ConflictError(
                "The number is not one of a receipt of goods. What carriers say about deliveries, "
                "returns and other transfers is not handled: deal with it on the transfer, then "
                "cancel this message.",
                code="not_a_receipt",
            )
        return picking

    def _find_shipments(self, data, picking):
        """Announcements by the references of the message; empty if it names none of their own.

        :raises errors.ConflictError: none fits, or those of several suppliers
        """
        shipments = self.env["integration.shipment"]
        if not (data.get("tracking_reference") or data.get("shipment_number")):
            return shipments
        domain = Domain("company_id", "=", self.env.company.id)
        for name, path in SHIPMENT_REFERENCES.items():
            if data.get(name):
                domain &= Domain(path, "=", data[name])
        found = shipments.search(domain)
        if picking:
            found = found.filtered(lambda one: picking in one.picking_ids)
        living = found.filtered(lambda one: one.state != "cancelled")
        if found and not living:
            raise errors.ConflictError(
                "The supplier cancelled this shipment. Find out what the carrier brings, then "
                "retry or cancel this message.",
                code="shipment_cancelled",
            )
        if len(living.partner_id) > 1:
            raise errors.ConflictError(
                "Shipments of several suppliers have this number. Ask the carrier for the tracking "
                "reference or the number of the order as well, then cancel this message.",
                code="shipment_ambiguous",
            )
        if not living and not (data.get("order_number") or picking):
            self._unknown()
        return living

    def _find_any_order(self, number):
        """A confirmed order of whatever supplier."""
        order = self.env["purchase.order"].search(
            [("name", "=", number), ("company_id", "=", self.env.company.id)], limit=1
        )
        if not order:
            raise errors.ConflictError(
                "There is no purchase order under the number that the carrier names. Find the "
                "right one, or cancel this message.",
                code="unknown_order",
            )
        self._refuse_closed(order)
        self._refuse_drop_shipment(order)
        return order

    def _refuse_closed(self, orders):
        if any(order.state != "purchase" for order in orders):
            raise errors.ConflictError(
                "The purchase order is not confirmed, or was cancelled meanwhile, so nothing is "
                "expected. Find out what the carrier brings, then retry or cancel this message.",
                code="order_state",
            )

    def _next_planned(self, pickings):
        """The next of several receipts that a supplier's schedule made of one order; else empty.

        What comes is the next delivery, wherever the same goods are awaited later, too.
        """
        first = pickings.sorted(lambda one: (one.scheduled_date, one.id))[:1]
        lines = (pickings - first).move_ids.purchase_line_id
        alike = lines and all(
            line.integration_planned and line in first.move_ids.purchase_line_id for line in lines
        )
        return first if alike and len(pickings.purchase_id) == 1 else pickings.browse()

    def _unknown(self):
        raise errors.ConflictError(
            "No shipment that was announced, and no receipt, has the numbers that the carrier "
            "names. Enter the supplier's notice first, or ask the carrier for our order number, "
            "then retry.",
            code="unknown_shipment",
        )

    def _record_event(self, received, picking, shipment, values):
        """Write down what a carrier said, once.

        :return: the event if it is new; empty otherwise
        """
        # sudo: only messages write what carriers say, so nobody has the right to
        events = self.env["integration.shipment.event"].sudo()
        keys = ("status", "occurred_at", "proof_number")
        domain = [
            ("picking_id", "=", picking.id),
            ("shipment_id", "=", shipment.id),
            ("system_id", "=", received.system_id),
            *((name, "=", values.get(name, False)) for name in keys),
        ]
        if known := events.search(domain, limit=1):
            if values.get("digest") and known.digest != values["digest"]:
                known.write(values)
            return events
        return events.create(
            {
                "picking_id": picking.id,
                "shipment_id": shipment.id,
                "system_id": received.system_id,
                **values,
            }
        )

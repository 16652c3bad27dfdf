from datetime import timedelta
from hashlib import sha256

from odoo import models

from odoo.addons.integration_core.tools import canonical_json, errors

from ..engine import receiving, sharing
from ..tools import canonical
from ..tools.shipments import exact

# Goods are often counted and validated before the carrier closes his stop, and clocks differ: what
# was received within this time before a delivery may be the very same goods.
MAYBE_THE_SAME = timedelta(hours=24)


class IntegrationHandlerProofOfDelivery(models.AbstractModel):
    """A carrier handed goods over and somebody signed: the receipt is validated by it.

    Less than was awaited leaves a back order. More, something else, another lot or package, or
    something damaged is for a person to decide, and nothing is validated. Receipts that people
    have validated meanwhile are compared with the proof.
    """

    _name = "integration.handler.proof_of_delivery"
    _inherit = "integration.handler.carrier"
    _description = "Proof of delivery: receive goods"

    _contract = "procurement.proof_of_delivery"
    # A proof that is known already changes nothing.
    _repeatable = True

    def _process(self, received, data):
        digest = sha256(canonical_json.dumps(data)).hexdigest()
        earlier = self._earlier(received, data["proof_number"])
        if digest in earlier.mapped("digest"):
            return earlier.picking_id[:1].sudo(False)
        shipments, pickings = self._find_goods(data)
        lines = self._lines(received, data)
        touched = self.env["stock.picking"]
        for mine, theirs in self._by_order(shipments, lines):
            receipts = pickings
            if mine != shipments:
                receipts &= mine.order_id._integration_moves().picking_id
            touched |= self._take_over(received, mine, receipts, earlier, theirs, digest, data)
        return touched[:1]

    def _by_order(self, shipments, lines):
        """Announcements and lines of each order of which goods came together."""
        if len(shipments.order_id) < 2:
            return [(shipments, lines)]
        orders = shipments.sorted("id").order_id
        announced = {
            order: [
                receiving.Line(line.product_id, exact(line.quantity), line.lot_name or "")
                for line in shipments.filtered(
                    lambda one, order=order: one.order_id == order
                ).line_ids
            ]
            for order in orders
        }
        return [
            (shipments.filtered(lambda one, order=order: one.order_id == order), mine)
            for order, mine in sharing.shared(lines, announced).items()
        ]

    def _take_over(self, received, shipments, pickings, earlier, lines, digest, data):
        """What was handed over of one order; return its receipt."""
        picking = self._choose(shipments, pickings, earlier, lines, data)
        operations = self._operations(picking, shipments)
        told = operations.integration_shipment_line_id.shipment_id or [shipments[:1]]
        if picking.state == "done":
            self._compare(received, picking, lines, shipments, data)
        else:
            self._refuse_begun(picking.move_ids)
            self._receive(received, picking, shipments, lines, operations, data)
        values = self._event_values(data, digest)
        for shipment in told:
            self._record_event(received, picking, shipment, values)
        return picking

    # ------------------------------------------------------------------
    # which receipt
    # ------------------------------------------------------------------

    def _earlier(self, received, number):
        """What the same carrier said under the same number."""
        # sudo: only messages write what carriers say, and this reads what they wrote
        return (
            self.env["integration.shipment.event"]
            .sudo()
            .search(
                [
                    ("proof_number", "=", number),
                    ("system_id", "=", received.system_id),
                    ("company_id", "=", self.env.company.id),
                ]
            )
        )

    def _choose(self, shipments, pickings, earlier, lines, data):
        """The one receipt that a proof is about: an open one, or one that is done already.

        :raises errors.ConflictError: there is none, or it could be several
        """
        done = pickings.filtered(lambda one: one.state == "done")
        awaited = pickings.filtered(lambda one: one.state not in ("done", "cancel"))
        if known := earlier.picking_id.sudo(False) & done:
            return known[:1]
        if shipments:
            if operations := shipments._move_lines():
                arrived = operations.filtered(lambda one: one.state == "done")
                awaited &= (operations - arrived).picking_id
                done &= arrived.picking_id
        else:
            # What people validated after the goods were handed over are these very goods.
            delivered_at = canonical.read_past_moment(data["delivered_at"])
            meanwhile = done.filtered(lambda one: one.date_done >= delivered_at)
            if meanwhile := meanwhile - self._proven(meanwhile):
                return meanwhile.sorted("date_done")[:1]
            if awaited and (before := self._just_before(done, delivered_at)):
                return self._received_alike(before, lines)
        found = awaited or done.sorted("date_done", reverse=True)[:1]
        if not found:
            self._unknown()
        if len(found) > 1:
            # Where the goods are not awaited they were not delivered.
            products = self.env["product.product"].union(*(line.product for line in lines))
            found = found.filtered(lambda one: products <= one.move_ids.product_id) or found
            found = self._next_planned(found) or found
        if len(found) > 1:
            raise errors.ConflictError(
                "The goods are awaited on several receipts. Ask the carrier for the number of our "
                "receipt or of the supplier's notice, or receive them by hand and cancel this "
                "message.",
                code="several_receipts",
            )
        return found

    def _just_before(self, done, delivered_at):
        """Receipts without a proof that may be of the goods of a delivery."""
        recent = done.filtered(lambda one: one.date_done >= delivered_at - MAYBE_THE_SAME)
        return recent - self._proven(recent)

    def _received_alike(self, pickings, lines):
        """The one of these receipts on which the goods of a proof were received.

        :raises errors.ConflictError: none has the same goods, so it may be another delivery or not
        """
        for picking in pickings.sorted("date_done", reverse=True):
            ours = self._received_lines(picking, None, lines)
            ours = [receiving.of_move_line(one) for one in ours]
            if not list(receiving.Comparison(self.env, lines, ours).after_receipt()):
                return picking
        raise errors.ConflictError(
            "Other quantities of this order were received by hand shortly before the delivery, so "
            "these may be the same goods. Ask the carrier for the number of our receipt, or "
            "correct or receive the goods by hand, then cancel this message.",
            code="several_receipts",
        )

    def _proven(self, pickings):
        """Those for which a proof of delivery came."""
        # sudo: as in _earlier
        return (
            self.env["integration.shipment.event"]
            .sudo()
            .search([("picking_id", "in", pickings.ids), ("proof_number", "!=", False)])
            .picking_id.sudo(False)
        )

    def _operations(self, picking, shipments):
        """The announced operations on a receipt that a proof is about."""
        announced = picking.move_line_ids.filtered("integration_shipment_line_id")
        if shipments:
            return announced.filtered(
                lambda one: one.integration_shipment_line_id.shipment_id in shipments
            )
        return announced

    # ------------------------------------------------------------------
    # what was handed over
    # ------------------------------------------------------------------

    def _lines(self, received, data):
        lines = [self._line(received, line) for line in data["lines"]]
        self._refuse_repeated_serials((line.product, line.lot) for line in lines)
        return lines

    def _line(self, received, line):
        # What was ordered before it was archived comes nonetheless.
        product = self._find_product(received, line["item"], archived=True)
        quantity = self._product_quantity(product, line["unit"], line["quantity"])
        lot = line.get("lot") or ""
        self._refuse_serial(product, quantity, lot)
        return receiving.Line(
            product,
            quantity,
            lot=lot,
            expiry=canonical.day(self._day(line.get("expiry_date"))) or "",
            package=line.get("package") or "",
            damaged=bool(line.get("damaged")),
        )

    def _receive(self, received, picking, shipments, lines, operations, data):
        """Validate the receipt, or write down why a person has to."""
        announced = [receiving.of_move_line(one) for one in operations]
        lines = receiving.with_announced_lots(lines, announced)
        sources = operations.integration_shipment_line_id.shipment_id
        # One announcement, or those that the carrier named: all of it has come.
        complete = bool(shipments) or len(sources) == 1
        awaited = announced if announced and shipments else self._awaited(picking)
        comparison = receiving.Comparison(self.env, lines, awaited)
        differences = comparison.before_receipt(announced)
        differences += picking._integration_objections(lines)
        if differences:
            proposal = {
                "lines": [line.to_json() for line in lines if not line.damaged],
                "shipments": sources.ids,
                "complete": complete,
            }
            self._raise_difference(received, picking, differences, proposal, data)
            return
        done = receiving.Receiving(picking, lines, operations, complete=complete).run()
        if not done:
            raise errors.ConflictError(
                "Odoo asks something before it validates the receipt that only a person can "
                "answer. Validate it by hand, then cancel this message.",
                code="validation_asks",
            )
        picking.message_post(
            body=self.env._(
                "Received by the carrier's proof of delivery %(number)s, signed by %(name)s.",
                number=data["proof_number"],
                name=data.get("signed_by") or self.env._("nobody"),
            ),
            subtype_xmlid="mail.mt_note",
        )

    def _awaited(self, picking):
        moves = picking.move_ids.filtered(lambda move: move.state not in ("done", "cancel"))
        return [receiving.Line(move.product_id, exact(move.product_qty)) for move in moves]

    def _raise_difference(self, received, picking, differences, proposal, data):
        self.env["integration.exception"]._raise_for(
            received,
            picking,
            "delivery_differs",
            self.env._(
                "The carrier delivered something else than is awaited (proof %s). Compare with "
                "what is there before you accept.",
                data["proof_number"],
            ),
            area="stock",
            key=data["proof_number"],
            lines=differences,
            proposal=proposal,
            user_id=picking._integration_decider().id,
        )

    def _received_lines(self, picking, shipments, lines):
        """What was received of the goods that a proof is about, announced or not."""
        operations = picking.move_line_ids.filtered("quantity")
        if not shipments:
            return operations
        products = self.env["product.product"].union(*(line.product for line in lines))
        return operations.filtered(
            lambda one: (
                one.integration_shipment_line_id.shipment_id in shipments
                if one.integration_shipment_line_id
                else one.product_id in products
            )
        )

    def _compare(self, received, picking, lines, shipments, data):
        """The receipt is done: write down how it differs from the proof, if it does."""
        done = self._received_lines(picking, shipments, lines)
        ours = [receiving.of_move_line(one) for one in done]
        differences = receiving.Comparison(self.env, lines, ours).after_receipt()
        if differences:
            self.env["integration.exception"]._raise_for(
                received,
                picking,
                "delivery_unlike_receipt",
                self.env._(
                    "The carrier's proof %s says otherwise than what was received.",
                    data["proof_number"],
                ),
                area="stock",
                key=data["proof_number"],
                lines=differences,
                user_id=picking._integration_decider().id,
            )

    def _event_values(self, data, digest):
        return {
            "status": "delivered",
            "occurred_at": canonical.read_past_moment(data["delivered_at"]).replace(microsecond=0),
            "place": data.get("place") or False,
            "note": data.get("note") or False,
            "proof_number": data["proof_number"],
            "signed_by": data.get("signed_by") or False,
            "digest": digest,
        }

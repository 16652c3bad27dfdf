from datetime import datetime, time
from decimal import Decimal

import pytz

from odoo import fields, models

from ..tools import schedules
from ..tools.schedules import Delivery
from ..tools.shipments import Place, exact

CLOSED = ("draft", "done", "cancel")


class PurchaseOrderLine(models.Model):
    """Deliveries that a supplier promised and the buyer accepted, as receipts of their own days.

    The line stays one: the supplier's notices and invoices name it, and Odoo compares line by line
    what was ordered, received and billed. Its own day is the one on which everything is there, by
    which Odoo judges delays. The receipts are planned by day, so that warehouse and forecast
    expect what comes when it comes.
    """

    _inherit = "purchase.order.line"  # pylint: disable=consider-merging-classes-inherited

    integration_planned = fields.Boolean(
        string="Receipts planned by day",
        readonly=True,
        copy=False,
        help="Deliveries of the supplier made receipts of their own.",
    )

    def write(self, vals):
        """Odoo changes quantities on one receipt only, and would return what another one awaits."""
        planned = self.browse()
        if "product_qty" in vals:
            planned = self.filtered("integration_planned")
        res = super(PurchaseOrderLine, self - planned).write(vals)
        for line in planned:
            emptied = line._integration_gather()
            # The day was agreed: it does not come anew from the lead time of the supplier.
            super(PurchaseOrderLine, line).write({"date_planned": line.date_planned, **vals})
            line._integration_plan_promised(emptied)
            emptied.filtered(lambda one: not one.move_ids).unlink()
        return res

    # ------------------------------------------------------------------
    # what was promised
    # ------------------------------------------------------------------

    def _integration_promised_moment(self, day) -> datetime:
        """A promised day, at the time of day at which the line is wanted; naive, in UTC."""
        self.ensure_one()
        zone = pytz.timezone(self._integration_zone())
        clock = self._integration_local(self.date_planned).time() if self.date_planned else time(12)
        moment = zone.localize(datetime.combine(day, clock)).astimezone(pytz.utc)
        return moment.replace(tzinfo=None)

    def _integration_promised(self) -> list[Delivery]:
        """What the supplier promised, in the unit of the product; one delivery, or several."""
        parts = self.supplier_schedule or [
            (self.supplier_confirmed_qty, self.supplier_promised_date)
        ]
        return [
            Delivery(
                self._integration_stocked(quantity),
                self._integration_promised_moment(fields.Date.to_date(day)),
            )
            for quantity, day in parts
            if day
        ]

    def _integration_stocked(self, quantity) -> Decimal:
        """A quantity of the line in the unit of the product, as far as that is counted."""
        unit = self.product_id.uom_id
        return exact(unit.round(self.product_uom_id._compute_quantity(quantity, unit, round=False)))

    # ------------------------------------------------------------------
    # on the receipts
    # ------------------------------------------------------------------

    def _integration_moves(self):
        """Arrivals from the supplier: neither returns, nor what goes to a customer directly."""
        return self.move_ids.filtered(
            lambda move: (
                move.picking_type_id.code == "incoming"
                and move.location_dest_id.usage in ("internal", "transit")
                and not move.origin_returned_move_id
                and not move._is_purchase_return()
            )
        )

    def _integration_awaiting(self):
        """Arrivals of this line that nobody has begun to receive, the earliest first."""
        return (
            self._integration_moves()
            .filtered(
                lambda move: (
                    move.state not in CLOSED
                    # Components of a kit are counted otherwise.
                    and move.product_id == self.product_id
                    and not (move.picked or any(move.move_line_ids.mapped("picked")))
                )
            )
            .sorted(lambda move: (move.date, move.id))
        )

    def _integration_plan_promised(self, spare=None):
        """Plan the receipts by what the supplier promised.

        What is announced already stays as its notice says, and comes before the rest.

        :param spare: empty receipts to be used before new ones are made
        """
        self.ensure_one()
        deliveries = self._integration_promised()
        awaiting = self._integration_awaiting()
        moves = awaiting - awaiting._integration_announced()
        if not (deliveries and moves):
            return
        others = self._integration_moves().filtered(lambda move: move.state not in CLOSED) - moves
        came = self._integration_stocked(self.qty_received) + sum(
            (exact(move.product_qty) for move in others), Decimal(0)
        )
        moves._integration_prefilled().unlink()
        places = [Place(move, exact(move.product_qty)) for move in moves]
        plan = schedules.spread(places, deliveries, came)
        for move, parts in plan:
            move.date = parts[0].moment
        for move, parts in plan:
            for part in parts[1:]:
                moves |= self._integration_split(move, part, spare)
        self.integration_planned = len(self._integration_awaiting().picking_id) > 1
        moves._recompute_state()
        moves._action_assign()

    def _integration_split(self, move, part, spare):
        """Move a part of what is awaited to the receipt of its day."""
        receipt = self._integration_receipt_of(move, part.moment, spare)
        split = self.env["stock.move"].create(
            [
                {**values, "picking_id": receipt.id, "date": part.moment}
                for values in move._split(float(part.quantity))
            ]
        )
        split._action_confirm(merge=False)
        return split

    def _integration_receipt_of(self, move, moment, spare=None):
        """The receipt of the order for a day: one that is there, or a new one."""
        day = self._integration_local(moment).date()
        alike = self.order_id.picking_ids.filtered(
            lambda one: (
                one.state not in ("done", "cancel")
                and one != move.picking_id
                and one.picking_type_id == move.picking_type_id
                and one.location_dest_id == move.picking_id.location_dest_id
                and not any(one.move_ids.mapped("picked"))
                and {self._integration_local(other.date).date() for other in one.move_ids} == {day}
            )
        )
        if alike:
            return alike[0]
        if empty := spare and spare.filtered(lambda one: not one.move_ids)[:1]:
            return empty
        receipt = self.env["stock.picking"].create(
            {
                **self.order_id._prepare_picking(),
                "user_id": move.picking_id.user_id.id,
                "location_dest_id": move.picking_id.location_dest_id.id,
            }
        )
        receipt.message_post_with_source(
            "mail.message_origin_link",
            render_values={"self": receipt, "origin": self.order_id},
            subtype_xmlid="mail.mt_note",
        )
        return receipt

    def _integration_gather(self):
        """Bring what is awaited back onto one receipt; return those that are empty by it."""
        self.ensure_one()
        moves = self._integration_awaiting()
        receipt, others = moves[:1].picking_id, moves.picking_id - moves[:1].picking_id
        self.integration_planned = False
        if not others:
            return others
        moves._integration_prefilled().unlink()
        moves.move_line_ids.picking_id = receipt
        moves.write({"picking_id": receipt.id, "date_deadline": moves[:1].date_deadline})
        moves._merge_moves()
        return others.filtered(lambda one: not one.move_ids)

from markupsafe import escape

from odoo import models

from ..tools import canonical

TROUBLE = "integration_procurement.mail_activity_delivery_trouble"


class IntegrationHandlerShipmentStatus(models.AbstractModel):
    """A carrier tells where goods on their way are: history on the receipt, and its new date.

    Statuses may come late, twice and in any order: only the latest by its own time changes when a
    receipt is expected, or gives somebody a task.
    """

    _name = "integration.handler.shipment_status"
    _inherit = "integration.handler.carrier"
    _description = "Shipment status: where goods are"

    _contract = "procurement.shipment_status"
    _repeatable = True

    def _process(self, received, data):
        shipments, pickings = self._find_goods(data)
        if not pickings:
            self._unknown()
        open_ones = pickings.filtered(lambda one: one.state not in ("done", "cancel"))
        if len(open_ones) > 1 and not shipments:
            open_ones = self._next_planned(open_ones) or open_ones
        values = self._values(data)
        for picking in open_ones or pickings[:1]:
            mine = shipments.filtered(lambda one, picking=picking: picking in one.picking_ids)
            for shipment in mine or [shipments[:1]]:
                event = self._record_event(received, picking, shipment, values)
                self._apply(event)
        return (open_ones or pickings)[:1]

    def _values(self, data):
        moment = canonical.read_moment
        return {
            "status": data["status"],
            "occurred_at": canonical.read_past_moment(data["occurred_at"]).replace(microsecond=0),
            "place": data.get("place") or False,
            "note": data.get("note") or False,
            "expected_at": data.get("expected_at") and moment(data["expected_at"]),
        }

    def _apply(self, event):
        """What a new status means for the receipt, unless a later one is known already."""
        if not event:
            return
        picking = event.picking_id.sudo(False)
        later = event.search(
            [
                ("picking_id", "=", picking.id),
                ("shipment_id", "=", event.shipment_id.id),
                ("occurred_at", ">", event.occurred_at),
            ]
        )
        if event.expected_at and not any(later.mapped("expected_at")):
            self._expect(picking, event)
        if not later:
            self._mind_trouble(picking, event)

    def _expect(self, picking, event):
        if picking.state in ("done", "cancel"):
            return
        if event.shipment_id:
            # event is sudo: only messages write announcements
            event.shipment_id.expected_at = event.expected_at
            event.shipment_id.sudo(False)._plan_dates()
        else:
            picking.scheduled_date = event.expected_at

    def _mind_trouble(self, picking, event):
        """One task while the carrier has trouble; none any more when the goods go on."""
        if event.status != "exception":
            picking.activity_feedback([TROUBLE])
        elif picking.state not in ("done", "cancel") and not picking.activity_ids.filtered(
            lambda one: one.activity_type_id == self.env.ref(TROUBLE)
        ):
            picking.with_context(mail_activity_quick_update=True).activity_schedule(
                TROUBLE,
                user_id=picking._integration_decider().id,
                summary=self.env._("The carrier has trouble with this delivery"),
                note=escape(event.note or ""),
            )

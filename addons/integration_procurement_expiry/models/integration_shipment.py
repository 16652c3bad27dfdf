from odoo import models


class IntegrationShipment(models.Model):
    """What is announced of a lot that is known may expire on another day than Odoo knows."""

    _inherit = "integration.shipment"

    def _exception_kinds(self):
        return (*super()._exception_kinds(), "expiry_differs")

    def _place(self, received=None):
        placed = super()._place(received)
        for line in self.line_ids.filtered("expiry_date"):
            self._check_expiry(line, received)
        return placed

    def _check_expiry(self, line, received):
        picking = line.move_line_ids.picking_id[:1]
        lot = line.move_line_ids.lot_id[:1]
        if not (lot and line.product_id.use_expiration_date):
            return
        ours = lot._integration_expires_on(picking._integration_zone())
        if ours is None or ours == line.expiry_date:
            return
        self.env["integration.exception"]._raise_for(
            received,
            picking,
            "expiry_differs",
            self.env._(
                "%(supplier)s says that lot %(lot)s of %(product)s expires on another day.",
                supplier=line.shipment_id.partner_id.display_name,
                lot=lot.name,
                product=line.product_id.display_name,
            ),
            area="stock",
            key=f"{line.shipment_id.id}:{line.id}",
            lines=[(self.env._("Expires on"), ours.isoformat(), line.expiry_date.isoformat())],
            proposal={
                "lot": lot.id,
                "ours": ours.isoformat(),
                "expiry": line.expiry_date.isoformat(),
            },
            user_id=picking._integration_decider().id,
        )

from odoo import fields, models

from ..tools import expiry as expiries


class StockPicking(models.Model):
    """Expiry dates that partners name stand on the detailed operations, and so on new lots."""

    _inherit = "stock.picking"

    def _integration_zone(self):
        """The time zone in which the goods of a receipt expire."""
        self.ensure_one()
        warehouse = self.picking_type_id.warehouse_id.partner_id
        return warehouse.tz or self.company_id.partner_id.tz or "UTC"

    def _integration_move_line_values(self, move, product, quantity, *, lot, package, expiry):
        values = super()._integration_move_line_values(
            move, product, quantity, lot=lot, package=package, expiry=expiry
        )
        if expiry and product.use_expiration_date:
            day = fields.Date.to_date(expiry)
            values["expiration_date"] = expiries.end_of(day, self._integration_zone())
        return values

    def _integration_lot_fields(self):
        return (*super()._integration_lot_fields(), "expiration_date")

    def _integration_objections(self, lines):
        return super()._integration_objections(lines) + [
            objection
            for line in lines
            if line.product.use_expiration_date and not line.damaged
            for objection in self._integration_expiry_objections(line)
        ]

    def _integration_expiry_objections(self, line):
        """Goods that expire otherwise than Odoo knows, or are not to be used any more."""
        zone = self._integration_zone()
        known = self._integration_lot(line.product, line.lot)
        ours = known._integration_expires_on(zone) if known else None
        theirs = fields.Date.to_date(line.expiry) if line.expiry else None
        label = self.env._(
            "Expiry of %(product)s, lot %(lot)s", product=line.product.display_name, lot=line.lot
        )
        if ours and theirs and ours != theirs:
            yield label, ours.isoformat(), theirs.isoformat()
        expires = theirs or ours
        today = expiries.day_of(fields.Datetime.now(), zone)
        if expires and expires < today:
            yield label, self.env._("usable on %s", today.isoformat()), expires.isoformat()

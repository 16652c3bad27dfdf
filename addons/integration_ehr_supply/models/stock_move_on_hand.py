from odoo import fields, models

from odoo.addons.integration_core.engine.capture import Snapshot
from odoo.addons.integration_procurement.tools import canonical

from ..engine import on_hand_again
from ..tools import on_hand

ON_HAND = "ehr.stock_on_hand"


class StockMove(models.Model):
    """Moves tell how much is on hand afterwards, once for each item and place."""

    _inherit = "stock.move"  # pylint: disable=consider-merging-classes-inherited

    def _integration_snapshots(self, contract_code):
        if contract_code != ON_HAND:
            return super()._integration_snapshots(contract_code)
        on_hand_again.watch(self.env)
        done = self.filtered(lambda move: move.state == "done")
        told = on_hand.newest_first((move.id, move._integration_touched()) for move in done)
        rows = self.env["stock.quant"]._integration_rows(frozenset().union(*told.values()))
        return {
            move.id: Snapshot(
                data={
                    "reported_at": canonical.moment(fields.Datetime.now()),
                    "rows": [row for key in sorted(told[move.id]) for row in rows[key]],
                },
                company_id=move.company_id.id,
                subject=move.product_id.display_name,
                # Our own matter: not for systems that belong to another contact.
                partner_id=move.company_id.partner_id.commercial_partner_id.id,
            )
            for move in done
            if move.id in told
        }

    def _integration_touched(self):
        """Ids of item, place of ours and lot of which there is more or less after this move."""
        found = set()
        for line in self.move_line_ids.filtered("product_id.is_storable"):
            if line.owner_id or line.location_id == line.location_dest_id:
                continue
            for place in line.location_id | line.location_dest_id:
                if place.usage == "internal" and place.company_id == self.company_id:
                    found.add((line.product_id.id, place.id, line.lot_id.id or 0))
        return frozenset(found)

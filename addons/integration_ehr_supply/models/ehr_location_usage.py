from odoo import fields, models

POLICIES = [
    ("quarantine", "The message waits for a person"),
    ("negative", "Stock goes below zero"),
    ("emergency", "Emergency receipt, for the buyer to settle"),
]


class EhrLocation(models.Model):
    """Where places take goods from, and who bears them. Empty: as what the place is part of."""

    _inherit = "ehr.location"

    stock_location_id = fields.Many2one(
        "stock.location",
        string="Stock",
        domain="[('usage', '=', 'internal')]",
        ondelete="restrict",
        check_company=True,
        help="What is used here is taken from there. Empty: from where the place that this one is "
        "part of takes it.",
    )
    kit_source_id = fields.Many2one(
        "stock.location",
        string="Case kits come from",
        domain="[('usage', '=', 'internal')]",
        ondelete="restrict",
        check_company=True,
        help="Where the kits of appointments at this place are reserved. Empty: as the place that "
        "this one is part of, else the stock of the warehouse.",
    )
    usage_shortage = fields.Selection(
        POLICIES,
        string="Used beyond stock",
        help="What happens when more is used here than there is. Empty: as the place that this one "
        "is part of, else as the settings say.",
    )

    def _kit_source(self):
        """Where the kits of appointments at this place are reserved; empty if nothing is."""
        target = self._usage_setting("stock_location_id")
        if not target.warehouse_id:
            return target.browse()
        return self._usage_setting("kit_source_id") or target.warehouse_id.lot_stock_id

    def _usage_setting(self, name):
        """A field of this place, or of the nearest place that it is part of and that has it."""
        place = self
        while place and not place[name]:
            place = place.parent_id
        return place[name]

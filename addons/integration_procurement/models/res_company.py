from odoo import fields, models


class ResCompany(models.Model):
    """How far partners may deviate before somebody has to decide."""

    _inherit = "res.company"

    supplier_price_tolerance = fields.Float(
        string="Price tolerance (%)",
        default=0.0,
        help="A confirmed price that differs by more than this from the ordered one, up or down, "
        "has to be decided by the buyer.",
    )
    supplier_quantity_tolerance = fields.Float(
        string="Quantity tolerance (%)",
        default=0.0,
        help="A confirmed quantity that differs by more than this from the ordered one, up or "
        "down, has to be decided by the buyer.",
    )
    supplier_late_tolerance = fields.Integer(
        string="Days late",
        default=0,
        help="A promised day that is more than this many days after the requested one has to be "
        "decided by the buyer.",
    )
    supplier_price_list_tolerance = fields.Float(
        string="Price list tolerance (%)",
        default=5.0,
        help="A price in a supplier's price list that differs by more than this from the present "
        "one is not taken over before somebody has accepted it.",
    )

    integration_adjustment_value = fields.Monetary(
        string="Largest value of a reported correction",
        default=100,
        help="Corrections of stock that other systems report are applied by themselves up to this "
        "value at cost. A storekeeper decides about larger ones.",
    )
    integration_adjustment_percent = fields.Float(
        string="Largest share of a reported correction",
        default=10,
        help="In percent of what Odoo has. A storekeeper decides about larger corrections.",
    )

    _supplier_tolerances = models.Constraint(
        "CHECK(supplier_price_tolerance >= 0 AND supplier_quantity_tolerance >= 0 "
        "AND supplier_late_tolerance >= 0 AND supplier_price_list_tolerance >= 0)",
        "A tolerance is not negative.",
    )

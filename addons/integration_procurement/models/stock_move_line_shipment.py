from odoo import fields, models


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    integration_shipment_line_id = fields.Many2one(
        "integration.shipment.line",
        string="Announced as",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="The line of the supplier's shipping notice that announced these goods.",
    )

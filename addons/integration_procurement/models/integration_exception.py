from odoo import fields, models


class IntegrationException(models.Model):
    """Business exceptions of purchases, stock and invoices, seen by those whose work it is."""

    _inherit = "integration.exception"

    area = fields.Selection(
        selection_add=[
            ("purchase", "Purchases"),
            ("stock", "Inventory"),
            ("accounting", "Accounting"),
        ],
        ondelete={"purchase": "cascade", "stock": "cascade", "accounting": "cascade"},
    )

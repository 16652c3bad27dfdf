from odoo import models


class ProductProduct(models.Model):
    """Items say whether their lots expire."""

    _inherit = "product.product"

    def _integration_canonical_item(self):
        return {**super()._integration_canonical_item(), "expires": self.use_expiration_date}

from odoo import models

from ..tools import canonical


class ProductProduct(models.Model):
    """Items as messages name them, and whether other systems have them as they stand here."""

    _name = "product.product"
    _inherit = ["product.product", "integration.sync.mixin"]

    def _integration_item(self, supplier_code=None) -> dict:
        """This product in canonical JSON: identifiers first, the name for people.

        :param supplier_code: what the supplier calls it, where that is known
        """
        self.ensure_one()
        return {
            "code": canonical.text(self.default_code),
            "supplier_code": canonical.text(supplier_code),
            "gtin": canonical.text(self.barcode),
            "name": self.name,
        }

    def _integration_responsible_user(self):
        return self.product_tmpl_id._integration_responsible_user()

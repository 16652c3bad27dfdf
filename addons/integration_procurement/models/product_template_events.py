from odoo import models
from odoo.tools import SQL

from odoo.addons.integration_core.engine import capture


class ProductTemplate(models.Model):
    """Most of what an item is stands on its product template: changes of it are changes of the
    items, which are the variants."""

    _inherit = "product.template"  # pylint: disable=consider-merging-classes-inherited

    def _write_multi(self, vals_list):
        self._integration_touch_items()
        return super()._write_multi(vals_list)

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        self._integration_touch_items()
        return super()._update_field_translations(field_name, translations, digest, source_lang)

    def _integration_touch_items(self):
        """Before something is written: see the variants as they are, if anybody is told of them."""
        products = self.env["product.product"]
        watch = capture.watch_of(products)
        if not watch:
            return
        # SQL: a search would flush, in the middle of a flush
        rows = self.env.execute_query(
            SQL("SELECT id FROM product_product WHERE product_tmpl_id = ANY(%s)", self.ids)
        )
        capture.touched(products.browse(row[0] for row in rows), watch)

from odoo import api, models
from odoo.tools import SQL


class ProductTemplate(models.Model):
    """Products show what became of them and of their variants: messages tell of variants."""

    _name = "product.template"
    _inherit = ["product.template", "integration.sync.mixin"]

    @api.model
    def _integration_sync_table(self) -> SQL:
        return SQL(
            """(
                SELECT s.id, s.res_model, s.res_id, s.interface_id, s.state, s.reason, s.message_id,
                       s.changed_at
                  FROM integration_record_sync s WHERE s.res_model = 'product.template'
             UNION ALL
                SELECT s.id, s.res_model, v.product_tmpl_id, s.interface_id, s.state, s.reason,
                       s.message_id, s.changed_at
                  FROM integration_record_sync s JOIN product_product v ON v.id = s.res_id
                 WHERE s.res_model = 'product.product'
            )"""
        )

    def _integration_sync_documents(self):
        variants = self._origin.with_context(active_test=False).product_variant_ids
        return {**super()._integration_sync_documents(), "product.product": variants.ids}

    def _integration_responsible_user(self):
        return self.responsible_id

from odoo import models
from odoo.fields import Domain


class StockQuant(models.Model):
    """Recalled lots are not reserved."""

    _inherit = "stock.quant"  # pylint: disable=consider-merging-classes-inherited

    def _get_gather_domain(
        self, product_id, location_id, lot_id=None, package_id=None, owner_id=None, strict=False
    ):
        domain = super()._get_gather_domain(
            product_id, location_id, lot_id, package_id, owner_id, strict
        )
        # Who names a lot wants that one: what he may do with it is decided elsewhere.
        if strict or lot_id or product_id.tracking == "none":
            return domain
        return domain & (Domain("lot_id", "=", False) | Domain("lot_id.ehr_recalled", "=", False))

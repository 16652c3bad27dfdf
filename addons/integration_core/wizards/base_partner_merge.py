from odoo import api, models

from ..engine import merging


class MergePartnerAutomatic(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_reference_fields(self, src_partners, dst_partner):
        """Who knew one of the merged contacts knows the one that is left."""
        merging.merge(
            src_partners, dst_partner, self.env._("Merged into %s", dst_partner.display_name)
        )
        return super()._update_reference_fields(src_partners, dst_partner)

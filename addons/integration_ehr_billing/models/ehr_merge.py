from odoo import api, models


class EhrMerge(models.Model):
    """With the records of a patient, the accounts that the message names become one."""

    _inherit = "ehr.merge"

    @api.model
    def _merge(self, kept, retired, occurred_at, *, received=None, accounts=None):
        target = super()._merge(kept, retired, occurred_at, received=received, accounts=accounts)
        if accounts and all(number for number, _assigner in accounts):
            pairs = [(assigner, number) for number, assigner in accounts]
            known = self.env["ehr.account"]._resolve(pairs)
            gone = known.get(pairs[0])
            if gone and pairs[0] != pairs[1]:
                stays = known.get(pairs[1]) or gone._open(*pairs[1])
                gone._merge(stays._kept())
        return target

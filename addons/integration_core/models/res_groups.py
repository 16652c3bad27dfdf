from odoo import api, models

from ..engine import memberships

# What may give somebody a role, or take it.
RELEVANT = frozenset(
    {
        "user_ids",
        "all_user_ids",
        "implied_ids",
        "implied_by_ids",
        "all_implied_ids",
        "all_implied_by_ids",
        "privilege_id",
    }
)


class ResGroups(models.Model):
    _inherit = "res.groups"

    @api.model_create_multi
    def create(self, vals_list):
        with memberships.recorded(self.env):
            return super().create(vals_list)

    def write(self, vals):
        if RELEVANT.isdisjoint(vals):
            return super().write(vals)
        with memberships.recorded(self.env):
            return super().write(vals)

    def unlink(self):
        with memberships.recorded(self.env, going=self):
            return super().unlink()

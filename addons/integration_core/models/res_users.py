from odoo import api, models

from ..engine import memberships

# What may give somebody a role, or take it.
RELEVANT = frozenset({"group_ids", "all_group_ids", "role", "active"})


class ResUsers(models.Model):
    _inherit = "res.users"

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

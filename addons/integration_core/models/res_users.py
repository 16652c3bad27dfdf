from odoo import api, models

from ..engine import memberships, owned_voice, ownership

# What may give somebody a role, or take it.
RELEVANT = frozenset({"group_ids", "all_group_ids", "role", "active"})


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model_create_multi
    def create(self, vals_list):
        with memberships.recorded(self.env):
            return super().create(vals_list)

    def write(self, vals):
        """What people say of themselves is written as superuser, and is theirs all the same."""
        contacts = self.env["res.partner"]
        if self.env.su or self != self.env.user or ownership.rules_of(contacts) is None:
            return self._write_recorded(vals)
        with owned_voice.asked_for(contacts._name, vals):
            return self._write_recorded(vals)

    def _write_recorded(self, vals):
        if RELEVANT.isdisjoint(vals):
            return super().write(vals)
        with memberships.recorded(self.env):
            return super().write(vals)

    def unlink(self):
        with memberships.recorded(self.env, going=self):
            return super().unlink()

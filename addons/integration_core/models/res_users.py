from odoo import models

from ..engine import owned_voice, ownership


class ResUsers(models.Model):
    _name = "res.users"
    _inherit = ["res.users", "integration.membership"]

    _membership_fields = frozenset({"group_ids", "all_group_ids", "role", "active"})

    def write(self, vals):
        """What people say of themselves is written as superuser, and is theirs all the same."""
        contacts = self.env["res.partner"]
        if self.env.su or self != self.env.user or ownership.rules_of(contacts) is None:
            return super().write(vals)
        with owned_voice.asked_for(contacts._name, vals):
            return super().write(vals)

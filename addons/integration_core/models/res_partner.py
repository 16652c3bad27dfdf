from odoo import models

from ..engine import owned_voice, ownership

# Odoo writes it as superuser for people who may manage contacts.
ON_BEHALF = frozenset({"is_company"})


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        if self.env.su or ON_BEHALF.isdisjoint(vals) or ownership.rules_of(self) is None:
            return super().write(vals)
        with owned_voice.asked_for(self._name, ON_BEHALF):
            return super().write(vals)

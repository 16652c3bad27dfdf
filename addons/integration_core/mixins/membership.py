from odoo import api, models

from ..engine import memberships


class IntegrationMembership(models.AbstractModel):
    """People and groups: what changes who holds a role of the suite is in the audit trail.

    A model names in ``_membership_fields`` what may give somebody a role, or take it.
    """

    _name = "integration.membership"
    _description = "What Decides Who Holds a Role"

    _membership_fields: frozenset[str] = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        with memberships.recorded(self.env):
            return super().create(vals_list)

    def write(self, vals):
        if self._membership_fields.isdisjoint(vals):
            return super().write(vals)
        with memberships.recorded(self.env):
            return super().write(vals)

    def unlink(self):
        with memberships.recorded(self.env, going=self):
            return super().unlink()

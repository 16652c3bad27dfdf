from odoo import models


class ResGroups(models.Model):
    _name = "res.groups"
    _inherit = ["res.groups", "integration.membership"]

    _membership_fields = frozenset(
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

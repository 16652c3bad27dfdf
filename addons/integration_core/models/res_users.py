from odoo import models


class ResUsers(models.Model):
    _name = "res.users"
    _inherit = ["res.users", "integration.membership"]

    _membership_fields = frozenset({"group_ids", "all_group_ids", "role", "active"})

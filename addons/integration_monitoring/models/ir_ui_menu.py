from odoo import models


class IrUiMenu(models.Model):
    _inherit = "ir.ui.menu"

    def _load_menus_blacklist(self):
        """The overview of the core is shown as “Cards”, in the menu of monitoring.

        Hidden rather than moved or renamed: without this addon it is where it was.
        """
        overview = self.env.ref("integration_core.menu_overview", raise_if_not_found=False)
        return [*super()._load_menus_blacklist(), *(overview.ids if overview else [])]

from odoo import models

from ..tools.clinical import PLACE


class EhrLocation(models.Model):
    """Places as lists of a clinical system tell of them, and as events name them."""

    _name = "ehr.location"
    _inherit = ["ehr.location", "ehr.told"]

    def _integration_place(self):
        """The place as canonical objects name it; None for none."""
        return {name: self[name] for name in PLACE if self[name]} or None

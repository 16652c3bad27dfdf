from odoo import api, models

from .integration_watch_look import SETTLE


class IntegrationRollup(models.Model):
    """What is new in the rollups is looked at as soon as it is there."""

    _inherit = "integration.rollup"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _after_collect(self, collected):  # pylint: disable=missing-return
        super()._after_collect(collected)
        self.env["integration.watch"]._observe(collected.at, settle=SETTLE)

from odoo import api, models


class IntegrationRollup(models.Model):
    """Failures are grouped with each count of the traffic, before the watch looks at both."""

    _inherit = "integration.rollup"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _after_collect(self, collected):  # pylint: disable=missing-return
        super()._after_collect(collected)
        self.env["integration.error.group"]._cron_collect()

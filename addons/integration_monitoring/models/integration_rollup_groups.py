import logging

from odoo import api, models

_logger = logging.getLogger(__name__)


class IntegrationRollup(models.Model):
    """Failures are grouped with each count of the traffic, before the watch looks at both."""

    _inherit = "integration.rollup"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _after_collect(self, collected):  # pylint: disable=missing-return
        super()._after_collect(collected)
        try:
            with self.env.cr.savepoint():
                self.env["integration.error.group"]._collect()
        except Exception:  # the watch comes after us, and must look all the same
            _logger.exception("Failures cannot be grouped; it is tried again")

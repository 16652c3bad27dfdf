from odoo import api, fields, models


class IntegrationException(models.Model):
    """What the feed and the census kept by hand disagree on."""

    _inherit = "integration.exception"

    area = fields.Selection(selection_add=[("census", "Census")], ondelete={"census": "cascade"})
    kind = fields.Selection(
        selection_add=[("census_hand", "Differs from entry by hand")],
        ondelete={"census_hand": "cascade"},
    )

    @api.model
    def _verdict_labels(self):
        return super()._verdict_labels() | {
            "census_hand": (
                self.env._("Accept what the feed says"),
                self.env._("Keep what was entered by hand"),
            ),
        }

    def _accept_census_hand(self):
        """The feed is right: what was entered by hand does not count any more."""
        self._document()._settle_by_feed()

    def _reject_census_hand(self):
        """What was entered by hand is right, until the feed says something new."""
        self._document()._uphold_hand()

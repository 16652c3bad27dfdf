from odoo import api, fields, models


class IntegrationException(models.Model):
    """What the feed and the census kept by hand disagree on."""

    _inherit = "integration.exception"

    area = fields.Selection(selection_add=[("census", "Census")], ondelete={"census": "cascade"})
    kind = fields.Selection(
        selection_add=[
            ("census_hand", "Differs from entry by hand"),
            ("coming", "Announced and not applied"),
        ],
        ondelete={"census_hand": "cascade", "coming": "cascade"},
    )

    @api.model
    def _verdict_labels(self):
        return super()._verdict_labels() | {
            "census_hand": (
                self.env._("Accept what the feed says"),
                self.env._("Keep what was entered by hand"),
            ),
            "coming": (self.env._("Accept: apply it now"), self.env._("Reject: give it up")),
        }

    def _check_document(self, document):
        """Nobody writes on coming changes: whose business they are is checked where that is done
        (:meth:`EhrComing._decided_upon`)."""
        if self.kind == "coming":
            document.check_access("read")
        else:
            super()._check_document(document)

    def _accept_census_hand(self):
        """The feed is right: what was entered by hand does not count any more."""
        self._document()._settle_by_feed()

    def _reject_census_hand(self):
        """What was entered by hand is right, until the feed says something new."""
        self._document()._uphold_hand()

    def _accept_coming(self):
        """What stood in the way is mended: it takes effect now."""
        self._document().action_apply()

    def _reject_coming(self):
        """It is not to take effect."""
        self._document().action_give_up()

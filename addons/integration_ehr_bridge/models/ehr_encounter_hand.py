from odoo import models


class EhrEncounter(models.Model):
    """Visits that were kept by hand while the feed was down."""

    _inherit = "ehr.encounter"  # pylint: disable=consider-merging-classes-inherited

    def _ask_about_hand(self, received, kept, said):
        """A person decides between what was entered by hand and what the feed says.

        :param kept, said: :class:`..tools.census_history.Standing`
        """

    def _settle_hand(self):
        """There is nothing to decide any more."""

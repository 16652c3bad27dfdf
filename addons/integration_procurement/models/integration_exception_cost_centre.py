from odoo import api, fields, models

KIND = "cost_centres_missing"


class IntegrationException(models.Model):
    """Cost centres that a complete list of the finance system lacks: archived, or kept."""

    _inherit = "integration.exception"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(
        selection_add=[(KIND, "Cost centres missing in a list")], ondelete={KIND: "cascade"}
    )

    @api.model
    def _open_missing(self, system_id):
        """What waits to be decided about the list of a system."""
        # sudo: asked by handlers, whose service user needs no right on decisions of people
        return self.sudo().search(
            [("kind", "=", KIND), ("system_id", "=", system_id), ("state", "=", "open")], limit=1
        )

    def _missing_accounts(self):
        return self.env["account.analytic.account"].browse(self.proposal["ids"]).exists()

    def _accept_cost_centres_missing(self):
        self._missing_accounts().action_archive()

    def _reject_cost_centres_missing(self):
        self._missing_accounts().kept_though_missing = True

from odoo import fields, models

from ..models.ehr_bed_entry import STATES


class IntegrationCensusBedEntry(models.TransientModel):
    """A census keeper says in which state a bed is, and why."""

    _name = "integration.census.bed.entry"
    _description = "Say in which state a bed is"

    location_id = fields.Many2one("ehr.location", string="Bed", required=True, ondelete="cascade")
    state = fields.Selection(STATES, string="The bed is", required=True, default="free")
    reason = fields.Char(
        string="Why",
        required=True,
        help="Stays with the bed beside your name. No patient's name, no diagnosis.",
    )

    def action_enter(self):
        """Let the bed be so."""
        self.ensure_one()
        self.location_id._say_by_hand(self.state, self.reason)
        return {"type": "ir.actions.act_window_close"}

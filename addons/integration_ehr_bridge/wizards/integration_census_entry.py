from odoo import fields, models
from odoo.exceptions import UserError


class IntegrationCensusEntry(models.TransientModel):
    """A transfer or a discharge that a census keeper enters while the feed is down."""

    _name = "integration.census.entry"
    _description = "Enter what happened to a visit"

    encounter_id = fields.Many2one("ehr.encounter", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="encounter_id.company_id")
    kind = fields.Selection(
        [
            ("transfer", "Transferred"),
            ("discharge", "Discharged"),
            ("cancel_discharge", "Not discharged after all"),
            ("cancel_admit", "Not admitted after all"),
        ],
        string="What",
        required=True,
        default="transfer",
    )
    location_id = fields.Many2one(
        "ehr.location", string="To", domain="[('company_id', '=', company_id)]"
    )
    occurred_at = fields.Datetime(string="When", required=True, default=fields.Datetime.now)
    reason = fields.Char(
        string="Why by hand",
        required=True,
        help="Stands in the history beside your name. No patient's name, no diagnosis.",
    )

    def action_enter(self):
        """Let it have happened."""
        self.ensure_one()
        visit = self.encounter_id
        visit.check_access("read")
        visit._require_keeper()
        if visit.joined_into_id:
            raise UserError(
                self.env._("This visit is joined with one of the feed. Enter it there.")
            )
        facts = {}
        if self.kind == "transfer":
            if not self.location_id:
                raise UserError(self.env._("Say where the patient was brought to."))
            self.location_id.check_access("read")
            if self.location_id.company_id != visit.company_id:
                raise UserError(self.env._("This place is another company's."))
            facts["location"] = self.location_id.id
        visit.with_company(visit.company_id)._enter_by_hand(
            visit._visit_key(), self.kind, self.occurred_at, facts, self.reason
        )
        return {"type": "ir.actions.act_window_close"}

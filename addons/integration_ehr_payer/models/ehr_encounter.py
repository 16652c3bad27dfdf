from odoo import api, fields, models

from odoo.addons.integration_ehr_bridge.models.ehr_encounter import ACCOUNT_GROUPS

from .ehr_eligibility import STATES


class EhrEncounter(models.Model):
    """Visits show whether their payer covers them, and are asked about if it wants that."""

    _inherit = "ehr.encounter"

    eligibility_ids = fields.One2many(
        "ehr.eligibility",
        "encounter_id",
        readonly=True,
        groups=ACCOUNT_GROUPS,
    )
    authorization_ids = fields.One2many(
        "ehr.authorization",
        "encounter_id",
        string="Prior authorisations",
        readonly=True,
        groups=ACCOUNT_GROUPS,
    )
    eligibility_state = fields.Selection(
        STATES,
        string="Cover",
        compute="_compute_eligibility_state",
        # sudo: whoever may see the payer of a visit may know what it says
        compute_sudo=True,
        groups=ACCOUNT_GROUPS,
        help="What the payer of the visit says of its cover.",
    )

    @api.depends("payer_code", "eligibility_ids.state", "eligibility_ids.payer_id")
    def _compute_eligibility_state(self):
        for visit in self:
            code = visit.payer_code
            found = visit.eligibility_ids.filtered(lambda one, code=code: one.payer_id.code == code)
            visit.eligibility_state = found.sorted("id")[-1:].state

    @api.model_create_multi
    def create(self, vals_list):
        visits = super().create(vals_list)
        visits._demand_eligibility()
        return visits

    def write(self, vals):
        result = super().write(vals)
        if vals.get("payer_code") or vals.get("patient_id"):
            self._demand_eligibility()
        return result

    def _demand_eligibility(self):
        """Questions to the payers of these visits, as far as they want to be asked."""
        # sudo: who admits need see neither payers nor what they are asked
        full = self.sudo().filtered("payer_code")
        if not full:
            return
        payers = full.env["ehr.payer"].search(
            [
                ("company_id", "in", full.company_id.ids),
                ("code", "in", list(set(full.mapped("payer_code")))),
                ("eligibility_required", "=", True),
            ]
        )
        demanding = {(one.company_id, one.code): one for one in payers}
        for visit in full if demanding else ():
            payer = demanding.get((visit.company_id, visit.payer_code))
            if payer and visit.state != "cancelled":
                full.env["ehr.eligibility"]._demand(payer, visit)._ask()

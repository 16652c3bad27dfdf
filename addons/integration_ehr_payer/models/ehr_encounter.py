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
            found = visit.eligibility_ids.filtered(
                lambda one, code=code: not code or one.payer_id.code == code
            )
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

    def _ehr_payer(self):
        """Who pays for a visit: as the visit says, else who covers its patient and comes first."""
        self.ensure_one()
        if self.payer_code:
            return self.env["ehr.payer"].search(
                [("company_id", "=", self.company_id.id), ("code", "=", self.payer_code)]
            )
        return self.env["ehr.coverage"]._first(self)

    def _demand_eligibility(self):
        """Questions to the payers of these visits, as far as they want to be asked."""
        # sudo: who admits need see neither payers nor what they are asked
        full = self.sudo().filtered(lambda one: one.payer_code or one.patient_id)
        wanted = [("company_id", "in", full.company_id.ids), ("eligibility_required", "=", True)]
        demanding = full.env["ehr.payer"].search(wanted) if full else full.env["ehr.payer"]
        codes = set(demanding.mapped("code"))
        for visit in full if demanding else ():
            if visit.state == "cancelled" or visit.payer_code not in (False, *codes):
                continue
            payer = visit._ehr_payer()
            if payer in demanding:
                full.env["ehr.eligibility"]._demand(payer, visit)._ask()

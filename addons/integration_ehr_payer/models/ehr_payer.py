from odoo import api, fields, models

from odoo.addons.integration_core.tools import errors


class EhrPayer(models.Model):
    """What a payer wants to be asked, and what its claims need."""

    _inherit = "ehr.payer"

    system_id = fields.Many2one(
        "integration.system",
        string="Answers come from",
        ondelete="restrict",
        help="The system of this payer, or of its clearing house. An answer from another one is "
        "put aside. Empty: from any system that has an interface for answers.",
    )
    eligibility_required = fields.Boolean(
        string="Eligibility before billing",
        help="Invoices to this payer are not posted until it has said that the cover of the visit "
        "is in force, or until somebody releases them for a reason.",
    )
    takes_claims = fields.Boolean(
        string="Takes claims", help="Posted invoices to this payer are submitted as claims."
    )
    claim_member = fields.Boolean(
        string="Needs the member number",
        default=True,
        help="By which the payer knows whom a claim or a question is about. Without it nothing "
        "leaves. Off: member numbers of this payer are not kept, and those that were are erased.",
    )
    claim_procedures = fields.Boolean(
        string="Needs procedure codes",
        help="They are sent with the lines of claims; a line without one is not submitted.",
    )
    claim_diagnoses = fields.Boolean(
        string="Needs diagnoses",
        help="Odoo keeps no diagnoses, so claims of this payer are refused before they leave: let "
        "the clinical system submit them.",
    )
    claim_authorization = fields.Boolean(
        string="Needs prior authorisation",
        help="A claim is submitted only if the payer has authorised something of the visit.",
    )
    appeal_days = fields.Integer(
        string="Days to appeal",
        help="How many days after a denial an appeal is heard. 0: not known; a deadline can still "
        "be entered on a denied line.",
    )

    _appeal_days_positive = models.Constraint(
        "CHECK(appeal_days >= 0)", "Days to appeal are 0 or more."
    )

    @api.model_create_multi
    def create(self, vals_list):
        payers = super().create(vals_list)
        payers.filtered("eligibility_required")._demand_eligibility()
        return payers

    def write(self, vals):
        result = super().write(vals)
        if vals.get("eligibility_required") or vals.get("code"):
            self.filtered("eligibility_required")._demand_eligibility()
        if vals.get("claim_member") is False:
            self._forget_members()
        return result

    def _forget_members(self):
        """Member numbers that nobody needs any more are not kept."""
        # sudo: who configures payers need not see covers
        covers = self.env["ehr.coverage"].sudo()
        for cover in covers.search([("payer_id", "in", self.ids)]):
            cover._set_member(None)

    def _demand_eligibility(self):
        """Open visits of these payers need to be asked about from now on."""
        for payer in self:
            # sudo: who configures payers need not see visits
            visits = (
                self.env["ehr.encounter"]
                .sudo()
                .search(
                    [
                        ("company_id", "=", payer.company_id.id),
                        ("payer_code", "=", payer.code),
                        ("state", "in", ("planned", "present")),
                        ("joined_into_id", "=", False),
                    ]
                )
            )
            visits._demand_eligibility()

    def _require_answers_of(self, system_id):
        """An answer comes from whom this payer answers through.

        :raises errors.ConflictError: ``answer_of_other_system``
        """
        # sudo: whose system it is; a service user need not be able to read systems
        wanted = self.sudo().system_id.id
        if wanted and wanted != system_id:
            raise errors.ConflictError(
                "The answer comes from another system than the one that this payer answers "
                "through. Correct that under Invoicing / Charges / Payers if it moved, then retry; "
                "else cancel this message and ask the sender.",
                code="answer_of_other_system",
            )

    @api.model
    def _coded(self, code):
        """The payer with a code, of the present company.

        :raises errors.MappingError: ``unknown_payer``
        """
        payer = self.search([("company_id", "=", self.env.company.id), ("code", "=", code)])
        return payer or self._unknown()

    @api.model
    def _unknown(self):
        raise errors.MappingError(
            "The message names a payer that is not in the list. Add it under Invoicing / Charges / "
            "Payers, or mend the mapping if it is no payer; if the message only refers to a record "
            "of the payer, let the partner send that, or its code. Then retry, or reprocess all "
            "that wait there.",
            code="unknown_payer",
        )

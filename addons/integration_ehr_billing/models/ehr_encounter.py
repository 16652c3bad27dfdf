from odoo import api, models


class EhrEncounter(models.Model):
    """Numbers of visits stand in clear on visits alone, also where accounts have the same ones."""

    _inherit = "ehr.encounter"

    @api.model_create_multi
    def create(self, vals_list):
        visits = super().create(vals_list)
        visits._conceal_accounts()
        return visits

    def write(self, vals):
        apart = self.filtered("joined_into_id") if vals.get("joined_into_id") is False else None
        result = super().write(vals)
        if "visit_number" in vals or "visit_assigner" in vals:
            self._conceal_accounts()
        if vals.get("joined_into_id"):
            self._hand_over_drafts()
            self._hand_over_charges()
        elif apart:
            apart._take_charges_back()
        return result

    def _hand_over_charges(self):
        """What Odoo charged to these visits is posted: others know what they were joined with."""
        # sudo: who joins visits need not see charges
        charges = self.env["ehr.charge"].sudo()
        held = charges.search([("encounter_id", "in", self.ids), ("is_posted", "=", False)])
        for kept, found in held.grouped(lambda one: one.encounter_id.joined_into_id).items():
            found.filtered(lambda one: one.source == "odoo")._follow_join(kept)

    def _take_charges_back(self):
        # sudo: as above
        charges = self.env["ehr.charge"].sudo()
        charges.search(
            [
                ("hand_encounter_id", "in", self.ids),
                ("kind", "=", "charge"),
                ("is_credited", "=", False),
            ]
        )._follow_unjoin()

    def _hand_over_drafts(self):
        """What collects charges of these visits goes on with what they were joined with."""
        # sudo: who joins visits need not be able to invoice
        drafts = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("encounter_id", "in", self.ids),
                    ("ehr_collects", "=", True),
                    ("state", "=", "draft"),
                    ("posted_before", "=", False),
                ]
            )
        )
        for visit, moves in (
            drafts.with_context(tracking_disable=True).grouped("encounter_id").items()
        ):
            kept = visit.joined_into_id
            moves.write({"encounter_id": kept.id, "ref": kept.reference})

    def _conceal_accounts(self):
        # sudo: who admits somebody need not see accounts
        accounts = self.env["ehr.account"].sudo()
        for company, visits in self.grouped("company_id").items():
            keys = [visit._visit_key() for visit in visits]
            accounts.with_company(company)._conceal(keys)

    def _access_documents(self):
        """What tells of an account tells of the visits that are billed under it."""
        # sudo: which accounts there are, and nothing of them
        accounts = self.env["ehr.account"].sudo()
        return {
            **super()._access_documents(),
            "ehr.account": accounts.search([("encounter_ids", "in", self.ids)]).ids,
        }

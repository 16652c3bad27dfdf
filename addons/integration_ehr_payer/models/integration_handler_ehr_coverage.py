from odoo import models

from odoo.addons.integration_ehr_bridge.tools import census_told


class IntegrationHandlerEhrCoverage(models.AbstractModel):
    """Covers of patients, as a clinical system or a payer keeps them."""

    _name = "integration.handler.ehr_coverage"
    _inherit = "integration.handler.ehr_payer"
    _description = "Cover: who pays for whom, kept for eligibility and claims"

    _contract = "ehr.coverage"

    def _apply(self, received, data):
        covers = self.env["ehr.coverage"]
        payer = self._find_payer(received, data["payer"])
        patient = self._find_patient(received, data["patient"])
        cover = covers._named(received.system_id, data["record"])
        at = census_told.read_moment(data["stated_at"], self._now())
        place = (at, received.arrived)
        if cover.told_at and (cover.told_at, cover.arrived) > place:
            return cover
        values = {
            "payer_id": payer.id,
            "patient_id": patient.id,
            "plan_code": data.get("plan") or False,
            "status": data["status"],
            "rank": data.get("rank") or 1,
            "valid_from": data.get("from") or False,
            "valid_until": data.get("until") or False,
            "told_at": at,
            "arrived": received.arrived,
            # By the present key: an older one may leave the ring.
            "name_key": covers._key_of(received.system_id, data["record"])[0],
            "message_uuid": received.uuid,
        }
        if cover:
            cover.write(values)
        else:
            values["system_id"] = received.system_id
            cover = covers.create({**values, "company_id": self.env.company.id})
        # A number that nobody needs is not kept.
        needed = payer.claim_member and data["status"] != "error"
        cover._set_member(data.get("member") if needed else None)
        self._ask_again(patient, payer)
        return cover

    def _along_with(self, record):
        # sudo: which questions the cover let be asked, and nothing of them
        asked = self.env["ehr.eligibility"].sudo().search([("coverage_id", "=", record.id)])
        return (asked.sudo(False),)

    def _ask_again(self, patient, payer):
        """Questions that waited for a cover can be asked now, and so can those about visits of
        which nobody has said who pays.
        """
        patients = (patient | patient.merged_ids).ids
        # sudo: who tells of covers need not be able to write questions, nor to see visits
        questions, visits = self.env["ehr.eligibility"].sudo(), self.env["ehr.encounter"].sudo()
        questions.search(
            [
                ("payer_id", "=", payer.id),
                ("state", "=", "to_ask"),
                ("encounter_id.patient_id", "in", patients),
            ]
        )._ask()
        visits.search(
            [
                ("company_id", "=", payer.company_id.id),
                ("patient_id", "in", patients),
                ("payer_code", "=", False),
                ("state", "in", ("planned", "present")),
                ("joined_into_id", "=", False),
            ]
        )._demand_eligibility()

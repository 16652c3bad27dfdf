import hashlib
import json

from odoo import models

from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_ehr_bridge.tools import clinical

#: What an answer calls the thing that it is about.
_WORDS = {"ehr.eligibility": "question", "ehr.claim": "claim", "ehr.authorization": "request"}


class IntegrationHandlerEhrPayer(models.AbstractModel):
    """What messages about payers refer to."""

    _name = "integration.handler.ehr_payer"
    _inherit = "integration.handler.ehr"
    _description = "Payers: what messages refer to"

    _batch_size = 100

    def _process_batch(self, messages):
        return [self._apply(received, data) for received, data in messages]

    def _apply(self, received, data):
        """Apply one message, and return the record that it touched."""
        raise NotImplementedError

    def _find_payer(self, received, told):
        """The payer that a message names, by code or by the name of its record.

        :raises errors.MappingError: ``unknown_payer``
        """
        payers = self.env["ehr.payer"]
        if told.get("code"):
            return payers._coded(told["code"])
        return self._of_record(received, payers, told["record"]) or payers._unknown()

    def _find_patient(self, received, told):
        """The patient that a message names; by number, one that is not known is made.

        :raises errors.MappingError: ``unknown_patient``
        """
        if key := clinical.pair(told):
            return self._patients([key])[tuple(key)]._kept()
        found = self._of_record(received, self.env["ehr.patient"], told["record"])
        if not found:
            raise errors.MappingError(
                "The message refers to a patient of whom no record number is known. Let the "
                "partner send the patient, or the record number with the reference; then retry.",
                code="unknown_patient",
            )
        return found._kept()

    def _of_record(self, received, records, name):
        """What a system calls by this name, of a model; empty if it is not known."""
        links = self.env["integration.record.link"]
        found = links._find_record(received.system_id, records._name, name)
        if found:
            return found
        known = self.env["ehr.record"]._named(received.system_id, [name], self.env.company)
        row = known.get(name)
        if row and row.res_model == records._name:
            return records.browse(row.res_id).exists()
        return found

    def _find_asked(self, received, models_, told):
        """What an answer is about: by our number, or by how its system calls it.

        :raises errors.MappingError: ``unknown_request``
        """
        for name in models_:
            records = self.env[name]
            if told.get("number"):
                company = [("company_id", "=", self.env.company.id)]
                found = records.search([("number", "=", told["number"]), *company])
            else:
                found = records.browse()
            if not found and told.get("record"):
                found = self._of_record(received, records, told["record"])
            if found:
                found.payer_id._require_answers_of(received.system_id)
                return found
        words = " or ".join(_WORDS[name] for name in models_)
        raise errors.MappingError(
            f"The payer answers a {words} that Odoo has not sent. Look whether another system of "
            "the hospital has sent it; if not, ask the payer. Then cancel this message.",
            code="unknown_request",
        )

    def _digest_of(self, data):
        """By which an answer is recognised when it comes again. It names nobody."""
        text = json.dumps(data, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


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
        at = clinical.moment(data["stated_at"])
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
            "message_uuid": received.uuid,
        }
        if cover:
            cover.write(values)
        else:
            values["system_id"] = received.system_id
            values["name_key"] = covers._key_of(received.system_id, data["record"])[0]
            cover = covers.create({**values, "company_id": self.env.company.id})
        cover._set_member(data.get("member"))
        self._ask_again(patient, payer)
        return cover

    def _along_with(self, record):
        # sudo: which questions the cover let be asked, and nothing of them
        asked = self.env["ehr.eligibility"].sudo().search([("coverage_id", "=", record.id)])
        return (asked.sudo(False),)

    def _ask_again(self, patient, payer):
        """Questions that waited for a cover can be asked now."""
        # sudo: who tells of covers need not be able to write questions
        waiting = (
            self.env["ehr.eligibility"]
            .sudo()
            .search(
                [
                    ("payer_id", "=", payer.id),
                    ("state", "=", "to_ask"),
                    ("encounter_id.patient_id", "in", (patient | patient.merged_ids).ids),
                ]
            )
        )
        waiting._ask()


class IntegrationHandlerEhrEligibilityAnswer(models.AbstractModel):
    """A payer says whether its cover of a visit is in force; what waited for that goes on."""

    _name = "integration.handler.ehr_eligibility_answer"
    _inherit = "integration.handler.ehr_payer"
    _description = "Eligibility: shown on the visit, invoices wait for it"

    _contract = "ehr.eligibility_answer"

    def _confirms(self, record):
        return True

    def _apply(self, received, data):
        question = self._find_asked(received, ["ehr.eligibility"], data["request"])
        if data["outcome"] == "queued":
            return question
        question._hear(
            {
                "answer": self._answer(data),
                "answered_at": clinical.moment(data["answered_at"]),
                "reason_code": " ".join(data.get("reasons", ())) or False,
                "authorization_required": data.get("authorization_required", False),
                "message_uuid": received.uuid,
            }
        )
        return question

    def _answer(self, data):
        """What an answer comes to.

        :raises errors.MappingError: ``cover_not_told``
        """
        if data["outcome"] == "error":
            return "failed"
        if data.get("in_force") is None:
            raise errors.MappingError(
                "The payer does not say whether the cover is in force. Ask the payer, or release "
                "the invoice by hand; then cancel this message.",
                code="cover_not_told",
            )
        return "eligible" if data["in_force"] else "not_eligible"


class IntegrationHandlerEhrClaimAnswer(models.AbstractModel):
    """A payer says what it pays of a claim, or whether it authorises what is planned."""

    _name = "integration.handler.ehr_claim_answer"
    _inherit = "integration.handler.ehr_payer"
    _description = "Claims and authorisations: what the payer decided; denied lines to a work list"

    _contract = "ehr.claim_answer"

    def _confirms(self, record):
        return True

    def _apply(self, received, data):
        asked = ["ehr.claim"] if data["use"] == "claim" else ["ehr.authorization"]
        found = self._find_asked(received, asked, data["request"])
        found._hear(data, received.uuid, self._digest_of(data))
        return found

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
        :raises errors.TransientError: ``request_under_way``: it may be what is being sent now
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
        self._require_nothing_under_way(received, models_)
        words = " or ".join(_WORDS[name] for name in models_)
        raise errors.MappingError(
            f"The payer answers a {words} that Odoo has not sent. Look whether another system of "
            "the hospital has sent it; if not, ask the payer. Then cancel this message.",
            code="unknown_request",
        )

    def _require_nothing_under_way(self, received, models_):
        """A quick payer answers before it is known here how it calls what it was just sent."""
        self.env.cr.execute(
            "SELECT 1 FROM integration_message m "
            "JOIN integration_interface i ON i.id = m.interface_id "
            "WHERE i.system_id = %s AND m.direction = 'outbound' AND m.res_model = ANY(%s) "
            "AND m.state IN ('queued', 'processing', 'retry') LIMIT 1",
            [received.system_id, list(models_)],
        )
        if self.env.cr.fetchone():
            raise errors.TransientError(
                "The payer answers something that is not known yet, while something is being sent "
                "to it. It is tried again.",
                code="request_under_way",
            )

    def _digest_of(self, data):
        """By which an answer is recognised when it comes again. It names nobody."""
        text = json.dumps(data, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

from odoo import models


class IntegrationHandlerEhrPatient(models.AbstractModel):
    """A patient is made known: by a pseudonym, and nothing else."""

    _name = "integration.handler.ehr_patient"
    _inherit = "integration.handler.ehr"
    _description = "Patient: add or update"

    _contract = "ehr.patient"
    _batch_size = 200

    def _process_batch(self, messages):
        numbers = []
        for _received, data in messages:
            self._moment(data)  # one that does not exist is told
            numbers.append(self._identifier(data["patient"], "record number"))
        patients = self._patients(numbers)
        return [patients[number]._kept() for number in numbers]

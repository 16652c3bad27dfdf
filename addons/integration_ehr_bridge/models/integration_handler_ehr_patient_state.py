from odoo import models


class IntegrationHandlerEhrPatientState(models.AbstractModel):
    """A patient is made known: by a pseudonym, and by the pseudonym of his record's name."""

    _name = "integration.handler.ehr_patient_state"
    _inherit = ["ehr.state.handler", "integration.handler.ehr"]
    _description = "Patient as it stands"

    _contract = "ehr.patient_state"
    _batch_size = 200

    def _stand(self, book, received, data, version):
        number = self._identifier(data["patient"], "record number")
        patient = self._patients([number])[number]._kept()
        book.note(data["record"], "patient", patient, version=version)
        return patient

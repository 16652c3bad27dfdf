from odoo import models

from ..tools.census_told import read_identifier
from ..tools.numbers import same


class IntegrationHandlerEhrPatientMerge(models.AbstractModel):
    """Two records turned out to be those of one patient."""

    _name = "integration.handler.ehr_patient_merge"
    _inherit = "integration.handler.ehr"
    _description = "Patient: merge of records"

    _contract = "ehr.patient_merge"

    def _process_batch(self, messages):
        touched = []
        for received, data in messages:
            occurred_at = self._moment(data)
            kept = self.env["ehr.patient"]
            for merge in data["merges"]:
                kept = self._merge(received, merge, occurred_at)
            touched.append(kept)
        return touched

    def _merge(self, received, merge, occurred_at):
        numbers = [
            self._identifier(merge["kept"], "record number that is kept"),
            self._identifier(merge["retired"], "record number that is retired"),
        ]
        patients = self._patients(numbers)
        return self.env["ehr.merge"]._merge(
            *(patients[number] for number in numbers),
            occurred_at,
            received=received,
            accounts=self._accounts(merge, {one.number for one in numbers}),
        )

    def _accounts(self, merge, records):
        """The account that is retired and the one that is kept, if the message names both.

        :param records: record numbers, which are no accounts: they stand nowhere in clear
        """
        found = [read_identifier(merge.get(name)) for name in ("retired_account", "kept_account")]
        if not all(found) or any(same(one.number, record) for one in found for record in records):
            return None
        return [[one.number, one.assigner] for one in found]

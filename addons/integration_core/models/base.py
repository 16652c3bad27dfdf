from odoo import models

from ..engine import capture


class Base(models.AbstractModel):
    """Every column change of every model passes here; models without events pay a look-up."""

    _inherit = "base"

    def _create(self, data_list):
        records = super()._create(data_list)
        triggers = capture.triggers_of(self)
        if triggers:
            capture.created(records, triggers)
        return records

    def _write_multi(self, vals_list):  # pylint: disable=missing-return
        triggers = capture.triggers_of(self)
        reached = capture.reached(self, vals_list, triggers) if triggers else ()
        super()._write_multi(vals_list)
        for type_id, ids in reached:
            capture.collect(self, type_id, ids)

    def _integration_snapshots(self, contract_code):
        """Canonical JSON of these records, for the contract ``contract_code``.

        Addons extend this for their models and fall back to ``super()``.

        :return: ``{record id: engine.capture.Snapshot}``; a record left out makes no event
        """
        return {
            record.id: capture.Snapshot(
                data={"id": record.id, "name": record.display_name},
                company_id=record.company_id.id if "company_id" in record._fields else None,
                subject=record.display_name,
            )
            for record in self
        }

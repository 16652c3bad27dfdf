from odoo import models

from ..engine import capture, snapshots


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
        if not triggers:
            super()._write_multi(vals_list)
            return
        hits = capture.reached(self, vals_list, triggers)
        super()._write_multi(vals_list)
        capture.updated(self, hits, triggers)

    def unlink(self):
        triggers = capture.triggers_of(self)
        if not triggers or not self:
            return super().unlink()
        ids = self.ids
        doomed = capture.deleting(self, triggers)
        res = super().unlink()
        capture.deleted(self, ids, doomed, triggers)
        return res

    def _integration_snapshots(self, contract_code):
        """Canonical JSON of these records, for the contract ``contract_code``.

        Addons extend this for their models and fall back to ``super()``.

        :return: ``{record id: engine.capture.Snapshot}``; a record left out makes no event
        """
        return {
            record.id: capture.Snapshot(
                data={"id": record.id, "name": record.display_name},
                company_id=snapshots.company_of(record),
                subject=record.display_name,
            )
            for record in self
        }

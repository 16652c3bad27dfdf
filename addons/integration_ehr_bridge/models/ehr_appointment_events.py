from odoo import models

from odoo.addons.integration_core.engine.capture import Snapshot
from odoo.addons.integration_core.engine.snapshots import rfc3339

from ..tools import clinical

EVENT = "ehr.appointment_event"


class EhrAppointment(models.Model):
    """What others are told of an appointment: its numbers, times and needs, and the visit."""

    _inherit = "ehr.appointment"

    def _integration_snapshots(self, contract_code):
        if contract_code != EVENT:
            return super()._integration_snapshots(contract_code)
        return {
            one.id: Snapshot(one._integration_event(), one.company_id.id, subject="")
            for one in self
        }

    def _integration_event(self):
        """This appointment as ``ehr.appointment_event`` 1.0.0."""
        self.ensure_one()
        visit = self.encounter_id
        return {
            "appointment": {
                "filler": self._told_number("filler"),
                "placer": self._told_number("placer"),
            },
            "status": self.status,
            "start": rfc3339(self.start_at) if self.start_at else None,
            "end": rfc3339(self.end_at) if self.end_at else None,
            "type": self.type_code or None,
            "visit": clinical.identifier(visit.visit_number, visit.visit_assigner),
            "placer_order": self.placer_order or None,
            "resources": [one._integration_resource() for one in self.resource_ids.sorted("id")],
        }

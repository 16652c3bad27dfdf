from odoo import fields, models

from odoo.addons.integration_core.engine.capture import Snapshot
from odoo.addons.integration_core.engine.snapshots import rfc3339

from ..tools import clinical

EVENT = "ehr.provider_schedule"


class EhrStaff(models.Model):
    """What others are told of a provider: when he is booked, and nothing of whom for."""

    _inherit = "ehr.staff"
    _integration_parts = {"ehr.appointment.resource": "staff_id"}
    # Who is known since an appointment named him is booked by it, and was not before.
    _integration_changes_when_new = True

    def _integration_snapshots(self, contract_code):
        if contract_code != EVENT:
            return super()._integration_snapshots(contract_code)
        # A day, so that two looks of one transaction show the same time.
        today = fields.Datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
        slots = self._integration_slots(today)
        return {
            staff.id: Snapshot(
                {
                    "provider": clinical.identifier(staff.number, staff.assigner),
                    "from": rfc3339(today),
                    "slots": [one._integration_slot() for one in slots.get(staff, ())],
                },
                staff.company_id.id,
                subject="",
            )
            for staff in self
        }

    def _integration_slots(self, begin):
        """What books these providers from a moment on, in order of time, by provider."""
        found = self.env["ehr.appointment.resource"].search(
            [
                ("staff_id", "in", self.ids),
                ("busy", "=", True),
                ("start_at", "!=", False),
                "|",
                ("end_at", ">=", begin),
                "&",
                ("end_at", "=", False),
                ("start_at", ">=", begin),
            ],
            order="start_at, id",
        )
        return found.grouped("staff_id")

from odoo import Command

from .schedule_case import ScheduleCase


class ListCase(ScheduleCase):
    def list(self, *records):
        return self.bring({"records": list(records)})


class StaffListCase(ListCase):
    handler = "integration.handler.ehr_staff_list"

    def record(self, action="add", number="D1", **members):
        return {"action": action, "staff": {"number": number, "assigner": "H"}, **members}

    def known(self, number="D1"):
        self.env.invalidate_all()
        return (
            self.env["ehr.staff"]
            .with_context(active_test=False)
            .search([("number", "=", number), ("assigner", "=", "H")])
        )

    def own_roles(self):
        """Another system says who does what."""
        owner = self.env["integration.system"].create({"name": "HR", "code": "HR", "kind": "hr"})
        self.env["integration.ownership"].create(
            {
                "system_id": owner.id,
                "model_name": "ehr.staff",
                "scope": "fields",
                "field_ids": [Command.create({"name": "role"})],
                "steward_id": self.env.user.id,
                "state": "approved",
            }
        )

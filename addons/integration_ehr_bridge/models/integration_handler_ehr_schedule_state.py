from odoo import models
from odoo.fields import Command

from ..tools import clinical


class IntegrationHandlerEhrScheduleState(models.AbstractModel):
    """Schedules of people and places, by the system that keeps them."""

    _name = "integration.handler.ehr_schedule_state"
    _inherit = ["ehr.state.handler", "integration.handler.ehr"]
    _description = "Schedule as it stands"

    _contract = "ehr.schedule_state"
    _batch_size = 100
    _aliased = ("place",)

    def _stand(self, book, received, data, version):
        staff = book.staff(data.get("staff", ()))
        places = [book.meant(one, "place") for one in data.get("places", ())]
        values = {
            "staff_ids": [Command.set(sorted({one.id for one in staff.values()}))],
            "place_ids": [Command.set(sorted({one.id for one in places}))],
            "service": data.get("service") or False,
            "specialty": data.get("specialty") or False,
            "begins_at": clinical.moment(data.get("start")) or False,
            "ends_at": clinical.moment(data.get("end")) or False,
            "active": data.get("active", True),
        }
        known = book.known(data["record"])
        schedule = known.record if known and known.record else self.env["ehr.schedule"]
        if schedule:
            schedule.write(values)
        else:
            schedule = schedule.create({**values, "company_id": self.env.company.id})
        book.note(data["record"], "schedule", schedule, version=version)
        return schedule

from odoo import models

from odoo.addons.integration_core.tools import errors

from ..tools import clinical


class IntegrationHandlerEhrSlotState(models.AbstractModel):
    """The times of schedules: free, booked, blocked."""

    _name = "integration.handler.ehr_slot_state"
    _inherit = ["ehr.state.handler", "integration.handler.ehr"]
    _description = "Slot as it stands"

    _contract = "ehr.slot_state"
    _batch_size = 200
    _aliased = ("schedule",)

    def _stand(self, book, received, data, version):
        start, end = clinical.moment(data["start"]), clinical.moment(data["end"])
        if end < start:
            raise errors.ContractError(
                "A slot ends before it begins. Ask the sender for the right times.",
                code="ends_before",
            )
        values = {
            "schedule_id": book.meant(data["schedule"], "schedule").id,
            "status": data["status"],
            "start_at": start,
            "end_at": end,
            "service": data.get("service") or False,
        }
        known = book.known(data["record"])
        slot = known.record if known and known.record else self.env["ehr.slot"]
        if slot:
            slot.write(values)
        else:
            slot = slot.create({**values, "company_id": self.env.company.id})
        book.note(data["record"], "slot", slot, version=version)
        return slot

from odoo import models


class IntegrationHandlerEhrStaffState(models.AbstractModel):
    """Staff by systems that keep people, and what they do, as records: numbers and codes alone.

    The record of a role refers to that of the person. Who has several roles has the facts of the
    one that was written last, as in lists of staff.
    """

    _name = "integration.handler.ehr_staff_state"
    _inherit = ["ehr.state.handler", "integration.handler.ehr"]
    _description = "Member of staff as it stands"

    _contract = "ehr.staff_state"
    _aliased = ("organization",)

    def _stand(self, book, received, data, version):
        staff = book.staff([data["staff"]])[id(data["staff"])]
        said = {}
        if data.get("whole"):
            said = {name: data.get(name) or False for name in ("role", "specialty")}
            said["department"] = self._department(book, data)
        else:
            said["active"] = data.get("active", True)
        at = self._moment({"occurred_at": data["recorded_at"]})
        if not data.get("whole") or data.get("active", True):
            staff._hear(said, at, received.arrived)
        book.note(data["record"], "staff", staff, version=version)
        if data["staff"].get("record"):
            book.note(data["staff"]["record"], "staff", staff)
        return staff

    def _department(self, book, data):
        """The code of a department, as far as it was told of by more than the record's name."""
        reference = data.get("department")
        if not reference:
            return False
        known = book.find(reference, "organization")
        return (known.code if known else reference.get("number")) or False

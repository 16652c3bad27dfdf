from odoo import models

from odoo.addons.integration_core.tools import errors

from ..tools import clinical

_FIELDS = {"role": "role", "specialty": "specialty", "department": "department"}


class IntegrationHandlerEhrStaffList(models.AbstractModel):
    """Staff as a clinical system knows it: numbers and functions, and nobody's name."""

    _name = "integration.handler.ehr_staff_list"
    _inherit = "integration.handler.ehr_list"
    _description = "Clinical staff: list of records"

    _contract = "ehr.staff_list"
    _list_of = "staff"

    def _apply(self, received, record):
        number = clinical.pair(record["staff"])
        at = self._since(received, record)
        model = self.env["ehr.staff"]
        staff = model._find([number]).get(number, model)
        if not staff:
            if record["action"] == "delete":
                return staff  # it is as it is to be
            if record["action"] in ("deactivate", "reactivate"):
                raise errors.ConflictError(
                    "Nobody is known by the number. Ask the sender to add the member of staff "
                    "first, then retry.",
                    code="unknown_staff",
                )
            staff = model._resolve([number])[number]
        staff._hear(self._said(record, _FIELDS), at, received.arrived)
        return staff

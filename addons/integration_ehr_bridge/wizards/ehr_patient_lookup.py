from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.integration_core.engine import audit


class EhrPatientLookup(models.TransientModel):
    """Finds the patient whose record number somebody knows: one number, for a reason that stays.

    A number that could be searched for as one likes would undo the pseudonyms: whoever tries all
    numbers learns whose is whose. So there is no field to search by; each look is one number and
    one entry in the audit trail, which tells who looked, why, and whom that found. The number is
    stored nowhere: it is gone when this record is.
    """

    _name = "ehr.patient.lookup"
    _description = "Find a patient by record number"
    _integration_data_class = "clinical"

    number = fields.Char(
        string="Record number", store=False, help="The whole number. It is stored nowhere."
    )
    reason = fields.Char(
        required=True,
        help="Why the patient has to be found; auditors read it. No patient's name, no number.",
    )
    patient_ids = fields.Many2many("ehr.patient", readonly=True, string="Found")

    @api.model_create_multi
    def create(self, vals_list):
        if len(vals_list) > 1:
            raise UserError(self.env._("Look for one patient at a time."))
        self.check_access("create")  # before anything is looked for
        return super().create([self._looked_up(vals, vals.get("reason")) for vals in vals_list])

    def write(self, vals):
        if "number" in vals:
            self.ensure_one()
        self.check_access("write")
        return super().write(self._looked_up(vals, vals.get("reason", self.reason)))

    def _looked_up(self, vals, reason):
        """Values to be stored: whom the number finds in its place."""
        vals = {name: value for name, value in vals.items() if name != "patient_ids"} | (
            {"patient_ids": [fields.Command.clear()]} if self else {}
        )
        number = (vals.pop("number", None) or "").strip()
        if not number:
            return vals
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why you look for this patient."))
        if number.casefold() in reason.casefold():
            raise UserError(self.env._("The reason is kept. Leave the record number out of it."))
        found = self.env["ehr.patient"]._of_number(number)
        audit.record(found or self.env.company, "look_up", reason=reason)
        return {**vals, "patient_ids": [fields.Command.set(found.ids)]}

    def action_open_found(self):
        """Show whom the number found."""
        self.ensure_one()
        found = self.patient_ids
        if not found:
            raise UserError(
                self.env._(
                    "Nobody with this record number is known. Enter the whole number, as the "
                    "clinical system writes it."
                )
            )
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Patients"),
            "res_model": found._name,
            "context": {"active_test": False},
        }
        if len(found) == 1:
            return {**action, "view_mode": "form", "res_id": found.id}
        return {**action, "view_mode": "list,form", "domain": [("id", "in", found.ids)]}

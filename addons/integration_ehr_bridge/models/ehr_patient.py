from odoo import api, fields, models

SHOWN = 8  # characters of a pseudonym that people read


class EhrPatient(models.Model):
    """Somebody whom clinical systems know, of whom Odoo knows that he is the same one.

    A record number is never stored: a pseudonym made of it with a key outside the database stands
    in its place. Names, birth dates and all else stay where they are needed.
    """

    _name = "ehr.patient"
    _description = "Patient (Pseudonym)"
    _order = "id desc"
    _check_company_auto = True
    _log_access = False

    pseudonym = fields.Char(
        required=True,
        readonly=True,
        help="Stands for the record number, which cannot be calculated from it.",
    )
    key_id = fields.Char(
        string="Key",
        required=True,
        readonly=True,
        help="Name of the key that made the pseudonym. Patients are found with all keys of the "
        "ring, and get a pseudonym of the present key when a message speaks of them.",
    )
    assigner = fields.Char(
        string="Assigned by",
        required=True,
        readonly=True,
        default="",
        help="Whose record number it is: the code of the hospital or register that gave it.",
    )
    merged_into_id = fields.Many2one(
        "ehr.patient",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        help="The record that is kept. What is said of the retired one goes there.",
    )
    merged_ids = fields.One2many("ehr.patient", "merged_into_id", string="Retired records")
    encounter_ids = fields.One2many("ehr.encounter", "patient_id", string="Visits")
    merge_ids = fields.One2many("ehr.merge", "kept_id", string="Merges")
    active = fields.Boolean(default=True, readonly=True)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )

    _number_unique = models.UniqueIndex("(company_id, assigner, pseudonym)")

    @api.depends("pseudonym", "assigner")
    def _compute_display_name(self):
        for patient in self:
            shown = (patient.pseudonym or "")[:SHOWN]
            patient.display_name = f"{shown} ({patient.assigner})" if patient.assigner else shown

from odoo import api, fields, models
from odoo.fields import Domain


class EhrStaff(models.Model):
    """Somebody who works at a clinical system, by his number there: no name, no birth date."""

    _name = "ehr.staff"
    _description = "Clinical Staff"
    _inherit = ["ehr.told"]
    _order = "number, id"
    _rec_name = "number"
    _rec_names_search = ["number", "role"]
    _check_company_auto = True
    # When and where somebody works is a matter between him and the hospital.
    _integration_data_class = "confidential"

    number = fields.Char(string="Staff number", required=True)
    assigner = fields.Char(
        string="Assigned by", required=True, default="", help="Whose number it is."
    )
    active = fields.Boolean(default=True)
    role = fields.Char(help="Code of the function, such as SURGEON.")
    specialty = fields.Char(help="Code of the specialty.")
    department = fields.Char(help="Code of the department.")
    resource_ids = fields.One2many(
        "ehr.appointment.resource", "staff_id", string="Appointments", readonly=True
    )
    appointment_count = fields.Integer(
        string="Coming appointments", compute="_compute_appointment_count"
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )

    _number_unique = models.UniqueIndex(
        "(company_id, assigner, number)", "Somebody has this number already."
    )

    @api.depends("number", "assigner")
    def _compute_display_name(self):
        for staff in self:
            number = staff.number or ""
            staff.display_name = f"{number} ({staff.assigner})" if staff.assigner else number

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._filled(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._filled(vals))

    @api.model
    def _filled(self, vals):
        """Nobody in particular is an empty text, so that a number is there once."""
        if "assigner" not in vals:
            return vals
        return {**vals, "assigner": (vals["assigner"] or "").strip()}

    def _coming_domain(self):
        """Resources of appointments that still take place and have not ended."""
        return [
            ("staff_id", "in", self.ids),
            ("busy", "=", True),
            ("end_at", ">=", fields.Datetime.now()),
        ]

    @api.depends("resource_ids.busy", "resource_ids.end_at")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_appointment_count(self):
        counts = dict(
            self.env["ehr.appointment.resource"]._read_group(
                self._coming_domain(), ["staff_id"], ["appointment_id:count_distinct"]
            )
        )
        for staff in self:
            staff.appointment_count = counts.get(staff, 0)

    def action_open_appointments(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_ehr_bridge.action_ehr_appointment"
        )
        action["domain"] = [("provider_ids", "in", self.ids)]
        action["context"] = {"search_default_takes_place": True}
        return action

    # ------------------------------------------------------------------
    # for handlers
    # ------------------------------------------------------------------

    @api.model
    def _resolve(self, identifiers, company=None):
        """The staff behind numbers, archived as well; unknown ones are created.

        A number is all that there is to know of somebody until a list of staff says more.

        :param identifiers: pairs of assigner, which may be empty, and number
        :return: ``{(assigner, number): staff}``
        """
        company = company or self.env.company
        wanted = dict.fromkeys(map(tuple, identifiers))
        found = self._find(wanted, company)
        missing = [one for one in wanted if one not in found]
        created = self.create(
            [
                {"assigner": assigner, "number": number, "company_id": company.id}
                for assigner, number in missing
            ]
        )
        return found | dict(zip(missing, created, strict=True))

    @api.model
    def _find(self, identifiers, company=None):
        """As :meth:`_resolve`, without those that are unknown."""
        wanted = set(map(tuple, identifiers))
        if not wanted:
            return {}
        staff = self.with_context(active_test=False).search_fetch(
            Domain("company_id", "=", (company or self.env.company).id)
            & Domain("number", "in", [number for _assigner, number in wanted]),
            ["number", "assigner"],
        )
        named = {(one.assigner or "", one.number): one.with_env(self.env) for one in staff}
        return {key: one for key, one in named.items() if key in wanted}

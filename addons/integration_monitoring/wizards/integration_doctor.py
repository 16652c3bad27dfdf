from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..engine import doctor_readings
from ..engine.doctor_texts import texts
from ..tools import doctor

GRADES = [("2", "To be mended"), ("1", "Advice"), ("0", "Good")]


class IntegrationDoctor(models.TransientModel):
    """Looks at the set-up of the server and of its database, and says how to mend it."""

    _name = "integration.doctor"
    _description = "Check of the Set-up"

    line_ids = fields.One2many("integration.doctor.line", "doctor_id", readonly=True)
    wrong_count = fields.Integer(compute="_compute_counts")
    advice_count = fields.Integer(compute="_compute_counts")

    def _compute_display_name(self):
        self.display_name = self.env._("Check of the set-up")

    @api.depends("line_ids.grade")
    def _compute_counts(self):
        for one in self:
            grades = one.line_ids.mapped("grade")
            one.wrong_count, one.advice_count = grades.count("2"), grades.count("1")

    @api.model
    def _findings(self):
        """What the checks say, the worst first: grade, code, what was found, how to mend it."""
        words = texts(self.env)
        # sudo: the set-up is nobody's record; who may ask is checked before
        return [
            {
                "grade": str(int(one.grade)),
                "code": one.code,
                "name": words[one.code].found % one.facts,
                "advice": words[one.code].mend % one.facts,
            }
            for one in doctor.examine(doctor_readings.read(self.env(su=True)))
        ]

    @api.model
    def action_examine(self):
        """Look now, and show what was found."""
        if not self.env.user.has_group("integration_core.group_administrator"):
            raise AccessError(self.env._("Only integration administrators check the set-up."))
        made = self.create(
            {"line_ids": [fields.Command.create(values) for values in self._findings()]}
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Check of the set-up"),
            "res_model": self._name,
            "res_id": made.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "current",
        }


class IntegrationDoctorLine(models.TransientModel):
    """One answer of the doctor."""

    _name = "integration.doctor.line"
    _description = "Answer of the Check of the Set-up"
    _order = "grade desc, id"

    doctor_id = fields.Many2one("integration.doctor", required=True, ondelete="cascade")
    grade = fields.Selection(GRADES, readonly=True)
    code = fields.Char(readonly=True)
    name = fields.Char(string="Found", readonly=True)
    advice = fields.Char(string="What to do", readonly=True)

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import keeping
from ..tools.rollup import Step
from .integration_rollup import STEPS


class IntegrationRollupTerm(models.Model):
    """For how many days the figures of minutes, hours and days are kept."""

    _name = "integration.rollup.term"
    _description = "Retention of Traffic Figures"
    _inherit = ["integration.audited"]
    _rec_name = "step"
    _order = "id"

    step = fields.Selection(STEPS, string="Figures by", required=True, readonly=True)
    days = fields.Integer(
        required=True,
        help="Older figures are removed. Those of the next longer windows keep their sums.",
    )

    _step_unique = models.UniqueIndex("(step)")

    @api.constrains("step", "days")
    def _check_days(self):
        for term in self:
            least = keeping.LEAST_DAYS[Step(int(term.step))]
            if term.days < least:
                raise ValidationError(
                    self.env._(
                        "Figures by %(step)s are needed for at least %(days)s days: those of "
                        "longer windows are computed from them. Enter %(days)s or more.",
                        step=dict(self._fields["step"]._description_selection(self.env))[term.step],
                        days=least,
                    )
                )

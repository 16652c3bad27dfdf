from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.keeping_terms import LEAST_DAYS, Kept

KINDS = [
    (Kept.INCIDENT.value, "Incidents that are healed, and maintenance"),
    (Kept.GROUP.value, "Kinds of failure that come no more"),
    (Kept.HOUR.value, "Failures by the hour"),
    (Kept.BREACH.value, "Documents that were late"),
    (Kept.DAY.value, "Days of service levels"),
]


class IntegrationMonitoringTerm(models.Model):
    """For how many days what monitoring found out is kept once it is over.

    What is open is kept, however old it is; see ``engine.tidying``.
    """

    _name = "integration.monitoring.term"
    _description = "Retention of Findings"
    _inherit = ["integration.audited"]
    _rec_name = "kind"
    _order = "id"

    kind = fields.Selection(KINDS, string="What", required=True, readonly=True)
    days = fields.Integer(
        required=True, aggregator=None, help="From its end on. What is open is never removed."
    )

    _kind_unique = models.UniqueIndex("(kind)")

    @api.constrains("kind", "days")
    def _check_days(self):
        for term in self:
            least = LEAST_DAYS[Kept(term.kind)]
            if term.days < least:
                raise ValidationError(
                    self.env._(
                        "“%(kind)s” are needed for at least %(days)s days, because other figures "
                        "are computed from them. Enter %(days)s or more.",
                        kind=dict(self._fields["kind"]._description_selection(self.env))[term.kind],
                        days=least,
                    )
                )

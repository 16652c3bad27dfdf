from odoo import api, models

from ..engine import postgres_readings, probing
from ..tools import database_state, readings
from ..tools.causes import SUITE, Node, Subject


class IntegrationWatchProbe(models.Model):
    """The watch hears what scheduled probes have found."""

    _inherit = "integration.watch"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _probe_readings(self, now):
        """See the watch."""
        found = super()._probe_readings(now)
        for interface, (failures, seconds, code) in probing.readings(self.env.cr, now).items():
            node = Node(Subject.INTERFACE, interface)
            found[node] = readings.Probe(failures, max(0, seconds), code)
        return found

    @api.model
    def _partner_certificates(self, now):
        """See the watch."""
        return {**super()._partner_certificates(now), **probing.certificates(self.env.cr, now)}

    @api.model
    def _more_part_findings(self, now):
        """See the watch: how PostgreSQL does."""
        found = super()._more_part_findings(now)
        state = postgres_readings.read(self.env.cr)
        found.setdefault(SUITE, []).append(database_state.judge(state))
        return found

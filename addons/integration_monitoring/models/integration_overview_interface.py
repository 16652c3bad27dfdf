import time

from odoo import api, models

from ..engine import interface_series, ledger_counts, open_messages, overview_sums
from ..mixins.overview_parts import BUSINESS
from ..tools import resolution
from ..tools.rollup import Step

#: Ranges that the page offers, in seconds.
RANGES = {"1h": 3600, "24h": 86400, "7d": 7 * 86400, "90d": 90 * 86400}


class IntegrationOverviewInterface(models.AbstractModel):
    """The page of one interface: how it did in a range of time, and what may explain it."""

    _inherit = "integration.overview"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    @api.readonly
    def load_interface(self, interface_id, range_name="24h"):
        """What the page of an interface shows.

        :param range_name: one of :data:`RANGES`
        :raises odoo.exceptions.AccessError: it is not the reader's to see
        :raises odoo.exceptions.MissingError: it is gone
        """
        self._check_observer()
        ledger_counts.without_jit(self.env.cr)
        interface = self.env["integration.interface"].browse(int(interface_id))
        interface.check_access("read")
        now = int(time.time())
        measured = self._measured_until(now)
        until = measured or now // 60 * 60
        day = overview_sums.Range.day_until(until)
        recent = overview_sums.recent(self.env.cr, interface.ids, day)
        waiting = open_messages.waiting(self.env)
        cards = self._cards(
            interface, recent, waiting, None if measured is None else now - measured
        )
        chosen = self._resolution(interface, until, range_name)
        return {
            **self._head(interface, now, measured),
            "range": range_name,
            "ranges": self._range_names(),
            "width": chosen.width,
            "card": cards[interface.id],
            "points": interface_series.points(self.env.cr, interface.id, chosen, until),
            "marks": self._marks(interface, chosen.begin, now),
            "groups": self._error_groups(interface),
            "slo": [one for one in self._slos() if one["interface_id"] == interface.id],
            "incidents": self._incidents_of(interface),
        }

    def _head(self, interface, now, measured):
        system = interface.system_id
        classes = interface.env["integration.attempt"]._fields["error_class"]
        return {
            **self._freshness(now, measured),
            "id": interface.id,
            "name": interface.display_name,
            "system": {"id": system.id, "name": system.display_name},
            "owner": interface.owner_id.name or "",
            "support": self._support_of(system),
            "failure_impact": interface.failure_impact or "",
            "runbook": interface.runbook or "",
            "manual_fallback": interface.manual_fallback or "",
            "error_classes": dict(classes._description_selection(self.env)),
        }

    def _support_of(self, system):
        """Whom to call at the other side, as far as the reader may see that partner."""
        contact = system.support_contact_id if "support_contact_id" in system._fields else None
        if not contact or not contact.has_access("read"):
            return ""
        return " · ".join(filter(None, (contact.display_name, contact.phone, contact.email)))

    @api.model
    def _range_names(self):
        return [
            ("1h", self.env._("1 hour")),
            ("24h", self.env._("24 hours")),
            ("7d", self.env._("7 days")),
            ("90d", self.env._("90 days")),
        ]

    def _resolution(self, interface, until, range_name):
        """How the range is drawn: from what is kept, as retention may have removed minutes."""
        seconds = RANGES.get(range_name) or RANGES["24h"]
        kept = overview_sums.kept_since(self.env.cr, interface.id)
        return resolution.choose(
            until - seconds,
            until,
            *(self._coarser_before(kept, step) for step in (Step.MINUTE, Step.HOUR)),
        )

    @api.model
    def _coarser_before(self, kept, step):
        """From when on windows of a step are there; 0: nothing is older in longer ones."""
        longer = [at for other, at in kept.items() if other > step]
        begin = kept.get(step)
        if not longer or begin is None:
            return 0.0
        # A longer window begins earlier than its first minute, which is no sign of a removal.
        # And in its first hour there need not have been a message.
        return float(begin - Step.HOUR) if begin - min(longer) > 2 * Step.DAY else 0.0

    def _error_groups(self, interface):
        """Kinds of failure of the interface that are open, the latest first."""
        name = "integration.error.group"
        if name not in self.env or not self.env[name].has_access("read"):
            return []
        domain = [("interface_id", "=", interface.id), *BUSINESS[name]]
        return [
            {"id": group.id, "title": group.title, "state": group.state, "count": group.count}
            for group in self.env[name].search(domain, order="last_seen desc", limit=10)
        ]

    def _incidents_of(self, interface):
        domain = [("state", "!=", "closed"), ("interface_id", "=", interface.id)]
        return self._counted("integration.incident", domain, self.env._("Open incidents"))

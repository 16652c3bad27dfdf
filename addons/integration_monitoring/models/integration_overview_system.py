import time

from odoo import api, models

from ..engine import ledger_counts, open_messages, overview_sums


class IntegrationOverviewSystem(models.AbstractModel):
    """The page of one system."""

    _inherit = "integration.overview"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    @api.readonly
    def load_system(self, system_id):
        """What the page of a system shows: its interfaces as on the wall, and their sums.

        :raises odoo.exceptions.AccessError: it is not the reader's to see
        :raises odoo.exceptions.MissingError: it is gone
        """
        self._check_observer()
        ledger_counts.without_jit(self.env.cr)
        system = self.env["integration.system"].browse(int(system_id))
        system.check_access("read")
        now = int(time.time())
        interfaces = self._interfaces().filtered(lambda one: one.system_id == system)
        measured = self._measured_until(now)
        day = overview_sums.Range.day_until(measured or now // 60 * 60)
        recent = overview_sums.recent(self.env.cr, interfaces.ids, day)
        ago = None if measured is None else now - measured
        cards = self._cards(interfaces, recent, open_messages.waiting(self.env), ago)
        spark, spark_failed = self._added_hours(recent)
        return {
            **self._freshness(now, measured),
            "system": (self._systems(interfaces, cards) or [self._without_interfaces(system)])[0],
            "numbers": self._system_numbers(system, interfaces, recent, day),
            "spark": spark,
            "spark_failed": spark_failed,
        }

    def _without_interfaces(self, system):
        return {
            "id": system.id,
            "name": system.name,
            "kind": system.kind,
            "kind_name": "",
            "domain": system.domain,
            "light": "paused",
            "interfaces": [],
        }

    def _system_numbers(self, system, interfaces, recent, day):
        ours = [("interface_id", "in", interfaces.ids)]
        done = sum(one.day.done for one in recent.values())
        incidents = [
            ("state", "!=", "closed"),
            "|",
            ("system_id", "=", system.id),
            ("interface_id", "in", interfaces.ids),
        ]
        name = self.env._("Delivered or handled")
        finished = [("state", "=", "done"), *self._between("finished_at", day)]
        message = "integration.message"
        return [
            {"key": "done", "label": name, **self._number(done, message, [*ours, *finished], name)},
            *(
                {
                    "key": key,
                    "label": label,
                    **self._counted(message, [*ours, ("state", "in", states)], label),
                }
                for key, label, states in self._waiting_kinds()
            ),
            {
                "key": "incidents",
                "label": self.env._("Open incidents"),
                **self._counted("integration.incident", incidents, self.env._("Open incidents")),
            },
        ]

from datetime import UTC, datetime

from odoo import api, fields, models

from ..engine import open_messages, overview_sums
from ..tools import trends, wall_order

#: What pages ask for, to hear when something has changed; and who may.
CHANNEL = "integration.overview"
OBSERVER = "integration_core.group_observer"
#: Rows of a short list on the overview; the number beside it opens the whole list.
SHOWN = 6
#: Records that wait for somebody, by model, with what makes them wait. A model that another addon
#: has not brought is left out.
BUSINESS = {
    "integration.exception": [("state", "=", "open")],
    "integration.conflict": [("state", "=", "open")],
    "integration.business.breach": [("state", "!=", "healed")],
    "integration.error.group": [("state", "not in", ["resolved", "snoozed"])],
}


class IntegrationOverviewParts(models.AbstractModel):
    """Totals and short lists of the overview. Part of ``integration.overview``."""

    _name = "integration.overview.parts"
    _description = "Parts of the Overview"

    @api.model
    def _number(self, value, model, domain, name, context=None):
        """A number with the list that it counts.

        :param domain: fit for JSON; the reader's rules apply to it as they did to the number
        """
        return {
            "value": value,
            "open": {"model": model, "domain": domain, "name": name, "context": context or {}},
        }

    @api.model
    def _counted(self, model, domain, name, context=None):
        found = self.env[model].with_context(**(context or {})).search_count(domain)
        return self._number(found, model, domain, name, context)

    # ------------------------------------------------------------------
    # totals
    # ------------------------------------------------------------------

    def _totals(self, interfaces, recent, day):
        """What happened in 24 hours, against the same hours a week before."""
        before = overview_sums.sums(self.env.cr, interfaces.ids, day.before(overview_sums.WEEK))
        now = overview_sums.Sums()
        for one in recent.values():
            now.add(one.day.received, one.day.done, one.day.failed, one.day.attempts)
        ids = ("interface_id", "in", interfaces.ids)
        done = [ids, ("state", "=", "done"), *self._between("finished_at", day)]
        received = [ids, *self._between("created_at", day)]
        spark, spark_failed = self._added_hours(recent)
        totals = [
            ("received", self.env._("New messages"), now.received, before.received, received),
            ("done", self.env._("Delivered or handled"), now.done, before.done, done),
        ]
        return {
            "since": text_of(day.begin),
            "until": text_of(day.end),
            "numbers": [
                {
                    "key": key,
                    "label": label,
                    "before": previous,
                    "change": trends.change(value, previous),
                    **self._number(value, "integration.message", domain, label),
                }
                for key, label, value, previous, domain in totals
            ],
            "error_rate": trends.ratio(now.failed, now.attempts),
            "error_rate_before": trends.ratio(before.failed, before.attempts),
            "spark": spark,
            "spark_failed": spark_failed,
        }

    @api.model
    def _between(self, name, day):
        """Domain of what happened in a range."""
        return [(name, ">=", text_of(day.begin)), (name, "<", text_of(day.end))]

    @api.model
    def _added_hours(self, recent):
        """What was done, and what failed, in each hour on all interfaces together."""
        done, failed = [0] * 24, [0] * 24
        for one in recent.values():
            done = list(map(sum, zip(done, one.hours, strict=True)))
            failed = list(map(sum, zip(failed, one.failures, strict=True)))
        return done, failed

    def _light_counts(self, cards):
        """How many interfaces have each light, with the interfaces."""
        by_light = {}
        for card in cards.values():
            by_light.setdefault(card["light"], []).append(card["id"])
        return [
            {
                "light": light,
                **self._number(
                    len(ids),
                    "integration.interface",
                    [("id", "in", ids)],
                    self.env._("Interfaces"),
                ),
            }
            for light, ids in sorted(by_light.items(), key=lambda one: wall_order.rank(one[0]))
        ]

    @api.model
    def _waiting_kinds(self):
        return [
            ("dead", self.env._("Dead letters"), ["dead"]),
            ("quarantined", self.env._("Quarantined"), ["quarantined"]),
            ("held", self.env._("Held"), ["held"]),
            ("on_the_way", self.env._("On the way"), list(open_messages.ON_THE_WAY)),
        ]

    def _waiting_numbers(self, waiting):
        """What is not finished, of all that the reader may see."""
        return [
            {
                "key": key,
                "label": label,
                **self._number(
                    open_messages.total(waiting, *states),
                    "integration.message",
                    [("state", "in", states)],
                    label,
                    {"dead_letters": True} if key in ("dead", "quarantined") else None,
                ),
            }
            for key, label, states in self._waiting_kinds()
        ]

    # ------------------------------------------------------------------
    # what waits for people
    # ------------------------------------------------------------------

    def _business_numbers(self):
        labels = {
            "integration.exception": self.env._("Business exceptions"),
            "integration.conflict": self.env._("Conflicts to decide"),
            "integration.business.breach": self.env._("Late documents"),
            "integration.error.group": self.env._("Kinds of failure"),
        }
        return [
            {
                "key": model,
                "label": labels[model],
                **self._counted(model, domain, labels[model]),
            }
            for model, domain in BUSINESS.items()
            if model in self.env and self.env[model].has_access("read")
        ]

    def _incidents(self):
        model = self.env["integration.incident"]
        domain = [("state", "!=", "closed")]
        severities = dict(model._fields["severity"]._description_selection(self.env))
        states = dict(model._fields["state"]._description_selection(self.env))
        groups = model._read_group(domain, ["severity"], ["__count"])
        name = self.env._("Open incidents")
        rows = model.search(domain, order="severity, started_at, id", limit=SHOWN)
        return {
            **self._number(sum(count for _severity, count in groups), model._name, domain, name),
            "by_severity": [
                {
                    "severity": severity,
                    "label": severities.get(severity, severity),
                    **self._number(
                        count, model._name, [*domain, ("severity", "=", severity)], name
                    ),
                }
                for severity, count in groups
            ],
            "rows": [
                {
                    "id": row.id,
                    "name": row.name or row.display_name,
                    "severity": row.severity,
                    "severity_name": severities.get(row.severity, row.severity),
                    "since": fields.Datetime.to_string(row.started_at),
                    "state": row.state,
                    "state_name": states.get(row.state, row.state),
                    "user": row.user_id.name or "",
                    "interface_id": row.interface_id.id,
                }
                for row in rows
            ],
        }

    def _slos(self):
        """Objectives with what is left of their budgets, the worst first."""
        if "integration.slo" not in self.env or not self.env["integration.slo"].has_access("read"):
            return []
        objectives = self.env["integration.slo"].search([("active", "=", True)])
        rows = [self._slo_row(one) for one in objectives]
        rows.sort(key=lambda row: (row["left"] is None, row["left"] or 0))
        return rows

    @api.model
    def _slo_row(self, objective):
        """One objective; ``left`` is the share of its budget that remains, if it is known."""
        # Percent; of an objective that has not been counted yet nothing is known.
        known = objective.state != "unknown"
        kinds = dict(objective._fields["kind"]._description_selection(self.env))
        return {
            "id": objective.id,
            "name": objective.display_name,
            "interface_id": objective.interface_id.id,
            "kind": objective.kind,
            "kind_name": kinds.get(objective.kind, objective.kind),
            "target": objective.target,
            "left": objective.remaining / 100 if known else None,
        }


def text_of(seconds):
    """A moment of seconds since 1970 as Odoo writes it."""
    return fields.Datetime.to_string(datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None))

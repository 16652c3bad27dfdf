import time
from datetime import UTC, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..engine import ledger_counts, open_messages, overview_sums
from ..mixins.overview_parts import CHANNEL, OBSERVER, text_of
from ..tools import health_wall, trends, wall_order
from ..tools.histogram import percentiles

#: Seconds after which the screens say that what they show is old.
STALE = 180
#: Seconds after the end of a minute from which on a run of the collector counts all of it.
SETTLED = 5
#: Seconds between two notices of one process that something has changed.
QUIET = 5.0

_told = {}


class IntegrationOverview(models.AbstractModel):
    """What the screens of monitoring show, as one answer for each.

    Everything is read with the rights of the reader, from rollups, small tables and the indexes of
    what is open: never from the ledger as a whole. Each number stands with the list that it counts:
    ``{"value": 3, "open": {"model": …, "domain": …, "name": …}}``.
    """

    _name = "integration.overview"
    _description = "Overview of Integrations"
    _inherit = ["integration.overview.parts"]

    @api.model
    @api.readonly
    def load_overview(self):
        """All that the overview, the map and the page of a system show.

        :raises odoo.exceptions.AccessError: the reader is no observer
        """
        self._check_observer()
        ledger_counts.without_jit(self.env.cr)
        now = int(time.time())
        interfaces = self._interfaces()
        everything = interfaces.with_context(active_test=False).search([("id", "!=", False)])
        measured = self._measured_until(now)
        day = overview_sums.Range.day_until(measured or now // 60 * 60)
        waiting = open_messages.waiting(self.env)
        recent = overview_sums.recent(self.env.cr, everything.ids, day)
        cards = self._cards(
            interfaces, recent, waiting, None if measured is None else now - measured
        )
        return {
            **self._freshness(now, measured),
            "lights": self._light_counts(cards),
            "totals": self._totals(everything, recent, day),
            "waiting": self._waiting_numbers(waiting),
            "business": self._business_numbers(),
            "incidents": self._incidents(),
            "slo": self._slos(),
            "systems": self._systems(interfaces, cards),
        }

    @api.model
    def _changed(self):
        """Let open screens load anew: for whoever has written what they show.

        Says that something has changed and nothing more, once this transaction is committed, and
        each process at most every few seconds.
        """
        last = _told.get(self.env.cr.dbname)
        if last is not None and time.monotonic() - last < QUIET:
            return False
        _told[self.env.cr.dbname] = time.monotonic()
        channel = (self.env.ref(OBSERVER), CHANNEL)
        # sudo: whoever measures may tell; it holds nothing, and observers alone can listen
        self.env["bus.bus"].sudo()._sendone(channel, f"{CHANNEL}/changed", {})
        return True

    @api.model
    def _freshness(self, now, measured):
        return {
            "now": text_of(now),
            "as_of": text_of(measured) if measured else False,
            "stale": measured is None or now - measured > STALE,
        }

    @api.model
    def _check_observer(self):
        if not self.env.user.has_group(OBSERVER):
            raise AccessError(
                self.env._("The state of integrations is for observers. Ask for the role Observer.")
            )

    @api.model
    def _interfaces(self):
        """What the wall shows: interfaces that are to carry traffic."""
        return self.env["integration.interface"].search(
            [("revision_of_id", "=", False), ("state", "in", sorted(health_wall.CARRIES))]
        )

    @api.model
    def _measured_until(self, now):
        """Up to when the rollups are complete, in seconds; ``None`` before the first one.

        The collector's heartbeat says so: a minute in which nothing happened has no row, and the
        row of the present minute is not complete.
        """
        beat = self.env["integration.heartbeat"].search(
            [("kind", "=", "rollup")], order="beat_at desc", limit=1
        )
        if beat:
            seen = int(beat.beat_at.replace(tzinfo=UTC).timestamp())
            # A run closes the minutes that had ended some seconds before it.
            measured = (seen - SETTLED) // 60 * 60
        else:
            measured = overview_sums.measured_until(self.env.cr)
        return None if measured is None else min(measured, now // 60 * 60)

    # ------------------------------------------------------------------
    # one card for each interface
    # ------------------------------------------------------------------

    def _cards(self, interfaces, recent, waiting, measured_ago):
        watched = self._watched(interfaces)
        successes = open_messages.last_successes(self.env.cr, interfaces.ids)
        texts = self.env["integration.finding.text"]
        cards = {}
        for interface in interfaces:
            mine = waiting.get(interface.id) or open_messages.Waiting()
            seen = recent.get(interface.id) or overview_sums.Recent()
            success = successes.get(interface.id)
            light, reasons = watched.get(interface.id) or self._judged(
                interface, seen, mine, measured_ago, bool(success)
            )
            cards[interface.id] = {
                "id": interface.id,
                "name": interface.name,
                "direction": interface.direction,
                "criticality": interface.criticality,
                "transport": interface.transport,
                "light": light,
                "reasons": [
                    {"code": code, "text": texts._reason(code, facts)} for code, facts in reasons
                ],
                "breaker": interface.breaker_state,
                "last_success": success
                and fields.Datetime.to_string(success.replace(microsecond=0)),
                "oldest": self._age(mine.oldest),
                **self._traffic_of(seen),
                **self._numbers_of(interface, mine),
            }
        return cards

    def _traffic_of(self, seen):
        spread = percentiles(seen.histogram())
        return {
            "spark": seen.hours,
            "spark_failed": seen.failures,
            "done_day": seen.day.done,
            "error_rate": trends.ratio(seen.hour.failed, seen.hour.attempts),
            "p95": spread["p95"],
        }

    def _numbers_of(self, interface, mine):
        name = interface.name
        mine_only = [("interface_id", "=", interface.id)]
        states = {
            "waiting": (mine.on_the_way, list(open_messages.ON_THE_WAY), self.env._("On the way")),
            "held": (mine.counts.get("held", 0), ["held"], self.env._("Held")),
            "quarantined": (
                mine.counts.get("quarantined", 0),
                ["quarantined"],
                self.env._("Quarantined"),
            ),
            "dead": (mine.counts.get("dead", 0), ["dead"], self.env._("Dead letters")),
        }
        return {
            key: self._number(
                count,
                "integration.message",
                [*mine_only, ("state", "in", names)],
                f"{name}: {label}",
                {"dead_letters": True} if key in ("dead", "quarantined") else None,
            )
            for key, (count, names, label) in states.items()
        }

    def _watched(self, interfaces):
        """Lights and reasons that the detector has found, by interface."""
        if "integration.watch" not in self.env:
            return {}
        newest = fields.Datetime.now() - timedelta(seconds=STALE)
        watches = self.env["integration.watch"].search(
            [("interface_id", "in", interfaces.ids), ("updated_at", ">=", newest)]
        )
        return {
            watch.interface_id.id: (
                watch.light,
                [(one["code"], one.get("facts") or {}) for one in watch.reasons or []],
            )
            for watch in watches
            if watch.light
        }

    def _judged(self, interface, seen, mine, measured_ago, ever_used):
        """Without a detector, or while it does not run: what the numbers say by themselves."""
        health = health_wall.judge(
            health_wall.Signs(
                measured_ago=measured_ago,
                ever_used=ever_used or bool(mine.counts),
                lifecycle=interface.state,
                paused=interface.processing_paused,
                receiving_stopped=interface.receiving_stopped,
                breaker=interface.breaker_state,
                oldest=self._age(mine.oldest) or 0.0,
                oldest_allowed=60.0 * interface.rto_minutes if interface.rto_minutes else None,
                attempts=seen.moments.attempts,
                failed=seen.moments.failed,
                dead=mine.counts.get("dead", 0),
                quarantined=mine.counts.get("quarantined", 0),
            )
        )
        return health.light.value, [(one.code, dict(one.facts)) for one in health.reasons]

    @api.model
    def _age(self, since):
        """Seconds since a moment; ``None`` without one."""
        return (
            None if since is None else max(0, int((fields.Datetime.now() - since).total_seconds()))
        )

    def _systems(self, interfaces, cards):
        """Systems with their cards, those in trouble first."""
        kinds = dict(
            self.env["integration.system"]._fields["kind"]._description_selection(self.env)
        )
        found = []
        for system, mine in interfaces.grouped("system_id").items():
            own = sorted(
                (cards[one.id] for one in mine),
                key=lambda card: (wall_order.rank(card["light"]), card["name"].casefold()),
            )
            found.append(
                {
                    "id": system.id,
                    "name": system.name,
                    "kind": system.kind,
                    "kind_name": kinds.get(system.kind, ""),
                    "domain": system.domain,
                    "light": wall_order.worst(card["light"] for card in own),
                    "interfaces": own,
                }
            )
        return sorted(
            found, key=lambda one: (wall_order.rank(one["light"]), one["name"].casefold())
        )

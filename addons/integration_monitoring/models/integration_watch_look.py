import logging
from datetime import UTC, datetime, timedelta

from odoo import SUPERUSER_ID, api, fields, models

from odoo.addons.integration_core.engine import arming
from odoo.addons.integration_core.engine.cursors import own_cursor

from ..engine import ledger_counts, watch_parts, watch_readings, watch_rows
from ..engine.watch_round import Round
from ..tools import readings
from ..tools.causes import SUITE, Node, Subject
from ..tools.findings import Finding, Signal

_logger = logging.getLogger(__name__)

#: Transports whose messages come in through a listener process.
LISTENED = ("mllp",)
#: Seconds within which another look would find nothing new.
RECENT = 50
#: Seconds after the end of a minute within which what was under way is counted as well.
SETTLE = 5


class IntegrationWatch(models.Model):
    """The look of each minute at everything, and what other parts of the suite have read."""

    _inherit = "integration.watch"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _cron_watch(self):
        """Each minute, unless the collector of the rollups has just had everything looked at."""
        with own_cursor(self.env.registry) as cr:
            own = self.with_env(self.env(cr=cr, user=SUPERUSER_ID))
            now = fields.Datetime.now()
            recent = now - timedelta(seconds=RECENT)
            if not own.search_count([("updated_at", ">", recent)], limit=1):
                own._observe(now, own._measured_at(), SETTLE)

    @api.model
    def _measured_at(self):
        """When rollups were computed last; ``None``: never."""
        self.env.cr.execute("SELECT max(beat_at) FROM integration_heartbeat WHERE kind = 'rollup'")
        return self.env.cr.fetchone()[0]

    @api.model
    def _observe(self, until, measured_at=False, settle=0):
        """Look at everything at a moment, and hand what has changed to the incidents.

        State and incidents are written by the one transaction of the caller: whoever dies before
        its end has done nothing, and the next look finds the same. A look that was had already
        changes nothing, and of two at once one does nothing.

        :param until: the moment, a naive ``datetime`` in UTC or seconds since 1970
        :param measured_at: when rollups were computed; left out: at the moment; ``None``: never
        :param settle: minutes are judged that had ended so many seconds before the moment: what
            was under way at their end has been counted by then
        :return: whether it was looked
        """
        now = _seconds(until)
        ago = 0.0
        if measured_at is None:
            ago = None
        elif measured_at:
            ago = max(0.0, now - _seconds(measured_at))
        self.env.flush_all()
        cr = self.env.cr
        ledger_counts.plan_by_indexes(cr)
        if not watch_rows.lock(cr):
            return False
        self._begin(watch_rows.ensure(cr))
        observed = Round(self.env, now, settle, ago).run()
        off = self.env["integration.watch.setting"]._known().off
        observed = watch_parts.look(cr, self._part_findings(now), off, now) + observed
        self.env.invalidate_all(flush=False)
        if observed:
            self.env["integration.incident"]._take_changes(observed)
        return True

    @api.model
    def _begin(self, interface_ids):
        """Interfaces that are new to the watch get objectives by their classification."""
        if interface_ids:
            interfaces = self.env["integration.interface"].browse(interface_ids)
            self.env["integration.slo"]._ensure(interfaces)
            self.env.flush_all()

    # ------------------------------------------------------------------
    # what others have read; they extend these
    # ------------------------------------------------------------------

    @api.model
    def _probe_readings(self, now):
        """``{Node: tools.readings.Probe}`` of interfaces and systems that are probed."""
        return {}

    @api.model
    def _partner_certificates(self, now):
        """``{interface id: seconds until a certificate of its partner ends}``."""
        return {}

    @api.model
    def _error_group_readings(self, interface_ids):
        """``{interface id: tools.readings.ErrorGroups}``: kinds of failure nobody looked at."""
        return {}

    @api.model
    def _more_part_findings(self, now):
        """``{Node: [Finding]}`` of parts of the suite that are not known here.

        All of them each time, also what is well: what is not said any more ends.
        """
        return {}

    @api.model
    def _listeners(self, interface_ids, now):
        """``{interface id: (heartbeat id, whether it is down)}`` of those behind a listener.

        Several listeners may serve a port: it is served as long as one of them is at work.
        """
        parts = watch_readings.parts(self.env.cr, "listener", now)
        if not parts:
            return {}
        alive = [part for part in parts if part.pause <= part.every]
        serving = alive[0] if alive else min(parts, key=lambda part: part.pause)
        self.env.cr.execute(
            """
            SELECT id FROM integration_interface
             WHERE id = ANY(%s) AND direction = 'inbound' AND transport = ANY(%s)
            """,
            [list(interface_ids), list(LISTENED)],
        )
        return {row[0]: (serving.id, not alive) for row in self.env.cr.fetchall()}

    # ------------------------------------------------------------------
    # the suite
    # ------------------------------------------------------------------

    @api.model
    def _parts_down(self, now):
        """Signals of parts of the suite that every interface depends on."""
        found = self._runner(now)
        return {found.signal} if found.level >= 1 else set()

    @api.model
    def _runner(self, now):
        """The runner of the queue: down when none of those that were ever seen is at work."""
        parts = watch_readings.parts(self.env.cr, "job_runner", now)
        if not parts:
            return Finding(Signal.RUNNER_DOWN, 0.0)
        last = min(parts, key=lambda part: part.pause - part.every)
        return readings.part_down(Signal.RUNNER_DOWN, last.pause, last.every, last.name)

    @api.model
    def _part_findings(self, now):
        """Findings of the suite, of listeners and of partner systems."""
        suite = [self._runner(now)]
        if not arming.is_held(self.env.cr):
            suite.append(readings.retention(watch_readings.retention(self.env.cr, now)))
            suite.append(self._audit_chain())
        found = {SUITE: suite}
        for part in watch_readings.parts(self.env.cr, "listener", now):
            finding = readings.part_down(Signal.LISTENER_DOWN, part.pause, part.every, part.name)
            found[Node(Subject.LISTENER, part.id)] = [finding]
        for node, probe in self._probe_readings(now).items():
            if node.kind is not Subject.INTERFACE:
                found.setdefault(node, []).append(readings.probe_failed(probe))
        for node, findings in self._more_part_findings(now).items():
            found.setdefault(node, []).extend(findings)
        return found

    @api.model
    def _audit_chain(self):
        """What the last verification of the audit trail found, unless a person looked into it."""
        last = self.env["integration.audit.verification"].search(
            [("state", "!=", "running")], limit=1
        )
        if last.state == "broken" and last._is_known():
            return readings.audit_chain("intact")
        return readings.audit_chain(last.state or "intact", last.finding_count, last.checked)

    @api.model
    def _expiries(self, credential_ids, now):
        """``{credential id: (seconds until the last secret ends, what it is)}``."""
        moment = datetime.fromtimestamp(now, UTC).replace(tzinfo=None)
        found = {}
        for credential in self.env["integration.credential"].browse(credential_ids).exists():
            ends = credential._ends_at(moment)
            if ends:
                what = "certificate" if credential.kind == "mtls" else "secret"
                found[credential.id] = ((ends - moment).total_seconds(), what)
        return found


def _seconds(moment):
    """Seconds since 1970 of a naive moment in UTC, or what are seconds already."""
    if isinstance(moment, datetime):
        return int(moment.replace(tzinfo=UTC).timestamp())
    return int(moment)

import logging
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.modules.registry import Registry

from ..engine import arming, audit_checkpoints, audit_settings
from ..engine.cursors import own_cursor
from ..engine.drain import fault_point
from ..tools.arming import same_database

_logger = logging.getLogger(__name__)

CHECKPOINT_EVERY = timedelta(minutes=5)


class IntegrationAuditTrail(models.Model):
    """When the end of the trail is written outside the database, and what is said of it there."""

    _inherit = "integration.audit.trail"

    def _checkpoint(self, *, due=False):
        """Write a checkpoint if it is time; a failed one is repeated each minute.

        One from which on checkpoints count anew is due at once, see :meth:`_restart`.
        """
        if audit_settings.key_problem() or not (keys := audit_settings.keys()):
            return
        restarts = self.env["integration.audit.verification"]._restarts_owed()
        if not audit_checkpoints.configured() or not (due or restarts or self._checkpoint_due()):
            return
        registry = Registry(self.env.cr.dbname)
        with own_cursor(registry) as cr:
            copied = not same_database(arming.verdict(cr).differences)
            wrong = not restarts and audit_checkpoints.contradicted(cr, keys)
        if wrong:
            self._alert(
                "broken",
                self.env._(
                    "The trail is older than checkpoint %(number)s of %(time)s, or another one. "
                    "Verify it.",
                    number=wrong.number,
                    time=wrong.time,
                ),
            )
        if copied:
            # It has the configuration and perhaps the uuid of the original: its lines would look
            # like a break of the original's trail.
            return
        try:
            audit_checkpoints.write(registry, keys, "restart" if restarts else "checkpoint")
        except audit_checkpoints.CheckpointError as exc:
            self._set_problem("checkpoint_problem", str(exc))
            self._alert("checkpoint", str(exc))
        else:
            restarts._restart_written()
            self._set_problem("checkpoint_problem", False)
            self._settle("checkpoint")

    def _checkpoint_due(self):
        # A cron that begins a second early must not wait for the minute after.
        return not self._checkpoint_within(CHECKPOINT_EVERY - timedelta(seconds=30))

    def _checkpoint_within(self, span):
        """Whether one was written in this time. One of a time to come, written before the clock
        was set back, says nothing about now."""
        now = fields.Datetime.now()
        written = [
            ("state", "=", "written"),
            ("taken_at", ">", now - span),
            ("taken_at", "<=", now),
        ]
        return bool(self.env["integration.audit.checkpoint"].search_count(written, limit=1))

    def _restart(self):
        """Let checkpoints count from now on only; somebody accepted that the trail is another.

        A line that left the database cannot be taken back: it is written as soon as the acceptance
        is committed. What remains undone then is made up for by the scheduled action.
        """
        registry = Registry(self.env.cr.dbname)

        def write():
            fault_point("audit_restart_accepted")
            try:
                with own_cursor(registry) as cr:
                    api.Environment(cr, SUPERUSER_ID, {})[self._name]._trail()._checkpoint()
            except Exception:  # it is committed: whoever accepted must not be told that it failed
                _logger.exception("The line is not written yet; the scheduled action will do it")

        self.env.cr.postcommit.add(write)

from odoo import api, models

from odoo.addons.integration_ehr_bridge.models.integration_interface_mllp_inbound import OPEN_STATES
from odoo.addons.integration_monitoring.engine.heartbeats import Part, now

#: Seconds after the last report after which a listener counts as down: three did not come. Whoever
#: looks does so every quarter of a minute, and within a minute of its end it has to be known.
ALLOWED = 35
#: Seconds for a listener that was stopped in good order to be started again, as for an update.
RESTART = 30


class IntegrationHeartbeat(models.Model):
    """Listeners that receive HL7 messages over MLLP report themselves every ten seconds."""

    _inherit = "integration.heartbeat"

    @api.model
    def _parts(self):
        return [*super()._parts(), *self._listener_parts()]

    def _listener_parts(self):
        """A part for each server with a listener that was not stopped in good order, and one for
        all of them together, if there is an interface that needs one.
        """
        self.env.cr.execute(
            """
            SELECT DISTINCT ON (host) host, pid, seen_at, stopped_at
              FROM integration_mllp_listener ORDER BY host, seen_at DESC, id DESC
            """
        )
        rows = self.env.cr.fetchall()
        parts = [
            Part(
                f"listener:{host}",
                "listener",
                self.env._("Listener on %s", host),
                ALLOWED,
                seen_at,
                self.env._("Process %s", pid),
            )
            for host, pid, seen_at, stopped_at in rows
            if not stopped_at
        ]
        needed = self._since_a_listener_is_needed()
        if needed and not parts:
            # Nobody listens: since the last one was stopped, or since one is needed at all.
            last = max((stopped_at for *_rest, stopped_at in rows), default=needed)
            parts.append(
                Part(
                    "listener",
                    "listener",
                    self.env._("MLLP listener"),
                    RESTART,
                    min(max(last, needed), now(self.env.cr)),
                    self.env._("No listener runs."),
                )
            )
        return parts

    def _since_a_listener_is_needed(self):
        """When the first interface became active that receives over MLLP, if there is one."""
        found = self.env["integration.interface"].search(
            [
                ("transport", "=", "mllp"),
                ("direction", "=", "inbound"),
                ("body_codec", "=", "hl7"),
                ("revision_of_id", "=", False),
                ("state", "in", OPEN_STATES),
                ("receiving_stopped", "=", False),
            ]
        )
        if not found or self.env["integration.arming"]._held():
            return None
        return min(found.mapped(lambda one: one.activated_at or one.create_date))

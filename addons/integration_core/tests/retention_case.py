from unittest.mock import patch

from odoo.addons.integration_core.engine import retention
from odoo.addons.integration_core.engine.cursors import own_cursor
from odoo.addons.integration_core.tools import retention as rules

from .common import EngineCase


class RetentionCase(EngineCase):
    """Messages of any age and state, and a sweep over them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch.object(rules, "WORK_SECONDS", 60))
        # so that everything else in the database is too young
        cls.env["integration.policy"].search([]).write(
            {"key_days": 36500, "metadata_days": 36500, "payload_days": 36500}
        )
        cls.policy.write(
            {
                "clinical_payload_days": 7,
                "payload_days": 30,
                "metadata_days": 400,
                "key_days": 730,
            }
        )
        cls.retention = cls.env["integration.retention"]._singleton()

    def finished(self, key, days, state="done", **columns):
        """A received message that ended so many days ago."""
        message = self.receive(key, {"key": key})
        ended = (
            {"finished_at": f"{days} days"} if state in ("done", "filtered", "cancelled") else {}
        )
        self.set_columns(message, state=state, **columns)
        self.env.cr.execute(
            "UPDATE integration_message SET created_at = now() AT TIME ZONE 'UTC' - %s::interval, "
            "finished_at = now() AT TIME ZONE 'UTC' - %s::interval WHERE id = %s",
            [f"{days} days", ended.get("finished_at"), message.id],
        )
        self.env.cr.execute(
            "UPDATE integration_idempotency SET created_at = now() AT TIME ZONE 'UTC' "
            "- %s::interval WHERE message_uuid = %s",
            [f"{days} days", message.uuid],
        )
        self.env.invalidate_all()
        return message

    def set_columns(self, message, **columns):
        for name, value in columns.items():
            self.env.cr.execute(
                f"UPDATE integration_message SET {name} = %s WHERE id = %s", [value, message.id]
            )
        self.env.invalidate_all()

    def look(self):
        self.env.flush_all()
        with self.enter_registry_test_mode(), own_cursor(self.env.registry) as cr:
            works = retention.look(cr)
        self.env.invalidate_all()
        return works

    def sweep(self):
        """Look what is overdue and remove it; the number of rows that were looked at."""
        self.look()
        lane = self.env.ref("integration_core.lane_retention")
        with self.enter_registry_test_mode():
            count = retention.Sweep(self.env.registry, lane.id).run(patient=False)
        self.env.invalidate_all()
        return count

    def keys(self, *messages):
        return self.env["integration.idempotency"].search_count(
            [("message_uuid", "in", [m.uuid for m in messages])]
        )

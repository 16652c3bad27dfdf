from odoo.tests import new_test_user

from ..engine import replay_tasks
from .common import EngineCase, delivered

TASK = "integration.replay.task"
MESSAGE = "integration.message"


class ReplayTaskCase(EngineCase):
    """Makes messages, and tasks about them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(
            cls.env, "integration.bulk", "integration_core.group_operator", name="Olga"
        )

    def broken(self, count, prefix="m"):
        """Inbound messages that are quarantined."""
        before = self.messages(self.inbound)
        for number in range(count):
            self.receive(f"{prefix}{number}", b"{broken")
        self.drain(self.inbound)
        messages = self.messages(self.inbound) - before
        # A test is one transaction, and so one moment for the database.
        self.env.cr.execute(
            "UPDATE integration_message SET available_at = '2026-01-01' WHERE id = ANY(%s)",
            [messages.ids],
        )
        self.env.invalidate_all()
        return messages

    def sent(self, count=1):
        """Outbound messages that are done."""
        before = self.messages(self.outbound)
        self.send_with(delivered)
        for number in range(count):
            self.fire(f"Zedland {number}", f"{chr(0x4E00 + len(before) + number)}Z")
        self.dispatch()
        self.drain(self.outbound)
        return self.messages(self.outbound) - before

    def task(self, domain, *, start=True, user=None, **values):
        task = (
            self.env[TASK]
            .with_user(user or self.operator)
            .create({"domain": repr(domain), "reason": "The outage is over", **values})
        )
        if start:
            task.action_start()
        return task

    def all_of(self, interface):
        return [("interface_id", "=", interface.id)]

    def step(self, task):
        """One step, as if its pace allowed it; the number of messages that it took."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_replay_task SET paid_until = '2020-01-01' WHERE id = %s", [task.id]
        )
        taken = replay_tasks.step(self.env.cr, task.id)
        self.env.invalidate_all()
        return taken

    def finish(self, task):
        while self.step(task):
            pass
        self.assertEqual(task.sudo().state, "done")

    def outcomes(self, task):
        items = self.env["integration.replay.item"].search([("task_id", "=", task.id)])
        return {item.message_id.id: item.outcome for item in items}

    def acts(self, record):
        entries = self.env["integration.audit.entry"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)], order="id"
        )
        return [(entry.actor_login, entry.act, entry.reason) for entry in entries]

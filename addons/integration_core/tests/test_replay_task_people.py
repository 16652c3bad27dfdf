import json
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ..engine import replay_scope
from .replay_task_case import MESSAGE, TASK, ReplayTaskCase


@tagged("post_install", "-at_install")
class TestReplayTaskPeople(ReplayTaskCase):
    """Who may do what with a task, and on whose behalf it goes on."""

    # -- acts of people ----------------------------------------------------------------------

    def test_each_act_is_audited_with_counts(self):
        messages = self.broken(3)
        task = self.task(self.all_of(self.inbound), rate=12)
        task.action_pause()
        self.assertEqual(self.step(task), 0)
        task.action_resume()
        self.step(task)
        login = self.operator.login
        self.assertEqual(
            self.acts(task),
            [
                (login, "create", False),
                (login, "start", "The outage is over"),
                (login, "pause", False),
                (login, "resume", False),
                (login, "finish", False),
            ],
        )
        last = self.env["integration.audit.entry"].search(
            [("res_model", "=", TASK), ("res_id", "=", task.id)], limit=1
        )
        counts = {"done_count": ["", "3"], "refused_count": ["", "0"], "left_count": ["", "0"]}
        self.assertEqual(json.loads(last.changes), counts)
        self.assertIn(
            (login, "retry", f"The outage is over (bulk task {task.id})"), self.acts(messages[0])
        )

    def test_cancelling_leaves_what_is_queued(self):
        messages = self.broken(3)
        task = self.task(self.all_of(self.inbound), rate=4)
        self.assertEqual(self.step(task), 1)
        warning = task.action_ask_cancel()["context"]["default_warning"]
        self.assertIn("The 2 messages that are left stay as they are. The 1 that were", warning)
        with self.assertRaisesRegex(UserError, "Give a reason"):
            task.action_cancel(" ")
        task.action_cancel("it is not over")
        self.assertEqual(self.step(task), 0)
        self.assertEqual(
            messages.sorted("id").mapped("state"), ["queued", "quarantined", "quarantined"]
        )
        self.assertEqual((task.state, task.done_count, task.left_count), ("cancelled", 1, 2))
        self.assertTrue(task.ended_at)
        with self.assertRaisesRegex(UserError, "not possible now"):
            task.action_resume()
        left = self.env[MESSAGE].search(task.action_open_left()["domain"])
        self.assertEqual(left, messages.sorted("id")[1:])

    def test_start_needs_a_reason_and_messages(self):
        with self.assertRaisesRegex(UserError, "nothing that this is possible for"):
            self.task(self.all_of(self.inbound))
        self.broken(1)
        with self.assertRaisesRegex(UserError, "Give a reason"):
            self.task(self.all_of(self.inbound), reason="  ")
        task = self.task(self.all_of(self.inbound))
        with self.assertRaisesRegex(UserError, "started already"):
            task.action_start()

    def test_a_task_has_a_largest_size(self):
        self.broken(3)
        with (
            patch.object(replay_scope, "LARGEST", 2),
            self.assertRaisesRegex(UserError, "more than 2 messages"),
        ):
            self.task(self.all_of(self.inbound))

    def test_what_was_decided_at_the_start_stays(self):
        self.broken(1)
        task = self.task(self.all_of(self.inbound))
        for values in ({"domain": "[]"}, {"act": "both"}, {"reason": "another"}):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "at the start"):
                task.write(values)
        for name in ("state", "total", "user_id", "company_ids"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                task.write({name: False})
        with self.assertRaisesRegex(UserError, "Pause it"):
            task.rate = 60
        task.action_pause()
        task.rate = 60
        with self.assertRaises(ValidationError):
            task.rate = 0
        with self.assertRaises(UserError):
            task.sudo().unlink()

    def test_nothing_is_decided_by_a_remote_call(self):
        task = self.task(self.all_of(self.inbound), start=False)
        for values in ({"state": "running"}, {"total": 3}, {"done_count": 1}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                self.env[TASK].with_user(self.operator).create({"reason": "x", **values})
        self.assertEqual(task.state, "draft")

    # -- rights ------------------------------------------------------------------------------

    def test_goes_on_only_while_its_operator_is_one(self):
        messages = self.broken(2)
        task = self.task(self.all_of(self.inbound))
        self.operator.group_ids -= self.env.ref("integration_core.group_operator")
        self.assertEqual(self.step(task), 0)
        stopped = task.sudo()
        self.assertEqual((stopped.state, stopped.problem), ("paused", "operator"))
        self.assertEqual(set(messages.mapped("state")), {"quarantined"})
        other = new_test_user(self.env, "integration.other", "integration_core.group_operator")
        task.with_user(other).action_resume()
        self.finish(task)
        self.assertEqual((stopped.user_id, stopped.started_by_id), (other, self.operator))
        self.assertIn("integration.other", [who for who, *_rest in self.acts(messages[0])])

    def test_other_companies_stay_out(self):
        hospital = self.env["res.company"].create({"name": "Another hospital"})
        stranger = new_test_user(
            self.env,
            "integration.stranger",
            "integration_core.group_operator",
            company_id=hospital.id,
            company_ids=[(6, 0, hospital.ids)],
        )
        message = self.broken(1)
        with self.assertRaisesRegex(UserError, "nothing that this is possible for"):
            self.task([("id", "in", message.ids)], user=stranger)
        task = self.task(self.all_of(self.inbound))
        self.assertEqual(task.company_ids, self.inbound.company_id)
        self.assertFalse(self.env[TASK].with_user(stranger).search([("id", "=", task.id)]))
        items = self.env["integration.replay.item"]
        self.assertFalse(items.with_user(stranger).search([("task_id", "=", task.id)]))
        with self.assertRaises(AccessError):
            task.with_user(stranger).action_pause()
        both = hospital + self.inbound.company_id
        stranger.company_ids = [(6, 0, both.ids)]
        self.assertTrue(
            self.env[TASK]
            .with_user(stranger)
            .with_context(allowed_company_ids=both.ids)
            .search([("id", "=", task.id)])
        )

    def test_a_message_that_the_operator_may_see_no_more_is_left_alone(self):
        message = self.broken(1)
        task = self.task(self.all_of(self.inbound))
        other = self.env["res.company"].create({"name": "Another hospital"})
        self.operator.write({"company_id": other.id, "company_ids": [(6, 0, other.ids)]})
        self.finish(task)
        self.assertEqual(json.loads(task.sudo().refused), {"forbidden": 1})
        self.assertEqual(message.state, "quarantined")

    def test_a_filter_reads_no_more_than_its_author(self):
        self.broken(1)
        task = self.task([("payload_ids.kind", "=", "received")], start=False)
        task.invalidate_recordset()
        with self.assertRaises(AccessError):
            task.action_start()
        self.env["integration.payload"].check_access("read")  # the test itself may

    def test_a_filter_that_is_none_is_refused(self):
        for text in ("__import__('os')", "[('nothing', '=', 1)]", "[(", "42"):
            with self.subTest(text=text), self.assertRaises(ValidationError):
                self.env[TASK].with_user(self.operator).create({"domain": text, "reason": "x"})

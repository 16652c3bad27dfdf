from unittest.mock import patch

from odoo import fields
from odoo.fields import Domain
from odoo.tests import tagged

from ..engine import replay_scope
from .replay_task_case import MESSAGE, TASK, ReplayTaskCase


@tagged("post_install", "-at_install")
class TestReplayScope(ReplayTaskCase):
    """One scope for badge, list, preview and task."""

    def opened(self, domain, ids=(), **context):
        """The dialog as a list opens it."""
        model = self.env[TASK].with_user(self.operator)
        model = model.with_context(
            active_model=MESSAGE, active_domain=domain, active_ids=list(ids), **context
        )
        return model.new(model.default_get(["domain", "act", "rate", "state"]))

    def test_badge_list_preview_and_task_agree(self):
        messages = self.broken(3)
        self.sent(2)
        interface = self.inbound.with_user(self.operator)
        listed = self.env[MESSAGE].search(interface.action_open_failed()["domain"])
        action = interface.action_open_bulk()
        model = self.env[TASK].with_user(self.operator).with_context(**action["context"])
        dialog = model.new(model.default_get(["domain", "act", "rate", "state"]))
        self.assertEqual(interface.failed_count, 3)
        self.assertEqual(listed, messages)
        self.assertEqual(dialog.scope_text, "3 messages")
        self.assertEqual(dialog.possible, 3)
        task = model.create({"domain": dialog.domain, "act": dialog.act, "reason": "Mended"})
        task.action_start()
        self.assertEqual(set(self.outcomes(task)), set(messages.ids))

    def test_selection_of_some_and_of_all(self):
        messages = self.broken(4)
        domain = self.all_of(self.inbound)
        self.assertEqual(
            replay_scope.parse(self.env, self.opened(domain, messages[:2].ids).domain),
            Domain("id", "in", sorted(messages[:2].ids)),
        )
        for ids in ([], messages.ids):
            with self.subTest(ids=ids):
                shown = replay_scope.parse(self.env, self.opened(domain, ids).domain)
                self.assertEqual(shown, Domain(domain))

    def test_last_hour_is_the_hour_of_the_list(self):
        self.broken(1)
        dialog = self.opened([("created_at", ">=", "-1H"), ("state", "=", "quarantined")])
        domain = replay_scope.parse(self.env, dialog.domain)
        (since,) = (one.value for one in domain.iter_conditions() if one.operator == ">=")
        age = fields.Datetime.now() - fields.Datetime.to_datetime(since)
        self.assertAlmostEqual(age.total_seconds(), 3600, delta=60)
        self.assertEqual(dialog.possible, 1)

    def test_a_day_is_the_day_of_the_person(self):
        env = self.env(context={**self.env.context, "tz": "Europe/Berlin"})
        domain = replay_scope.fixed(env, Domain("created_at", ">=", "today"))
        (one,) = domain.iter_conditions()
        self.assertEqual(one.value, str(fields.Date.context_today(self.env[MESSAGE].with_env(env))))

    def test_other_filters_stay_as_they_are(self):
        domain = Domain(
            [
                "|",
                ("error_title", "ilike", "Price"),
                ("interface_id.system_id", "=", 3),
                ("created_at", ">=", "2026-01-01 00:00:00"),
            ]
        )
        self.assertEqual(replay_scope.fixed(self.env, domain), domain)
        self.assertEqual(replay_scope.parse(self.env, replay_scope.text_of(domain)), domain)

    def test_finished_messages_are_offered_for_replay(self):
        self.sent(1)
        self.assertEqual(self.opened([("state", "=", "done")]).act, "replay")
        self.broken(1)
        self.assertEqual(self.opened([]).act, "retry")

    def test_preview_says_what_happens_and_what_cannot(self):
        broken = self.broken(3)
        broken[2].action_retry()
        broken[2].action_park("wait")
        done = self.sent(2)
        done[0].action_replay("once")
        dialog = self.opened([("interface_id", "in", (self.inbound + self.outbound).ids)])
        self.assertEqual(dialog.act, "retry")
        self.assertEqual(dialog.possible, 2)
        self.assertEqual(dialog.sample_ids.ids, broken[:2].ids)
        for text in (
            "Retry: <b>2</b> will be applied for the first time.",
            "1 not possible: parked; release instead.",
            "2 not possible: finished; replay",
            "1 not possible: in the queue already.",
        ):
            self.assertIn(text, dialog.preview)
        dialog.act = "both"
        self.assertEqual(dialog.possible, 3)
        self.assertIn("Replay: <b>1</b> will be sent again under the same id", dialog.preview)
        self.assertIn("1 not possible: a replay is not finished yet", dialog.preview)
        self.assertIn("had come to its end already", dialog.warning)

    def test_numbers_are_bounded(self):
        self.broken(5)
        with patch.object(replay_scope, "COUNTED", 3), patch.object(replay_scope, "EXAMINED", 2):
            dialog = self.opened(self.all_of(self.inbound))
            self.assertEqual(dialog.scope_text, "more than 3 messages")
            self.assertEqual(dialog.possible_text, "2 of the oldest 2 that were looked at closely")
        # and the task takes all of them
        task = self.task(self.all_of(self.inbound))
        self.assertEqual(task.total, 5)

    def test_sample_is_short_and_of_the_oldest(self):
        messages = self.broken(12)
        dialog = self.opened(self.all_of(self.inbound))
        self.assertEqual(dialog.sample_ids.ids, sorted(messages.ids)[:10])

    def test_companies_of_others_are_not_counted(self):
        self.broken(1)
        other = self.env["res.company"].create({"name": "Another hospital"})
        self.operator.write({"company_id": other.id, "company_ids": [(6, 0, other.ids)]})
        dialog = self.opened([])
        self.assertEqual((dialog.scope_text, dialog.possible), ("0 messages", 0))

"""Triage: failures become groups, people act on them, and what helped before is found."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .error_group_case import ErrorGroupCase


@tagged("post_install", "-at_install")
class TestErrorGroups(ErrorGroupCase):
    def test_failures_of_one_kind_are_one_group(self):
        self.fail(n=3)
        self.fail(text="no such item", code="item")
        found = self.collect()
        self.assertEqual(len(found), 2)
        group = found.filtered(lambda one: one.code == "unit")
        self.assertEqual((group.count, group.waiting_count, group.state), (3, 3, "new"))
        self.assertEqual(group.title, "no such unit: BX")
        self.assertEqual(group.interface_id, self.inbound)
        self.assertEqual(sum(group.hour_ids.mapped("count")), 3)

    def test_collecting_twice_counts_once(self):
        group = self.group(n=2)
        self.collect()
        self.assertEqual((group.count, group.waiting_count), (2, 2))
        self.assertEqual(sum(group.hour_ids.mapped("count")), 2)

    def test_what_failed_without_an_attempt_is_found(self):
        self.env.cr.execute(
            """
            INSERT INTO integration_message (uuid, interface_id, company_id, direction, state,
                created_at, attempts, priority, depth, error_class, error_code, error_fingerprint,
                error_title)
            VALUES (gen_random_uuid()::text, %s, %s, 'inbound', 'quarantined',
                now() AT TIME ZONE 'UTC', 0, 10, 0, 'contract', 'malformed', 'f1', 'No JSON')
            """,
            [self.inbound.id, self.inbound.company_id.id],
        )
        group = self.collect()
        self.assertEqual((group.count, group.waiting_count), (1, 1))

    def test_young_attempts_wait_for_their_neighbours(self):
        self.fail()
        self.env.flush_all()
        self.groups._collect()
        self.env.invalidate_all()
        group = self.groups.search([]) - self.before
        # It is known, by what waits, and not counted by the hour yet.
        self.assertFalse(group.hour_ids)
        self.collect()
        self.assertEqual(sum(group.hour_ids.mapped("count")), 1)
        # What was known by what waits is not counted again with its attempt.
        self.assertEqual((group.count, group.attempted), (1, 1))

    def test_the_real_engine_makes_them(self):
        self.receive("k1", {"amount": "3"})
        self.drain(self.inbound)
        found = self.collect()
        self.assertEqual(len(found), 1)
        self.assertEqual(found.error_class, "contract")
        self.assertEqual(found.waiting_count, 1)

    def test_what_was_retried_waits_no_more(self):
        group = self.group()
        self.env.cr.execute(
            "UPDATE integration_message SET state = 'queued' WHERE error_fingerprint = %s",
            [group.fingerprint],
        )
        self.collect()
        self.assertEqual((group.count, group.waiting_count), (1, 0))

    # -- acting ------------------------------------------------------------------------------

    def test_somebody_takes_it_and_gives_it_back(self):
        group = self.group()
        group.with_user(self.operator).action_take()
        self.assertEqual((group.state, group.user_id), ("assigned", self.operator))
        group.with_user(self.operator).action_release()
        self.assertEqual((group.state, group.user_id.id), ("open", False))
        group.with_user(self.operator).action_acknowledge()
        self.assertEqual(group.state, "acknowledged")

    def test_a_colleague_is_asked(self):
        group = self.group()
        group.with_user(self.operator).action_assign(self.colleague.id)
        self.assertEqual((group.state, group.user_id), ("assigned", self.colleague))
        activity = self.inbound.activity_ids.filtered(lambda one: one.user_id == self.colleague)
        self.assertIn(group.title, activity.summary)
        with self.assertRaises(UserError):
            group.with_user(self.operator).action_assign(self.observer.id)

    def test_a_snoozed_one_comes_back_when_its_time_is_up(self):
        group = self.group()
        group.with_user(self.operator).action_snooze(4, "The partner moves tonight")
        self.assertEqual(group.state, "snoozed")
        self.collect()
        self.assertEqual(group.state, "snoozed")
        group.sudo().snoozed_until = fields.Datetime.now() - timedelta(minutes=1)
        self.collect()
        self.assertEqual((group.state, group.note), ("open", False))

    def test_a_snoozed_one_comes_back_when_it_multiplies(self):
        group = self.group()
        group.with_user(self.operator).action_snooze(24, "Known")
        self.fail(n=9)
        self.collect()
        self.assertEqual(group.state, "open")

    def test_what_was_resolved_and_fails_again_has_come_back(self):
        group = self.group()
        group.with_user(self.operator).action_resolve("mapping", "BX was missing")
        self.collect()
        self.assertEqual(group.state, "resolved")
        self.assertTrue(group.resolution_ids.held)
        self.env.cr.execute(
            "UPDATE integration_error_group SET resolved_at = resolved_at - interval '1 minute'"
        )
        self.env.invalidate_all()
        self.fail()
        self.collect()
        self.assertEqual(group.state, "regressed")
        self.assertFalse(group.resolution_ids.held)
        activity = self.inbound.activity_ids.filtered(lambda one: one.user_id == self.operator)
        self.assertIn("come back", activity.summary)

    def test_what_still_waits_from_before_is_no_relapse(self):
        group = self.group()
        self.env.cr.execute(
            "UPDATE integration_message SET created_at = created_at - interval '1 hour' "
            "WHERE error_fingerprint = %s",
            [group.fingerprint],
        )
        group.with_user(self.operator).action_resolve("partner", "It was mended")
        self.collect()
        self.assertEqual((group.state, group.waiting_count), ("resolved", 1))

    def test_what_cannot_be_done_says_why(self):
        group = self.group()
        with self.assertRaisesRegex(UserError, "new"):
            group.with_user(self.operator).action_release()
        with self.assertRaises(UserError):
            group.with_user(self.operator).action_snooze(0, "x")
        with self.assertRaises(UserError):
            group.with_user(self.operator).action_resolve("mapping", "  ")

    def test_observers_only_look(self):
        group = self.group().with_user(self.observer)
        self.assertTrue(group.title)
        for act in (
            lambda: group.action_take(),
            lambda: group.action_acknowledge(),
            lambda: group.action_resolve("mapping", "x"),
            lambda: group.action_snooze(1, "x"),
            lambda: group.action_retry(),
            lambda: group.write({"state": "resolved"}),
        ):
            with self.assertRaises(AccessError):
                act()

    def test_the_dialogs_do_what_they_say(self):
        group = self.group()
        groups = self.groups.with_user(self.operator).browse(group.id)
        context = groups.action_ask_snooze()["context"]
        wizard = self.env["integration.error.snooze"].with_user(self.operator)
        wizard.with_context(**context).create({"hours": "168", "note": "Known"}).action_confirm()
        self.assertEqual(group.state, "snoozed")
        wizard = self.env["integration.error.resolve"].with_user(self.operator)
        made = wizard.with_context(**context).create(
            {"way": "mapping", "note": "BX", "retry": True}
        )
        self.assertEqual(made.waiting_count, 1)
        action = made.action_confirm()
        self.assertEqual(group.state, "resolved")
        self.assertEqual(action["res_model"], "integration.replay.task")

    def test_a_bulk_retry_counts_what_the_badge_counts(self):
        group = self.group(n=3)
        self.fail(text="another", code="other")
        self.collect()
        action = group.with_user(self.operator).action_retry()
        context = action["context"]
        task = self.env["integration.replay.task"].with_user(self.operator)
        made = task.with_context(**context).create({"reason": "The unit is known now"})
        found = self.env["integration.message"].search(group._waiting_domain())
        self.assertEqual(len(found), group.waiting_count)
        self.assertEqual(made.act, "retry")
        self.assertEqual(
            self.env["integration.message"].search_count(group.action_open_waiting()["domain"]),
            group.waiting_count,
        )

    def test_the_badge_counts_what_waits_now(self):
        group = self.group(n=3)
        done = self.env["integration.message"].search(group._waiting_domain(), limit=1)
        self.env.cr.execute(
            "UPDATE integration_message SET state = 'done' WHERE id = %s", [done.id]
        )
        self.env.invalidate_all()
        opened = self.env["integration.message"].search(group.action_open_waiting()["domain"])
        self.assertEqual((group.waiting_now, len(opened)), (2, 2))

    def test_affected_documents(self):
        group = self.group(n=2)
        self.assertEqual(group.document_count, 1)
        action = group.action_open_documents()
        model = self.env[action["res_model"]].with_context(**action["context"])
        found = model.search(action["domain"])
        self.assertEqual(found, self.env.user.partner_id)

    # -- routes and suggestions --------------------------------------------------------------

    def test_the_first_route_that_fits_decides(self):
        self.env["integration.error.route"].create(
            [
                {"sequence": 1, "words": "certificate", "user_id": self.operator.id},
                {"sequence": 2, "fault": "own", "user_id": self.colleague.id},
                {"sequence": 3, "user_id": self.operator.id},
            ]
        )
        group = self.group()
        self.assertEqual((group.state, group.user_id), ("assigned", self.colleague))
        other = self.group(text="The CERTIFICATE is over", code="tls") - group
        self.assertEqual(other.user_id, self.operator)

    def test_what_helped_before_is_suggested_with_its_reasons(self):
        earlier = self.group(text="no such unit: CS")
        earlier.with_user(self.operator).action_resolve("mapping", "CS was missing in units")
        group = self.group(text="no such unit: PK") - earlier
        self.assertEqual(group.suggestion_ids.note, "CS was missing in units")
        self.assertIn("the same code", group.suggestion_text)
        self.assertIn("1 of 1", group.suggestion_text)
        unlike = self.group(text="timed out", code="timeout", interface=self.outbound)
        unlike -= earlier + group
        self.assertFalse(unlike.suggestion_ids)

    def test_trend_since_the_last_change(self):
        group = self.group()
        self.env.cr.execute(
            "UPDATE integration_revision SET applied_at = now() AT TIME ZONE 'UTC' "
            "- interval '2 hours' WHERE interface_id = %s",
            [self.inbound.id],
        )
        self.env.invalidate_all()
        if group.changed_at:
            self.assertEqual(group.trend, "new")
        self.env.cr.execute(
            "UPDATE integration_error_group SET first_seen = first_seen - interval '30 days'"
        )
        self.env.invalidate_all()
        self.assertIn(group.trend, ("back", "rising", "steady"))

    def test_groups_of_another_company_are_not_seen(self):
        group = self.group()
        other = self.env["res.company"].create({"name": "Other"})
        self.env.cr.execute(
            "UPDATE integration_error_group SET company_id = %s WHERE id = %s", [other.id, group.id]
        )
        self.env.invalidate_all()
        seen = self.groups.with_user(self.operator).search([("id", "=", group.id)])
        self.assertFalse(seen)

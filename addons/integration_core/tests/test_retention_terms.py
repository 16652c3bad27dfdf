from odoo.tests import new_test_user, tagged

from .retention_case import RetentionCase


@tagged("post_install", "-at_install")
class TestRetentionTerms(RetentionCase):
    """Terms that one administrator chose alone remove nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ana = new_test_user(cls.env, "terms.ana", "integration_core.group_administrator")
        cls.ben = new_test_user(cls.env, "terms.ben", "integration_core.group_approver")
        cls.short = cls.policy.copy(
            {
                "name": "Short",
                "clinical_payload_days": 1,
                "payload_days": 1,
                "metadata_days": 1,
                "key_days": 1,
            }
        )

    def setUp(self):
        super().setUp()
        # Core has no transport, and only a transport makes an interface complete.
        self.patch(
            type(self.env["integration.interface"]), "_missing_for_traffic", lambda _self: []
        )
        self.young = self.finished("young", 20)
        self.hers = self.inbound.with_user(self.ana)

    def assert_kept(self, case):
        self.sweep()
        self.assertTrue(self.young.exists() and self.young.payload_ids, case)
        self.assertEqual(self.keys(self.young), 1, case)

    def orphan_key(self):
        """A key whose message is gone already."""
        self.env.cr.execute(
            "INSERT INTO integration_idempotency (interface_id, key, message_uuid, created_at) "
            "VALUES (%s, 'orphan', 'orphan-uuid', now() AT TIME ZONE 'UTC' - interval '20 days')",
            [self.inbound.id],
        )

    def orphans(self):
        return self.env["integration.idempotency"].search_count(
            [("message_uuid", "=", "orphan-uuid")]
        )

    def test_draft_again_with_a_short_policy(self):
        self.orphan_key()
        self.hers.action_retire()
        self.hers.action_back_to_draft()
        self.hers.policy_id = self.short
        self.assert_kept("draft")
        self.hers.action_submit()
        self.assert_kept("in review")
        self.assertTrue(self.orphans())
        self.inbound.with_user(self.ben).action_approve()
        # Keys that were passed by are found by the next round.
        self.env["integration.retention.clock"].search([]).write({"looked_again_at": False})
        self.sweep()
        self.assertFalse(self.young.exists(), "a second person has approved the terms")
        self.assertFalse(self.orphans())

    def test_retired_as_a_draft(self):
        self.hers.action_retire()
        self.hers.action_back_to_draft()
        self.hers.policy_id = self.short
        self.hers.action_retire()
        self.assert_kept("retired without a second look")

    def test_emergency_revision(self):
        proposal = self.hers.browse(self.hers.action_propose_change()["res_id"])
        proposal.policy_id = self.short
        revision = self.hers.open_revision_id
        revision.summary = "Shorter"
        revision.action_emergency("The disk is full")
        self.assertEqual(self.inbound.policy_id, self.short)
        self.assert_kept("emergency")
        revision.with_user(self.ben).action_approve()
        self.sweep()
        self.assertFalse(self.young.exists())

    def test_retired_with_approved_terms_goes_on(self):
        self.env.cr.execute(
            "UPDATE integration_interface SET approved_at = now() AT TIME ZONE 'UTC' WHERE id = %s",
            [self.inbound.id],
        )
        self.env.invalidate_all()
        old = self.finished("old", 31)
        self.hers.action_retire()
        self.sweep()
        self.assertFalse(old.payload_ids)

    def test_emergency_activation_that_is_approved_counts_as_approved(self):
        self.hers.action_retire()
        self.hers.action_back_to_draft()
        self.hers.policy_id = self.short
        self.hers.action_emergency_activation("Nobody is here")
        self.assert_kept("activated in an emergency")
        revision = self.hers.revision_ids.filtered(lambda one: one.state == "emergency")
        revision.with_user(self.ben).action_approve()
        self.hers.action_retire()
        self.sweep()
        self.assertFalse(self.young.exists())

    def test_event_of_two_interfaces(self):
        """The other interface's terms do not decide while this one's are unapproved."""
        other = self._interface(
            "Second", direction="outbound", event_type_ids=[(6, 0, self.event_type.ids)]
        )
        self.fire()
        self.dispatch()
        event = self.messages(self.outbound).event_id
        for message in self.messages(self.outbound) | self.messages(other):
            self.set_columns(message, state="cancelled")
            self.env.cr.execute(
                "UPDATE integration_message SET finished_at = now() AT TIME ZONE 'UTC' "
                "- interval '31 days' WHERE id = %s",
                [message.id],
            )
        hers = other.with_user(self.ana)
        hers.action_retire()
        hers.action_back_to_draft()
        self.sweep()
        self.env.invalidate_all()
        self.assertFalse(event.purged_at)

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .test_revision import NEW_URL, GovernanceCase


@tagged("post_install", "-at_install")
class TestEmergencies(GovernanceCase):
    """The emergency way does not become the way around approvers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.owner = new_test_user(cls.env, "owner.gov", groups="integration_core.group_observer")
        cls.business = new_test_user(cls.env, "business.gov", groups="base.group_user")
        cls.system.business_owner_id = cls.business
        cls.outbound.owner_id = cls.owner
        cls.env["integration.revision"]._approved_as_a_whole(cls.outbound)

    def propose(self, url=NEW_URL):
        self.outbound.with_user(self.ana).action_propose_change()
        revision = self.outbound.open_revision_id.with_user(self.ana)
        revision.proposal_id.write({"url": url})
        revision.summary = "Another address"
        return revision

    def declare(self, reason="The ward has no bandages"):
        revision = self.propose()
        revision.action_emergency(reason)
        return revision

    def pass_by(self, revision, days=1):
        """Nobody approves it; and then some time goes by."""
        revision.sudo().expires_at = fields.Datetime.now() - timedelta(seconds=1)
        self.env["integration.revision"]._cron_revisions()
        self.assertEqual(revision.state, "rolled_back")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_revision SET applied_at = applied_at - %s * interval '1 day' "
            "WHERE interface_id = %s",
            [days, self.outbound.id],
        )
        self.env.invalidate_all()

    def alerted(self, revision):
        kind = self.env.ref("mail.mail_activity_data_warning")
        return revision.sudo().activity_ids.filtered(lambda a: a.activity_type_id == kind)

    def test_the_first_one_passes_without_an_alarm(self):
        revision = self.declare()
        self.assertEqual(revision.state, "emergency")
        self.assertFalse(self.alerted(revision))
        self.assertFalse(self.outbound._emergency_warning())

    def test_the_second_one_passes_and_people_are_alerted_with_the_count(self):
        self.pass_by(self.declare())
        self.assertEqual(self.outbound.emergency_count, 1)
        revision = self.propose()
        self.assertIn("number 2", revision.action_ask_emergency()["context"]["default_warning"])
        revision.action_emergency("The ward has no bandages")
        self.assertEqual((revision.state, self.outbound.url), ("emergency", NEW_URL))
        alerts = self.alerted(revision)
        self.assertLessEqual(self.ben | self.cleo | self.owner | self.business, alerts.user_id)
        self.assertNotIn(self.ana, alerts.user_id)
        self.assertIn("number 2", alerts[0].summary)
        self.assertIn("no bandages", alerts[0].note)
        revision.with_user(self.ben).action_approve()
        self.assertFalse(self.alerted(revision), "the question is answered")

    def test_approvers_are_offered_to_approve_it(self):
        revision = self.declare()
        self.assertFalse(revision.may_approve, "not one's own")
        self.assertTrue(revision.with_user(self.ben).may_approve)
        self.assertFalse(revision.with_user(self.olaf).may_approve)
        revision.with_user(self.ben).action_approve()
        self.assertFalse(revision.with_user(self.ben).may_approve)

    def test_the_third_one_needs_a_release(self):
        for _ in range(2):
            self.pass_by(self.declare())
        self.assertTrue(self.outbound.emergency_locked)
        revision = self.propose()
        with self.assertRaisesRegex(UserError, "Call an approver"):
            revision.action_emergency("again")
        self.assertFalse(self.outbound.url)
        released = self.outbound.with_user(self.ben)
        released.action_release_emergency("They called: the storm still rages")
        self.assertIn(("release", "ben.gov"), self.acts(self.outbound))
        self.env.invalidate_all()
        revision.action_emergency("again")
        self.assertEqual(self.outbound.url, NEW_URL)
        self.assertFalse(self.outbound.emergency_released_until, "for one emergency only")
        self.pass_by(revision)
        with self.assertRaisesRegex(UserError, "Call an approver"):
            self.declare()

    def test_a_release_ends(self):
        for _ in range(2):
            self.pass_by(self.declare())
        self.outbound.with_user(self.ben).action_release_emergency("They called")
        self.outbound.sudo().emergency_released_until = fields.Datetime.now() - timedelta(minutes=1)
        self.assertTrue(self.outbound.emergency_locked)
        with self.assertRaisesRegex(UserError, "Call an approver"):
            self.declare()

    def test_who_releases_and_for_whom(self):
        with self.assertRaisesRegex(UserError, "needs no release"):
            self.outbound.with_user(self.ben).action_release_emergency("just in case")
        for _ in range(2):
            self.pass_by(self.declare())
        for user in (self.ana, self.olaf):
            with self.assertRaises(UserError):
                self.outbound.with_user(user).action_release_emergency("I say so")
        with self.assertRaises(UserError):
            self.outbound.with_user(self.ben).action_release_emergency(" ")
        # Cleo is both: she does not let herself through.
        self.outbound.with_user(self.cleo).action_release_emergency("They called")
        self.env.invalidate_all()
        revision = self.propose()
        with self.assertRaisesRegex(UserError, "yourself"):
            revision.with_user(self.cleo).action_emergency("again")
        revision.action_emergency("again")
        self.assertEqual(self.outbound.url, NEW_URL)

    def test_a_release_is_not_forged(self):
        with self.assertRaises(AccessError):
            self.outbound.with_user(self.ana).write(
                {"emergency_released_until": fields.Datetime.now() + timedelta(days=1)}
            )
        forged = (
            self.env["integration.interface"]
            .with_user(self.ana)
            .with_context(default_emergency_released_until="2099-01-01 00:00:00")
            .create({"name": "Forged", "system_id": self.system.id, "policy_id": self.policy.id})
        )
        self.assertFalse(forged.emergency_released_until)

    def test_what_was_approved_or_is_long_ago_does_not_count(self):
        self.pass_by(self.declare(), days=8)
        self.assertFalse(self.outbound.emergency_count)
        revision = self.declare()
        revision.with_user(self.ben).action_approve()
        self.assertFalse(self.outbound.emergency_count)

    def test_one_that_its_author_took_back_counts(self):
        for _ in range(2):
            self.declare().action_undo("over")
        self.assertTrue(self.outbound.emergency_locked)

    def test_activations_count_as_well(self):
        interface = (
            self.env["integration.interface"]
            .with_user(self.ana)
            .create({"name": "Urgent", "system_id": self.system.id, "policy_id": self.policy.id})
        )
        for number in (1, 2):
            interface.action_emergency_activation("now")
            revision = interface.revision_ids[0]
            self.assertEqual(bool(self.alerted(revision)), number == 2)
            revision.action_undo("over")
            self.assertEqual(interface.state, "draft")
        with self.assertRaisesRegex(UserError, "Call an approver"):
            interface.action_emergency_activation("now")
        self.assertEqual(interface.state, "draft")

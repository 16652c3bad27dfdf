import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import EngineCase

NEW_URL = "https://new.example.com/orders"


class GovernanceCase(EngineCase):
    """Ana configures, Ben approves, Cleo may do both, Olaf operates."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        administrator = "integration_core.group_administrator"
        approver = "integration_core.group_approver"
        cls.ana = new_test_user(cls.env, "ana.gov", groups=administrator)
        cls.ben = new_test_user(cls.env, "ben.gov", groups=approver)
        cls.cleo = new_test_user(cls.env, "cleo.gov", groups=f"{administrator},{approver}")
        cls.olaf = new_test_user(cls.env, "olaf.gov", groups="integration_core.group_operator")

    def setUp(self):
        super().setUp()
        # Core has no transport, and only a transport makes an interface complete.
        self.patch(
            type(self.env["integration.interface"]), "_missing_for_traffic", lambda _self: []
        )

    def acts(self, record):
        entries = self.env["integration.audit.entry"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)], order="id"
        )
        return [(entry.act, entry.actor_login) for entry in entries]


@tagged("post_install", "-at_install")
class TestFourEyes(GovernanceCase):
    def draft(self, user):
        return (
            self.env["integration.interface"]
            .with_user(user)
            .create({"name": "Draft", "system_id": self.system.id, "policy_id": self.policy.id})
        )

    def test_second_person_approves(self):
        interface = self.draft(self.ana)
        interface.action_submit()
        self.assertEqual(interface.submitted_by_id, self.ana)
        interface.with_user(self.ben).action_approve()
        self.assertEqual((interface.state, interface.approved_by_id), ("approved", self.ben))
        interface.action_activate()
        self.assertEqual(
            self.acts(interface),
            [
                ("create", "ana.gov"),
                ("submit", "ana.gov"),
                ("approve", "ben.gov"),
                ("activate", "ana.gov"),
            ],
        )

    def test_nobody_approves_what_he_submitted(self):
        interface = self.draft(self.cleo)
        interface.action_submit()
        self.assertFalse(interface.may_approve)
        with self.assertRaises(UserError):
            interface.action_approve()
        self.assertEqual(interface.state, "in_review")

    def test_nobody_approves_what_he_wrote(self):
        """Having a colleague press the button does not make it somebody else's text."""
        interface = self.draft(self.cleo)
        interface.with_user(self.ana).action_submit()
        with self.assertRaises(UserError):
            interface.with_user(self.cleo).action_approve()
        self.assertTrue(interface.with_user(self.ben).may_approve)

    def test_administrators_do_not_approve(self):
        interface = self.draft(self.cleo)
        interface.action_submit()
        with self.assertRaises(UserError):
            interface.with_user(self.ana).action_approve()

    def test_traces_of_a_request_cannot_be_wiped(self):
        interface = self.draft(self.cleo)
        interface.action_submit()
        for values in (
            {"submitted_by_id": self.ana.id},
            {"author_ids": [(5,)]},
            {"approved_by_id": self.ben.id},
        ):
            with self.subTest(values), self.assertRaises(AccessError):
                interface.write(values)
        with self.assertRaises(AccessError):
            self.draft(self.cleo).copy({"submitted_by_id": self.ana.id})

    def test_sent_back_with_a_reason(self):
        interface = self.draft(self.ana)
        interface.action_submit()
        with self.assertRaises(UserError):
            interface.with_user(self.olaf).action_send_back("no")
        action = interface.with_user(self.ben).action_ask_send_back()
        wizard = (
            self.env["integration.reason.wizard"]
            .with_user(self.ben)
            .with_context(**action["context"])
            .create({"reason": "The address is the test system's"})
        )
        wizard.action_confirm()
        self.assertEqual(interface.state, "draft")
        entry = self.env["integration.audit.entry"].search([("act", "=", "send_back")], limit=1)
        self.assertEqual(entry.reason, "The address is the test system's")

    def test_approvers_are_asked_until_it_is_decided(self):
        interface = self.draft(self.cleo)
        interface.action_submit()
        asked = interface.sudo().activity_ids.user_id
        self.assertIn(self.ben, asked)
        self.assertNotIn(self.cleo, asked)
        interface.with_user(self.ben).action_approve()
        self.assertFalse(interface.sudo().activity_ids)


@tagged("post_install", "-at_install")
class TestRevision(GovernanceCase):
    def propose(self, user=None, **values):
        interface = self.outbound.with_user(user or self.ana)
        proposal = interface.browse(interface.action_propose_change()["res_id"])
        proposal.write(values)
        revision = interface.open_revision_id
        revision.summary = "New data centre"
        return revision

    def test_active_interface_stays_until_a_second_person_approves(self):
        self.env["integration.revision"]._approved_as_a_whole(self.outbound)
        revision = self.propose(url=NEW_URL)
        self.assertFalse(self.outbound.url)
        self.assertIn(NEW_URL, revision.diff_html)
        revision.action_submit()
        proposal = revision.proposal_id
        with self.assertRaises(UserError):
            proposal.url = "https://other.example.com"
        with self.assertRaises(UserError):
            revision.action_approve()
        self.assertFalse(self.outbound.url)
        revision.with_user(self.ben).action_approve()
        self.assertEqual(self.outbound.url, NEW_URL)
        self.assertEqual(self.outbound.state, "active")
        self.assertEqual(revision.state, "in_force")
        self.assertFalse(proposal.exists())
        first = self.outbound.revision_ids - revision
        self.assertEqual(first.state, "superseded")
        self.assertIn(("apply", "ben.gov"), self.acts(revision))
        self.assertIn(("change", "ben.gov"), self.acts(self.outbound))

    def test_audit_trail_tells_of_a_proposal_in_words(self):
        revision = self.propose(url="https://new.example/")
        revision.action_submit()
        told = (
            self.env["integration.audit.entry"]
            .search([("res_model", "=", revision._name), ("res_id", "=", revision.id)])
            .filtered("changes_text")
            .mapped("changes_text")
        )
        self.assertIn("URL: ∅ → https://new.example/", "\n".join(told))
        self.assertNotIn("{", "".join(told), "bookkeeping in JSON")

    def test_what_was_approved_is_what_is_applied(self):
        revision = self.propose(url=NEW_URL)
        revision.action_submit()
        # Fields that need no approval can still be edited in the copy; they are not applied.
        revision.proposal_id.name = "Smuggled"
        revision.with_user(self.ben).action_approve()
        self.assertEqual((self.outbound.url, self.outbound.name), (NEW_URL, "Outbound"))

    def test_author_of_the_copy_does_not_approve(self):
        revision = self.propose(user=self.cleo, url=NEW_URL)
        revision.with_user(self.ana).action_submit()
        with self.assertRaises(UserError):
            revision.with_user(self.cleo).action_approve()

    def test_proposal_carries_no_traffic(self):
        revision = self.propose(url=NEW_URL)
        proposal = revision.proposal_id
        self.assertFalse(proposal._carries_traffic())
        self.assertFalse(self.env["integration.lane"].search([("interface_id", "=", proposal.id)]))
        self.assertNotIn(proposal, self.env["integration.interface"].search([]))

    def test_one_open_proposal(self):
        revision = self.propose(url=NEW_URL)
        again = self.outbound.with_user(self.cleo).action_propose_change()
        self.assertEqual(again["res_id"], revision.proposal_id.id)

    def test_empty_proposal_is_refused(self):
        revision = self.propose()
        with self.assertRaises(UserError):
            revision.action_submit()

    def test_collision_is_refused_and_named(self):
        revision = self.propose(failure_impact="Wards wait")
        revision.action_submit()
        self.outbound.with_user(self.cleo).failure_impact = "Nothing"
        with self.assertRaises(UserError) as caught:
            revision.with_user(self.ben).action_approve()
        self.assertIn("Failure Impact", str(caught.exception))
        self.assertEqual(self.outbound.failure_impact, "Nothing")

    def test_other_changes_meanwhile_stay(self):
        revision = self.propose(url=NEW_URL)
        revision.action_submit()
        self.outbound.with_user(self.cleo).failure_impact = "Wards wait"
        revision.with_user(self.ben).action_approve()
        self.assertEqual(self.outbound.url, NEW_URL)
        self.assertEqual(self.outbound.failure_impact, "Wards wait")

    def test_planned_change_waits_for_its_time(self):
        revision = self.propose(url=NEW_URL)
        revision.planned_at = fields.Datetime.now() + timedelta(hours=1)
        revision.action_submit()
        revision.with_user(self.ben).action_approve()
        self.assertEqual(revision.state, "approved")
        self.env["integration.revision"]._cron_revisions()
        self.assertFalse(self.outbound.url)
        revision.sudo().planned_at = fields.Datetime.now() - timedelta(seconds=1)
        self.env["integration.revision"]._cron_revisions()
        self.assertEqual((revision.state, self.outbound.url), ("in_force", NEW_URL))

    def test_planned_change_that_cannot_come_into_force_returns(self):
        revision = self.propose(failure_impact="Wards wait")
        revision.planned_at = fields.Datetime.now() + timedelta(hours=1)
        revision.action_submit()
        revision.with_user(self.ben).action_approve()
        self.outbound.failure_impact = "Other"
        revision.sudo().planned_at = fields.Datetime.now() - timedelta(seconds=1)
        self.env["integration.revision"]._cron_revisions()
        self.assertEqual(revision.state, "draft")
        self.assertIn(self.ana, self.outbound.activity_ids.user_id)
        self.assertEqual(revision.proposal_id.state, "draft")

    def test_discard(self):
        revision = self.propose(url=NEW_URL)
        proposal = revision.proposal_id
        revision.action_discard()
        self.assertEqual(revision.state, "discarded")
        self.assertFalse(proposal.exists())
        self.assertFalse(self.outbound.url)
        self.assertTrue(self.propose(url=NEW_URL))

    def test_return_to_an_older_revision(self):
        first = self.env["integration.revision"]._approved_as_a_whole(self.outbound)
        revision = self.propose(url=NEW_URL)
        revision.action_submit()
        revision.with_user(self.ben).action_approve()
        with self.assertRaises(AccessError):
            first.with_user(self.ben).action_return_to("it fails")
        first.with_user(self.ana).action_return_to("it fails")
        self.assertFalse(self.outbound.url)
        newest = self.outbound.revision_ids[0]
        self.assertEqual((newest.number, newest.state), (3, "in_force"))
        self.assertEqual(newest.rollback_of_id, first)
        self.assertEqual(revision.state, "superseded")
        self.assertIn(("rollback", "ana.gov"), self.acts(newest))

    def test_emergency_is_rolled_back_unless_approved(self):
        first = self.env["integration.revision"]._approved_as_a_whole(self.outbound)
        revision = self.propose(url=NEW_URL)
        revision.action_emergency("The old data centre burns")
        self.assertEqual((revision.state, self.outbound.url), ("emergency", NEW_URL))
        self.assertIn(("break_glass", "ana.gov"), self.acts(revision))
        self.assertIn(self.ben, revision.sudo().activity_ids.user_id)
        with self.assertRaises(UserError):
            revision.action_approve()
        self.env["integration.revision"]._cron_revisions()
        self.assertEqual(self.outbound.url, NEW_URL)
        revision.sudo().expires_at = fields.Datetime.now() - timedelta(seconds=1)
        self.env["integration.revision"]._cron_revisions()
        self.assertFalse(self.outbound.url)
        self.assertEqual((revision.state, first.state), ("rolled_back", "in_force"))
        self.assertEqual(self.outbound.state, "active")

    def test_emergency_that_is_approved_stays(self):
        revision = self.propose(url=NEW_URL)
        revision.action_emergency("The old data centre burns")
        revision.with_user(self.ben).action_approve()
        self.assertEqual(revision.state, "in_force")
        self.assertFalse(revision.expires_at)
        self.env["integration.revision"]._cron_revisions()
        self.assertEqual(self.outbound.url, NEW_URL)

    def test_emergency_that_cannot_be_taken_back_stops_the_traffic(self):
        self.env["integration.revision"]._approved_as_a_whole(self.outbound)
        revision = self.propose(failure_impact="Wards wait")
        revision.action_emergency("Now")
        self.outbound.failure_impact = "Other"
        revision.sudo().expires_at = fields.Datetime.now() - timedelta(seconds=1)
        self.env["integration.revision"]._cron_revisions()
        self.assertTrue(self.outbound.processing_paused)
        self.assertTrue(self.outbound.activity_ids)

    def test_emergency_activation_ends_as_a_draft(self):
        interface = (
            self.env["integration.interface"]
            .with_user(self.ana)
            .create({"name": "Urgent", "system_id": self.system.id, "policy_id": self.policy.id})
        )
        with self.assertRaises(AccessError):
            interface.with_user(self.olaf).action_emergency_activation("now")
        interface.action_emergency_activation("The ward has no bandages")
        self.assertEqual(interface.state, "active")
        interface.revision_ids.sudo().expires_at = fields.Datetime.now() - timedelta(seconds=1)
        self.env["integration.revision"]._cron_revisions()
        self.assertEqual(interface.state, "draft")

    def test_draft_is_not_activated_without_approval(self):
        interface = self.env["integration.interface"].create(
            {"name": "Draft", "system_id": self.system.id, "policy_id": self.policy.id}
        )
        with self.assertRaises(UserError):
            interface.with_user(self.ana).action_activate()

    def test_revisions_are_closed_to_forgery(self):
        revision = self.propose(url=NEW_URL)
        for values in ({"state": "approved"}, {"proposed": "{}"}, {"expires_at": False}):
            with self.subTest(values), self.assertRaises(AccessError):
                revision.write(values)
        with self.assertRaises(AccessError):
            revision.copy()
        with self.assertRaises(AccessError):
            self.outbound.with_user(self.ana).write({"revision_of_id": self.inbound.id})
        with self.assertRaises(UserError):
            self.outbound.with_user(self.ana).with_context(
                integration_approved_change=True
            ).url = NEW_URL

    def test_second_editor_is_told(self):
        loaded = self.outbound.lock_version
        self.outbound.with_user(self.ana).write({"name": "Ana's", "lock_version": loaded})
        with self.assertRaises(UserError) as caught:
            self.outbound.with_user(self.cleo).write({"name": "Cleo's", "lock_version": loaded})
        self.assertIn("has changed", str(caught.exception))
        self.assertEqual(self.outbound.name, "Ana's")

    def test_configuration_is_plain_json(self):
        config = self.outbound._configuration()
        self.assertEqual(config, json.loads(json.dumps(config)))
        self.assertEqual(config["event_type_ids"], self.event_type.ids)
        for name in ("token", "state", "processing_paused", "submitted_by_id"):
            self.assertNotIn(name, config)

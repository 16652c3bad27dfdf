from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_revision import NEW_URL, GovernanceCase


@tagged("post_install", "-at_install")
class TestForgery(GovernanceCase):
    """What an administrator may try over RPC to do without a second person."""

    def propose(self, **values):
        interface = self.outbound.with_user(self.ana)
        proposal = interface.browse(interface.action_propose_change()["res_id"])
        proposal.write(values)
        revision = interface.open_revision_id
        revision.summary = "Change"
        return revision

    def test_defaults_of_the_context_do_not_approve(self):
        model = self.env["integration.interface"].with_user(self.ana)
        for forged in (
            {"state": "active", "activated_at": "2026-01-01 00:00:00"},
            {"state": "approved", "approved_by_id": self.ben.id},
            {"revision_of_id": self.outbound.id},
            {"token": "known"},
        ):
            context = {f"default_{name}": value for name, value in forged.items()}
            with self.subTest(forged):
                interface = model.with_context(**context).create(
                    {"name": "Forged", "system_id": self.system.id}
                )
                self.assertEqual(interface.state, "draft")
                self.assertFalse(interface.approved_by_id or interface.activated_at)
                self.assertFalse(interface.revision_of_id)
                self.assertNotEqual(interface.sudo().token, "known")
                self.assertEqual(self.acts(interface), [("create", "ana.gov")])

    def test_defaults_of_a_user_do_not_approve(self):
        model = self.env["integration.interface"].with_user(self.ana)
        self.env["ir.default"].with_user(self.ana).set(
            model._name, "state", "active", user_id=self.ana.id
        )
        self.env["ir.default"].with_user(self.ana).set(
            model._name, "approved_by_id", self.ben.id, user_id=self.ana.id
        )
        interface = model.create({"name": "Forged", "system_id": self.system.id})
        self.assertEqual(interface.state, "draft")
        self.assertFalse(interface.approved_by_id)

    def test_columns_of_a_revision_are_closed(self):
        revision = self.propose(url=NEW_URL)
        revision.action_submit()
        for values in (
            {"differences": "[]"},
            {"interface_id": self.inbound.id},
            {"proposal_id": self.inbound.id},
            {"number": 99},
        ):
            with self.subTest(values), self.assertRaises(AccessError):
                revision.write(values)

    def test_proposal_does_not_become_an_interface(self):
        revision = self.propose(url=NEW_URL)
        revision.action_submit()
        proposal = revision.proposal_id
        for act in ("action_approve", "action_activate", "action_retire"):
            with self.subTest(act), self.assertRaises(UserError):
                getattr(proposal.with_user(self.ben if "approve" in act else self.ana), act)()
        with self.assertRaises(UserError):
            proposal.with_user(self.ana).active = True

    def test_nothing_is_built_on_an_emergency(self):
        self.env["integration.revision"]._approved_as_a_whole(self.outbound)
        self.propose(url=NEW_URL).action_emergency("now")
        with self.assertRaises(UserError):
            self.outbound.with_user(self.ana).action_propose_change()

    def test_emergency_needs_a_reason(self):
        revision = self.propose(url=NEW_URL)
        with self.assertRaises(UserError):
            revision.action_emergency(" ")
        interface = self.inbound.with_user(self.ana).copy()
        with self.assertRaises(UserError):
            interface.action_emergency_activation("")

    def test_emergency_without_an_earlier_revision_is_taken_back(self):
        revision = self.propose(url=NEW_URL)
        revision.action_emergency("now")
        revision.with_user(self.ben).action_undo("not needed")
        self.assertFalse(self.outbound.url)
        self.assertEqual(self.outbound.state, "active")

    def test_author_of_an_emergency_activation_does_not_approve_it(self):
        interface = (
            self.env["integration.interface"]
            .with_user(self.cleo)
            .create({"name": "Urgent", "system_id": self.system.id, "policy_id": self.policy.id})
        )
        interface.with_user(self.ana).action_emergency_activation("now")
        with self.assertRaises(UserError):
            interface.revision_ids.with_user(self.cleo).action_approve()

    def test_archiving_unlocks_nothing(self):
        with self.assertRaises(UserError):
            self.outbound.with_user(self.ana).active = False
        self.outbound.active = False
        with self.assertRaises(UserError):
            self.policy.with_user(self.ana).max_attempts = 1
        with self.assertRaises(UserError):
            self.event_type.with_user(self.ana).field_value = "1"

    def test_system_of_a_live_interface_keeps_its_partner(self):
        for values in (
            {"partner_id": self.env.user.partner_id.id},
            {"tz": "Asia/Tokyo"},
            {"active": False},
        ):
            with self.subTest(values), self.assertRaises(UserError):
                self.system.with_user(self.ana).write(values)
        self.system.with_user(self.ana).name = "Renamed"

    def test_older_revision_does_not_bring_back_what_changed_since(self):
        first = self.env["integration.revision"]._approved_as_a_whole(self.outbound)
        other = self.policy.copy({"name": "Other"})
        revision = self.propose(policy_id=other.id)
        revision.action_submit()
        revision.with_user(self.ben).action_approve()
        self.policy.max_attempts = 1  # free now: no interface uses it
        with self.assertRaises(UserError) as caught:
            first.with_user(self.ana).action_return_to("back")
        self.assertIn("since it was approved", str(caught.exception))

    def test_interface_with_revisions_is_kept(self):
        self.env["integration.revision"]._approved_as_a_whole(self.outbound)
        self.outbound.action_retire()
        self.outbound.action_back_to_draft()
        with self.assertRaises(UserError):
            self.outbound.unlink()

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from . import upgrading
from .test_contract import WITHOUT_AMOUNT
from .test_waiver import WaiverCase


@tagged("post_install", "-at_install")
class TestWaiverEnded(WaiverCase):
    """A version in force whose consumers were broken by a waiver that is over."""

    def setUp(self):
        super().setUp()
        self.breaking = self.version("2.0.0", WITHOUT_AMOUNT)
        self.breaking.action_submit()
        self.leave = self.granted(
            rule="contract_break", interface_id=False, contract_version_id=self.breaking.id
        )
        self.breaking.with_user(self.bea).action_approve()

    def end(self):
        self.outdate(self.leave)
        self.cron()
        self.env.invalidate_all()

    def newcomer(self):
        """An interface that would begin to follow the contract."""
        return self.env["integration.interface"].create(
            {
                "name": "Newcomer",
                "direction": "outbound",
                "system_id": self.system.id,
                "policy_id": self.policy.id,
                "event_type_ids": [(6, 0, self.event_type.ids)],
            }
        )

    def hindered(self, interface):
        """Whether the version is what keeps it from carrying traffic."""
        interface.invalidate_recordset()
        return any("waiver ended" in line for line in interface._missing_for_traffic())

    def test_traffic_goes_on_and_nothing_new_begins(self):
        newcomer = self.newcomer()
        self.assertFalse(self.hindered(newcomer))
        self.end()
        self.assertEqual(self.leave.state, "expired")
        self.assertTrue(self.breaking.waiver_ended_at)
        self.assertIn("expired", self.breaking.waiver_ended_why)
        self.assertEqual(self.current(), "2.0.0")
        self.assertFalse(self.outbound.processing_paused)
        self.assertFalse(self.hindered(self.outbound))
        self.assertTrue(self.hindered(newcomer))
        self.assertEqual(self.audited(self.breaking)[-1], "expire")

    def test_a_pinned_version_is_bound_as_well(self):
        newcomer = self.newcomer()
        newcomer.event_type_ids = False
        self.end()
        self.assertFalse(self.hindered(newcomer))
        self.pin(newcomer, self.breaking)
        self.assertTrue(self.hindered(newcomer))

    def test_a_handler_binds_as_well(self):
        self.handle_with(lambda *_args: None)
        newcomer = self.newcomer()
        newcomer.write({"event_type_ids": False, "direction": "inbound"})
        self.env.cr.execute(
            "UPDATE integration_interface SET handler = 'integration.handler' WHERE id = %s",
            [newcomer.id],
        )
        self.end()
        self.assertTrue(self.hindered(newcomer))

    def test_what_follows_it_can_still_be_mended(self):
        """A proposed change of an interface that used the version before begins nothing."""
        self.end()
        self.outbound.with_user(self.ana).action_propose_change()
        proposal = self.outbound.open_revision_id.proposal_id
        self.assertFalse(self.hindered(proposal))
        self.pin(proposal, self.breaking)
        self.assertFalse(self.hindered(proposal), "the contract's version in force already")
        other = self.env["integration.interface"].browse(self.inbound.id)
        other.with_user(self.ana).action_propose_change()
        proposal = other.open_revision_id.proposal_id
        self.pin(proposal, self.breaking)
        self.assertTrue(self.hindered(proposal))

    def test_people_are_told(self):
        self.end()
        asked = self.breaking.activity_ids.user_id
        self.assertLessEqual(self.bea | self.cid | self.ana, asked)
        self.assertIn(self.owner, self.outbound.activity_ids.user_id)

    def test_revocation_is_an_end_too(self):
        self.leave.with_user(self.cid).action_revoke("They had enough time.")
        self.assertTrue(self.breaking.waiver_ended_at)
        self.assertIn("They had enough time", self.breaking.waiver_ended_why)

    def test_not_while_another_waiver_holds(self):
        self.granted(
            days=60,
            rule="contract_break",
            interface_id=False,
            contract_version_id=self.breaking.id,
        )
        self.end()
        self.assertFalse(self.breaking.waiver_ended_at)

    def test_not_when_nobody_is_broken(self):
        self.env.cr.execute(
            "UPDATE integration_interface SET state = 'retired' WHERE id IN %s",
            [(self.outbound.id, self.inbound.id)],
        )
        self.end()
        self.assertFalse(self.breaking.waiver_ended_at)
        self.assertFalse(self.breaking.activity_ids)

    def test_another_waiver_lifts_it(self):
        self.end()
        again = self.waiver(
            rule="contract_break", interface_id=False, contract_version_id=self.breaking.id
        )
        again.action_submit()
        self.assertTrue(self.breaking.waiver_ended_at, "asking alone lifts nothing")
        again.with_user(self.bea).action_approve()
        self.assertFalse(self.breaking.waiver_ended_at)
        self.assertFalse(self.breaking.activity_ids)
        self.assertFalse(self.hindered(self.newcomer()))

    def test_a_second_person_confirms_that_consumers_have_moved(self):
        with self.refused("No waiver"):
            self.breaking.with_user(self.bea).action_confirm_moved("Too early.")
        self.end()
        operator = new_test_user(self.env, "op.ended", "integration_core.group_operator")
        with self.assertRaises(UserError):
            self.breaking.with_user(operator).action_confirm_moved("All are well.")
        with self.refused("yourself"):  # Ana wrote the version and asked for the waiver
            self.breaking.with_user(self.ana).action_confirm_moved("All are well.")
        with self.assertRaises(UserError):
            self.breaking.with_user(self.bea).action_confirm_moved(" ")
        self.breaking.with_user(self.bea).action_confirm_moved("All are well.")
        self.assertFalse(self.breaking.waiver_ended_at)
        self.assertFalse(self.breaking.activity_ids)
        self.assertFalse(self.hindered(self.newcomer()))
        self.assertEqual(self.audited(self.breaking)[-1], "confirm")

    def test_who_asked_for_the_waiver_does_not_confirm(self):
        self.end()
        # sudo: as if somebody else had submitted the version itself
        self.breaking.sudo().submitted_by_id = self.cid
        with self.refused("asked for the waiver"):
            self.breaking.with_user(self.ana).action_confirm_moved("All are well.")

    def test_retirement_ends_it(self):
        self.end()
        self.env.cr.execute(
            "UPDATE integration_interface SET state = 'retired' WHERE id IN %s",
            [(self.outbound.id, self.inbound.id)],
        )
        self.env.invalidate_all()
        self.breaking.with_user(self.ana).action_retire("It did harm.")
        self.assertFalse(self.breaking.waiver_ended_at)

    def test_the_mark_is_set_by_the_engine_alone(self):
        self.end()
        with self.assertRaises(AccessError):
            self.breaking.with_user(self.ana).write({"waiver_ended_at": False})

    def test_reminder_says_what_will_happen(self):
        self.leave.sudo()._remind()
        self.assertIn("no further interface", self.leave.activity_ids.note)

    def test_upgrade(self):
        """Waivers that ended before versions took note of it."""
        self.outdate(self.leave)
        self.env.cr.execute(
            "UPDATE integration_waiver SET state = 'expired' WHERE id = %s", [self.leave.id]
        )
        self.env.invalidate_all()
        upgrading.script("19.0.1.1.0", "post-waiver_ended").migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertTrue(self.breaking.waiver_ended_at)
        self.assertIn(str(self.leave.valid_until), self.breaking.waiver_ended_why)
        self.assertIn(self.owner, self.outbound.activity_ids.user_id)

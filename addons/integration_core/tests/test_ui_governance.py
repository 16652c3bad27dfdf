from odoo.tests import HttpCase, new_test_user, tagged

from .common import EngineCase


class GovernanceCase(EngineCase, HttpCase):
    """Two people at their browsers: one asks, the other decides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.asking, cls.deciding = (
            new_test_user(cls.env, login, f"integration_core.group_{role}", password=login)
            for login, role in (
                ("tour.administrator", "administrator,base.group_partner_manager"),
                ("tour.approver", "approver"),
            )
        )

    def ask(self, tour, url="/odoo"):
        self.start_tour(url, f"integration_core_{tour}", login=self.asking.login)

    def decide(self, tour):
        self.start_tour("/odoo", f"integration_core_{tour}", login=self.deciding.login)

    def acts(self, record):
        """What the audit trail says of a record: who did what."""
        entries = self.env["integration.audit.entry"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)], order="id"
        )
        return [(entry.actor_login, entry.act) for entry in entries]


@tagged("post_install", "-at_install")
class TestGovernanceUi(GovernanceCase):
    def test_contract_is_written_and_approved(self):
        self.ask("write_contract")
        self.decide("approve_contract")
        contract = self.env["integration.contract"].search([("code", "=", "tour.contract")])
        version = contract.current_version_id
        self.assertEqual((version.version, version.state), ("1.0.0", "approved"))
        self.assertEqual(version.submitted_by_id, self.asking)
        self.assertEqual(version.approved_by_id, self.deciding)
        self.assertEqual(version._validator().violations({"ward": 7}), ["/ward: must be string"])
        self.assertIn(("tour.approver", "approve"), self.acts(version))

    def test_waiver_is_asked_for_granted_and_revoked(self):
        interface = self._interface(
            "Tour interface", direction="outbound", url="http://gateway.example/"
        )
        waivers = self.env["integration.waiver"]
        self.ask("ask_waiver")
        self.assertFalse(waivers._covers("plaintext", interface))
        self.decide("grant_waiver")
        self.env.invalidate_all()
        self.assertTrue(waivers._covers("plaintext", interface))
        self.ask("revoke_waiver")
        self.env.invalidate_all()
        self.assertFalse(waivers._covers("plaintext", interface))
        self.assertTrue(interface.processing_paused, "what the waiver allowed has stopped")
        waiver = waivers.search([("interface_id", "=", interface.id)])
        self.assertEqual(
            self.acts(waiver),
            [
                ("tour.administrator", "create"),
                ("tour.administrator", "submit"),
                ("tour.approver", "approve"),
                ("tour.administrator", "revoke"),
            ],
        )

    def test_routing_gets_a_rule_and_is_approved(self):
        first = self.env["integration.routing"].create(
            {
                "name": "Tour routing",
                "code": "tour_routing",
                "line_ids": [(0, 0, {"message_type": "ACK", "action": "filter"})],
            }
        )
        first.state = "approved"
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_interface SET routing_id = %s, handler = NULL WHERE id = %s",
            [first.id, self.inbound.id],
        )
        self.env.invalidate_all()
        self.ask("change_routing")
        second = self.env["integration.routing"].search([("previous_id", "=", first.id)])
        self.assertEqual((second.version, second.state), (2, "in_review"))
        self.decide("approve_routing")
        self.env.invalidate_all()
        self.assertEqual((second.state, second.approved_by_id), ("approved", self.deciding))
        self.assertEqual(second.line_ids.mapped("message_type"), ["ACK", "ORU^R01"])
        self.assertEqual(first.line_ids.mapped("message_type"), ["ACK"])
        self.assertIn(("tour.approver", "approve"), self.acts(second))

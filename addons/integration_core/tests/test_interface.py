from unittest.mock import patch

import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.engine import settings

from .common import EngineCase


@tagged("post_install", "-at_install")
class TestInterface(EngineCase):
    def _draft(self, **values):
        return self.env["integration.interface"].create(
            {"name": "Draft", "system_id": self.system.id, "policy_id": self.policy.id, **values}
        )

    def test_incomplete_interface_says_all_that_is_missing(self):
        with self.assertRaises(ValidationError) as caught:
            self._draft(direction="inbound").action_submit()
        text = str(caught.exception)
        for part in ("transport", "handler", "service user"):
            self.assertIn(part, text)

    def test_lifecycle_refuses_shortcuts(self):
        interface = self._draft()
        with self.assertRaises(UserError):
            interface.action_approve()
        self.assertEqual(interface.state, "draft")

    def test_state_is_not_copied(self):
        copy = self.outbound.copy()
        self.assertEqual(copy.state, "draft")
        self.assertFalse(copy.activated_at)
        self.assertNotEqual(copy.token, self.outbound.token)

    def test_governed_fields_are_fixed_once_out_of_draft(self):
        for values in (
            {"policy_id": self.policy.copy().id},
            {"event_type_ids": [(5,)]},
            {"url": "https://elsewhere.example.com"},
        ):
            with self.subTest(values), self.assertRaises(UserError):
                self.outbound.write(values)
        self.outbound.write({"policy_id": self.policy.id, "name": "New name", "url": False})
        self.assertEqual(self.outbound.name, "New name")

    def test_first_activation_is_remembered(self):
        interface = self._draft()
        self.patch(type(interface), "_missing_for_traffic", lambda _self: [])
        interface.action_submit()
        interface.action_approve()
        self.assertFalse(interface.activated_at)
        interface.action_activate()
        first = interface.activated_at
        self.assertTrue(first)
        interface.action_retire()
        interface.action_back_to_draft()
        self.assertEqual(interface.activated_at, first)

    def test_deprecated_interface_announces_itself(self):
        self.inbound.action_deprecate()
        self.inbound.sunset_date = "2027-01-31"
        spec = self.inbound._inbound_spec()
        self.assertTrue(spec["open"])
        self.assertRegex(spec["deprecation"], r"^@\d{10}$")
        self.assertEqual(spec["sunset"], "Sun, 31 Jan 2027 00:00:00 GMT")

    def test_interface_with_history_is_kept(self):
        self.receive("m1", {"key": "a"})
        self.inbound.action_retire()
        self.inbound.action_back_to_draft()
        with self.assertRaises(UserError):
            self.inbound.unlink()
        with self.assertRaises(UserError):
            self.system.unlink()
        # The ledger has no foreign keys to them: it is these refusals that keep it whole.
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.ForeignKeyViolation),
            self.cr.savepoint(),
        ):
            self.env.cr.execute(
                "DELETE FROM res_company WHERE id = %s", [self.inbound.company_id.id]
            )
        unused = self._draft()
        unused.unlink()
        self.assertFalse(unused.exists())

    def test_allowed_networks_are_checked(self):
        with self.assertRaises(ValidationError):
            self._draft(allowed_networks="10.0.0.0/8, nonsense")

    def test_ordering_key_is_an_expression(self):
        with self.assertRaises(ValidationError):
            self._draft(ordering_key_path="order[")

    def test_lanes_follow_the_policy(self):
        lanes = self.env["integration.lane"].search
        self.assertEqual(len(lanes([("interface_id", "=", self.inbound.id)])), 1)
        self.policy.lanes = 4
        self.assertEqual(len(lanes([("interface_id", "=", self.inbound.id)])), 4)
        self.policy.ordering = "strict"
        self.assertEqual(self.inbound._lane_count(), 1)

    def test_cached_specification_follows_every_change(self):
        """The door reads a cached map; a stale one would accept what was switched off."""
        credential = self.env["integration.credential"].create({"name": "Shared"})
        self.env.flush_all()
        # core has no transport of its own; the map takes any but "none"
        self.env.cr.execute(
            "UPDATE integration_interface SET transport = 'test', credential_id = %s WHERE id = %s",
            [credential.id, self.inbound.id],
        )
        self.inbound.invalidate_recordset()
        self.env.registry.clear_cache()

        def spec():
            specs = self.env["integration.interface"]._inbound_specs()
            return next(spec for spec in specs.values() if spec["id"] == self.inbound.id)

        self.assertFalse(spec()["stopped"])
        self.inbound.action_stop_receiving()
        self.assertTrue(spec()["stopped"])
        self.policy.rate_per_second = 7
        self.assertEqual(spec()["rate"], 7)
        credential.rotate({"generate": True})
        self.assertEqual(len(spec()["secrets"]), 1)
        credential.active = False
        self.assertEqual(len(spec()["secrets"]), 0, "an archived credential is revoked")
        self.inbound.active = False
        self.assertTrue(spec()["retired"])

    def test_protected_fields_are_closed_to_people(self):
        admin = self.env.ref("base.user_admin")
        interface = self._draft().with_user(admin)
        for values in (
            {"state": "active"},
            {"activated_at": "2026-01-01"},
            {"processing_paused": True},
            {"token": "known"},
        ):
            with self.subTest(values), self.assertRaises(AccessError):
                interface.write(values)
        with self.assertRaises(AccessError):
            self._draft().with_user(admin).copy({"state": "active"})
        interface.name = "Renamed"

    def test_private_content_needs_a_key_ring(self):
        for data_class in ("internal", "confidential", "clinical"):
            draft = self._draft(data_class=data_class)
            self.assertFalse([line for line in draft._missing_for_traffic() if "key ring" in line])
            with patch.object(settings, "optional_key_ring", lambda: None):
                missing = [line for line in draft._missing_for_traffic() if "key ring" in line]
            self.assertEqual(bool(missing), data_class != "internal")

    def test_system_with_interfaces_keeps_its_company(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        with self.assertRaises(UserError):
            self.system.company_id = company

    def test_pause_needs_the_operator_role(self):
        user = self.env["res.users"].create(
            {
                "name": "Observer",
                "login": "observer.test",
                "group_ids": [(4, self.env.ref("integration_core.group_observer").id)],
            }
        )
        with self.assertRaises(UserError):
            self.inbound.with_user(user).action_pause()
        user.group_ids = [(4, self.env.ref("integration_core.group_operator").id)]
        self.inbound.with_user(user).action_pause()
        self.assertTrue(self.inbound.processing_paused)

    def test_light(self):
        self.assertEqual(self.inbound.light, "ok")
        self.inbound.action_pause()
        self.assertEqual(self.inbound.light, "paused")
        self.inbound.action_resume()
        message = self.receive("m1", {"key": "a"})
        self.receive("m1", {"key": "b"})
        self.inbound.invalidate_recordset()
        self.assertEqual(self.inbound.light, "failing")
        self.assertEqual((self.inbound.queued_count, self.inbound.failed_count), (1, 1))
        self.assertTrue(message)
        self.inbound.action_retire()
        self.assertEqual(self.inbound.light, "off")


@tagged("post_install", "-at_install")
class TestPolicy(EngineCase):
    def test_schedule_is_checked(self):
        with self.assertRaises(ValidationError):
            self.policy.write({"retry_mode": "schedule", "retry_schedule": "now, later"})

    def test_shared_policy_serves_interfaces_that_its_editor_does_not_see(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        system = self.env["integration.system"].create(
            {"name": "Foreign", "code": "FOREIGN", "company_id": company.id}
        )
        foreign = self.env["integration.interface"].create(
            {"name": "Foreign", "system_id": system.id, "policy_id": self.policy.id}
        )
        admin = self.env.ref("base.user_admin")
        self.assertNotIn(company, admin.company_ids)
        self.policy.with_user(admin).name = "Renamed"
        with self.assertRaises(UserError):
            self.policy.with_user(admin).lanes = 4
        self.policy.lanes = 4
        lanes = self.env["integration.lane"].search([("interface_id", "=", foreign.id)])
        self.assertEqual(len(lanes), 4)

    def test_ranges_are_checked(self):
        for values in ({"concurrency": 0}, {"total_timeout": 0}, {"lanes": 17}):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.policy.write(values)

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import former_addresses
from odoo.addons.integration_core.engine.last_uses import LastUses

from .inbound_case import InboundCase, hmac_hex

BODY = b'{"id": "e1", "type": "thing"}'


@tagged("post_install", "-at_install")
class TestNewAddress(InboundCase):
    """A partner gets another address; the old one is in force for an overlap."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = new_test_user(cls.env, "renews", "integration_core.group_administrator")

    def setUp(self):
        super().setUp()
        self.use("github")
        self.old = self.interface.token

    def renew(self, user=None, **values):
        wizard = self.env["integration.new.address"].with_user(user or self.admin)
        wizard.create(
            {"interface_id": self.interface.id, "reason": "Seen in a log", **values}
        ).action_confirm()
        self.interface.invalidate_recordset()

    def post(self, token, body=BODY):
        return self.opener.post(
            f"{self.base_url()}/integration/webhook/{token}",
            data=body,
            headers={
                "Content-Type": "application/json",
                "X-Hub-Signature-256": f"sha256={hmac_hex(body)}",
            },
            timeout=30,
        )

    def entry(self):
        return self.env["integration.audit.entry"].search(
            [("res_model", "=", "integration.interface"), ("res_id", "=", self.interface.id)],
            order="id desc",
            limit=1,
        )

    def pass_time(self, hours):
        """Let the overlap end by so much; the door has its own copy of what it knows."""
        return freeze_time(fields.Datetime.now() + timedelta(hours=hours), tick=True)

    def test_both_addresses_are_in_force_for_the_overlap(self):
        self.renew()
        self.assertNotEqual(self.interface.token, self.old)
        left = self.interface.former_address_until - fields.Datetime.now()
        self.assertAlmostEqual(left / timedelta(hours=1), 24, delta=0.1)
        answers = self.post(self.old), self.post(self.interface.token)
        self.assertEqual([one.status_code for one in answers], [202, 202])
        self.assertEqual(answers[0].json(), answers[1].json(), "one interface, one message")
        self.assertTrue(answers[0].headers["Sunset"].endswith("GMT"))
        self.assertNotIn("Sunset", answers[1].headers)

    def test_the_door_refuses_the_old_one_from_the_minute_on(self):
        """Whether or not the cron has run; the specification is in the cache."""
        self.renew(overlap_hours=2)
        self.assertEqual(self.post(self.old).status_code, 202)
        with patch(
            "odoo.addons.integration_core.controllers.door_checks.fields.Datetime.now",
            return_value=self.interface.former_address_until,
        ):
            self.assertEqual(self.post(self.old).status_code, 404)
            self.assertEqual(self.post(self.interface.token).status_code, 202)

    def test_a_known_address_ends_at_once(self):
        self.renew(ending="now")
        self.assertEqual(self.post(self.old).status_code, 404)
        self.assertEqual(self.post(self.interface.token).status_code, 202)
        self.assertFalse(self.interface.former_address_until)

    def test_a_second_renewal_ends_the_first_address(self):
        self.renew()
        middle = self.interface.token
        self.renew()
        found = [self.post(one).status_code for one in (self.old, middle, self.interface.token)]
        self.assertEqual(found, [404, 202, 202])

    def test_the_audit_tells_why_and_until_when_and_no_secret(self):
        self.renew()
        entry = self.entry()
        self.assertEqual(
            (entry.act, entry.actor_login, entry.reason), ("readdress", "renews", "Seen in a log")
        )
        until = fields.Datetime.to_string(self.interface.former_address_until)
        self.assertIn(until, entry.changes)
        for secret in (self.old, self.interface.token):
            self.assertNotIn(secret, entry.changes)
            self.assertNotIn(secret, " ".join(self.interface.message_ids.mapped("body")))

    def test_it_is_ended_sooner_for_a_reason(self):
        self.renew()
        interface = self.interface.with_user(self.admin)
        with self.assertRaises(UserError):
            interface.action_end_former_address(" ")
        interface.action_end_former_address("It leaked")
        self.assertEqual(self.post(self.old).status_code, 404)
        self.assertEqual((self.entry().act, self.entry().reason), ("revoke", "It leaked"))

    def test_its_end_is_told(self):
        self.renew()
        cron = self.env["integration.interface"]
        cron._cron_former_addresses()
        self.assertTrue(self.interface.former_address_until, "its time is not over")
        with self.pass_time(25):
            cron._cron_former_addresses()
        self.assertFalse(self.interface.former_address_until)
        self.assertFalse(self.interface.sudo().former_address_digest)
        self.assertEqual(self.entry().act, "expire")
        self.assertIn("was not used", self.interface.message_ids[0].body)

    def test_whether_the_partner_still_uses_it(self):
        self.renew()
        with (
            patch.object(former_addresses, "_uses", LastUses()),
            self.enter_registry_test_mode(),
        ):
            former_addresses._note(self.env.registry, self.interface.id)
        self.interface.invalidate_recordset()
        self.assertTrue(self.interface.former_address_used_at)
        with self.pass_time(25):
            self.env["integration.interface"]._cron_former_addresses()
        self.assertIn("last used at", self.interface.message_ids[0].body)

    def test_use_is_noted_for_the_old_address_and_proven_requests_only(self):
        self.renew()
        noted = []
        self.startPatcher(
            patch(
                "odoo.addons.integration_core.controllers.door.note_former_address_after_commit",
                lambda _cr, interface_id: noted.append(interface_id),
            )
        )
        self.post(self.interface.token)
        self.opener.post(
            f"{self.base_url()}/integration/webhook/{self.old}",
            data=BODY,
            headers={"Content-Type": "application/json"},
            timeout=30,
        )
        self.assertFalse(noted)
        self.post(self.old)
        self.assertEqual(noted, [self.interface.id])

    def test_who_may_and_what_it_takes(self):
        operator = new_test_user(self.env, "operates", "integration_core.group_operator")
        with self.assertRaises(AccessError):
            self.renew(operator)
        with self.assertRaises(AccessError):
            self.interface.with_user(operator)._renew_address("because", 24)
        with self.assertRaises(UserError):
            self.renew(reason=" ")
        for hours in (0, 90 * 24 + 1):
            with self.assertRaises(ValidationError):
                self.renew(overlap_hours=hours)
        outbound = self.interface.copy({"direction": "outbound"})
        with self.assertRaises(UserError):
            outbound.with_user(self.admin).action_ask_new_address()
        self.assertEqual(self.interface.token, self.old)

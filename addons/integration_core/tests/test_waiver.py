from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import BaseCase, new_test_user, tagged

from odoo.addons.integration_core.tools import net_guard

from .common import delivered
from .test_contract import WITHOUT_AMOUNT, ContractCase

PLAIN = "http://partner.example.com/hook"


@tagged("post_install", "-at_install")
class TestLoopback(BaseCase):
    def test_only_the_plain_forms_count(self):
        for url in (
            "http://127.0.0.1:8071/x",
            "http://127.9.9.9/",
            "http://localhost/",
            "http://LOCALHOST./x",
            "http://[::1]:80/",
            "http://[0:0:0:0:0:0:0:1]/",
        ):
            with self.subTest(url):
                self.assertTrue(net_guard.stays_on_this_machine(url))
        for url in (
            PLAIN,
            "http://127.0.0.1.evil.example/",
            "http://localhost.evil.example/",
            "http://127.0.0.1@evil.example/",
            "http://evil.example@127.0.0.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::1%25lo]/",
            "http://0.0.0.0/",
            "http://10.0.0.5/",
            "http://127.0.0.1\\@evil.example/",
            "http://127。0。0。1/",
            "//127.0.0.1/",
            "",
        ):
            with self.subTest(url):
                self.assertFalse(net_guard.stays_on_this_machine(url))


class WaiverCase(ContractCase):
    def waiver(self, days=30, **values):
        return (
            self.env["integration.waiver"]
            .with_user(self.ana)
            .create(
                {
                    "interface_id": self.outbound.id,
                    "reason": "The certificate comes in March.",
                    "valid_until": fields.Date.today() + timedelta(days=days),
                    **values,
                }
            )
        )

    def granted(self, days=30, **values):
        waiver = self.waiver(days, **values)
        waiver.action_submit()
        waiver.with_user(self.bea).action_approve()
        return waiver

    def outdate(self, waiver):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_waiver SET valid_until = current_date - 2 WHERE id = %s",
            [waiver.id],
        )
        self.env.invalidate_all()

    def address(self, url, **values):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_interface SET url = %s, data_class = %s WHERE id = %s",
            [url, values.get("data_class", "internal"), self.outbound.id],
        )
        self.env.invalidate_all()

    def cron(self):
        self.env["integration.waiver"]._cron_waivers()


@tagged("post_install", "-at_install")
class TestWaiver(WaiverCase):
    def test_second_person_approves(self):
        waiver = self.waiver()
        waiver.action_submit()
        with self.assertRaises(UserError):
            waiver.action_approve()
        operator = new_test_user(self.env, "op.waiver", "integration_core.group_operator")
        with self.assertRaises(UserError):
            waiver.with_user(operator).action_approve()
        waiver.with_user(self.bea).action_approve()
        self.assertEqual(waiver.approved_by_id, self.bea)
        self.assertIn("waive", self.audited(self.outbound))

    def test_what_was_submitted_does_not_change(self):
        waiver = self.waiver()
        waiver.action_submit()
        for values in ({"reason": "x"}, {"valid_until": "2030-01-01"}, {"rule": "contract_break"}):
            with self.subTest(values), self.assertRaises(UserError):
                waiver.write(values)
        with self.assertRaises(UserError):
            waiver.unlink()
        for values in ({"state": "approved"}, {"alerted": True}):
            with self.subTest(values), self.assertRaises(AccessError):
                waiver.write(values)

    def test_subject_time_and_class(self):
        for values in (
            {"days": 366},
            {"interface_id": False},
            {"rule": "contract_break"},
            {"contract_version_id": self.first.id},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.waiver(**values)
        late = self.waiver(days=-1)
        with self.assertRaises(UserError):
            late.action_submit()
        self.address(PLAIN, data_class="clinical")
        with self.assertRaises(ValidationError):
            self.waiver()

    def test_reminder_comes_once(self):
        self.outbound.owner_id = self.owner
        waiver = self.granted(days=14)
        later = self.granted(days=15, interface_id=self.inbound.id)
        for _ in range(2):
            self.cron()
        self.assertEqual(len(waiver.activity_ids), 1)
        self.assertEqual(waiver.activity_ids.user_id, self.owner)
        self.assertFalse(later.activity_ids)

    def test_company(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        stranger = new_test_user(
            self.env,
            "stranger.waiver",
            "integration_core.group_administrator",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        waiver = self.waiver()
        self.assertFalse(waiver.with_user(stranger).search([("id", "=", waiver.id)]))


@tagged("post_install", "-at_install")
class TestPlaintext(WaiverCase):
    def test_missing_for_traffic(self):
        def complains():
            return any("https" in line for line in self.outbound._missing_for_traffic())

        self.address("http://127.0.0.1:8071/x")
        self.assertFalse(complains())
        self.address(PLAIN)
        self.assertTrue(complains())
        waiver = self.granted()
        self.assertFalse(complains())
        self.outdate(waiver)
        self.assertTrue(complains())

    def test_clinical_never(self):
        waiver = self.granted()
        self.address(PLAIN, data_class="clinical")
        self.assertFalse(self.outbound._plaintext_allowed())
        self.address("http://127.0.0.1/x", data_class="clinical")
        self.assertFalse(self.outbound._plaintext_allowed())
        self.assertEqual(waiver.state, "approved")

    def test_nothing_leaves_without_a_waiver(self):
        sent = []
        self.send_with(lambda message: (sent.append(message), delivered(message))[1])
        self.address(PLAIN)
        self.fire()
        self.dispatch()
        self.drain(self.outbound)
        message = self.messages(self.outbound)
        self.assertFalse(sent)
        self.assertIn(message.state, ("queued", "held"))
        self.assertTrue(self.outbound.processing_paused)
        self.assertIn("https", self.outbound.pause_reason)
        self.assertIn("pause", self.audited(self.outbound))
        with self.refused("https"):
            self.outbound.action_resume()
        self.granted()
        self.outbound.action_resume()
        self.assertFalse(self.outbound.pause_reason)
        self.drain(self.outbound)
        self.assertEqual(len(sent), 1)

    def test_expiry_pauses_and_tells(self):
        self.address(PLAIN)
        waiver = self.granted()
        self.cron()
        self.assertFalse(self.outbound.processing_paused)
        self.outdate(waiver)
        self.cron()
        self.assertEqual(waiver.state, "expired")
        self.assertTrue(self.outbound.processing_paused)
        self.assertIn("expired", self.outbound.pause_reason)
        self.assertEqual(self.outbound.activity_ids.user_id, self.owner)
        self.assertEqual(self.audited(waiver)[-1], "expire")

    def test_revocation_pauses_unless_another_waiver_holds(self):
        self.address(PLAIN)
        first, second = self.granted(), self.granted(days=60)
        with self.assertRaises(AccessError):
            first.with_user(self.owner).action_revoke("No more.")
        first.with_user(self.cid).action_revoke("No more.")
        self.assertFalse(self.outbound.processing_paused)
        second.with_user(self.cid).action_revoke("No more.")
        self.assertTrue(self.outbound.processing_paused)
        self.assertEqual(self.audited(second)[-1], "revoke")


@tagged("post_install", "-at_install")
class TestContractBreak(WaiverCase):
    def test_waiver_lets_a_version_break(self):
        version = self.version("2.0.0", WITHOUT_AMOUNT)
        version.action_submit()
        waiver = self.granted(
            rule="contract_break", interface_id=False, contract_version_id=version.id
        )
        version.invalidate_recordset()
        self.assertFalse(version.obstacles)
        self.assertIn("waiver", version.warnings)
        self.outdate(waiver)
        with self.refused("Outbound"):
            version.with_user(self.bea).action_approve()
        self.granted(rule="contract_break", interface_id=False, contract_version_id=version.id)
        version.with_user(self.bea).action_approve()
        self.assertEqual(self.current(), "2.0.0")
        self.assertTrue(self.outbound.activity_ids)

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.mixins.revised import APPROVED

from .inbound_case import InboundCase, hmac_hex


@tagged("post_install", "-at_install")
class TestTrial(InboundCase):
    """Trying a request in the form."""

    def setUp(self):
        super().setUp()
        self.use("github")
        self.admin = new_test_user(self.env, "tries", "integration_core.group_administrator")

    def attempt(self, body=b'{"key": "a"}', user=None, **values):
        headers = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": f"sha256={hmac_hex(body)}",
            **values.pop("headers", {}),
        }
        found = self.interface.with_user(user or self.admin).try_webhook(
            {
                "method": "POST",
                "headers": "\n".join(f"{name}: {value}" for name, value in headers.items()),
                "body": body.decode(),
                **values,
            }
        )
        return {step["name"]: (step["ok"], step["detail"]) for step in found["steps"]}, found

    def test_each_check(self):
        steps, _found = self.attempt()
        self.assertEqual(steps["Proof"][0], True)
        self.assertEqual(steps["Content type"][0], True)
        steps, _found = self.attempt(headers={"Content-Type": "text/plain"})
        self.assertEqual(steps["Content type"][0], False)
        steps, _found = self.attempt(headers={"X-Hub-Signature-256": "sha256=" + "0" * 64})
        self.assertEqual(steps["Proof"][0], False)
        self.assertIn("not one of this content", steps["Proof"][1])
        steps, _found = self.attempt(b"x" * 2_000_000)
        self.assertEqual(steps["Size"][0], False)
        steps, _found = self.attempt(b"{")
        self.assertEqual(steps["Format"][0], False)

    def test_what_all_of_it_comes_to(self):
        """The first thing that the door looks at decides."""
        cases = (
            ({"headers": {"X-Hub-Signature-256": "sha256=" + "0" * 64}}, "refused", "401"),
            (
                {"headers": {"Content-Type": "text/plain", "X-Hub-Signature-256": ""}},
                "refused",
                "415",
            ),
            ({"body": b"{"}, "set_aside", "person"),
        )
        for values, verdict, text in cases:
            _steps, found = self.attempt(**values)
            with self.subTest(verdict=verdict, text=text):
                self.assertEqual(found["verdict"], verdict)
                self.assertIn(text, found["summary"])
        body = b'{"key": "a"}'
        self.send(body, **{"X-Hub-Signature-256": f"sha256={hmac_hex(body)}"})
        self.assertEqual(self.attempt(body)[1]["verdict"], "idle")

    def test_what_the_interface_lacks_is_no_fault_of_the_content(self):
        self.interface.with_context(**{APPROVED: True}).user_id = False
        steps, found = self.attempt()
        self.assertEqual(steps["Set-up of the interface"][0], False)
        self.assertEqual((steps["Format"][0], steps["Contract"][0]), (True, None))
        self.assertEqual(found["verdict"], "set_aside")

    def test_address(self):
        self.change({}, source_networks="192.0.2.0/24")
        self.assertEqual(self.attempt(source="192.0.2.1")[0]["Address"][0], True)
        self.assertEqual(self.attempt(source="198.51.100.1")[0]["Address"][0], False)
        self.assertEqual(self.attempt()[0]["Address"][0], None)

    def test_age(self):
        self.use("stripe")
        body, sent = b'{"id": "e"}', 1_700_000_000
        headers = {"Stripe-Signature": f"t={sent},v1={hmac_hex(b'%d.%s' % (sent, body))}"}
        steps, _found = self.attempt(body, headers=headers)
        self.assertEqual((steps["Proof"][0], steps["Age"][0]), (True, False))
        steps, _found = self.attempt(body, headers=headers, sent_at="2023-11-14 22:13:30")
        self.assertEqual((steps["Proof"][0], steps["Age"][0]), (True, True))
        self.assertEqual(steps["Proof"][1], "Id: e")

    def test_repetition(self):
        body = b'{"key": "a"}'
        self.send(body, **{"X-Hub-Signature-256": f"sha256={hmac_hex(body)}"})
        self.assertEqual(self.attempt(body)[0]["Repetition"][0], False)
        self.assertEqual(self.attempt(b'{"key": "b"}')[0]["Repetition"][0], True)

    def test_nothing_is_stored(self):
        before = self.messages()
        self.attempt()
        self.assertEqual(self.messages(), before)
        self.assertFalse(self.env["integration.idempotency"].search([]))

    def test_only_administrators(self):
        for group in ("operator", "approver", "clinical_viewer"):
            user = new_test_user(self.env, group, f"integration_core.group_{group}")
            with self.assertRaises(AccessError):
                self.attempt(user=user)

    def test_private_content_leaves_a_trace(self):
        self.change({}, data_class="confidential")
        self.attempt()
        entry = self.env["integration.audit.entry"].search(
            [("res_model", "=", "integration.interface"), ("act", "=", "view")], limit=1
        )
        self.assertEqual(entry.actor_login, "tries")
        self.change({}, data_class="clinical")
        with self.assertRaises(AccessError):
            self.attempt()

import json
import time
from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from odoo.addons.integration_core.controllers import door
from odoo.addons.integration_core.engine import settings
from odoo.addons.integration_core.tools import keyring
from odoo.addons.integration_core.tools.keyring import KeyRing
from odoo.addons.integration_webhooks.tools.standard_webhooks import Secret, signed_headers


@tagged("post_install", "-at_install")
class TestDoor(HttpCase):
    """The door over real HTTP; what needs several workers is in the repository's tests/e2e."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ring = KeyRing.parse(f"test:{keyring.generate_key()}")
        cls.startClassPatcher(patch.object(settings, "key_ring", lambda: ring))
        cls.secret = Secret.generate()
        system = cls.env["integration.system"].create({"name": "Partner", "code": "PARTNER"})
        credential = cls.env["integration.credential"].create(
            {"name": "Shared", "version_ids": [(0, 0, {"secret": cls.secret.serialise()})]}
        )
        cls.interface = cls.env["integration.interface"].create(
            {
                "name": "Inbound",
                "system_id": system.id,
                "direction": "inbound",
                "transport": "webhook",
                "credential_id": credential.id,
                "policy_id": cls.env["integration.policy"].create({"name": "Test"}).id,
            }
        )
        cls._set_state("active")
        cls.env["integration.arming"]._remember("The tests' own database")

    @classmethod
    def _set_state(cls, state):
        # below the ORM: core has no handler that would make the interface complete
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE integration_interface SET state = %s, handler = 'integration.handler' "
            "WHERE id = %s",
            [state, cls.interface.id],
        )
        cls.interface.invalidate_recordset()
        cls.interface._configuration_changed()

    def post(self, body=b'{"a": 1}', key="m1", headers=None, token=None, **override):
        signed = signed_headers(self.secret, key, int(time.time()), body)
        return self.url_open(
            f"/integration/webhook/{token or self.interface.token}",
            data=body,
            headers={"Content-Type": "application/json", **signed, **(headers or {}), **override},
        )

    def _messages(self):
        self.env.invalidate_all()
        return self.env["integration.message"].search([("interface_id", "=", self.interface.id)])

    def test_signed_delivery_is_stored_and_gets_a_receipt(self):
        answer = self.post(headers={"x-correlation-id": "order-7"})
        self.assertEqual(answer.status_code, 202)
        message = self._messages()
        self.assertEqual(answer.json(), {"status": "accepted", "receipt": message.uuid})
        self.assertEqual(message.correlation_id, "order-7")
        self.assertEqual(message.payload_ids.content, json.dumps({"a": 1}, indent=2))
        self.assertEqual(self.post().json(), answer.json(), "a duplicate gets the same receipt")
        self.assertEqual(len(self._messages()), 1)

    def test_refusals_do_not_tell_why(self):
        body = b'{"a": 1}'
        old = signed_headers(self.secret, "m1", int(time.time()) - 4000, body)
        foreign = signed_headers(Secret.generate(), "m1", int(time.time()), body)
        answers = [
            self.post(headers=old),
            self.post(headers=foreign),
            self.post(**{"webhook-signature": "v1,nonsense"}),
            self.post(**{"webhook-timestamp": "soon"}),
        ]
        self.assertEqual({answer.status_code for answer in answers}, {401})
        self.assertEqual(len({answer.text for answer in answers}), 1)
        self.assertFalse(self._messages())

    def test_unknown_token_content_type_and_size(self):
        self.assertEqual(self.post(token="unknown").status_code, 404)
        self.assertEqual(self.post(**{"Content-Type": "text/xml"}).status_code, 415)
        self.assertEqual(self.post(b"x" * (door.MAX_BODY + 1)).status_code, 413)
        self.assertEqual(self.post(b" " * (door.MAX_BODY - 1) + b"1").status_code, 202)
        self.assertEqual(len(self._messages()), 1)

    def test_errors_are_problem_details(self):
        answer = self.post(token="unknown")
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertEqual(answer.json()["status"], 404)

    def test_closed_doors(self):
        self.interface.action_stop_receiving()
        answer = self.post()
        self.assertEqual(answer.status_code, 503)
        self.assertGreater(int(answer.headers["Retry-After"]), 0)
        self.interface.action_resume()
        self.assertEqual(self.post().status_code, 202)
        for state, status in (("draft", 503), ("retired", 410)):
            self._set_state(state)
            self.assertEqual(self.post().status_code, status)
        self.assertEqual(len(self._messages()), 1)

    def test_deprecated_interface_warns_its_caller(self):
        self._set_state("deprecated")
        self.interface.sunset_date = "2027-01-31"
        answer = self.post()
        self.assertEqual(answer.status_code, 202)
        self.assertEqual(answer.headers["Sunset"], "Sun, 31 Jan 2027 00:00:00 GMT")
        self.assertTrue(answer.headers["Deprecation"].startswith("@"))

    def test_rate_limit(self):
        self.interface.policy_id.write({"rate_per_second": 0.5, "rate_burst": 2})
        with patch.object(door, "_limiter", type(door._limiter)()):
            statuses = [self.post(key=f"m{number}").status_code for number in range(3)]
            self.assertEqual(statuses, [202, 202, 429])
            self.assertGreaterEqual(int(self.post(key="m9").headers["Retry-After"]), 1)

    def test_lost_key_ring_keeps_the_message_at_the_partner(self):
        def missing():
            raise keyring.KeyRingMissing("no key ring is configured")

        with patch.object(settings, "key_ring", missing):
            self.assertEqual(self.post().status_code, 503)

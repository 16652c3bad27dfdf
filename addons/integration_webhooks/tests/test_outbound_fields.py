from datetime import datetime
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from odoo.exceptions import UserError, ValidationError
from odoo.tests import TransactionCase, tagged

from odoo.addons.integration_core.engine import obstacles, package_records, settings
from odoo.addons.integration_core.tools import keyring
from odoo.addons.integration_core.tools.keyring import KeyRing
from odoo.addons.integration_webhooks.models import integration_interface_outbound as outbound


def authority(name, ends):
    """A certificate that signs itself, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1))
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


@tagged("post_install", "-at_install")
class TestOutboundFields(TransactionCase):
    """What an administrator chooses for an endpoint, and what cannot be combined."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ring = KeyRing.parse(f"test:{keyring.generate_key()}")
        cls.startClassPatcher(patch.object(settings, "key_ring", lambda: ring))
        cls.env["integration.encryption.key"].search([]).unlink()
        cls.interface = cls.env["integration.interface"].create(
            {
                "name": "Outbound",
                "system_id": cls.env["integration.system"]
                .create({"name": "Partner", "code": "PARTNER"})
                .id,
                "transport": "webhook",
                "url": "https://partner.example.com/hook",
                "credential_id": cls._credential("hmac").id,
                "policy_id": cls.env["integration.policy"].create({"name": "Test"}).id,
            }
        )

    @classmethod
    def _credential(cls, kind, **values):
        terms = {
            "oauth2": {"client_id": "us", "token_url": "https://login.example.com/token"},
            "private_key_jwt": {"client_id": "us", "token_url": "https://login.example.com/t"},
        }
        return cls.env["integration.credential"].create(
            {"name": f"A {kind}", "kind": kind, **terms.get(kind, {}), **values}
        )

    def _missing(self, **values):
        self.interface.write(values)
        return " ".join(self.interface._missing_for_traffic())

    def test_each_field_is_governed_and_explained(self):
        names = [name for name in self.interface._fields if name.startswith("webhook_")]
        self.assertGreater(len(names), 12)
        for name in names:
            field = self.interface._fields[name]
            with self.subTest(name):
                self.assertTrue(field.governed)
                self.assertIn(name, self.interface._proposable_names())
                if name not in ("webhook_algorithm", "webhook_encoding"):
                    self.assertTrue(field.help or name == "webhook_signature_header")

    def test_what_was_set_up_before_goes_on(self):
        """Kinds that do not sign stand alone, as ever."""
        for kind in ("hmac", "basic", "bearer", "header", "mtls"):
            with self.subTest(kind):
                missing = self._missing(credential_id=self._credential(kind).id)
                self.assertNotIn("sign", missing)
                self.assertNotIn("kind", missing)

    def test_who_signs_how(self):
        for kind, scheme, possible in (
            ("hmac", "github", True),
            ("hmac", "rfc9421", True),
            ("ed25519", "standard", True),
            ("ed25519", "rfc9421", True),
            ("ed25519", "stripe", False),
            ("bearer", "github", False),
        ):
            with self.subTest(kind=kind, scheme=scheme):
                missing = self._missing(
                    credential_id=self._credential(kind).id, webhook_signing=scheme
                )
                self.assertEqual("sign" not in missing, possible, missing)

    def test_access_beside_the_signature(self):
        for kind in outbound.ACCESS_KINDS:
            with self.subTest(kind):
                missing = self._missing(webhook_access_id=self._credential(kind).id)
                self.assertNotIn("access", missing.lower())
        self.assertIn("not an access", self._missing(webhook_access_id=self._credential("hmac").id))

    def test_one_way_to_prove_oneself(self):
        bearer, basic = self._credential("bearer").id, self._credential("basic").id
        mtls = self._credential("mtls").id
        self.assertIn("one way", self._missing(credential_id=bearer, webhook_access_id=basic))
        self.assertNotIn("one way", self._missing(credential_id=mtls, webhook_access_id=basic))
        self.assertIn("one client", self._missing(credential_id=mtls, webhook_access_id=mtls))

    def test_access_travels_over_tls_only(self):
        bearer = self._credential("bearer").id
        self.assertIn(
            "No waiver", self._missing(webhook_access_id=bearer, url="http://10.0.0.7/hook")
        )
        self.assertNotIn(
            "No waiver", self._missing(webhook_access_id=bearer, url="http://127.0.0.1:1/hook")
        )

    def test_only_what_it_is_about_leaves_no_room_for_a_mapping(self):
        mapping = self.env["integration.mapping"].create({"name": "M", "header": "root"})
        self.assertIn("no effect", self._missing(webhook_payload="thin", mapping_id=mapping.id))
        self.assertNotIn("no effect", self._missing(mapping_id=False))

    def test_the_way_to_the_endpoint(self):
        with self.assertRaises(ValidationError):
            self.interface.webhook_ca = "no certificate"
        for wrong in ("https://proxy.example:3128", "proxy", "http://u:p@proxy.example:3128/x"):
            with self.subTest(wrong), self.assertRaises(ValidationError):
                self.interface.webhook_proxy = wrong
        self.interface.webhook_proxy = "http://proxy.example:3128"
        with self.assertRaises(ValidationError):
            self.interface.webhook_proxy_exceptions = "*.com"
        self.assertIn(
            "no proxy",
            self._missing(webhook_proxy=False, webhook_proxy_exceptions="*.hospital.example"),
        )

    def test_private_authority_is_told_by_name_and_end(self):
        self.assertFalse(self.interface.trusted_authorities)
        self.interface.webhook_ca = authority("Hospital CA", ends=datetime(2031, 5, 17))
        self.assertEqual(self.interface.trusted_authorities, "CN=Hospital CA, until 05/17/2031")

    def test_only_approved_hosts_are_reached_through_the_proxy(self):
        self.interface.write(
            {
                "webhook_proxy": "http://proxy.example:3128",
                "webhook_access_id": self._credential("oauth2").id,
            }
        )
        self.assertEqual(
            self.interface._webhook_hosts(), ("partner.example.com", "login.example.com")
        )

    def test_further_headers(self):
        self.interface.webhook_headers = "X-Hospital: General\n\nx-ward: 7"
        self.assertEqual(
            self.interface._webhook_headers(), {"x-hospital": "General", "x-ward": "7"}
        )
        for wrong in (
            "no colon",
            "X: ",
            "X: é",
            "X-A: 1\nx-a: 2",
            "Authorization: Bearer x",
            "X-API-Key: x",
            "Cookie: x",
            "Host: x",
            "Content-Type: x",
            "webhook-signature: x",
            "ce-id: x",
            "Transfer-Encoding: chunked",
            "X A: 1",
            "X-Webhook-Sequence: 1",
        ):
            with self.subTest(wrong), self.assertRaises(ValidationError):
                self.interface.webhook_headers = wrong

    def test_batches_have_a_size(self):
        for wrong in (0, 501):
            with self.assertRaises(ValidationError):
                self.interface.webhook_batch_size = wrong

    def test_what_belongs_to_a_place_stays_out_of_packages(self):
        names = package_records.interface_names(self.env)
        self.assertIn("webhook_envelope", names)
        self.assertIn("event_filter", names)
        self.assertIn("disable_after_hours", names)
        for name in ("webhook_proxy", "webhook_proxy_exceptions", "webhook_ca"):
            self.assertNotIn(name, names)

    def test_access_is_relied_on_as_the_signature_is(self):
        access = self._credential("bearer")
        access.rotate({}, "a" * 40)
        self.interface.webhook_access_id = access
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_interface SET state = 'active' WHERE id = %s", [self.interface.id]
        )
        self.interface.invalidate_recordset()
        self.assertIn(self.interface, access._relying())
        administrator = self.env["res.users"].create(
            {
                "name": "Administrator",
                "login": "fields.administrator",
                "group_ids": [(4, self.env.ref("integration_core.group_administrator").id)],
            }
        )
        with self.assertRaises(UserError):
            access.with_user(administrator).write({"active": False})

    def test_access_without_a_secret_holds_traffic(self):
        self.interface.credential_id.rotate({"generate": True})
        self.assertIsNone(obstacles.find(self.interface))
        self.interface.webhook_access_id = self._credential("bearer")
        self.assertIn("has no secret yet", obstacles.find(self.interface).message)

    def test_a_secret_in_the_partners_form_is_entered_and_rotated(self):
        credential = self.interface.credential_id
        self.interface.webhook_signing = "github"
        for secret in ("It's a Secret to Everybody", "and another one, für später"):
            credential.rotate({"overlap_hours": 1}, secret)
        self.assertEqual(
            [proof.secret for proof in credential._proofs()],
            ["and another one, für später", "It's a Secret to Everybody"],
        )
        with self.assertRaisesRegex(ValidationError, "one line"):
            credential.rotate({}, "a secret of\nseveral lines")
        credential.rotate({"generate": True})
        self.assertNotIn("secret of", self._missing())

    def test_a_secret_that_cannot_sign_like_this_is_no_traffic(self):
        self.interface.webhook_signing = "shopify"
        self.interface.credential_id.rotate({}, f"shpss_{'0a' * 16}")
        self.assertNotIn("The secret of", self._missing())
        self.assertIn("The secret of", self._missing(webhook_signing="standard"))
        self.assertNotIn("0a0a", self._missing())
        with self.assertRaisesRegex(ValidationError, "another signature"):
            self.interface.credential_id.rotate({}, f"shpss_{'1b' * 16}")

import base64
import hashlib
import hmac
import json
import time
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from odoo.tests import HttpCase

from odoo.addons.integration_core.engine import settings
from odoo.addons.integration_core.mixins.revised import APPROVED
from odoo.addons.integration_core.tools import keyring
from odoo.addons.integration_core.tools.http_client import HttpResponse
from odoo.addons.integration_core.tools.keyring import KeyRing

SECRET = "a secret that both sides know"


def hmac_hex(content, secret=SECRET):
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


class InboundCase(HttpCase):
    """An inbound webhook interface of the class, with a credential of the kind that a test asks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ring = KeyRing.parse(f"test:{keyring.generate_key()}")
        cls.startClassPatcher(patch.object(settings, "key_ring", lambda: ring))
        cls.env["integration.encryption.key"].search([]).unlink()
        cls.system = cls.env["integration.system"].create({"name": "Partner", "code": "PARTNER"})
        cls.policy = cls.env["integration.policy"].create({"name": "Test"})
        cls.env["integration.arming"]._remember("The tests' own database")
        cls.interface = cls._interface()

    @classmethod
    def _interface(cls, **values):
        interface = cls.env["integration.interface"].create(
            {
                "name": "Inbound",
                "system_id": cls.system.id,
                "direction": "inbound",
                "transport": "webhook",
                "policy_id": cls.policy.id,
                **values,
            }
        )
        cls.env.flush_all()
        # below the ORM: core has no handler that would make the interface complete
        cls.env.cr.execute(
            "UPDATE integration_interface SET state = 'active', handler = 'integration.handler' "
            "WHERE id = %s",
            [interface.id],
        )
        interface.invalidate_recordset()
        interface._configuration_changed()
        return interface

    def credential(self, kind="hmac", secret=SECRET, **version):
        return self.env["integration.credential"].create(
            {
                "name": kind,
                "kind": kind,
                "version_ids": [(0, 0, {**version, "secret": secret})],
            }
        )

    def change(self, options=None, **values):
        """What a second person has approved."""
        if options is not None:
            values["scheme_options"] = json.dumps(options)
        self.interface.with_context(**{APPROVED: True}).write(values)

    def use(self, scheme, options=None, kind="hmac", secret=SECRET, login=None, **values):
        version = {"login": login} if login else {}
        credential = self.credential(kind, secret, **version) if secret else None
        self.change(
            options or {},
            webhook_scheme=scheme,
            credential_id=credential.id if credential else False,
            **values,
        )

    def send(self, body=b'{"id": "e1", "type": "thing"}', method="POST", query="", **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.opener.request(
            method,
            f"{self.base_url()}/integration/webhook/{self.interface.token}{query}",
            data=body,
            headers={"Content-Type": "application/json", **names},
            timeout=30,
        )

    def messages(self):
        self.env.invalidate_all()
        return self.env["integration.message"].search(
            [("interface_id", "=", self.interface.id)], order="id"
        )


class Network:
    """Stands for the HTTP client."""

    def __init__(self):
        self.calls = []
        self.body, self.status = b"", 200

    def send(self, request):
        self.calls.append(request)
        return HttpResponse(self.status, {}, self.body, False, 0.1, "192.0.2.1")


class Signer:
    """A partner that signs tokens with a key of its own."""

    def __init__(self, key_id):
        self.key_id = key_id
        self.key = Ed25519PrivateKey.generate()

    def published(self):
        public = base64url(self.key.public_key().public_bytes_raw())
        return {"kty": "OKP", "crv": "Ed25519", "kid": self.key_id, "alg": "EdDSA", "x": public}

    def token(self, **claims):
        now = int(time.time())
        usual = {"iss": "partner", "aud": "us", "iat": now, "exp": now + 60, "jti": "t1"}
        header = {"alg": "EdDSA", "kid": self.key_id}
        signed = ".".join(
            base64url(json.dumps(part).encode()) for part in (header, {**usual, **claims})
        )
        return f"{signed}.{base64url(self.key.sign(signed.encode()))}"


def base64url(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")

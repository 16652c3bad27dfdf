"""An inbound FHIR interface, and requests at its door."""

import base64
import json
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.tests import HttpCase

from odoo.addons.integration_core.engine import settings
from odoo.addons.integration_core.tools import keyring
from odoo.addons.integration_core.tools.keyring import KeyRing

from ..engine import fhir_watch

TYPE = "application/fhir+json"


def encounter(number, version="1", **more):
    return {
        "resourceType": "Encounter", "id": number, "status": "in-progress",
        "meta": {"versionId": version, "lastUpdated": "2025-03-02T08:00:00Z"},
        "class": {"code": "IMP"}, **more,
    }  # fmt: skip


def bundle(kind, *entries):
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def put(resource):
    url = f"{resource['resourceType']}/{resource['id']}"
    return {"resource": resource, "request": {"method": "PUT", "url": url}}


def backport(kind, *events, since="1", focus=("Encounter/n1",), resources=()):
    """A notification as the R4 backport has it."""
    said = [
        {"name": "subscription", "valueReference": {"reference": "https://ehr.example/fhir/Subscription/9"}},
        {"name": "status", "valueCode": "active"},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": since},
    ]  # fmt: skip
    said += [
        {
            "name": "notification-event",
            "part": [
                {"name": "event-number", "valueString": number},
                *({"name": "focus", "valueReference": {"reference": one}} for one in focus),
            ],
        }
        for number in events
    ]
    first = {"resource": {"resourceType": "Parameters", "parameter": said}}
    return bundle("history", first, *({"resource": one} for one in resources))


def _note(cr, _registry, interface_id, notice, wants_poll):
    fhir_watch.take(api.Environment(cr, SUPERUSER_ID, {}), interface_id, notice, wants_poll)


def _poll(cr, _registry, interface_id):
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["integration.interface"].browse(interface_id)._fhir_poll_wanted()


class FhirDoorCase(HttpCase):
    """The door of one interface; what its requests ask for is counted in ``polled``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ring = KeyRing.parse(f"test:{keyring.generate_key()}")
        cls.startClassPatcher(patch.object(settings, "key_ring", lambda: cls.ring))
        cls.env["integration.encryption.key"].search([]).unlink()
        system = cls.env["integration.system"].create({"name": "EHR", "code": "EHR"})
        credential = cls.env["integration.credential"].create({"name": "EHR", "kind": "basic"})
        cls.env["integration.credential.version"].create(
            {"credential_id": credential.id, "login": "ehr", "secret": "s3cret password"}
        )
        cls.interface = cls.env["integration.interface"].create(
            {
                "name": "FHIR",
                "system_id": system.id,
                "direction": "inbound",
                "transport": "fhir",
                "body_codec": "fhir",
                "data_class": "clinical",
                "body_limit": 64,
                "fhir_max_entries": 20,
                "credential_id": credential.id,
                "policy_id": cls.env["integration.policy"].create({"name": "Test"}).id,
                "routing_id": cls.env.ref("integration_ehr_bridge.routing_fhir_r4_standard").id,
            }
        )
        cls.env.flush_all()
        # below the ORM: a service user of its own would only make the test longer
        cls.env.cr.execute(
            "UPDATE integration_interface SET state = 'active', "
            "activated_at = now() AT TIME ZONE 'UTC' WHERE id = %s",
            [cls.interface.id],
        )
        cls.interface.invalidate_recordset()
        cls.interface._configuration_changed()
        cls.env["integration.arming"]._remember("The tests' own database")
        polled = cls.polled = []
        cls.startClassPatcher(
            patch.object(
                cls.env.registry["integration.interface"],
                "_fhir_poll_wanted",
                lambda self: polled.append(self.id),
            )
        )

        # Hooks after the commit never run on the cursors of tests.
        cls.startClassPatcher(patch.object(fhir_watch, "note_after_commit", _note))
        cls.startClassPatcher(patch.object(fhir_watch, "poll_after_commit", _poll))

    def setUp(self):
        super().setUp()
        del self.polled[:]

    def reads(self, searches):
        """Let the interface ask its partner for what changes."""
        source = self.interface.copy(
            {
                "name": "FHIR out",
                "direction": "outbound",
                "url": "https://ehr.example/fhir",
                "fhir_purpose": "read",
                "body_codec": "json",
                "routing_id": False,
            }
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_interface SET fhir_poll_interface_id = %s, fhir_poll_search = %s "
            "WHERE id = %s",
            [source.id, searches, self.interface.id],
        )
        self.interface.invalidate_recordset()
        self.interface._configuration_changed()

    def send(self, body, place="", method="POST", password="s3cret password", **headers):
        pair = base64.b64encode(f"ehr:{password}".encode()).decode()
        login = {"Authorization": f"Basic {pair}"} if password else {}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Content-Type": TYPE, **login, **headers}
        return self.url_open(
            f"/integration/fhir/{self.interface.token}{place}",
            data=raw,
            headers={name: value for name, value in given.items() if value},
            method=method,
        )

    def messages(self):
        self.env.invalidate_all()
        return self.env["integration.message"].search(
            [("interface_id", "=", self.interface.id)], order="id"
        )

    def said(self, answer):
        """Status, and the codes of the issues of an OperationOutcome."""
        self.assertTrue(answer.headers["Content-Type"].startswith(TYPE), answer.text)
        body = answer.json()
        self.assertEqual(body["resourceType"], "OperationOutcome")
        return answer.status_code, [one["code"] for one in body["issue"]]

    def subscription(self):
        self.env.invalidate_all()
        return self.env["integration.fhir.subscription"].search(
            [("interface_id", "=", self.interface.id)]
        )

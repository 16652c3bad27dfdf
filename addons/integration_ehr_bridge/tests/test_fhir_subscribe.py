import json
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ..engine import fhir_watch
from ..models import integration_fhir_subscription_partner as partner
from ..tools.fhir.notification import HANDSHAKE, Notice
from .fhir_case import FhirServer, outcome
from .fhir_feed_case import FhirFeedCase

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"


@tagged("post_install", "-at_install")
class TestFhirSubscribe(FhirFeedCase):
    """A subscription at a partner's server, from the form of the interface."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = cls._interface(
            "FHIR source",
            direction="outbound",
            transport="fhir",
            url="http://127.0.0.1:1/fhir",
            allowed_networks="127.0.0.0/8",
        )
        cls.feed._write_approved({"fhir_poll_interface_id": cls.source.id})
        cls.startClassPatcher(
            patch.object(partner, "own_cursor", lambda _registry: _Same(cls.env.cr))
        )
        cls.admin = new_test_user(
            cls.env, "fhir.admin", "base.group_user,integration_core.group_administrator"
        )

    def serve(self, answer):
        server = FhirServer(answer)
        self.addCleanup(server.close)
        self.source._write_approved({"url": server.url})
        self.env.flush_all()
        return server

    def subscribe(self, **values):
        wizard = self.env["integration.fhir.subscribe"].with_user(self.admin)
        wizard.create({"interface_id": self.feed.id, **values}).action_subscribe()
        return self.env["integration.fhir.subscription"].search([])

    def created(self, asked):
        return 201, {**asked.resource, "id": "17"}, {"location": "Subscription/17"}

    def test_one_of_the_backport_is_created(self):
        server = self.serve(self.created)
        found = self.subscribe(
            topic_url="http://topics/visit", criteria="Encounter?class=IMP", heartbeat=30
        )
        self.assertEqual((found.reference, found.state), ("Subscription/17", "requested"))
        self.assertEqual((found.heartbeat, found.topic_url), (30, "http://topics/visit"))
        [asked] = server.asked
        self.assertEqual((asked.method, asked.path), ("POST", "/fhir/Subscription"))
        sent = asked.resource
        self.assertEqual((sent["status"], sent["criteria"]), ("requested", "http://topics/visit"))
        channel = sent["channel"]
        self.assertEqual(channel["endpoint"], self.feed.fhir_url)
        self.assertEqual(channel["header"], ["Authorization: Basic ZWhyOnMzY3JldCBwYXNzd29yZA=="])
        told = json.dumps(sent)
        for name, value in (
            ("filter-criteria", '"Encounter?class=IMP"'),
            ("heartbeat-period", "30"),
            ("payload-content", '"full-resource"'),
        ):
            self.assertIn(f"{BACKPORT}{name}", told)
            self.assertIn(value, told)
        entry = self.env["integration.audit.entry"].search([("act", "=", "subscribe")])
        self.assertEqual(len(entry), 1)
        # What the partner proves itself with is with the partner alone.
        self.assertNotIn("s3cret", str(found.read()) + str(entry.read()))

    def test_a_handshake_that_comes_before_the_answer_counts(self):
        def answer(asked):
            notice = Notice(HANDSHAKE, "Subscription/17", events=0)
            fhir_watch.take(self.env, self.feed.id, notice)
            return self.created(asked)

        self.serve(answer)
        found = self.subscribe(criteria="Encounter?")
        self.assertEqual((found.state, found.criteria), ("active", "Encounter?"))
        self.assertFalse(found.heartbeat)

    def test_it_is_looked_at_requested_anew_and_ended(self):
        said = {"status": "error", "error": "endpoint gave 503"}

        def answer(asked):
            if asked.method == "POST":
                return self.created(asked)
            if asked.method == "GET":
                return 200, {"resourceType": "Subscription", "id": "17", **said}
            return 200, asked.resource

        server = self.serve(answer)
        found = self.subscribe(criteria="Encounter?").with_user(self.admin)
        found.action_look()
        self.assertEqual((found.state, found.partner_error), ("error", "endpoint gave 503"))
        found.action_request()
        asked = server.asked[-1]
        self.assertEqual((asked.method, asked.path), ("PUT", "/fhir/Subscription/17"))
        self.assertEqual((asked.resource["id"], asked.resource["criteria"]), ("17", "Encounter?"))
        self.assertEqual((found.state, found.partner_error), ("requested", False))
        found.action_end()
        self.assertEqual((server.asked[-1].resource["status"], found.state), ("off", "off"))

    def test_what_the_server_refuses_is_told(self):
        self.serve(lambda _asked: (422, outcome("invalid", diagnostics="no such topic")))
        with self.assertRaisesRegex(UserError, "HTTP 422"):
            self.subscribe(topic_url="http://topics/none")
        self.assertFalse(self.env["integration.fhir.subscription"].search([]))

    def test_what_nobody_takes_is_not_asked_for(self):
        with self.assertRaises(ValidationError):
            self.subscribe(criteria="Condition?")
        with self.assertRaises(ValidationError):
            self.subscribe()
        with self.assertRaisesRegex(ValidationError, "Nobody would ask"):
            self.subscribe(criteria="Encounter?", content="id-only")
        self.feed._write_approved({"fhir_poll_interface_id": False})
        with self.assertRaisesRegex(UserError, "through which interface"):
            self.subscribe(criteria="Encounter?")

    def test_what_the_server_proves_itself_with_is_not_told_in_clear(self):
        self.source._write_approved({"url": "http://ehr.example/fhir"})
        with self.assertRaisesRegex(UserError, "https://"):
            self.subscribe(criteria="Encounter?")

    def test_one_that_was_created_there_is_changed_there(self):
        fhir_watch.take(self.env, self.feed.id, Notice(HANDSHAKE, "Subscription/9", events=0))
        found = self.env["integration.fhir.subscription"].search([])
        with self.assertRaisesRegex(UserError, "created at the partner"):
            found.with_user(self.admin).action_end()
        observer = new_test_user(
            self.env, "fhir.observer", "base.group_user,integration_core.group_observer"
        )
        with self.assertRaises(AccessError):
            found.with_user(observer).action_look()


class _Same:
    """In the place of a cursor of its own, which would not see what a test has not committed."""

    def __init__(self, cr):
        self.cr = cr

    def __enter__(self):
        return self.cr

    def __exit__(self, *_error):
        return False

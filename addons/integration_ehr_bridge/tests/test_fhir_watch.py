from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..engine import fhir_watch
from ..tools.fhir.notification import EVENT, HEARTBEAT, Notice
from .fhir_feed_case import FhirFeedCase


@tagged("post_install", "-at_install")
class TestFhirWatch(FhirFeedCase):
    """A subscription that is silent has its partner asked."""

    def setUp(self):
        super().setUp()
        self.polled = []
        self.startPatcher(
            patch.object(
                self.env.registry["integration.interface"],
                "_fhir_poll_wanted",
                lambda interface: self.polled.append(interface.id),
            )
        )

    def take(self, kind=EVENT, **said):
        fhir_watch.take(self.env, self.feed.id, Notice(kind, "Subscription/1", **said))
        return self.env["integration.fhir.subscription"].search([])

    def test_silence(self):
        found = self.take(HEARTBEAT, events=0)
        found.heartbeat = 60
        watch = self.env["integration.fhir.subscription"]._watch
        self.assertFalse(watch())
        found.last_heard_at = fields.Datetime.now() - timedelta(minutes=4)
        self.assertEqual(watch(), found)
        self.assertEqual((found.state, self.polled), ("silent", [self.feed.id]))
        # As long as it is silent, its partner is asked.
        watch()
        self.assertEqual(len(self.polled), 2)
        self.take(HEARTBEAT, events=0)
        self.assertEqual(found.state, "active")
        watch()
        self.assertEqual(len(self.polled), 2)

    def test_without_a_heartbeat_nobody_can_tell(self):
        found = self.take(HEARTBEAT, events=0)
        found.last_heard_at = fields.Datetime.now() - timedelta(days=4)
        self.assertFalse(self.env["integration.fhir.subscription"]._watch())

    def test_a_server_that_counts_anew_or_fails(self):
        self.take(numbers=(1,), events=1)
        found = self.take(numbers=(2,), events=2)
        self.assertEqual((found.last_event, found.gap_count, self.polled), ("2", 0, []))
        self.take(HEARTBEAT, events=0)
        self.assertEqual((found.last_event, len(self.polled)), ("0", 1))
        self.take(HEARTBEAT, events=0, status="error", is_error=True)
        self.assertEqual((found.state, len(self.polled)), ("error", 2))
        self.take(HEARTBEAT, events=0, status="off")
        self.assertEqual(found.state, "off")

    def test_a_number_that_lies_behind_has_the_partner_asked(self):
        """The server may count anew, and its first notifications be lost."""
        self.take(numbers=(1,), events=1)
        self.take(numbers=(9,), events=9)
        self.assertEqual(len(self.polled), 1)
        found = self.take(numbers=(3,), events=3)
        self.assertEqual((found.last_event, len(self.polled)), ("9", 2))
        self.take(numbers=(9,), events=9)
        self.assertEqual(len(self.polled), 2, "the last one, once more")

    def test_one_that_was_asked_for_and_never_heard_of_is_silent(self):
        found = self.env["integration.fhir.subscription"].create(
            {"interface_id": self.feed.id, "reference": "Subscription/7", "heartbeat": 60}
        )
        watch = self.env["integration.fhir.subscription"]._watch
        self.assertFalse(watch())
        self.assertEqual(self.feed.light, "ok")
        self.env.cr.execute(
            "UPDATE integration_fhir_subscription SET create_date = create_date - interval '1 hour'"
        )
        self.env.invalidate_all()
        self.assertEqual(watch(), found)
        self.assertEqual((found.state, self.polled), ("silent", [self.feed.id]))
        self.feed.invalidate_recordset()
        self.assertEqual(self.feed.light, "failing", "whoever looks at the interface sees it")

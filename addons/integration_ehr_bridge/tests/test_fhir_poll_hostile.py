from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.integration_core.engine import intake_batch

from ..engine import fhir_polls
from .test_fhir_poll import NOW, Pages, PollCase, basic


@tagged("post_install", "-at_install")
class TestFhirPollHostile(PollCase):
    """Nothing that a poll was asked for is lost, and no page stops it without a word."""

    def want(self, **options):
        fhir_polls.want(self.env.cr, self.feed.fhir_poll_ids.ids, **({"whatever": False} | options))

    def test_what_is_told_while_a_page_is_read_is_asked_for_at_once(self):
        """It may have been stored at the server after it had made the page."""
        pages = Pages(basic(1, 1))
        self.set_up(self.feed, fhir_poll_seconds=3600)
        pages.before = lambda number: self.want() if number == 1 else None
        server = self.serve(pages)
        poll = self.poll()
        self.assertEqual((poll.state, len(server.asked)), ("ok", 2))
        self.assertGreater(poll.next_at, self.env.cr.now())

    def test_a_partner_that_tells_much_is_not_asked_the_more_the_less_it_can(self):
        self.serve(lambda _asked: (429, None, {"Retry-After": "300"}))
        poll = self.poll()
        later = poll.next_at
        self.assertGreater(later, self.env.cr.now())
        self.want()
        poll.invalidate_recordset()
        self.assertEqual(poll.next_at, later)
        self.want(whatever=True)
        poll.invalidate_recordset()
        self.assertLessEqual(poll.next_at, self.env.cr.now())

    def test_a_page_that_cannot_be_stored_is_told(self):
        self.serve(Pages(basic(1, 1)))
        logger = "odoo.addons.integration_ehr_bridge.engine.fhir_poll"
        with (
            patch.object(intake_batch, "store", side_effect=ValueError("Jane Roe")),
            self.assertLogs(logger, "ERROR") as logged,
        ):
            poll = self.poll()
        self.assertNotIn("Roe", str(logged.output))
        self.assertEqual((poll.state, poll.error_code), ("failing", "fhir_page_unstored"))
        self.assertFalse(poll.watermark)
        self.assertFalse(self.fhir.failing_since, "it is no fault of the partner's")
        self.assertEqual(self.poll().state, "ok")
        self.assertEqual(len(self.keys()), 1)

    def test_an_odd_time_of_change_stops_nothing(self):
        """It would be an index entry of any length, or a text that quotes a patient."""
        pages = Pages(basic(1, 1), size=5)
        odd = basic(2, 2)
        odd["meta"] = {"lastUpdated": "9" + "Jane Roe" * 1000}
        pages.resources["2"] = odd
        self.serve(pages)
        self.assertEqual(self.poll().state, "ok")
        self.assertEqual(len(self.keys()), 2)
        self.assertFalse([key for key in self.keys() if "Roe" in key])

    def test_a_server_that_changes_faster_than_it_is_read(self):
        """The watermark never passes the begin of a reading, and the reading ends."""
        pages = Pages(basic(1, 1), basic(2, 2), basic(3, 3))

        def change(number):
            if number < 20:
                pages.resources[str(number + 3)] = basic(number + 3, 3600 + number)

        pages.before = change
        server = self.serve(pages)
        poll = self.poll()
        self.assertLess(len(server.asked), 10)
        self.assertEqual(poll.watermark, NOW)
        self.assertTrue(poll.caught_up_at)

    def test_the_way_through_a_proxy(self):
        pages = Pages(basic(1, 1))
        proxy = self.serve(lambda asked: pages(asked))
        origin = proxy.url.removesuffix("/fhir")
        self.set_up(
            url="http://127.0.0.1:9/fhir", fhir_proxy=origin, fhir_proxy_exceptions="10.0.0.0/8"
        )
        self.assertEqual(self.poll().state, "ok")
        self.assertTrue(proxy.asked[0].path.startswith("http://127.0.0.1:9/fhir/Basic?"))
        self.set_up(fhir_proxy="http://127.0.0.1:1")
        poll = self.poll()
        self.assertEqual((poll.state, poll.error_code), ("failing", "proxy_failed"))

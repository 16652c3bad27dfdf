from odoo.tests import HttpCase, tagged

from .feed_case import FeedCase


@tagged("post_install", "-at_install")
class TestFeedUi(FeedCase, HttpCase):
    def test_a_code_is_mapped_and_all_that_wait_go_on(self):
        told = self.arrive(
            self.adt("A04", "21", cls="DS"),
            self.adt("A04", "22", cls="DS"),
            self.adt("A04", "23", cls="O"),
        )
        self.assertEqual(told.mapped("state"), ["quarantined", "quarantined", "done"])
        self.start_tour("/odoo", "integration_ehr_bridge_map_class", login="admin")
        # The browser's requests have a clock of their own, ahead of this transaction's.
        self.make_due(told[:2])
        self.drain(self.feed)
        self.env.invalidate_all()
        self.assertEqual(told.mapped("state"), ["done"] * 3)
        self.assertEqual(self.visits("21", "22").mapped("encounter_class"), ["outpatient"] * 2)

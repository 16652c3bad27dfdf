from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import audit
from odoo.addons.integration_ehr_bridge.tests.feed_case import FeedCase

from .charge_case import ChargeCase

AUDITOR = "integration_core.group_auditor,integration_ehr_bridge.group_census_user"


class Looks:
    """What an auditor reads of a visit."""

    def looks(self, visit):
        """Ids of the messages about a visit that somebody has seen."""
        auditor = new_test_user(self.env, f"billing.access.{visit.id}", AUDITOR)
        action = visit.with_user(auditor).action_open_access()
        found = self.env["integration.access"].with_user(auditor).search(action["domain"])
        return set(found.mapped("content_id"))

    def see(self, messages):
        self.assertEqual(set(messages.mapped("state")), {"done"}, messages.mapped("error_message"))
        for message in messages:
            audit.record(message, "reveal", reason="A question of the payer")
        self.env.flush_all()


@tagged("post_install", "-at_install")
class TestVisitAccess(Looks, ChargeCase):
    """Who has seen what was charged for a visit."""

    def test_charges_of_a_visit(self):
        other = self.encounter("V2", "P2")
        mine = self.post_all(
            self.told(self.one("TX-1")),
            self.told(self.credit("CR-1", quantity="1", amount="450")),
        )
        theirs = self.post_all(
            self.told(self.one("TX-2"), visit={"number": "V2"}, patient={"number": "P2"})
        )
        self.see(mine | theirs)
        self.assertEqual(self.looks(self.visit), set(mine.ids))
        self.assertEqual(self.looks(other), set(theirs.ids))


@tagged("post_install", "-at_install")
class TestAccountAccess(Looks, FeedCase):
    """Who has seen what was told of the account that a visit is billed under."""

    def test_accounts_of_a_visit(self):
        self.arrive(self.adt("A01", "71"))
        routing = self.env.ref("integration_ehr_billing.routing_hl7_v2_charges")
        self.env.cr.execute(
            "UPDATE integration_interface SET routing_id = %s WHERE id = %s",
            [routing.id, self.feed.id],
        )
        self.feed.invalidate_recordset()
        self.feed._configuration_changed()
        told = self.arrive(
            self.message(
                "BAR^P01",
                "EVN|P01|20250302080000",
                f"PID|1||4771^^^MAIN^MR{'|' * 15}ACC-1^^^MAIN^AN",
                f"PV1|1|I|{'|' * 16}71^^^MAIN",
            )
        )
        self.see(told)
        self.assertEqual(self.looks(self.visits("71")), set(told.ids))

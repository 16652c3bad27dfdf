from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import audit

from .usage_case import UsageCase

AUDITOR = "integration_core.group_auditor,integration_ehr_bridge.group_census_user"


@tagged("post_install", "-at_install")
class TestVisitAccess(UsageCase):
    """Who has seen what was sent about a visit: dispenses, tests and orders are of it as well."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.auditor = new_test_user(cls.env, "supply.access", AUDITOR)
        cls.env["ehr.supply.route"].create(
            {
                "name": "Ward 3W",
                "code": "3W",
                "source_location_id": cls.warehouse.lot_stock_id.id,
                "destination_location_id": cls.ward_stock.id,
                "picking_type_id": cls.warehouse.int_type_id.id,
            }
        )
        cls._put(cls.swab, 10, cls.warehouse.lot_stock_id)
        cls.orders = cls._feed("Orders", "integration_ehr_supply.routing_hl7_v2_supply", 12577)

    def looks(self, visit):
        """Ids of the messages about a visit that somebody has seen, as an auditor reads them."""
        action = self.visits(visit).with_user(self.auditor).action_open_access()
        found = self.env["integration.access"].with_user(self.auditor).search(action["domain"])
        return set(found.mapped("content_id"))

    def see(self, messages):
        self.assert_done(messages)
        for message in messages:
            audit.record(message, "reveal", reason="A call of the ward")
        self.env.flush_all()

    def order(self, number, visit):
        usage, type(self).feed = self.feed, self.orders
        try:
            return self.arrive(
                self.message(
                    "OMS^O05",
                    f"PV1|1|I|3W^301^1^MAIN{'|' * 16}{visit}^^^MAIN",
                    f"ORC|NW|{number}^CARE",
                    "RQD|1|SWAB|||2|EA|||3W",
                )
            )
        finally:
            type(self).feed = usage

    def test_documents_of_a_visit(self):
        self.admit("71")
        self.admit("72")
        told = self.bring(
            self.rds(self.rxd("D1", "1", "SWAB"), visit="71"),
            self.rds(self.rxd("D1", "1", "SWAB"), visit="71"),
            self.device("I1", "1", visit="71", ITEM="STEM", QUANTITY="1 EA", SERIAL="SN1"),
        )
        told |= self.order("PO1", "71")
        others = self.bring(self.rds(self.rxd("D2", "1", "SWAB"), visit="72"))
        others |= self.order("PO2", "72")
        self.see(told | others)
        self.assertEqual(self.looks("71"), set(told.ids))
        self.assertEqual(self.looks("72"), set(others.ids))

    def test_what_was_purged_is_known_by_its_name(self):
        self.admit("71")
        told = self.bring(self.rds(self.rxd("D1", "1", "SWAB"), visit="71"))
        self.see(told)
        seen = told.ids
        # As retention does it, which no person may.
        self.env.cr.execute("DELETE FROM integration_message WHERE id = %s", [told.id])
        self.env.invalidate_all()
        self.assertEqual(self.looks("71"), set(seen))

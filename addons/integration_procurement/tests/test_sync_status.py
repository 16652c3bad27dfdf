from ast import literal_eval
from datetime import timedelta

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.models.integration_record_sync import SYNC_STATES
from odoo.addons.integration_core.tests.common import delivered

from .common import ProcurementCase

STATUS = "integration_sync_state"


@tagged("post_install", "-at_install")
class TestSyncStatus(ProcurementCase):
    """The purchase order as the example of a document with a sync status."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyer = new_test_user(cls.env, "buyer.test", "purchase.group_purchase_user")
        cls.operator = new_test_user(
            cls.env,
            "operator.test",
            "integration_core.group_operator,purchase.group_purchase_user",
        )
        cls.other = cls._interface("Another way", direction="outbound")

    def synced(self, *states, interface=None, reason=None):
        """One order per state, which it has at the interface; ``None``: nobody was told of it."""
        orders = self.env["purchase.order"].create([{"partner_id": self.supplier.id}] * len(states))
        for order, state in zip(orders, states, strict=True):
            if state:
                self.tell(order, state, interface or self.outbound, reason)
        return orders

    def tell(self, order, state, interface, reason=None):
        self.env.cr.execute(
            "INSERT INTO integration_record_sync (res_model, res_id, interface_id, state, reason, "
            "changed_at) VALUES ('purchase.order', %s, %s, %s, %s, now() AT TIME ZONE 'UTC')",
            [order.id, interface.id, state, reason],
        )
        self.env.invalidate_all()

    def status_of(self, order, user=None):
        sync = self.env["integration.record.sync"].with_user(user or self.buyer)
        return sync.status_of("purchase.order", order.id)

    def test_sync_status_is_shown_and_searched(self):
        never, pending = self.order(), self.order()
        self.send_with(delivered)
        pending.button_confirm()
        self.env.cr.flush()
        self.dispatch()
        orders = self.env["purchase.order"]
        both = [("id", "in", (never | pending).ids)]
        for state in ("pending", "waiting"):
            self.env.invalidate_all()
            self.assertEqual(pending.integration_sync_state, state)
            self.assertFalse(never.integration_sync_state)
            search = orders.search
            self.assertEqual(search([("integration_sync_state", "=", state), *both]), pending)
            self.assertEqual(search([("integration_sync_state", "!=", state), *both]), never)
            self.assertEqual(search([("integration_sync_state", "=", False), *both]), never)
            self.assertEqual(
                search([("integration_sync_state", "in", [state, False]), *both]), never | pending
            )
            self.drain(self.outbound)

    def test_the_worst_interface_decides(self):
        order = self.synced("synchronised")
        self.tell(order, "conflict", self.other, "They say another price.")
        self.assertEqual(order.integration_sync_state, "conflict")
        self.assertEqual(order.integration_sync_reason, "They say another price.")
        self.assertFalse(
            order.search([("id", "=", order.id), (STATUS, "=", "synchronised")]),
            "an order is found under the state that it shows, not under each of its rows",
        )

    def test_every_state_is_found(self):
        values = [value for value, _label in SYNC_STATES]
        orders = self.synced(None, *values)
        mine = [("id", "in", orders.ids)]
        for order, state in zip(orders, [False, *values], strict=True):
            with self.subTest(state=state):
                self.assertEqual(order.search([(STATUS, "=", state), *mine]), order)
                self.assertEqual(order.search([(STATUS, "!=", state), *mine]), orders - order)
                self.assertEqual(
                    order.search(["!", (STATUS, "in", [state]), *mine]), orders - order
                )
        self.assertEqual(orders[0].search([(STATUS, "=", False), *mine]), orders[0])
        self.assertEqual(orders[0].search([(STATUS, "!=", False), *mine]), orders[1:])

    def test_sorted_and_grouped(self):
        orders = self.synced("waiting", "failed", None, "failed")
        mine = [("id", "in", orders.ids)]
        groups = orders.with_user(self.buyer).formatted_read_group(mine, [STATUS], ["__count"])
        self.assertEqual(
            {group[STATUS]: group["__count"] for group in groups},
            {"failed": 2, "waiting": 1, False: 1},
        )
        self.assertEqual(orders.search(mine, order=f"{STATUS}, id")[-2:], orders[0] | orders[2])
        described = orders.fields_get([STATUS], ["groupable", "sortable", "searchable"])[STATUS]
        self.assertTrue(all(described.values()), described)

    def test_filters_of_the_search_view(self):
        orders = self.synced("waiting", "failed", "synchronised", None)
        view = orders.with_user(self.buyer).get_view(
            self.env.ref("purchase.purchase_order_view_search").id, "search"
        )
        for name, found in (
            ("integration_not_synchronised", orders[:2]),
            ("integration_failed", orders[1]),
        ):
            domain = self.domain_of_filter(view["arch"], name)
            self.assertEqual(orders.search([("id", "in", orders.ids), *domain]), found)
        self.assertIn("group_integration_sync_state", view["arch"])

    def domain_of_filter(self, arch, name):
        node = etree.fromstring(arch).xpath(f"//filter[@name='{name}']")[0]
        return literal_eval(node.get("domain"))

    def test_a_list_of_eighty_costs_one_statement(self):
        orders = self.synced(*["failed", "waiting", None, "synchronised"] * 20)
        as_buyer = orders.with_user(self.buyer)
        spec = {"name": {}, "partner_id": {}}

        def statements(**more):
            self.env.invalidate_all()
            as_buyer.env.companies.mapped("name")
            before = self.env.cr.sql_log_count
            rows = as_buyer.web_search_read([("id", "in", orders.ids)], {**spec, **more}, limit=80)
            self.assertEqual(len(rows["records"]), 80)
            return self.env.cr.sql_log_count - before

        statements()
        without = statements()
        self.assertEqual(statements(**{STATUS: {}, "integration_sync_reason": {}}) - without, 1)

    def test_details_for_a_buyer(self):
        order = self.order()
        order.button_confirm()
        self.env.cr.flush()
        self.assertTrue(self.status_of(order)["moving"], "its event is still in the outbox")
        self.dispatch()
        status = self.status_of(order)
        self.assertEqual((status["state"], status["moving"]), ("pending", True))
        self.assertEqual((status["messages"], status["links"]), (False, False))
        [row] = status["rows"]
        self.assertEqual(set(row), {"interface", "state", "reason", "next_step", "since"})
        self.assertEqual(row["interface"], "Outbound")
        self.assertIn("as soon as possible", row["reason"])
        self.assertFalse(self.env["integration.message"].with_user(self.buyer).has_access("read"))
        self.assertFalse(
            self.env["integration.record.sync"].with_user(self.buyer).has_access("read")
        )

    def test_details_for_an_operator(self):
        order = self.order()
        self.outbound.action_pause()
        order.button_confirm()
        self.env.cr.flush()
        self.dispatch()
        self.drain(self.outbound)
        message = self.messages(self.outbound)
        status = self.status_of(order, self.operator)
        self.assertEqual((status["messages"], status["links"]), (1, 0))
        [row] = status["rows"]
        self.assertEqual(row["message_id"], message.id)
        self.assertFalse(row["can_retry"], "it goes on when its interface is resumed")
        self.assertEqual(row["reason"], "The interface is paused")
        self.assertFalse(status["moving"], "what is held moves only when somebody does something")
        action = order.with_user(self.operator).action_open_integration_messages()
        self.assertEqual(self.env["integration.message"].search(action["domain"]), message)
        self.assertEqual(order.with_user(self.operator).integration_message_count, 1)
        with self.assertRaises(AccessError):
            order.with_user(self.buyer).action_open_integration_messages()
        with self.assertRaises(AccessError):
            order.with_user(self.buyer).read(["integration_message_count"])

    def test_a_confirmation_is_expected_soon_only(self):
        order = self.synced("waiting")
        self.assertTrue(self.status_of(order)["moving"])
        self.env.cr.execute(
            "UPDATE integration_record_sync SET changed_at = %s WHERE res_id = %s",
            [fields.Datetime.now() - timedelta(minutes=2), order.id],
        )
        self.assertFalse(self.status_of(order)["moving"])

    def test_who_may_not_read_the_document_sees_nothing(self):
        order = self.synced("failed")
        stranger = new_test_user(self.env, "stranger.test", "base.group_user")
        with self.assertRaises(AccessError):
            self.status_of(order, stranger)
        with self.assertRaises(AccessError):
            order.with_user(stranger).read([STATUS])

    def test_not_for_portal_users(self):
        order = self.synced("failed")
        portal = new_test_user(self.env, "portal.test", "base.group_portal")
        portal.partner_id = self.supplier.child_ids.create(
            {"name": "Portal", "parent_id": self.supplier.id}
        )
        order.message_subscribe(portal.partner_id.ids)
        self.assertTrue(order.with_user(portal).has_access("read"))
        with self.assertRaises(AccessError):
            order.with_user(portal).read([STATUS])
        with self.assertRaises(AccessError):
            self.status_of(order, portal)

    def test_interfaces_of_other_companies_do_not_count(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        theirs = self.env["integration.system"].create(
            {"name": "Theirs", "code": "THEIRS", "company_id": company.id}
        )
        interface = self._interface("Theirs", direction="outbound", system_id=theirs.id)
        order = self.synced("synchronised")
        self.tell(order, "failed", interface)
        as_buyer = order.with_user(self.buyer)
        self.assertEqual(as_buyer[STATUS], "synchronised")
        self.assertEqual(
            as_buyer.search([(STATUS, "=", "synchronised"), ("id", "=", order.id)]), order
        )
        self.assertEqual(len(self.status_of(order)["rows"]), 1)
        self.buyer.company_ids |= company
        both = as_buyer.with_context(allowed_company_ids=(self.env.company | company).ids)
        self.assertEqual(both[STATUS], "failed")

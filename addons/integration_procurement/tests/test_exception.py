from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine.inbound import Received

from .common import ProcurementCase

ACTIVITY = "integration_core.mail_activity_exception"


@tagged("post_install", "-at_install")
class TestException(ProcurementCase):
    """A deviation is written down, seen by those whose work it is, decided once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyer = new_test_user(cls.env, "buyer.exception", "purchase.group_purchase_user")
        cls.keeper = new_test_user(cls.env, "keeper.exception", "stock.group_stock_user")

    def setUp(self):
        super().setUp()
        self.purchase = self.order(user_id=self.buyer.id)
        message = self.receive("e1", {"key": "x"})
        self.received = Received(message.id, message.uuid, None, None, None, self.system.id)
        self.accepted = []
        kinds = type(self.env["integration.exception"])
        # A kind that is accepted, as an addon defines it.
        kinds._accept_other = lambda one: self.accepted.append(one.proposal)
        self.addCleanup(lambda: delattr(kinds, "_accept_other"))

    def deviate(self, name="Another price", key="1", **values):
        return self.env["integration.exception"]._raise_for(
            self.received,
            self.purchase,
            "other",
            name,
            area="purchase",
            key=key,
            lines=[("Price", "1", "2")],
            proposal={"price": "2"},
            user_id=self.buyer.id,
            **values,
        )

    def tasks(self):
        return self.purchase.activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref(ACTIVITY)
        )

    def test_accepted_once_by_the_buyer(self):
        exception = self.deviate().with_user(self.buyer)
        self.assertEqual(self.purchase.integration_sync_state, "conflict")
        self.assertEqual(self.tasks().user_id, self.buyer)
        exception.note = "Agreed by phone"
        exception.action_accept()
        self.assertEqual(self.accepted, [{"price": "2"}])
        self.assertEqual((exception.state, exception.decided_by_id), ("accepted", self.buyer))
        self.assertFalse(self.tasks())
        self.env.invalidate_all()
        self.assertEqual(self.purchase.integration_sync_state, "synchronised")
        self.assertIn("Agreed by phone", self.purchase.message_ids[0].body)
        with self.assertRaises(UserError):
            exception.action_reject()
        self.assertEqual(len(self.accepted), 1)

    def test_rejected_writes_nothing(self):
        exception = self.deviate()
        exception.with_user(self.buyer).action_reject()
        self.assertEqual((exception.state, self.accepted), ("rejected", []))

    def test_the_task_stays_until_all_is_decided(self):
        first, second = self.deviate(key="1"), self.deviate(key="2")
        self.assertEqual(len(self.tasks()), 1)
        first.with_user(self.buyer).action_accept()
        self.assertEqual(len(self.tasks()), 1)
        self.env.invalidate_all()
        self.assertEqual(self.purchase.integration_sync_state, "conflict")
        second.with_user(self.buyer).action_accept()
        self.assertFalse(self.tasks())

    def test_what_is_said_anew_overtakes(self):
        first = self.deviate()
        second = self.deviate("A third price")
        self.assertEqual((first.state, second.state), ("void", "open"))

    def test_other_people_neither_see_nor_decide(self):
        exception = self.deviate()
        self.assertFalse(
            self.env["integration.exception"]
            .with_user(self.keeper)
            .search([("id", "=", exception.id)])
        )
        with self.assertRaises(AccessError):
            exception.with_user(self.keeper).action_accept()
        with self.assertRaises(AccessError):
            exception.with_user(self.buyer).write({"state": "accepted"})
        with self.assertRaises(AccessError):
            exception.with_user(self.buyer).write({"proposal": {"price": "0"}})

    def test_of_another_company(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        exception = self.deviate()
        self.buyer.company_ids |= company
        elsewhere = exception.with_user(self.buyer).with_context(allowed_company_ids=company.ids)
        self.assertFalse(elsewhere.search([("id", "=", exception.id)]))

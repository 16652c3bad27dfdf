import doctest
from datetime import datetime
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import BaseCase, tagged

from ..tools import schedules
from ..tools.schedules import Delivery
from ..tools.shipments import Place
from .answers_case import AnswersCase

FIRST, LAST = "2026-12-01", "2026-12-20"


@tagged("post_install", "-at_install")
class TestToolsSchedules(BaseCase):
    def test_doctests(self):
        self.assertFalse(doctest.testmod(schedules).failed)

    def test_nothing_is_lost_or_added(self):
        days = [datetime(2026, 12, day) for day in (20, 1, 8)]
        deliveries = [
            Delivery(Decimal(quantity), day)
            for quantity, day in zip(("0.5", "3", "2"), days, strict=True)
        ]
        for rooms in ((1,), (2, 2), (3, "2.5", 4)):
            for came in ("0", "0.25", "100"):
                places = [Place(number, Decimal(room)) for number, room in enumerate(rooms)]
                plan = schedules.spread(places, deliveries, Decimal(came))
                planned = {key: sum(part.quantity for part in parts) for key, parts in plan}
                self.assertEqual(planned, {one.key: one.room for one in places})
                moments = [part.moment for _key, parts in plan for part in parts]
                self.assertEqual(moments, sorted(moments))


@tagged("post_install", "-at_install")
class TestOrderConfirmationSchedule(AnswersCase):
    """Several deliveries of a line that the buyer accepts become receipts of their own days."""

    def scheduled(self, *parts, key="c1", line=None, accept=True, **said):
        """The supplier answers with deliveries of ``(quantity, day)``."""
        schedule = [{"quantity": quantity, "promised_date": day} for quantity, day in parts]
        line = line or self.first
        message = self.answer(key, (line, {"schedule": schedule, **said}), order=line.order_id)
        self.assertEqual(message.state, "done", message.error_message)
        if accept:
            self.accept(self.exceptions(line.order_id))
        return message

    def receipts(self, line=None):
        """What is awaited of a line: ``(quantity, day, receipt)``."""
        moves = (line or self.first)._integration_awaiting()
        return [(move.product_qty, str(move.date.date()), move.picking_id) for move in moves]

    def planned(self, line=None):
        return [(quantity, day) for quantity, day, _receipt in self.receipts(line)]

    # -- accepted ----------------------------------------------------------------------------

    def test_each_delivery_is_a_receipt_of_its_day(self):
        before = self.purchase.picking_ids
        self.scheduled(("3", FIRST), ("2", LAST), accept=False)
        self.assertEqual(self.exceptions().kind, "order_date")
        self.assertEqual(self.first.supplier_schedule, [[3, FIRST], [2, LAST]])
        self.assertIn("12/20/2026", self.first.supplier_schedule_text)
        self.assertEqual(self.first.supplier_confirmed_qty, 5)
        self.assertEqual(self.planned(), [(5, FIRST)], "nothing before it is accepted")
        self.accept()
        self.assertEqual(self.planned(), [(3, FIRST), (2, LAST)])
        self.assertEqual(self.receipts()[0][2], before)
        later = self.receipts()[1][2]
        self.assertNotEqual(later, before)
        self.assertEqual(str(later.scheduled_date), "2026-12-20 11:00:00")
        self.assertEqual((later.state, later.origin), ("assigned", self.purchase.name))
        self.assertIn(later, self.purchase.picking_ids)
        self.assertEqual(str(before.scheduled_date), "2026-12-01 11:00:00", "as the other line")
        self.assertEqual(str(self.first.date_planned), "2026-12-20 11:00:00")
        self.assertFalse(self.first.supplier_deviates)

    def test_forecast_expects_what_comes_when_it_comes(self):
        self.product.is_storable = True
        self.scheduled(("3", FIRST), ("2", LAST))
        for day, forecast in (("2026-12-02", 5), ("2026-12-21", 7)):
            product = self.product.with_context(to_date=day)
            self.assertEqual(product.virtual_available, forecast, "with 2 of the other line")

    def test_later_deliveries_of_one_day_come_together(self):
        self.scheduled(("3", FIRST), ("2", LAST))
        self.scheduled(("1", FIRST), ("1", LAST), key="c2", line=self.second)
        self.assertEqual(self.receipts()[1][2], self.receipts(self.second)[1][2])
        self.assertEqual(len(self.purchase.picking_ids), 2)

    def test_one_later_delivery_moves_its_receipt(self):
        self.answer("c1", (self.first, {"promised_date": LAST}))
        self.accept()
        self.assertEqual(self.planned(), [(5, LAST)])
        self.assertEqual(len(self.purchase.picking_ids), 1)

    def test_box_of_twelve(self):
        order = self.ordered(line={"product_uom_id": self.box.id, "product_qty": 3})
        line = order.order_line[0]
        self.scheduled(("1", FIRST), ("2", LAST), line=line, quantity="3", unit="BX")
        self.assertEqual(self.planned(line), [(12, FIRST), (24, LAST)])

    def test_said_anew(self):
        self.scheduled(("3", FIRST), ("2", LAST))
        self.scheduled(("1", FIRST), ("4", "2026-12-24"), key="c2")
        self.assertEqual(self.planned(), [(1, FIRST), (2, "2026-12-24"), (2, "2026-12-24")])
        self.assertEqual(sum(quantity for quantity, _day in self.planned()), 5)

    def test_what_was_received_came_first(self):
        self.receive_goods(self.receipts()[0][2], 2)
        self.scheduled(("3", FIRST), ("2", LAST))
        self.assertEqual(self.planned(), [(1, FIRST), (2, LAST)])
        for _quantity, _day, receipt in self.receipts():
            receipt.move_ids.picked = True
            receipt._action_done()
        self.assertEqual(self.first.qty_received, 5)
        self.assertEqual(self.purchase.receipt_status, "full")

    def receive_goods(self, receipt, quantity):
        move = receipt.move_ids.filtered(lambda one: one.purchase_line_id == self.first)
        (receipt.move_ids - move).quantity = 0
        move.write({"quantity": quantity, "picked": True})
        receipt._action_done()

    # -- and then ----------------------------------------------------------------------------

    def test_quantity_and_schedule_in_any_order(self):
        parts = ("2", FIRST), ("2", LAST)
        for number, kinds in enumerate(
            (("order_quantity", "order_date"), ("order_date", "order_quantity"))
        ):
            with self.subTest(kinds):
                order = self.ordered()
                line = order.order_line[0]
                self.scheduled(*parts, line=line, quantity="4", accept=False, key=f"k{number}")
                for kind in kinds:
                    exceptions = self.exceptions(order)
                    self.accept(exceptions.filtered(lambda one, kind=kind: one.kind == kind))
                self.assertEqual(self.planned(line), [(2, FIRST), (2, LAST)])

    def test_fewer_in_time(self):
        self.scheduled(("2", "2026-11-20"), ("1", FIRST), quantity="3", accept=False)
        self.assertEqual(self.exceptions().kind, "order_quantity")
        self.accept()
        self.assertEqual(self.planned(), [(2, "2026-11-20"), (1, FIRST)])

    def test_buyer_orders_fewer_afterwards(self):
        self.scheduled(("1", FIRST), ("4", LAST))
        order = self.purchase.with_user(self.buyer)
        order.write({"order_line": [(1, self.first.id, {"product_qty": 2})]})
        self.assertEqual(self.planned(), [(1, FIRST), (1, LAST)])
        returns = self.first.move_ids.filtered(lambda move: move.location_dest_usage == "supplier")
        self.assertFalse(returns, "nothing is sent back that never came")
        self.assertEqual(str(self.first.date_planned), "2026-12-20 11:00:00", "as it was agreed")
        order.write({"order_line": [(1, self.first.id, {"product_qty": 1})]})
        self.assertEqual(self.planned(), [(1, FIRST)])
        self.assertFalse(self.purchase.picking_ids.filtered(lambda one: not one.move_ids))

    def test_buyer_orders_more_afterwards(self):
        self.scheduled(("3", FIRST), ("2", LAST))
        self.purchase.with_user(self.buyer).write(
            {"order_line": [(1, self.first.id, {"product_qty": 7})]}
        )
        self.assertEqual(self.planned(), [(3, FIRST), (4, LAST)])

    def test_receipts_that_people_split_are_left_alone(self):
        move = self.receipts()[0][2].move_ids.filtered(
            lambda one: one.purchase_line_id == self.first
        )
        split = self.env["stock.move"].create(move._split(2))
        split.picking_id = move.picking_id.copy({"move_ids": []})
        split._action_confirm(merge=False)
        self.first.product_qty = 7
        self.assertEqual(len({receipt for _quantity, _day, receipt in self.receipts()}), 2)

    def test_cancelled_with_all_of_its_receipts(self):
        self.scheduled(("3", FIRST), ("2", LAST))
        self.purchase.button_cancel()
        self.assertEqual(set(self.purchase.picking_ids.mapped("state")), {"cancel"})

    def test_rejected_afterwards(self):
        self.scheduled(("3", FIRST), ("2", LAST))
        self.answer("c2", (self.first, {"status": "rejected"}))
        self.accept()
        self.assertEqual((self.first.product_qty, self.planned()), (0, []))

    # -- what is said to the whole line --------------------------------------------------------

    def test_sum_of_deliveries(self):
        schedule = [{"quantity": "3", "promised_date": FIRST}]
        message = self.answer("c1", (self.first, {"schedule": schedule}))
        self.assertEqual((message.state, message.error_code), ("quarantined", "schedule_sum"))

    def test_begun_receipts_stay(self):
        receipt = self.receipts()[0][2]
        receipt.move_ids.picked = True
        self.scheduled(("3", FIRST), ("2", LAST))
        self.assertEqual(len(self.purchase.picking_ids), 1)
        self.assertEqual(receipt.move_ids[0].product_qty, 5)

    def test_locked_order(self):
        self.scheduled(("3", FIRST), ("2", LAST), accept=False)
        self.purchase.locked = True
        with self.assertRaises(UserError):
            self.accept()
        self.assertEqual(self.planned(), [(5, FIRST)])

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.tools import errors

from .answers_case import AnswersCase

WAY = {"way": "phone", "reason": "Their system is down"}


@tagged("post_install", "-at_install")
class TestSentOtherwise(AnswersCase):
    """A buyer without rights on interfaces says that the supplier has the order."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        confirmed = cls.env.ref("integration_procurement.event_type_purchase_order_confirmed")
        # Does not speak to the supplier, so goes on.
        analytics = cls.env["integration.system"].create(
            {"name": "Analytics", "code": "ANALYTICS", "kind": "analytics"}
        )
        cls.analytics = cls._interface(
            "To analytics",
            direction="outbound",
            system_id=analytics.id,
            event_type_ids=[(6, 0, confirmed.ids)],
        )

    def confirmed_only(self):
        """An order whose event is still in the outbox."""
        order = self.order(user_id=self.buyer.id)
        order.order_line.date_planned = "2026-12-01 11:00:00"
        order.button_confirm()
        self.env.cr.flush()
        return order

    def ask(self, order, user=None):
        """Open the dialog."""
        self.env.flush_all()
        with self.enter_registry_test_mode():
            action = order.with_user(user or self.buyer).action_ask_sent_otherwise()
        self.env.invalidate_all()
        wizards = self.env["integration.sent.otherwise"].with_user(user or self.buyer)
        return wizards.browse(action["res_id"])

    def say(self, order, **values):
        wizard = self.ask(order)
        wizard.write({**WAY, **values})
        self.env.flush_all()
        with self.enter_registry_test_mode():
            wizard.action_confirm()
        self.env.invalidate_all()

    def undo(self, order):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            action = order.with_user(self.buyer).action_ask_undo_sent_otherwise()
            wizards = self.env["integration.sent.otherwise"].with_user(self.buyer)
            wizards.browse(action["res_id"]).action_confirm()
        self.env.invalidate_all()

    def message_of(self, order, interface=None):
        return self.messages(interface or self.outbound).filtered(
            lambda one: one.res_id == order.id
        )

    def test_an_event_in_the_outbox(self):
        order = self.confirmed_only()
        self.assertTrue(order.with_user(self.buyer).integration_may_be_sent_otherwise)
        self.say(order)
        message = self.message_of(order)
        self.assertEqual(message.state, "cancelled")
        self.assertIn("Their system is down", message.resolution)
        self.assertEqual(self.message_of(order, self.analytics).state, "queued")
        self.assertEqual(
            (order.sent_otherwise, order.sent_otherwise_user_id), ("phone", self.buyer)
        )
        self.assertIn("Their system is down", order.message_ids[0].body)
        audit = self.env["integration.audit.entry"].search(
            [("res_model", "=", "integration.message"), ("res_id", "=", message.id)]
        )
        self.assertEqual((audit.act, audit.actor_id), ("cancel", self.buyer.id))
        [status] = self.env["integration.record.sync"].search(
            [("res_id", "=", order.id), ("interface_id", "=", self.outbound.id)]
        )
        self.assertEqual(status.state, "cancelled")
        self.assertIn("Their system is down", status.reason)
        sent = []
        self.send_with(sent.append)
        self.drain(self.outbound)
        self.assertFalse(sent)

    def test_an_order_that_failed_and_a_late_answer(self):
        self.send_with(
            lambda _message: Outcome(error=errors.PermanentError("They refused it: HTTP 422."))
        )
        order = self.confirmed_only()
        self.dispatch()
        self.drain(self.outbound)
        self.assertEqual(self.message_of(order).state, "dead")
        self.say(order)
        self.assertEqual(self.message_of(order).state, "cancelled")
        self.assertFalse(order.with_user(self.buyer).integration_may_be_sent_otherwise)
        self.answer("c1", *[(line, {}) for line in order.order_line], order=order)
        [status] = self.env["integration.record.sync"].search(
            [("res_id", "=", order.id), ("interface_id", "=", self.outbound.id)]
        )
        self.assertEqual(status.state, "synchronised")
        with self.assertRaisesRegex(UserError, "nothing left to undo"):
            self.undo(order)

    def test_held_and_retried_messages_are_stopped(self):
        for state in ("held", "retry"):
            with self.subTest(state=state):
                order = self.confirmed_only()
                self.dispatch()
                message = self.message_of(order)
                self.env.cr.execute(
                    "UPDATE integration_message SET state = %s, held_reason = %s WHERE id = %s",
                    [state, "paused" if state == "held" else None, message.id],
                )
                self.env.invalidate_all()
                self.say(order)
                self.assertEqual(self.message_of(order).state, "cancelled")

    def test_sending_that_begins_while_it_is_withdrawn(self):
        """Nothing is locked between looking and acting; a drain takes the message in between."""
        order = self.confirmed_only()
        self.dispatch()
        message = self.message_of(order)
        look = type(order)._integration_under_way

        def taken_meanwhile(one):
            rows = look(one)
            one.env.cr.execute(
                "UPDATE integration_message SET state = 'processing' WHERE id = %s", [message.id]
            )
            return rows

        wizard = self.ask(order)
        wizard.write(WAY)
        self.env.flush_all()
        self.patch(type(order), "_integration_under_way", taken_meanwhile)
        with (
            self.assertRaisesRegex(UserError, "could not be stopped"),
            self.enter_registry_test_mode(),
        ):
            wizard.action_confirm()
        self.env.invalidate_all()
        self.assertFalse(order.sent_otherwise)

    def test_what_has_left_needs_to_be_known(self):
        wizard = self.ask(self.purchase)
        line = wizard.line_ids.filtered("chosen")
        self.assertEqual(line.name, "Outbound")
        self.assertTrue(wizard.may_have_left)
        self.assertIn("left already", line.state)
        with self.assertRaisesRegex(UserError, "one and the same order"):
            self.say(self.purchase)
        self.assertFalse(self.purchase.sent_otherwise)
        self.say(self.purchase, certain=True)
        self.assertEqual(self.message_of(self.purchase).state, "done")
        [status] = self.env["integration.record.sync"].search(
            [("res_id", "=", self.purchase.id), ("interface_id", "=", self.outbound.id)]
        )
        self.assertEqual(status.state, "cancelled")
        self.undo(self.purchase)
        status.invalidate_recordset()
        self.assertEqual(status.state, "waiting")
        self.assertEqual(len(self.message_of(self.purchase)), 1, "it is not sent twice")

    def test_what_is_being_sent_needs_to_be_known(self):
        order = self.confirmed_only()
        self.dispatch()
        wizard = self.ask(order)
        self.assertFalse(wizard.may_have_left)
        wizard.write(WAY)
        self.env.cr.execute(
            "UPDATE integration_message SET state = 'processing' WHERE id = %s",
            [self.message_of(order).id],
        )
        with (
            self.enter_registry_test_mode(),
            self.assertRaisesRegex(UserError, "at this very moment"),
        ):
            wizard.action_confirm()

    def test_undo_sends_it_after_all(self):
        order = self.confirmed_only()
        self.say(order)
        self.undo(order)
        old, new = self.message_of(order)
        self.assertEqual((old.state, new.state, new.original_id), ("cancelled", "queued", old))
        self.assertFalse(order.sent_otherwise)
        with self.assertRaises(UserError):
            self.undo(order)

    def test_not_for_everybody(self):
        stranger = new_test_user(self.env, "stranger.otherwise", "base.group_user")
        with self.assertRaises(AccessError):
            self.ask(self.purchase, stranger)
        self.assertFalse(self.env["integration.message"].with_user(self.buyer).has_access("read"))

    def test_an_order_that_no_interface_sends(self):
        order = self.order(partner_id=self.env["res.partner"].create({"name": "By letter"}).id)
        with self.assertRaisesRegex(UserError, "No interface"):
            self.ask(order)

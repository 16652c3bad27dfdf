from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .retention_case import RetentionCase


@tagged("post_install", "-at_install")
class TestLegalHold(RetentionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator, cls.approver, cls.auditor = (
            new_test_user(cls.env, f"hold.{role}", f"integration_core.group_{role}")
            for role in ("operator", "approver", "auditor")
        )

    def hold(self, user=None, **values):
        return (
            self.env["integration.legal.hold"]
            .with_user(user or self.operator)
            .create({"name": "Dispute", "reference": "3 O 117", "reason": "A claim", **values})
        )

    def look_at_all_again(self):
        self.env["integration.retention.clock"].search([]).write({"looked_again_at": False})

    # -- what it covers --------------------------------------------------------------------------

    def test_each_scope_keeps_content_and_message(self):
        country = self.env["res.country"].search([], limit=1)
        makers = {
            "interface": lambda m: {"interface_id": m.interface_id.id},
            "system": lambda m: {"system_id": m.system_id.id},
            "record": lambda m: {"record_ref": f"{country._name},{country.id}"},
            "correlation": lambda m: {"correlation_id": m.correlation_id},
            "selection": lambda m: {"message_ids": [fields.Command.set(m.ids)]},
            "company": lambda m: {},
        }
        for scope, values in makers.items():
            with self.subTest(scope=scope):
                message = self.finished(scope, 1000, res_model=country._name, res_id=country.id)
                hold = self.hold(scope=scope, **values(message))
                self.assertTrue(message.on_hold)
                self.assertIn(message, message.search([("on_hold", "=", True)]))
                self.assertNotIn(message, message.search([("on_hold", "=", False)]))
                self.assertIn(message, message.search(hold._domain()))
                self.look_at_all_again()
                self.sweep()
                self.assertTrue(message.payload_ids)
                hold.sudo().write({"state": "approved", "approved_at": fields.Datetime.now()})
                self.env.flush_all()
                self.look_at_all_again()
                self.sweep()
                self.assertFalse(message.exists(), "nothing else kept it")

    def test_what_is_not_covered_goes(self):
        covered, other = self.finished("covered", 1000), self.finished("other", 1000)
        self.hold(scope="correlation", correlation_id=covered.correlation_id)
        self.sweep()
        self.assertTrue(covered.payload_ids)
        self.assertFalse(other.exists())

    def test_period(self):
        inside, outside = self.finished("inside", 500), self.finished("outside", 450)
        day = inside.created_at.date()
        self.hold(scope="company", date_from=day, date_to=day)
        self.assertTrue(inside.on_hold)
        self.assertFalse(outside.on_hold)
        self.sweep()
        self.assertTrue(inside.payload_ids)
        self.assertFalse(outside.exists())

    def test_it_covers_what_comes_later(self):
        self.hold(scope="interface", interface_id=self.inbound.id)
        self.assertTrue(self.receive("later", {"key": "later"}).on_hold)

    def test_message_on_hold_keeps_its_event(self):
        self.fire()
        self.dispatch()
        message = self.messages(self.outbound)
        event = message.event_id
        self.set_columns(
            message,
            state="cancelled",
            finished_at=fields.Datetime.subtract(fields.Datetime.now(), days=1000),
        )
        self.hold(scope="record", record_ref=f"{event.res_model},{event.res_id}")
        self.sweep()
        self.assertFalse(event.purged_at)
        self.assertTrue(message.exists())

    def test_filter_asks_by_the_rules_of_the_holds(self):
        """A question about all holds for each message would read the whole ledger."""
        messages = self.env["integration.message"].with_user(self.operator)
        self.assertTrue(messages._search_on_hold("in", [True]).is_false())
        self.assertTrue(messages._search_on_hold("in", [False]).is_true())
        covered, other = self.finished("covered", 1), self.finished("other", 1)
        self.hold(scope="correlation", correlation_id=covered.correlation_id)
        quiet = self.env["integration.system"].create({"name": "Quiet", "code": "QUIET"})
        self.hold(scope="system", system_id=quiet.id)
        for value, found in ((True, covered), (False, other)):
            domain = [("on_hold", "=", value), ("id", "in", (covered | other).ids)]
            self.assertEqual(messages.search(domain), found)
            self.assertNotIn("legal_hold", str(messages._search(domain).select().code))
        self.inbound.active = False
        self.hold(scope="system", system_id=self.system.id)
        self.assertIn(other, messages.search([("on_hold", "=", True)]))

    # -- placing and lifting ---------------------------------------------------------------------

    def test_who_may_place(self):
        self.hold(self.auditor, scope="interface", interface_id=self.inbound.id)
        for user in (
            self.approver,
            new_test_user(self.env, "hold.o", "integration_core.group_observer"),
        ):
            with self.assertRaises(AccessError):
                self.hold(user, scope="company")

    def test_a_hold_does_not_change_and_is_not_deleted(self):
        hold = self.hold(scope="interface", interface_id=self.inbound.id)
        for values in ({"interface_id": self.outbound.id}, {"date_to": fields.Date.today()}):
            with self.assertRaises(UserError):
                hold.write(values)
        with self.assertRaises(AccessError):
            hold.state = "approved"
        with self.assertRaises(UserError):
            hold.sudo().unlink()
        hold.name = "Dispute about March"

    def test_it_says_what_it_covers(self):
        for values in (
            {"scope": "interface"},
            {"scope": "record"},
            {"scope": "correlation"},
            {"scope": "selection"},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.hold(**values)

    def test_lifting_takes_a_second_person(self):
        message = self.finished("held", 1000)
        hold = self.hold(scope="interface", interface_id=self.inbound.id)
        with self.assertRaises(UserError):
            hold.action_request_lifting(" ")
        with self.assertRaises(UserError):
            hold.action_submit()
        with self.assertRaises(UserError):
            hold.with_user(self.approver).action_approve()
        hold.action_request_lifting("The claim was settled")
        self.assertIn(self.approver, hold.sudo().activity_ids.user_id)
        self.sweep()
        self.assertTrue(message.exists(), "in force until somebody agreed")
        self.operator.group_ids += self.env.ref("integration_core.group_approver")
        with self.assertRaises(UserError):
            hold.action_approve()
        hold.with_user(self.approver).action_approve()
        self.assertFalse(message.on_hold)
        self.sweep()
        self.assertFalse(message.exists(), "found again although the clock had passed it")
        acts = self.env["integration.audit.entry"].search(
            [("res_model", "=", hold._name), ("res_id", "=", hold.id)]
        )
        self.assertLessEqual({"hold", "submit", "approve", "unhold"}, set(acts.mapped("act")))
        lifted = acts.filtered(lambda entry: entry.act == "unhold")
        self.assertEqual(
            (lifted.reason, lifted.actor_id), ("The claim was settled", self.approver.id)
        )

    def test_approver_keeps_it(self):
        hold = self.hold(scope="interface", interface_id=self.inbound.id)
        hold.action_request_lifting("Settled, I think")
        hold.with_user(self.approver).action_send_back("It is not")
        self.assertEqual(hold.state, "draft")
        self.assertTrue(self.receive("still", {"key": "a"}).on_hold)

    def test_history_of_a_selected_message_tells(self):
        message = self.finished("selected", 10)
        action = message.with_user(self.operator).action_open_new_hold()
        hold = (
            self.env["integration.legal.hold"]
            .with_user(self.operator)
            .with_context(**action["context"])
            .create({"name": "Dispute", "reference": "3 O 117", "reason": "A claim"})
        )
        self.assertEqual(hold.message_ids, message)
        self.assertIn("3 O 117", message.history)
        self.assertEqual(
            hold.search(message.with_user(self.operator).action_open_holds()["domain"]), hold
        )

    def test_remark_names_the_removal_after_the_hold(self):
        """Of two removals of the time only the one after the lifting concerned this message."""
        held, other = self.finished("held", 40), self.finished("other", 40)
        hold = self.hold(scope="selection", message_ids=[fields.Command.set(held.ids)])
        self.sweep()
        self.assertTrue(other.content_remark)
        self.assertFalse(held.content_remark)
        line = self.env["integration.retention.line"].search(
            [("interface_id", "=", self.inbound.id)]
        )
        self.env.cr.execute(
            "UPDATE integration_retention_line SET purged_at = now() - interval '1 hour'"
        )
        self.env.cr.execute(
            "UPDATE integration_legal_hold SET create_date = now() - interval '2 hours', "
            "state = 'approved', approved_at = now() - interval '30 minutes' WHERE id = %s",
            [hold.id],
        )
        self.env.invalidate_all()
        self.env["integration.retention.clock"].search([]).write({"looked_again_at": False})
        self.sweep()
        lines = self.env["integration.retention.line"].search(
            [("interface_id", "=", self.inbound.id)]
        )
        self.assertEqual(len(lines - line), 1)
        self.assertFalse(held.payload_ids)
        self.assertNotEqual(held.content_remark, other.content_remark)

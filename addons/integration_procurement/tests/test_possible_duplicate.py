from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .test_item import ItemCase


@tagged("post_install", "-at_install")
class TestPossibleDuplicate(ItemCase):
    """A data steward says what an identifier means, and the message goes on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.steward = new_test_user(
            cls.env,
            "duplicate.steward",
            "integration_core.group_steward,product.group_product_manager",
        )

    def setUp(self):
        super().setUp()
        self.bring_well(self.item("I-1", reference="GZ-1"))
        self.product = self.known("I-1")
        self.asked = self.refuse("possible_duplicate", self.item("I-2", reference="GZ-1"))
        self.duplicate = (
            self.env["integration.duplicate"]
            .search([("message_id", "=", self.asked.id)])
            .with_user(self.steward)
        )

    def confirm_with(self, action, reason="looked at both"):
        """Answer the dialog that asks why."""
        wizard = (
            self.env["integration.reason.wizard"]
            .with_user(self.steward)
            .with_context(**action["context"])
            .create({"reason": reason})
        )
        wizard.action_confirm()
        self.drain(self.inbound)
        self.env.invalidate_all()

    def test_what_is_asked(self):
        action = self.asked.with_user(self.steward).action_open_duplicate()
        self.assertEqual(action["res_id"], self.duplicate.id)
        self.assertEqual((self.duplicate.external_id, self.duplicate.is_open), ("I-2", True))
        candidate = self.duplicate.candidate_ids
        self.assertEqual(candidate.record_name, self.product.display_name)
        self.assertEqual(candidate.known_as, "I-1")
        self.assertIn(self.duplicate, self.duplicate.search([("is_open", "=", True)]))
        self.assertNotIn(self.duplicate, self.duplicate.search([("is_open", "=", False)]))
        self.assertTrue(self.asked.advice)

    def test_it_is_this_one(self):
        self.confirm_with(self.duplicate.candidate_ids.action_ask_link())
        self.assertEqual(self.asked.state, "done", self.asked.error_message)
        self.assertEqual((self.known("I-1"), self.known("I-2")), (self.product, self.product))
        self.assertEqual(self.duplicate.decision, "link")
        self.assertEqual(self.duplicate.decided_by_id, self.steward)
        self.assertFalse(self.duplicate.is_open)

    def test_it_is_one_of_its_own(self):
        self.confirm_with(self.duplicate.action_ask_keep_apart())
        self.assertEqual(self.asked.state, "done", self.asked.error_message)
        self.assertTrue(self.known("I-2"))
        self.assertNotEqual(self.known("I-2"), self.product)
        audited = self.env["integration.audit.entry"].search([("act", "=", "keep_apart")])
        self.assertEqual(audited.reason, "looked at both")

    def question(self, **values):
        """What is asked about another item with some marks."""
        message = self.refuse("possible_duplicate", self.item("I-9", **values))
        found = self.env["integration.duplicate"].search([("message_id", "=", message.id)])
        return message, found.with_user(self.steward)

    def test_a_barcode_that_odoo_keeps_for_one_product(self):
        self.bring_well(self.item("I-3", gtin="4006501003638"))
        other = self.known("I-3")
        message, duplicate = self.question(gtin="4006501003638")
        self.confirm_with(duplicate.action_ask_keep_apart())
        self.assertEqual(message.error_code, "possible_duplicate")
        self.assertIn("cannot be a record of its own", message.error_message)
        self.assertEqual((duplicate.is_open, duplicate.decision), (True, False))
        other.barcode = "0000000000017"
        self.confirm_with(duplicate.action_ask_keep_apart())
        self.assertEqual(message.state, "done", message.error_message)
        self.assertEqual(self.known("I-9").barcode, "4006501003638")

    def test_a_decision_that_had_no_effect_is_taken_back(self):
        """Odoo keeps barcodes of packagings apart from those of products as well."""
        box = self.env.ref("uom.product_uom_dozen")
        self.env["product.uom"].create(
            {"product_id": self.product.id, "uom_id": box.id, "barcode": "4006501003638"}
        )
        message, duplicate = self.question(reference="GZ-1", gtin="4006501003638")
        self.assertFalse(duplicate.may_ask_again)
        self.confirm_with(duplicate.action_ask_keep_apart())
        self.assertEqual((message.state, message.error_code), ("quarantined", "business_rule"))
        operator = new_test_user(self.env, "duplicate.op", "integration_core.group_operator")
        with self.assertRaises(AccessError):
            duplicate.with_user(operator).action_ask_again("why not")
        self.assertTrue(duplicate.may_ask_again)
        self.confirm_with(duplicate.action_ask_ask_again(), "it is a box of the same")
        self.assertEqual((message.error_code, duplicate.is_open), ("possible_duplicate", True))
        audited = self.env["integration.audit.entry"].search([("act", "=", "ask_again")])
        self.assertEqual(audited.reason, "it is a box of the same")
        with self.assertRaises(UserError):
            duplicate.action_ask_again("once more")

    def test_decided_once(self):
        self.confirm_with(self.duplicate.action_ask_keep_apart())
        with self.assertRaises(UserError):
            self.duplicate.action_keep_apart("again")

    def test_nothing_to_decide_about_a_closed_message(self):
        self.asked.action_resolve("sent by mistake")
        self.assertFalse(self.duplicate.is_open)
        with self.assertRaises(UserError):
            self.duplicate.candidate_ids.action_link("too late")
        self.assertFalse(self.known("I-2"))

    def test_retry_alone_asks_once_more(self):
        self.asked.action_retry()
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual(self.asked.error_code, "possible_duplicate")
        self.assertEqual(len(self.duplicate.search([("external_id", "=", "I-2")])), 1)
        self.assertEqual(len(self.duplicate.candidate_ids), 1)

    def test_only_stewards_with_rights_on_the_record(self):
        operator = new_test_user(self.env, "duplicate.op", "integration_core.group_operator")
        with self.assertRaises(AccessError):
            self.duplicate.with_user(operator).action_keep_apart("why not")
        helpless = new_test_user(self.env, "duplicate.no", "integration_core.group_steward")
        with self.assertRaises(AccessError):
            self.duplicate.candidate_ids.with_user(helpless).action_link("why not")
        with self.assertRaises(AccessError):
            self.duplicate.write({"decision": "apart"})
        self.assertFalse(self.known("I-2"))

    def test_merged_records_are_one_candidate(self):
        twin = self.env["product.product"].create({"name": "Twin"})
        self.duplicate.sudo().candidate_ids = [
            (0, 0, {"res_model": "product.product", "res_id": twin.id})
        ]
        self.links._link(self.system.id, twin, "I-3")
        self.reconfigure(self.inbound, handler="integration.handler.item_merge")
        self.bring_well({"survivor": "I-1", "merged": "I-3"})
        self.assertEqual(self.duplicate.candidate_ids.mapped("res_id"), [self.product.id])

    def compared(self, *groups, reason=""):
        """What a steward with further roles sees beside each other."""
        self.steward.group_ids += self.env["res.groups"].union(*map(self.env.ref, groups))
        found = self.duplicate.compare(reason)
        return found, {row["member"]: (row["sent"], row["values"]) for row in found["rows"]}

    def test_what_was_sent_beside_what_is_known(self):
        found, rows = self.compared("integration_core.group_content_viewer")
        self.assertEqual((found["refused"], found["needs_reason"]), ("", False))
        self.assertEqual(found["columns"], [self.product.display_name])
        self.assertEqual(rows["reference"], ("GZ-1", [{"text": "GZ-1", "same": True}]))
        self.assertEqual(rows["number"], ("I-2", [{"text": "I-1", "same": False}]))
        self.product.name = "Gauze, sterile"
        _found, rows = self.compared()
        self.assertEqual(rows["name"], ("Gauze", [{"text": "Gauze, sterile", "same": False}]))

    def test_without_the_role_nothing_of_it_is_shown(self):
        observer = new_test_user(self.env, "duplicate.eye", "integration_core.group_observer")
        found = self.duplicate.with_user(observer).compare()
        self.assertIn("Content viewer", found["refused"])
        self.assertEqual((found["columns"], found["rows"]), ([], []))

    def test_private_content_needs_a_reason_and_is_audited(self):
        self.reconfigure(self.inbound, data_class="confidential")
        found, rows = self.compared("integration_core.group_content_viewer")
        self.assertEqual((found["needs_reason"], rows), (True, {}))
        _found, rows = self.compared(reason="Which of the two gauzes is it?")
        self.assertEqual(rows["name"][0], "Gauze")
        look = self.env["integration.audit.entry"].search(
            [("act", "=", "reveal"), ("actor_id", "=", self.steward.id)]
        )
        self.assertEqual(look.reason, "Which of the two gauzes is it?")

    def test_records_that_the_steward_may_not_read_are_no_columns(self):
        rule = {
            "name": "Not this one",
            "model_id": self.env["ir.model"]._get_id("product.product"),
            "domain_force": f"[('id', '!=', {self.product.id})]",
        }
        self.env["ir.rule"].create(rule)
        found, rows = self.compared("integration_core.group_content_viewer")
        self.assertEqual((found["columns"], rows["name"]), ([], ("Gauze", [])))

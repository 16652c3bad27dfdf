from ast import literal_eval
from typing import NamedTuple

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.tools import errors, plain_words

from .common import ProcurementCase

STATUS, REASON = "integration_sync_state", "integration_sync_reason"
MESSAGES = "action_open_integration_messages"
# What nobody who works with documents should have to read.
TECHNICAL = ("HTTP", "JSON", "schema", "payload", "endpoint", "interface", "API", "map")


class Document(NamedTuple):
    """A kind of document with a sync status, and where people see it."""

    model: str
    list_view: str
    form_view: str
    search_view: str


DOCUMENTS = (
    Document(
        "purchase.order",
        "purchase.purchase_order_view_tree",
        "purchase.purchase_order_form",
        "purchase.purchase_order_view_search",
    ),
    Document(
        "stock.picking",
        "stock.vpicktree",
        "stock.view_picking_form",
        "stock.view_picking_internal_search",
    ),
    Document(
        "product.template",
        "product.product_template_tree_view",
        "product.product_template_only_form_view",
        "product.product_template_search_view",
    ),
    Document(
        "product.product",
        "product.product_product_tree_view",
        "product.product_normal_form_view",
        "product.product_search_form_view",
    ),
    Document(
        "res.partner",
        "base.view_partner_tree",
        "base.view_partner_form",
        "base.view_res_partner_filter",
    ),
)


@tagged("post_install", "-at_install")
class TestSyncModels(ProcurementCase):
    """What every kind of document with a sync status offers to those who work with it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rights = "purchase.group_purchase_user,stock.group_stock_user"
        cls.worker = new_test_user(cls.env, "worker.test", rights)
        cls.operator = new_test_user(
            cls.env, "operator.test", f"{rights},integration_core.group_operator"
        )

    def make(self, model, count=1):
        kind = self.env["stock.picking.type"].search(
            [("code", "=", "incoming"), ("company_id", "=", self.env.company.id)], limit=1
        )
        values = {
            "purchase.order": {"partner_id": self.supplier.id},
            "stock.picking": {"picking_type_id": kind.id},
        }.get(model, {"name": "Something"})
        return self.env[model].create([dict(values) for _number in range(count)])

    def tell(self, record, state, reason=None, message=None):
        self.env.cr.execute(
            "INSERT INTO integration_record_sync (res_model, res_id, interface_id, state, reason, "
            "message_id, changed_at) VALUES (%s, %s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC')",
            [record._name, record.id, self.outbound.id, state, reason, message and message.id],
        )
        self.env.invalidate_all()

    def each(self):
        for document in DOCUMENTS:
            with self.subTest(document.model):
                yield document

    # -- for all of them -----------------------------------------------------------------------

    def test_shown_searched_and_grouped(self):
        for document in self.each():
            failed, sent, silent = self.make(document.model, 3)
            self.tell(failed, "failed", "It is late.")
            self.tell(sent, "synchronised")
            mine = [("id", "in", (failed | sent | silent).ids)]
            records = self.env[document.model].with_user(self.worker)
            self.assertEqual(records.browse(failed.id)[REASON], "It is late.")
            for state, found in (("failed", failed), ("synchronised", sent), (False, silent)):
                self.assertEqual(records.browse(found.id)[STATUS], state)
                self.assertEqual(records.search([(STATUS, "=", state), *mine]).ids, found.ids)
            groups = records.formatted_read_group(mine, [STATUS], ["__count"])
            self.assertEqual(
                {group[STATUS]: group["__count"] for group in groups},
                {"failed": 1, "synchronised": 1, False: 1},
            )

    def test_list_costs_one_statement(self):
        for document in self.each():
            made = self.make(document.model, 10)
            for record in made[:5]:
                self.tell(record, "failed")
            records = made.with_user(self.worker)

            def statements(*names, records=records):
                self.env.invalidate_all()
                records.env.companies.mapped("name")
                records.mapped("display_name")
                before = self.env.cr.sql_log_count
                for name in names:
                    records.mapped(name)
                return self.env.cr.sql_log_count - before

            statements(STATUS, REASON)
            self.assertEqual(statements(STATUS, REASON), 1)

    def test_badge_filters_and_groups(self):
        for document in self.each():
            records = self.env[document.model].with_user(self.worker)
            badge = self.arch(records, document.list_view, "list").xpath(
                f"//field[@name='{STATUS}'][@widget='integration_sync']"
            )
            self.assertTrue(badge)
            search = self.arch(records, document.search_view, "search")
            failed, silent = self.make(document.model, 2)
            self.tell(failed, "failed")
            for name in ("integration_not_synchronised", "integration_failed"):
                domain = literal_eval(search.xpath(f"//filter[@name='{name}']/@domain")[0])
                mine = [("id", "in", (failed | silent).ids)]
                self.assertEqual(records.search([*domain, *mine]).ids, failed.ids)
            [context] = search.xpath("//filter[@name='group_integration_sync_state']/@context")
            self.assertEqual(literal_eval(context), {"group_by": STATUS})

    def test_button_to_the_messages_is_for_those_who_may_see_them(self):
        for document in self.each():
            self.tell(self.make(document.model), "failed")
            self.env["integration.record.sync"]._touched_changed()
            records = self.env[document.model]
            buttons = {
                user: len(
                    self.arch(records.with_user(user), document.form_view, "form").xpath(
                        f"//button[@name='{MESSAGES}']"
                    )
                )
                for user in (self.worker, self.operator)
            }
            self.assertEqual(buttons, {self.worker: 0, self.operator: 1})
            form = self.arch(records.with_user(self.worker), document.form_view, "form")
            self.assertEqual(len(form.xpath("//widget[@name='integration_sync']")), 1)

    def arch(self, records, xmlid, view_type):
        return etree.fromstring(records.get_view(self.env.ref(xmlid).id, view_type)["arch"])

    def test_retry_is_offered_to_operators_only(self):
        actions = self.env["ir.actions.actions"]
        for document in self.each():
            action = self.env.ref(
                f"integration_procurement.action_retry_failed_{document.model.replace('.', '_')}"
            )
            for user, offered in ((self.worker, False), (self.operator, True)):
                bound = actions.with_user(user).get_bindings(document.model).get("action", [])
                self.assertEqual(action.id in [one["id"] for one in bound], offered)
            record = self.make(document.model)
            action = action.with_context(
                active_model=document.model, active_ids=record.ids, active_id=record.id
            )
            with self.assertRaises(AccessError):
                action.with_user(self.worker).run()
            told = action.with_user(self.operator).run()["params"]["message"]
            self.assertIn("1 selected without a failed message", told)

    def test_retry_is_offered_on_bills_and_cost_centres_as_well(self):
        for key in ("account_move", "account_analytic_account"):
            action = self.env.ref(f"integration_procurement.action_retry_failed_{key}")
            self.assertEqual(action.group_ids, self.env.ref("integration_core.group_operator"))
            self.assertEqual(action.binding_model_id.model, key.replace("_", "."))

    # -- retry ---------------------------------------------------------------------------------

    def failing(self, error, **values):
        """An order whose message failed."""
        order = self.order(**values)
        order.button_confirm()
        self.env.cr.flush()
        self.dispatch()
        self.send_with(lambda _message: Outcome(error=error))
        self.drain(self.outbound)
        self.env.invalidate_all()
        return order, self.messages(self.outbound)[-1:]

    def test_retries_what_failed_and_says_why_not_the_others(self):
        refused, message = self.failing(errors.PermanentError("The partner refused it (HTTP 422)."))
        stuck, parked = self.failing(errors.PermanentError("The partner refused it (HTTP 422)."))
        self.env.cr.execute(
            "UPDATE integration_message SET state = 'held', held_reason = 'parked' WHERE id = %s",
            [parked.id],
        )
        self.env.invalidate_all()
        idle, delivered_before = self.order(), self.order()
        self.tell(delivered_before, "synchronised", message=parked)
        self.assertEqual(refused[STATUS], "failed")
        done = self.retry(refused | stuck | idle | delivered_before)
        self.assertEqual(done["params"]["type"], "warning")
        self.assertEqual(
            done["params"]["message"].splitlines(),
            [
                "1 queued again.",
                "1 not possible: parked; release instead.",
                "2 selected without a failed message.",
            ],
        )
        message.invalidate_recordset()
        self.assertEqual((message.state, parked.state), ("queued", "held"))
        self.env.invalidate_all()
        self.assertEqual(refused[STATUS], "pending")

    def retry(self, records, user=None):
        status = self.env["integration.record.sync"].with_user(user or self.operator)
        return status.retry_failed(records._name, records.ids)

    def test_only_operators_retry_and_only_what_they_may_read(self):
        order, _message = self.failing(errors.PermanentError("Refused."))
        with self.assertRaises(AccessError):
            self.retry(order, self.worker)
        stranger = new_test_user(
            self.env, "stranger.operator", "base.group_user,integration_core.group_operator"
        )
        with self.assertRaises(AccessError):
            self.retry(order, stranger)
        self.env.invalidate_all()
        self.assertEqual(order[STATUS], "failed")

    # -- products ------------------------------------------------------------------------------

    def test_products_show_what_became_of_their_variants(self):
        _order, message = self.failing(errors.PermanentError("Refused."))
        template = self.make("product.template")
        variant = template.product_variant_id
        self.env.cr.execute(
            "UPDATE integration_message SET res_model = 'product.product', res_id = %s "
            "WHERE id = %s",
            [variant.id, message.id],
        )
        self.tell(variant, "failed", "Refused.", message)
        self.tell(template, "synchronised")
        self.assertEqual((template[STATUS], variant[STATUS]), ("failed", "failed"))
        self.assertEqual(
            template.search([(STATUS, "=", "failed"), ("id", "=", template.id)]), template
        )
        status = self.env["integration.record.sync"].with_user(self.operator)
        found = status.status_of("product.template", template.id)
        self.assertEqual((found["state"], len(found["rows"]), found["messages"]), ("failed", 2, 1))
        action = template.with_user(self.operator).action_open_integration_messages()
        self.assertEqual(self.env["integration.message"].search(action["domain"]), message)
        self.assertEqual(template.with_user(self.operator).integration_message_count, 1)
        self.retry(template)
        message.invalidate_recordset()
        self.assertEqual(message.state, "queued")

    # -- in plain words ------------------------------------------------------------------------

    def words(self, record, user=None):
        status = self.env["integration.record.sync"].with_user(user or self.worker)
        return status.status_of(record._name, record.id)["rows"][0]

    def test_a_buyer_reads_no_technical_words(self):
        order, message = self.failing(
            errors.PermanentError("The partner refused the message (HTTP 422).", code="http_422")
        )
        row = self.words(order)
        self.assertEqual(row["reason"], "The other side refused it.")
        self.assertIn("Ask the other side what is wrong", row["next_step"])
        self.assertNotIn("detail", row)
        self.assertEqual(order.with_user(self.worker)[REASON], row["reason"])
        detail = self.words(order, self.operator)["detail"]
        self.assertEqual(detail, "The partner refused the message (HTTP 422).")
        self.assertEqual(message.error_code, "http_422")

    def test_every_class_of_error_has_plain_words(self):
        codes = [(None, code) for code in plain_words._BY_CODE]
        for error_class, code in [*((kind, None) for kind in errors.ErrorClass), *codes]:
            words = plain_words.of_failure(error_class, code)
            for text in words:
                self.assertTrue(text)
                for technical in TECHNICAL:
                    self.assertNotIn(technical, text)
        self.assertIsNone(plain_words.of_failure(None, None))

    def test_what_is_tried_again_needs_patience(self):
        order, message = self.failing(errors.TransientError("Down (HTTP 503).", code="http_503"))
        self.assertEqual(message.state, "retry")
        row = self.words(order)
        self.assertEqual(
            (row["state"], row["reason"]), ("pending", "The other side could not be reached.")
        )
        self.assertIn("nothing to do", row["next_step"])

    def test_words_that_were_written_for_everybody_stay(self):
        order = self.order()
        self.tell(order, "conflict", "The supplier promises 3 instead of 5.")
        row = self.words(order)
        self.assertEqual(row["reason"], "The supplier promises 3 instead of 5.")
        self.assertIn("decide which one is right", row["next_step"])

    # -- who is told ---------------------------------------------------------------------------

    def activities(self, record):
        record.invalidate_recordset(["activity_ids"])
        return record.activity_ids.filtered(
            lambda one: (
                one.activity_type_id == self.env.ref("integration_core.mail_activity_failed")
            )
        )

    def test_the_buyer_is_told_of_his_order_and_the_owner_of_the_cause(self):
        order, message = self.failing(errors.PermanentError("HTTP 422"), user_id=self.worker.id)
        [activity] = self.activities(order)
        self.assertEqual(activity.user_id, self.worker)
        self.assertIn("The other side refused it.", activity.note)
        self.assertNotIn("HTTP", activity.note)
        self.assertEqual(self.activities(self.outbound).user_id, self.outbound.owner_id)
        message.action_retry()
        self.assertFalse(self.activities(order), "it has been dealt with")
        self.assertFalse(self.activities(self.outbound))

    def test_the_owner_is_told_where_nobody_else_can_be(self):
        portal = new_test_user(self.env, "portal.test", "base.group_portal")
        stranger = new_test_user(self.env, "stranger.test", "base.group_user")
        gone = new_test_user(self.env, "gone.test", "purchase.group_purchase_user")
        gone.active = False
        for user in (portal, stranger, gone, self.env["res.users"]):
            with self.subTest(user=user.login):
                order, message = self.failing(errors.PermanentError("HTTP 422"), user_id=user.id)
                self.assertEqual(self.activities(order).user_id, self.outbound.owner_id)
                self.assertFalse(self.activities(self.outbound), "one task is enough")
                message.action_retry()

    def test_who_is_responsible(self):
        order = self.ordered_by(self.worker)
        picking = order.picking_ids
        self.assertEqual(picking._integration_responsible(), self.worker, "the buyer")
        picking.user_id = self.operator
        self.assertEqual(picking._integration_responsible(), self.operator, "who receives")
        self.supplier.buyer_id = self.worker
        self.assertEqual(self.supplier._integration_responsible(), self.worker)
        self.product.responsible_id = self.worker
        self.assertEqual(self.product._integration_responsible(), self.worker)
        self.assertEqual(self.product.product_tmpl_id._integration_responsible(), self.worker)
        self.assertFalse(self.env["res.country"].search([], limit=1)._integration_responsible())

    def test_who_decides_is_asked_apart_from_who_is_told(self):
        """Deciders may be chosen by settings; tasks go to whoever works with the document."""
        buyer = new_test_user(self.env, "buyer.only", "purchase.group_purchase_user")
        picking = self.ordered_by(buyer).picking_ids
        self.assertFalse(picking._integration_decider(), "the buyer does not work in stock")
        keeper = new_test_user(self.env, "keeper.decides", "stock.group_stock_user")
        picking.user_id = keeper
        self.assertEqual(picking._integration_decider(), keeper)
        keeper.active = False
        self.assertFalse(picking._integration_decider(), "who has left decides nothing")
        self.assertEqual(picking._integration_responsible(), self.env["res.users"])
        accountant = new_test_user(self.env, "accountant.one", "account.group_account_invoice")
        seller = new_test_user(self.env, "seller.one", "account.group_account_invoice")
        self.env.company.invoice_exception_user_id = accountant
        move = self.env["account.move"].new({"move_type": "out_invoice", "invoice_user_id": seller})
        self.assertEqual(move._integration_responsible_user(), seller)

    def ordered_by(self, user):
        order = self.order(user_id=user.id)
        order.button_confirm()
        return order

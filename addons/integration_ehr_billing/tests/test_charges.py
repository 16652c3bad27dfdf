from contextlib import contextmanager

from odoo.tests import tagged
from odoo.tools import SQL

from .charge_case import ChargeCase


@tagged("post_install", "-at_install")
class TestCharges(ChargeCase):
    """Charges become lines of draft invoices."""

    def test_a_charge_is_a_line_of_a_draft_invoice(self):
        charge = self.post(self.one("TX-1"))
        self.assertEqual((charge.state, charge.kind), ("drafted", "charge"))
        invoice = charge.move_id
        self.assertEqual((invoice.state, invoice.move_type), ("draft", "out_invoice"))
        self.assertEqual(invoice.partner_id, self.fund)
        self.assertEqual(invoice.encounter_id, self.visit)
        self.assertEqual(invoice.ref, self.visit.reference)
        line = charge.move_line_id
        self.assertEqual((line.product_id, line.quantity, line.price_unit), (self.theatre, 2, 450))
        self.assertEqual(line.tax_ids, self.sales_tax)
        self.assertEqual(line.account_id, self.accounts["70000"])
        self.assertEqual(line.name, "Theatre hour, 2026-03-02")
        self.assertEqual((invoice.amount_untaxed, invoice.amount_tax), (900, 54))

    def test_a_line_is_in_the_language_of_the_debtor(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.theatre.with_context(lang="de_DE").name = "Saalstunde"
        self.fund.lang = "de_DE"
        charge = self.post(self.one("TX-1"))
        self.assertEqual(charge.move_line_id.name, "Saalstunde, 2026-03-02")

    def test_one_draft_collects_until_it_is_posted(self):
        first = self.post(self.one("TX-1"))
        second = self.post(self.one("TX-2", "DRESSING", "1", "12.5"))
        self.assertEqual(first.move_id, second.move_id)
        first.move_id.action_post()
        self.assertEqual(self.charge("TX-1").state, "invoiced")
        third = self.post(self.one("TX-3", "DRESSING", "1", "12.5"))
        self.assertNotEqual(third.move_id, first.move_id)
        self.assertEqual(third.state, "drafted")

    def test_the_draft_of_a_visit_that_is_joined_with_another_goes_on_there(self):
        kept = self.encounter("V2")
        draft = self.post(self.one("TX-1")).move_id
        self.visit.joined_into_id = kept
        self.assertEqual((draft.encounter_id, draft.ref), (kept, kept.reference))
        self.assertEqual(self.post(self.one("TX-2"), visit={"number": "V2"}).move_id, draft)

    def test_two_who_begin_a_draft_at_once_collide(self):
        """Each writes on the row of the visit, on that of the draft, on that of the invoice."""
        with self.assert_written(self.visit):
            invoice = self.post(self.one("TX-1")).move_id
        with self.assert_written(invoice):
            self.post(self.one("TX-2", amount="0"))
        invoice.action_post()
        with self.assert_written(invoice):
            self.post(self.credit("CR-1", quantity="1", amount="450"))
        self.env["ehr.account"]._open("", "A1", self.visit)
        account = self.env["ehr.account"].search([("number", "=", "A1")])
        with self.assert_written(account):
            self.post(self.one("TX-3"), account={"number": "A1"})

    @contextmanager
    def assert_written(self, record):
        def place():
            self.env.flush_all()
            query = SQL(
                "SELECT ctid FROM %s WHERE id = %s", SQL.identifier(record._table), record.id
            )
            return self.env.execute_query(query)

        before = place()
        yield
        self.assertNotEqual(place(), before)

    def test_many_messages_at_once_are_as_one_by_one(self):
        self.encounter("V2", "P2")
        documents = [
            self.told(self.one(f"TX-{number}", "DRESSING", "1", "12.5"))
            if number % 2
            else {
                **self.told(self.one(f"TX-{number}")),
                "visit": {"number": "V2"},
                "patient": {"number": "P2"},
            }
            for number in range(6)
        ]
        with self.assertNoLogs("odoo.addons.integration_core.engine.inbound_batch", "WARNING"):
            messages = self.post_all(*documents, documents[0])
        self.assertEqual(set(messages.mapped("state")), {"done"}, messages.mapped("error_message"))
        self.assertEqual(len(self.invoices()), 2)
        self.assertEqual(sorted(self.invoices().mapped("amount_untaxed")), [37.5, 2700])
        self.assertEqual(messages[0].res_id, messages[6].res_id, "the same charge again")

    def test_the_same_again_changes_nothing_and_other_content_is_a_conflict(self):
        charge = self.post(self.one("TX-1"))
        self.assertEqual(self.post(self.one("TX-1")), charge)
        again = self.one("TX-1", quantity="2.0", amount="900.00", at="2026-03-02T10:00:00+01:00")
        self.assertEqual(self.post(again), charge, "the same, written otherwise")
        self.assertEqual(len(charge.move_id.invoice_line_ids), 1)
        self.refused_charge("charge_differs", self.one("TX-1", quantity="3"))

    def test_invoice_and_payment_decide_on_the_state(self):
        charge = self.post(self.one("TX-1"))
        invoice = charge.move_id
        invoice.action_post()
        self.assertEqual(charge.state, "invoiced")
        self.pay(invoice)
        self.assertEqual(self.charge("TX-1").state, "paid")

    def test_an_invoice_that_is_reversed_by_hand(self):
        invoice = self.post(self.one("TX-1")).move_id
        invoice.action_post()
        invoice._reverse_moves(cancel=True)
        self.assertEqual(self.charge("TX-1").state, "credited")

    def test_an_invoice_that_is_reversed_and_made_anew(self):
        """The charges are on the new one, and what is credited then is taken off that."""
        charge = self.post(self.one("TX-1"))
        other = self.post(self.one("TX-2", code="DRESSING", quantity="1", amount="12.50"))
        before = charge.move_id
        before.action_post()
        self.assertEqual(before, other.move_id)
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=before.ids)
            .create({"journal_id": before.journal_id.id})
        )
        wizard.modify_moves()
        self.env.invalidate_all()
        new = charge.move_id
        self.assertEqual((new.ehr_replaces_id, new.state), (before, "draft"))
        self.assertEqual((charge | other).mapped("state"), ["drafted", "drafted"])
        self.assertEqual(charge.move_line_id.price_subtotal, 900)
        self.assertEqual((new.encounter_id, new.ehr_payer_id), (self.visit, self.payer))
        self.post(self.credit("CR-1"))
        self.env.invalidate_all()
        self.assertEqual(new.amount_untaxed, 12.5)
        self.assertNotEqual(self.post(self.one("TX-3")).move_id, new, "people made it")

    def test_a_line_that_is_taken_off_by_hand_is_a_refusal(self):
        charge = self.post(self.one("TX-1"))
        charge.move_line_id.unlink()
        self.env.flush_all()
        self.assertEqual(self.charge("TX-1").state, "refused")

    def test_a_cancelled_invoice_is_a_refusal(self):
        charge = self.post(self.one("TX-1"))
        charge.move_id.button_cancel()
        self.assertEqual(self.charge("TX-1").state, "refused")
        self.assertEqual(self.post(self.one("TX-2")).state, "drafted")

    def test_without_a_payer_the_patients_debtor_is_invoiced(self):
        charge = self.post(self.one("TX-1"), payer=None)
        self.assertEqual(charge.move_id.partner_id, self.debtor)
        self.payer.self_pay = True
        charge = self.post(self.one("TX-2"))
        self.assertEqual(charge.move_id.partner_id, self.debtor)

    def test_who_pays_is_said_by_message_account_or_visit(self):
        other = self.debtor_of("Other fund")
        self.env["ehr.payer"].create({"code": "PKV", "name": "PKV", "partner_id": other.id})
        self.visit.payer_code = "PKV"
        self.assertEqual(self.post(self.one("TX-1"), payer=None).partner_id, other)
        self.assertEqual(self.post(self.one("TX-2")).partner_id, self.fund)

    def test_a_plan_may_be_invoiced_otherwise(self):
        agency = self.debtor_of("Agency")
        plans = [{"code": "P1"}, {"code": "P2", "partner_id": agency.id}]
        self.payer.plan_ids = [(0, 0, plan) for plan in plans]
        self.assertEqual(self.post(self.one("TX-1"), plan="P2").partner_id, agency)
        self.assertEqual(self.post(self.one("TX-2"), plan="P1").partner_id, self.fund)
        self.refused_charge("unknown_plan", self.one("TX-3"), plan="P9")

    def test_lines_of_the_cost_centre(self):
        plan = self.env["account.analytic.plan"].create({"name": "Cost centres"})
        centre = self.env["account.analytic.account"].create(
            {"name": "Theatres", "code": "4300", "plan_id": plan.id}
        )
        charge = self.post(self.one("TX-1", department="4300"))
        self.assertEqual(charge.analytic_account_id, centre)
        self.assertEqual(charge.move_line_id.analytic_distribution, {str(centre.id): 100})
        self.refused_charge("unknown_cost_centre", self.one("TX-2", department="9999"))
        place = {"facility": "MAIN", "point_of_care": "OR"}
        self.env["ehr.location"].create({**place, "analytic_account_id": centre.id})
        charge = self.post(self.one("TX-3", location={**place, "room": "OR2"}))
        self.assertEqual(charge.analytic_account_id, centre, "that of the unit")

    def test_an_amount_that_no_price_gives(self):
        charge = self.post(self.one("TX-1", "DRESSING", "3", "100.01"))
        self.assertEqual(charge.move_line_id.price_subtotal, 100.01)
        self.assertEqual(charge.move_line_id.quantity, 3)

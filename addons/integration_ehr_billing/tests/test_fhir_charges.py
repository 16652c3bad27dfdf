import json
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.integration_core.tools.contracts import compile_schema
from odoo.addons.integration_ehr_bridge.tests.fhir_feed_case import FhirFeedCase, coded, moment

from .charge_case import ChargeCase


@tagged("post_install", "-at_install")
class TestFhirCharges(ChargeCase, FhirFeedCase):
    """Charges over FHIR become lines of draft invoices, and credits take them back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        routings = cls.env["integration.routing"]
        made = routings.create({"name": "FHIR of the hospital", "code": "test_fhir_hospital"})
        for code in ("fhir_r4_standard", "fhir_r4_charges"):
            made._take_rules(routings.search([("code", "=", code)]))
        made.action_submit()
        made.action_approve()
        cls.fhir = cls._fhir_interface("FHIR of the hospital", routing_id=made.id)

    def tell(self, *resources):
        """Store resources and handle them; their records in the ledger."""
        stored = self.keep(*resources, feed=self.fhir)
        self.drain(self.fhir)
        self.env.invalidate_all()
        return stored

    def tell_done(self, *resources):
        told = self.tell(*resources)
        self.assert_done(told)
        return told

    def tell_visit(self, number="F1", **more):
        one = FhirFeedCase.encounter(self, number, **more)
        self.tell_done(self.version(one, 1, "08:05"))
        return self.env["ehr.encounter"].search([("visit_number", "=", number)])

    def item(self, number, code="OR-HOUR", quantity=2, amount=900, **more):
        found = {
            "resourceType": "ChargeItem", "id": f"item-{number}", "status": "billable",
            "identifier": [{"value": number}],
            "code": {"coding": [{"code": code, "display": "for Canary"}]},
            "subject": {"reference": "Patient/pat-F1", "display": "Carol Canary"},
            "context": {"reference": "Encounter/enc-F1"},
            "occurrenceDateTime": moment("09:00"), "quantity": {"value": quantity},
            "note": [{"text": "Canary has a fever"}],
        }  # fmt: skip
        if amount is not None:
            found["priceOverride"] = {"value": amount, "currency": self.currency.name}
        return {name: value for name, value in (found | more).items() if value is not None}

    def gone(self, number, status="entered-in-error"):
        return self.item(number, status=status, code=None, quantity=None, amount=None)

    def test_a_charge_is_a_line_of_a_draft(self):
        visit = self.tell_visit()
        message = self.tell_done(self.version(self.item("C1"), 1, "09:05"))
        charge = self.charge("C1")
        self.assertEqual((message.res_model, message.res_id), ("ehr.charge", charge.id))
        self.assertEqual(
            (charge.state, charge.encounter_id, charge.amount), ("drafted", visit, 900)
        )
        self.assertEqual(charge.partner_id, self.debtor)
        [invoice] = self.invoices()
        self.assertEqual((invoice.state, invoice.amount_untaxed), ("draft", 900))
        self.assertEqual(charge.message_uuid, message.uuid)

    def test_without_a_price_ours_counts(self):
        self.tell_visit()
        self.company.ehr_charge_price_rule = "own"
        self.tell_done(self.version(self.item("C1", amount=None), 1, "09:05"))
        self.assertEqual(self.charge("C1").amount, 900)
        self.company.ehr_charge_price_rule = "sender"
        none = self.tell(self.version(self.item("C2", amount=None), 1, "09:05"))
        self.assert_put_aside(none, "no_amount")

    def test_repeated_charges_of_one_code_are_separate_lines(self):
        self.tell_visit()
        self.tell_done(*(self.version(self.item(one), 1, "09:05") for one in ("C1", "C2")))
        self.assertEqual(len(self.invoices().invoice_line_ids), 2)
        other = self.version(self.item("C1", id="other"), 1, "09:06")
        self.assert_put_aside(self.tell(other), "number_of_other_record")

    def test_the_department_and_the_account(self):
        self.tell_visit()
        plan = self.env["account.analytic.plan"].create({"name": "Cost centres"})
        centre = self.env["account.analytic.account"].create(
            {"name": "Surgery", "code": "4100", "plan_id": plan.id}
        )
        department = {
            "resourceType": "Organization", "id": "dep", "type": [coded("dept")],
            "identifier": [{"value": "4100"}],
        }  # fmt: skip
        item = self.item(
            "C1", costCenter={"reference": "Organization/dep"},
            account=[{"reference": "Account/A77"}],
        )  # fmt: skip
        early = self.tell(self.version(item, 1, "09:05"))
        self.assert_put_aside(early, "unknown_reference", "retry")
        self.tell_done(self.version(department, 1, "06:00"))
        early.action_retry()
        self.drain(self.fhir)
        self.env.invalidate_all()
        self.assert_put_aside(early, "unknown_account")
        self.company.ehr_create_accounts = True
        early.action_retry()
        self.drain(self.fhir)
        self.env.invalidate_all()
        self.assert_done(early)
        charge = self.charge("C1")
        self.assertEqual((charge.analytic_account_id, charge.account_id.number), (centre, "A77"))
        # A record number as that of the account stands nowhere.
        own = self.item("C2", account=[{"identifier": {"value": "47F1"}}])
        self.tell_done(self.version(own, 1, "09:05"))
        self.assertFalse(self.charge("C2").account_id)
        wrong = self.tell(self.version(self.item("47F1"), 1, "09:05"))
        self.assert_put_aside(wrong, "number_is_record_number")

    def test_what_is_told_keeps_the_contract_of_charges(self):
        """Both feeds say the same to the same handler."""
        self.tell_visit()
        handler, told = type(self.env["integration.handler.ehr_charge"]), []
        handled = handler._process_batch

        def listen(one, messages):
            told.extend(data for _received, data in messages)
            return handled(one, messages)

        self.patch(handler, "_process_batch", listen)
        self.tell_done(self.version(self.item("C1"), 1, "09:05"))
        self.tell_done(self.version(self.gone("C1"), 2, "09:10"))
        contract = self.env.ref("integration_ehr_billing.contract_ehr_charge_1_0_0")
        schema = compile_schema(json.loads(contract.schema))
        self.assertEqual([one["charges"][0]["kind"] for one in told], ["charge", "credit"])
        for one in told:
            self.assertFalse(schema.violations(one))

    # -- reversal ------------------------------------------------------------------------------

    def test_what_is_not_billable_is_off_the_draft(self):
        self.tell_visit()
        for number, status in enumerate(("entered-in-error", "aborted", "not-billable")):
            with self.subTest(status=status):
                name = f"C{number}"
                self.tell_done(self.version(self.item(name), 1, "09:05"))
                self.assertEqual(self.invoices().amount_untaxed, 900)
                self.tell_done(self.version(self.gone(name, status), 2, "09:10"))
                self.tell_done(self.version(self.gone(name, status), 3, "09:11"))
                self.assertEqual(self.charge(name).state, "credited")
                self.assertFalse(self.invoices())
                again = self.tell(self.version(self.item(name), 4, "09:12"))
                self.assert_put_aside(again, "taken_back")

    def test_what_was_invoiced_is_credited(self):
        self.tell_visit()
        self.tell_done(self.version(self.item("C1"), 1, "09:05"))
        invoice = self.charge("C1").move_id
        invoice.action_post()
        self.tell_done(self.version(self.gone("C1"), 2, "09:10"))
        note = self.charge("C1", "credit").move_id
        self.assertEqual((note.move_type, note.state), ("out_refund", "draft"))
        self.assertEqual((note.reversed_entry_id, note.amount_untaxed), (invoice, 900))

    def test_what_is_left_is_taken_back(self):
        self.tell_visit()
        self.tell_done(self.version(self.item("C1"), 1, "09:05"))
        part = {**self.credit("C1", None, quantity="1", amount="450"), "at": "2025-03-02T09:00:00Z"}
        told = self.receive_credit(part)
        self.assertEqual(told.credited_amount, 450)
        self.tell_done(self.version(self.gone("C1"), 2, "09:10"))
        charge = self.charge("C1")
        self.assertEqual((charge.state, charge.net_amount), ("credited", 0))
        self.assertEqual(charge.credit_ids.sorted("id").mapped("number"), ["C1", "C1/2"])

    def receive_credit(self, credit):
        """A credit by the feed of events of the same system."""
        self.assertEqual(self.inbound.system_id, self.fhir.system_id)
        message = self.deliver({"visit": {"number": "F1", "assigner": "MAIN"}, "charges": [credit]})
        self.assertEqual(message.state, "done", message.error_message)
        return self.charge(credit["number"])

    # -- versions ------------------------------------------------------------------------------

    def test_versions(self):
        self.tell_visit()
        early = self.tell(self.version(self.item("C1", status="planned"), 1, "09:01"))
        self.assert_put_aside(early, "not_yet", "filtered")
        new = self.version(self.item("C1"), 3, "09:05")
        self.tell_done(new)
        self.tell_done(new)
        self.tell_done(self.version(self.item("C1", note=None), 4, "09:06"))
        late = self.tell(self.version(self.item("C1", quantity=9), 2, "09:02"))
        self.assert_put_aside(late, "older_version", "filtered")
        other = self.tell(self.version(self.item("C1", quantity=9), 5, "09:07"))
        self.assert_put_aside(other, "charge_differs")
        back = self.tell(self.version(self.item("C1", status="planned"), 6, "09:08"))
        self.assert_put_aside(back, "status_went_back")
        self.assertEqual(self.invoices().amount_untaxed, 900)

    def test_what_was_taken_back_before_it_was_told_is_never_invoiced(self):
        self.tell_visit()
        self.tell_done(self.version(self.gone("C1"), 2, "09:10"))
        late = self.tell(self.version(self.item("C1"), 1, "09:05"))
        self.assert_put_aside(late, "older_version", "filtered")
        self.assertFalse(self.invoices())

    def test_what_the_sender_has_billed_is_not_invoiced_twice(self):
        self.tell_visit()
        billed = self.version(self.item("C1", status="billed"), 1, "09:05")
        self.assert_put_aside(self.tell(billed), "billed_elsewhere", "filtered")
        self.tell_done(self.version(self.item("C2"), 1, "09:05"))
        self.tell_done(self.version(self.item("C2", status="billed"), 2, "09:06"))
        self.assertEqual(self.invoices().amount_untaxed, 900)

    # -- what cannot be handled ----------------------------------------------------------------

    def test_what_cannot_be_billed_says_why(self):
        self.tell_visit()
        self.tell_visit("F2")
        cases = {
            "missing_required": {"quantity": None},
            "quantity_not_exact": {"quantity": {"value": 1, "comparator": ">"}},
            "charge_negative": {"quantity": {"value": 0}},
            "factor_not_handled": {"factorOverride": Decimal("0.8")},
            "unknown_charge_code": {"code": coded("NONE")},
            "missing_value": {"status": "unknown"},
            "unresolved_reference": {"context": {"reference": "#gone"}},
            "visit_of_other_patient": {"context": {"reference": "Encounter/enc-F2"}},
            "unknown_visit": {"context": {"identifier": {"value": "V9"}}},
            "unknown_currency": {"priceOverride": {"value": 1, "currency": "XYZ"}},
            "charges_billed_elsewhere": {},
        }
        for number, (code, changes) in enumerate(cases.items()):
            with self.subTest(code=code):
                if not changes:
                    self.company.ehr_charge_direction = "out"
                item = self.item(f"C{number}")
                item.update(changes)
                item = {name: value for name, value in item.items() if value is not None}
                self.assert_put_aside(self.tell(self.version(item, 1, "09:05")), code)
        self.assertFalse(self.env["ehr.charge"].search([("number", "like", "C")]))

    def test_a_code_that_is_added_lets_the_message_through(self):
        self.tell_visit()
        message = self.tell(self.version(self.item("C1", "SUTURE", 1, 5), 1, "09:05"))
        self.assert_put_aside(message, "unknown_charge_code")
        self.env["ehr.charge.code"].create(
            [{"code": "SUTURE", "product_id": self.dressing.id, "price_rule": "sender"}]
        )
        message.action_retry()
        self.drain(self.fhir)
        self.env.invalidate_all()
        self.assert_done(message)
        self.assertEqual(self.charge("C1").amount, 5)

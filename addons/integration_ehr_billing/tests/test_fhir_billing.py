from pathlib import Path

from odoo.tests import tagged

from odoo.addons.account.models.account_move import PAYMENT_STATE_SELECTION
from odoo.addons.integration_core.tests import upgrading
from odoo.addons.integration_ehr_bridge.tests.fhir_plans import FhirPlans
from odoo.addons.integration_ehr_bridge.tests.fhir_reader import FhirReader

from ..models.ehr_charge import STATES
from ..tools.fhir_statuses import CHARGE, POSTED, UNPOSTED
from .charge_case import ChargeCase

MIGRATIONS = Path(__file__).parents[1] / "migrations"


@tagged("post_install", "-at_install")
class TestFhirBilling(FhirPlans, ChargeCase):
    """What became of charges, as the system that posted them reads it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_reader("fhir_show_charge", "fhir_show_invoice", "fhir_show_organization")

    def status(self, number="TX-1"):
        [found] = self.found("ChargeItem", f"identifier={number}")
        return found["status"]

    def test_every_state_has_a_status(self):
        self.assertEqual(set(CHARGE), {state for state, _name in STATES})
        self.assertEqual(set(POSTED), {state for state, _name in PAYMENT_STATE_SELECTION})
        states = self.env["account.move"]._fields["state"].get_values(self.env)
        self.assertEqual({*UNPOSTED, "posted"}, set(states))

    def test_the_way_of_a_charge(self):
        charge = self.post(self.one("TX-1"))
        [found] = self.found("ChargeItem", "identifier=TX-1")
        self.assertEqual(found["status"], "billable")
        self.assertEqual(found["code"]["coding"][0]["code"], "OR-HOUR")
        self.assertEqual(found["quantity"], {"value": 2})
        [number] = found["identifier"]
        self.assertEqual((number["value"], number["assigner"]), ("TX-1", {"display": "EHR"}))
        self.assertEqual(
            found["supportingInformation"], [{"reference": f"Invoice/{charge.move_id.id}"}]
        )
        self.assertEqual(found["subject"]["extension"][0]["valueCode"], "masked")
        for hidden in ("V1", "P1", "900"):
            self.assertNotIn(f'"{hidden}"', str(found).replace("'", '"'))
        charge.move_id.action_post()
        self.assertEqual(self.status(), "billed")
        self.post(self.credit("CR-1", quantity="2", amount="900"))
        self.assertEqual(self.status(), "aborted")
        # The credit is no charge of its own.
        self.assertEqual(self.found("ChargeItem", "identifier=CR-1"), [])

    def test_a_change_of_the_invoice_is_told_to_who_polls(self):
        charge = self.post(self.one("TX-1"))
        self.env.cr.execute("UPDATE ehr_charge SET changed_at = '2026-01-01'")
        self.env.invalidate_all()
        query = "_lastUpdated=gt2026-01-02"
        self.assertEqual(self.found("ChargeItem", query), [])
        charge.move_id.action_post()
        self.assertEqual([one["status"] for one in self.found("ChargeItem", query)], ["billed"])

    def test_charges_of_before_changed_when_they_were_received(self):
        charge = self.post(self.one("TX-1"))
        self.env.flush_all()
        self.env.cr.execute("UPDATE ehr_charge SET changed_at = NULL")
        script = upgrading.script("19.0.1.3.0", "pre-fhir_facade", MIGRATIONS)
        script.migrate(self.env.cr, "19.0.1.2.0")
        self.env.invalidate_all()
        self.assertEqual(charge.changed_at, charge.received_at)
        charge.move_id.action_post()
        before = charge.changed_at
        script.migrate(self.env.cr, "19.0.1.2.0")
        self.env.invalidate_all()
        self.assertEqual(charge.changed_at, before)

    def test_the_way_of_an_invoice(self):
        invoice = self.post(self.one("TX-1")).move_id
        found = self.ask(f"Invoice/{invoice.id}")
        self.assertEqual(found["status"], "draft")
        self.assertNotIn("identifier", found)
        self.assertEqual(found["recipient"], {"reference": f"Organization/payer-{self.payer.id}"})
        money = {"value": 900, "currency": self.currency.name}
        self.assertEqual(found["totalNet"], money)
        invoice.action_post()
        [found] = self.found("Invoice", f"identifier={invoice.name}&status=issued&type=invoice")
        self.assertEqual(found["date"], invoice.invoice_date.isoformat())
        self.assertEqual(len(self.found("Invoice", f"date={found['date']}")), 1)
        self.assertEqual(self.found("Invoice", f"date=gt{found['date']}"), [])
        self.assertEqual(self.found("Invoice", "status=balanced,draft,cancelled"), [])
        for hidden in (self.visit.reference, "Theatre hour", "line"):
            self.assertNotIn(hidden, str(found))

    def test_only_invoices_of_charges_are_shown(self):
        other = self.env["account.move"].create(
            {"move_type": "out_invoice", "partner_id": self.fund.id}
        )
        self.assertEqual(FhirReader.refused(self, f"Invoice/{other.id}"), (404, "unknown_resource"))
        # Nor may the service user read it in another way.
        self.assertFalse(other.with_user(self.partner_user).has_access("read"))

    def test_what_the_patient_pays_names_nobody(self):
        self.payer.self_pay = True
        invoice = self.post(self.one("TX-1")).move_id
        self.assertNotIn("recipient", self.ask(f"Invoice/{invoice.id}"))
        # Nor is it found by asking, and the payer is no organization.
        payer = f"payer-{self.payer.id}"
        self.assertEqual(self.found("Invoice", f"recipient=Organization/{payer}"), [])
        self.assertEqual(
            FhirReader.refused(self, f"Organization/{payer}"), (404, "unknown_resource")
        )
        self.assertEqual(self.found("Organization", f"_id={payer}"), [])

    def test_invoices_of_a_payer_and_charges_of_an_invoice(self):
        charge = self.post(self.one("TX-1"))
        of_payer = f"recipient=Organization/payer-{self.payer.id}"
        of_invoice = f"invoice=Invoice/{charge.move_id.id}"
        invoices = [one["id"] for one in self.found("Invoice", of_payer)]
        self.assertEqual(invoices, [str(charge.move_id.id)])
        self.assertEqual(len(self.found("ChargeItem", of_invoice)), 1)
        for kind, query in (
            ("Invoice", "recipient=Organization/payer-999999"),
            ("Invoice", "recipient=Roe"),
            ("ChargeItem", "invoice=999999"),
        ):
            self.assertEqual(self.found(kind, query), [], query)
        self.assertEqual(
            FhirReader.refused(self, "Invoice", "recipient=Patient/1"), (400, "bad_value")
        )
        # What is not told is not found.
        self.facade.write({"fhir_show_organization": False, "fhir_show_invoice": False})
        self.assertEqual(self.found("ChargeItem", of_invoice), [])
        self.facade.write({"fhir_show_invoice": True})
        self.assertEqual(self.found("Invoice", of_payer), [])

    def test_what_is_told_finds(self):
        self.post(self.one("TX-1")).move_id.action_post()
        for kind in ("ChargeItem", "Invoice", "Organization"):
            self.assert_found_by_what_is_told(kind)

    def test_an_invoice_is_found_by_the_type_that_it_tells(self):
        invoice = self.post(self.one("TX-1")).move_id
        [coding] = self.ask(f"Invoice/{invoice.id}")["type"]["coding"]
        for query in (f"{coding['system']}|{coding['code']}", coding["code"]):
            self.assertEqual(len(self.found("Invoice", f"type={query}&_id={invoice.id}")), 1)
        self.assertEqual(
            FhirReader.refused(self, "Invoice", "type=http://x|invoice"), (400, "bad_value")
        )

    def test_large_tables_have_indexes_for_searches(self):
        charge = self.post(self.one("TX-1"))
        poll = "_sort=_lastUpdated&_lastUpdated=gt2020-01-01"
        self.assert_index("ChargeItem", poll, "ehr_charge_changed_idx")
        self.assert_index("Invoice", poll, "account_move_ehr_told_idx")
        self.assert_index("Invoice", "", "account_move_ehr_shown_idx")
        self.copies(charge, number="'X' || n")
        self.copies(charge.move_id, name="'X' || n")
        self.assert_index(
            "ChargeItem", "identifier=X7", "ehr_charge_told_number_idx", ordered=False
        )
        self.assert_index("Invoice", "identifier=X7", "account_move_ehr_number_idx", ordered=False)

    def test_no_search_takes_a_patient(self):
        for kind in ("ChargeItem", "Invoice"):
            for name in ("subject", "patient", "account", "participant", "context"):
                self.assertEqual(
                    FhirReader.refused(self, kind, f"{name}=Roe"), (400, "unknown_parameter")
                )

    def test_other_companies_are_not_shown(self):
        self.post(self.one("TX-1"))
        other = self.env["res.company"].create({"name": "Other hospital"})
        self.partner_user.company_ids += other
        self.partner_user.company_id = other
        self.facade.sudo().company_id = other
        self.assertEqual((self.found("ChargeItem"), self.found("Invoice")), ([], []))

"""A hospital that invoices what its clinical system charges: books, payers, codes and a visit."""

import json

from odoo.fields import Command

from odoo.addons.integration_procurement.tests.finance_case import FinanceCase

GROUPS = (
    "base.group_user",
    "account.group_account_invoice",
    "integration_ehr_bridge.group_feed",
)


class ChargeCase(FinanceCase):
    """Canonical messages through the ledger, handled with the rights of a feed's service user."""

    handler = "integration.handler.ehr_charge"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service_user.group_ids = [Command.set([cls.env.ref(name).id for name in GROUPS])]
        cls.env.user.group_ids |= cls.env.ref("account.group_account_manager")
        cls.system.write({"code": "EHR", "kind": "ehr", "tz": "Europe/Brussels"})
        cls.reconfigure(cls.inbound, handler=cls.handler, data_class="clinical")
        cls.company.ehr_create_locations = True
        cls.currency = cls.company.currency_id
        cls.sales_tax = cls.make_tax(cls.company, cls.tax.tax_group_id, 6, type_tax_use="sale")
        cls.fund, cls.debtor = (cls.debtor_of(name) for name in ("Sickness fund", "Patients"))
        cls.theatre = cls.service("Theatre hour", 450)
        cls.dressing = cls.service("Dressing", 12.5)
        cls.code("OR-HOUR", cls.theatre)
        cls.code("DRESSING", cls.dressing)
        cls.payer = cls.env["ehr.payer"].create(
            {"code": "AOK", "name": "AOK", "partner_id": cls.fund.id}
        )
        cls.company.ehr_patient_debtor_id = cls.debtor
        cls.visit = cls.encounter("V1")

    @classmethod
    def debtor_of(cls, name, company=None):
        partner = cls.env["res.partner"].create({"name": name, "is_company": True})
        books = partner.with_company(company or cls.company)
        books.property_account_receivable_id = cls.accounts["40000"]
        return partner

    @classmethod
    def service(cls, name, price, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "lst_price": price,
                "property_account_income_id": cls.accounts["70000"].id,
                "taxes_id": [Command.set(cls.sales_tax.ids)],
                **values,
            }
        )

    @classmethod
    def code(cls, code, product, **values):
        return cls.env["ehr.charge.code"].create({"code": code, "product_id": product.id, **values})

    @classmethod
    def encounter(cls, number, patient="P1", **values):
        patients = cls.env["ehr.patient"]
        if patient:
            patients = patients._resolve([("", patient)])["", patient]
        return cls.env["ehr.encounter"].create(
            {
                "visit_number": number,
                "patient_id": patients.id,
                "encounter_class": "inpatient",
                "state": "present",
                **values,
            }
        )

    # -- messages --------------------------------------------------------------------------

    def one(self, number, code="OR-HOUR", quantity="2", amount="900", **more):
        """A charge of a message; ``amount=None`` leaves it out."""
        found = {
            "number": number,
            "kind": "charge",
            "at": "2026-03-02T09:00:00Z",
            "code": code,
            "quantity": quantity,
            **more,
        }
        if amount is not None:
            found |= {"amount": amount, "currency": more.get("currency", self.currency.name)}
        return found

    def credit(self, number, reverses="TX-1", **more):
        return {**self.one(number, **more), "kind": "credit", "reverses": reverses}

    def told(self, *charges, **members):
        return {
            "visit": {"number": "V1"},
            "patient": {"number": "P1"},
            "payer": "AOK",
            "charges": list(charges),
            **members,
        }

    def post(self, *charges, **members):
        """Deliver a message of charges; the charge that it touched."""
        message = self.deliver(self.told(*charges, **members))
        self.assertEqual(message.state, "done", message.error_message)
        return self.charge(charges[0]["number"], charges[0]["kind"])

    def post_all(self, *documents):
        """Let messages arrive, and be handled after that, at once if they can."""
        self.number = getattr(self, "number", 0)
        messages = self.env["integration.message"]
        for document in documents:
            self.number += 1
            messages |= self.receive(f"m{self.number}", json.dumps(document).encode())
        self.drain(self.inbound)
        messages.invalidate_recordset()
        return messages

    def charge(self, number, kind="charge"):
        self.env.invalidate_all()
        return self.env["ehr.charge"].search([("number", "=", number), ("kind", "=", kind)])

    def refused_charge(self, code, *charges, **members):
        """A message that is put aside, and leaves nothing."""
        before = self.env["ehr.charge"].search_count([])
        message = self.refused(self.told(*charges, **members), code)
        self.assertEqual(self.env["ehr.charge"].search_count([]), before)
        return message

    def invoices(self, **values):
        self.env.invalidate_all()
        return self.env["account.move"].search(
            [("ehr_collects", "=", True), *((name, "=", value) for name, value in values.items())],
            order="id",
        )

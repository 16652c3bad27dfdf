from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.integration_core.engine.inbound_run import Received

from .charge_case import ChargeCase


@tagged("post_install", "-at_install")
class TestChargeCompanies(ChargeCase):
    """Two hospitals of a group bill for themselves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.company
        cls.other = cls.env["res.company"].create(
            {
                "name": "Other hospital",
                "country_id": cls.company.country_id.id,
                "ehr_create_locations": True,
            }
        )
        cls.env.user.company_ids |= cls.other
        cls.service_user.company_ids |= cls.other
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": cls.other.ids})
        cls.books(cls.other)
        tax = cls.make_tax(cls.other, cls.tax.tax_group_id, 21, type_tax_use="sale")
        cls.their_fund = cls.debtor_of("Their fund", cls.other)
        cls.env["ehr.payer"].create(
            {
                "code": "AOK",
                "name": "AOK",
                "partner_id": cls.their_fund.id,
                "company_id": cls.other.id,
            }
        )
        hour = cls.service("Their hour", 500, taxes_id=[Command.set(tax.ids)])
        hour.with_company(cls.other).property_account_income_id = cls.accounts["70000"]
        cls.code("OR-HOUR", hour, company_id=cls.other.id)
        cls.their_visit = cls.encounter("V1", company_id=cls.other.id, patient=None)

    def test_each_has_its_books(self):
        ours = self.post(self.one("TX-1"))
        handler = self.env["integration.handler.ehr_charge"].with_user(self.service_user)
        received = Received(False, "uuid-1", None, None, None, self.system.id)
        body = self.told(self.one("TX-1"))
        body.pop("patient")
        theirs = handler.with_company(self.other)._process(received, body)
        self.env.invalidate_all()
        self.assertNotEqual(ours, theirs)
        self.assertEqual((ours.company_id, theirs.company_id), (self.first, self.other))
        theirs = theirs.with_env(self.env)
        invoice = theirs.move_id
        self.assertEqual((invoice.company_id, invoice.partner_id), (self.other, self.their_fund))
        self.assertEqual(invoice.encounter_id, self.their_visit)
        self.assertEqual(invoice.journal_id.company_id, self.other)
        self.assertEqual((invoice.amount_untaxed, invoice.amount_tax), (900, 189))
        self.assertEqual(ours.sudo().move_id.amount_tax, 54)

from odoo.tests import tagged

from .common import ProcurementCase


@tagged("post_install", "-at_install")
class TestSupplier(ProcurementCase):
    """Suppliers as another system keeps them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service_user.group_ids += cls.env.ref("base.group_partner_manager")
        cls.reconfigure(cls.inbound, handler="integration.handler.supplier")

    def bring(self, key, **values):
        return self.confirm(key, {"number": "S-1", "name": "NordMed", **values})

    def known(self, number="S-1"):
        self.env.invalidate_all()
        return self.env["integration.record.link"]._find_record(
            self.system.id, "res.partner", number
        )

    def assert_quarantined(self, message, code):
        self.assertEqual((message.state, message.error_code), ("quarantined", code))
        self.assertFalse(self.known())

    def test_new_supplier(self):
        message = self.bring("k1", city="Gent", country="BE", phone=None)
        self.assertEqual(message.state, "done", message.error_message)
        partner = self.known()
        self.assertEqual((message.res_model, message.res_id), ("res.partner", partner.id))
        self.assertEqual((partner.name, partner.ref, partner.city), ("NordMed", "S-1", "Gent"))
        self.assertEqual((partner.country_id.code, partner.phone), ("BE", False))
        self.assertTrue(partner.is_company)
        self.assertEqual(partner.supplier_rank, 1)

    def test_what_is_left_out_stays_and_null_empties(self):
        self.bring("k1", city="Gent", phone="1", country="BE")
        message = self.bring("k2", name="NordMed NV", phone=None, country=None)
        self.assertEqual(message.state, "done", message.error_message)
        partner = self.known()
        self.assertEqual((partner.name, partner.city), ("NordMed NV", "Gent"))
        self.assertEqual((partner.phone, partner.country_id.code), (False, False))

    def test_archived_and_restored(self):
        self.bring("k1", active=False)
        partner = self.known()
        self.assertFalse(partner.active)
        self.bring("k2", city="Gent")
        self.assertFalse(partner.active, "what is left out stays as it is")
        self.bring("k3", active=True)
        self.env.invalidate_all()
        self.assertTrue(partner.active)

    def test_supplier_with_the_number_as_reference_is_the_same(self):
        partner = self.env["res.partner"].create(
            {"name": "Known by hand", "ref": "S-1", "is_company": True}
        )
        self.assertEqual(self.bring("k1").state, "done")
        self.assertEqual(self.known(), partner)
        self.assertEqual(partner.name, "NordMed")

    def test_two_with_the_number_are_for_a_person(self):
        self.env["res.partner"].create(
            [{"name": name, "ref": "S-1", "is_company": True} for name in ("One", "Two")]
        )
        self.assert_quarantined(self.bring("k1"), "possible_duplicate")

    def test_vat_number_of_a_supplier_known_by_another_number(self):
        self.bring("k1", vat="BE0477472701")
        message = self.bring("k2", number="S-2", name="Nordmed", vat="BE 0477.472.701")
        self.assertEqual(message.error_code, "possible_duplicate", message.error_message)
        self.assertFalse(self.known("S-2"))
        self.assertEqual(message.res_id, self.known().id, "it shows on the form of the other one")

    def test_vat_number_of_one_contact_that_nobody_sent(self):
        partner = self.env["res.partner"].create(
            {"name": "By hand", "vat": "be 0477 472 701", "is_company": True}
        )
        self.bring("k1", vat="BE0477472701")
        self.assertEqual(self.known(), partner)

    def test_no_vat_number_is_nobodys_mark(self):
        partner = self.env["res.partner"].create(
            {"name": "By hand", "vat": "/", "is_company": True}
        )
        self.assertEqual(self.bring("k1", vat="/").state, "done")
        self.assertEqual(self.bring("k2", number="S-2", name="Other", vat="/").state, "done")
        self.assertEqual(len(self.known() | self.known("S-2") | partner), 3)
        self.assertEqual(partner.name, "By hand")

    def test_reference_speaks_against_it(self):
        self.env["res.partner"].create(
            {"name": "By hand", "vat": "BE0477472701", "ref": "OTHER", "is_company": True}
        )
        self.assert_quarantined(self.bring("k1", vat="BE0477472701"), "possible_duplicate")

    def test_name_is_no_identifier(self):
        partner = self.env["res.partner"].create({"name": "NordMed", "is_company": True})
        self.bring("k1")
        self.assertNotEqual(self.known(), partner)

    def test_contact_of_a_company_is_not_the_company(self):
        company = self.env["res.partner"].create(
            {"name": "By hand", "vat": "BE0477472701", "is_company": True}
        )
        self.env["res.partner"].create({"name": "Desk", "parent_id": company.id})
        self.bring("k1", vat="BE0477472701")
        self.assertEqual(self.known(), company)

    def test_defaults_that_the_service_user_may_not_set_are_left_out(self):
        field = self.env["res.partner"]._fields["supplier_rank"]
        self.patch(field, "groups", "base.group_system")
        message = self.bring("k1")
        self.assertEqual(message.state, "done", message.error_message)
        self.assertEqual(self.known().sudo().supplier_rank, 0)

    def test_many_at_once(self):
        for number in range(5):
            self.receive(f"k{number}", {"number": f"S-{number}", "name": f"Supplier {number}"})
        self.receive("k9", {"number": "S-1", "name": "Renamed", "city": "Gent"})
        self.drain(self.inbound)
        self.assertEqual(set(self.messages(self.inbound).mapped("state")), {"done"})
        self.assertEqual((self.known("S-1").name, self.known("S-1").city), ("Renamed", "Gent"))
        self.assertEqual(self.known("S-4").ref, "S-4")

    def test_unknown_country(self):
        self.assert_quarantined(self.bring("k1", country="ZZ"), "unknown_country")

    def test_broken_contract(self):
        self.assert_quarantined(self.bring("k1", number=" "), "contract_violation")

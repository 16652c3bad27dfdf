import json

from odoo.tests import tagged

from odoo.addons.integration_core.engine.told import JOURNAL
from odoo.addons.integration_core.tools import contracts

from .common import ProcurementCase


@tagged("post_install", "-at_install")
class TestMasterEvents(ProcurementCase):
    """What others are told of suppliers, items and cost centres."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        types = cls.env["integration.event.type"].search(
            [
                "|",
                "|",
                ("code", "=like", "procurement.supplier.%"),
                ("code", "=like", "procurement.item.%"),
                ("code", "=like", "procurement.cost_centre.%"),
            ]
        )
        cls.system.partner_id = False
        cls.reconfigure(cls.outbound, event_type_ids=[(6, 0, types.ids)])

    def events(self, record, what):
        self.env.cr.flush()
        return self.env["integration.event"].search(
            [
                ("res_model", "=", record._name),
                ("res_id", "=", record.id),
                ("type_code", "=like", f"%.{what}"),
            ],
            order="id",
        )

    def valid(self, event, contract):
        contract = self.env.ref(f"integration_procurement.contract_{contract}")
        schema = json.loads(contract.current_version_id.schema)
        data = json.loads(event.data)
        self.assertEqual(contracts.compile_schema(schema).violations(data), [])
        return data

    def forget(self):
        """What follows is another transaction, as far as the capture of events knows."""
        self.env.cr.flush()
        self.env["integration.event"].search([]).unlink()
        self.env.cr.postcommit.data.pop(JOURNAL, None)

    def changes(self, record):
        return [
            {one["path"]: one.get("to") for one in json.loads(event.data)["changes"]}
            for event in self.events(record, "changed")
        ]

    # -- suppliers ---------------------------------------------------------------------------

    def test_supplier_created_as_one(self):
        partner = self.env["res.partner"].create(
            {"name": "NordMed", "is_company": True, "supplier_rank": 1, "ref": "S-1"}
        )
        event = self.events(partner, "created")
        data = self.valid(event, "supplier")
        self.assertEqual((data["number"], data["reference"]), (str(partner.id), "S-1"))
        self.assertEqual(event.partner_id, partner)

    def test_contact_that_becomes_a_supplier_is_told_once(self):
        partner = self.env["res.partner"].create({"name": "NordMed", "is_company": True})
        self.assertFalse(self.events(partner, "created"))
        partner._increase_rank("supplier_rank", 3)
        self.assertEqual(len(self.events(partner, "created")), 1)
        self.env["integration.event"].search([("res_id", "=", partner.id)]).unlink()
        partner.supplier_rank = 0
        self.env.cr.flush()
        partner._increase_rank("supplier_rank")
        self.assertFalse(self.events(partner, "created"), "told once in its life")

    def test_bill_makes_a_supplier_of_the_company_and_not_of_its_people(self):
        company = self.env["res.partner"].create({"name": "NordMed", "is_company": True})
        person = self.env["res.partner"].create({"name": "Ann", "parent_id": company.id})
        (person | company)._increase_rank("supplier_rank")
        self.assertTrue(self.events(company, "created"))
        self.assertFalse(self.events(person, "created"))

    def test_customer_is_no_supplier(self):
        partner = self.env["res.partner"].create({"name": "Patient", "customer_rank": 1})
        partner.action_archive()
        self.assertFalse(self.events(partner, "created") | self.events(partner, "archived"))

    def test_supplier_archived(self):
        partner = self.env["res.partner"].create({"name": "NordMed", "supplier_rank": 1})
        self.env.cr.flush()
        partner.action_archive()
        self.assertFalse(self.valid(self.events(partner, "archived"), "supplier")["active"])

    def test_supplier_changed(self):
        values = {"name": "NordMed", "is_company": True}
        supplier, customer = self.env["res.partner"].create(
            [{**values, "supplier_rank": 1}, values]
        )
        self.forget()
        (supplier | customer).write({"city": "Gent", "comment": "Rings back slowly"})
        self.assertEqual(self.changes(supplier), [{"/city": "Gent"}])
        self.assertFalse(self.events(customer, "changed"))

    def test_becoming_a_supplier_is_no_change(self):
        partner = self.env["res.partner"].create({"name": "NordMed"})
        self.forget()
        partner.city = "Gent"
        partner._increase_rank("supplier_rank")
        self.assertEqual(len(self.events(partner, "created")), 1)
        self.assertFalse(self.events(partner, "changed"))

    # -- items ---------------------------------------------------------------------------------

    def test_item(self):
        product = self.env["product.product"].create(
            {
                "name": "Gloves M",
                "default_code": "GLV-M",
                "barcode": "4006381333931",
                "is_storable": True,
                "tracking": "lot",
                "standard_price": 0.05,
            }
        )
        data = self.valid(self.events(product, "created"), "item")
        self.assertEqual(
            data,
            {
                "number": str(product.id),
                "name": "Gloves M",
                "gtin": "4006381333931",
                "reference": "GLV-M",
                "unit": "C62",
                "packagings": [],
                "type": "stocked",
                "tracking": "lot",
                "category": str(product.categ_id.id) if product.categ_id else None,
                "active": True,
                # as the addon of expiry dates adds it
                **({"expires": False} if "use_expiration_date" in product._fields else {}),
            },
        )
        product.barcode = "SHELF-7"
        self.assertIsNone(product._integration_canonical_item()["gtin"])
        product.product_tmpl_id.action_archive()
        self.assertFalse(self.valid(self.events(product, "archived"), "item")["active"])

    def test_each_variant_is_an_item(self):
        attribute = self.env["product.attribute"].create(
            {"name": "Size", "value_ids": [(0, 0, {"name": name}) for name in "SM"]}
        )
        template = self.env["product.template"].create(
            {
                "name": "Gloves",
                "attribute_line_ids": [
                    (
                        0,
                        0,
                        {
                            "attribute_id": attribute.id,
                            "value_ids": [(6, 0, attribute.value_ids.ids)],
                        },
                    )
                ],
            }
        )
        names = {
            self.valid(self.events(one, "created"), "item")["name"]
            for one in template.product_variant_ids
        }
        self.assertEqual(names, {"Gloves (S)", "Gloves (M)"})

    def test_change_of_the_template_is_one_of_its_items(self):
        product, other = self.env["product.product"].create([{"name": "Gloves"}, {"name": "Masks"}])
        self.forget()
        product.product_tmpl_id.write({"name": "Gloves M", "list_price": 3, "description": "x"})
        product.default_code = "GLV"
        self.assertEqual(self.changes(product), [{"/name": "Gloves M", "/reference": "GLV"}])
        self.assertFalse(self.events(other, "changed"))
        self.forget()
        product.product_tmpl_id.list_price = 4
        self.assertFalse(self.events(product, "changed"))

    def test_translation_of_another_language_is_no_change(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        product = self.env["product.product"].create({"name": "Gloves"})
        self.forget()
        template = product.product_tmpl_id
        template.update_field_translations("name", {"fr_FR": "Gants"})
        self.assertFalse(self.events(product, "changed"))
        template.update_field_translations("name", {"en_US": "Gloves M"})
        self.assertEqual(self.changes(product), [{"/name": "Gloves M"}])

    def test_unit_without_a_code(self):
        unit = self.env["uom.uom"].create({"name": "Box of nobody knows", "relative_factor": 1})
        product = self.env["product.product"].create({"name": "Gloves", "uom_id": unit.id})
        self.assertIn("unit", self.events(product, "created").problem)

    # -- cost centres --------------------------------------------------------------------------

    def test_cost_centre(self):
        plan = self.env["account.analytic.plan"].create({"name": "Wards"})
        account = self.env["account.analytic.account"].create(
            {"name": "Ward 4", "code": "4100", "plan_id": plan.id, "valid_to": "2099-12-31"}
        )
        data = self.valid(self.events(account, "created"), "cost_centre")
        self.assertEqual((data["number"], data["plan"]), ("4100", str(plan.id)))
        self.assertEqual(data["company"]["name"], self.env.company.name)
        self.assertEqual(data["valid_to"], "2099-12-31")
        account.action_archive()
        self.assertFalse(self.valid(self.events(account, "archived"), "cost_centre")["active"])

    def test_cost_centres_are_not_told_to_systems_of_other_contacts(self):
        plan = self.env["account.analytic.plan"].create({"name": "Wards"})

        def told(code, company):
            self.env["account.analytic.account"].create(
                {"name": "Ward", "code": code, "plan_id": plan.id, "company_id": company.id}
            )
            self.env.cr.flush()
            self.dispatch()
            return len(self.messages(self.outbound))

        self.system.partner_id = self.supplier
        self.assertEqual(told("1", self.env.company), 0)
        self.assertEqual(told("2", self.env["res.company"]), 0)
        self.system.partner_id = self.env.company.partner_id
        self.assertEqual(told("3", self.env.company), 1)

    def test_cost_centre_changed_and_restored(self):
        plan = self.env["account.analytic.plan"].create({"name": "Wards"})
        account = self.env["account.analytic.account"].create(
            {"name": "Ward 4", "code": "4100", "plan_id": plan.id, "active": False}
        )
        self.forget()
        account.write({"active": True, "name": "Ward four"})
        self.assertEqual(self.changes(account), [{"/active": True, "/name": "Ward four"}])

    def test_cost_centre_without_a_reference(self):
        plan = self.env["account.analytic.plan"].create({"name": "Wards"})
        account = self.env["account.analytic.account"].create(
            {"name": "Ward 4", "plan_id": plan.id}
        )
        self.assertIn("reference", self.events(account, "created").problem)

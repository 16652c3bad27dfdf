from odoo import fields
from odoo.tests import Form, new_test_user, tagged

from .common import ProcurementCase


class CostCentreCase(ProcurementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service_user.group_ids += cls.env.ref("analytic.group_analytic_accounting")
        cls.accounts = cls.env["account.analytic.account"]
        cls.plan = cls.env["account.analytic.plan"].create({"name": "Wards"})
        cls.env["integration.record.link"]._link(cls.system.id, cls.plan, "WARDS")
        cls.today = fields.Date.today()

    def in_days(self, days):
        return fields.Date.add(self.today, days=days)

    def text(self, days):
        return fields.Date.to_string(self.in_days(days))

    def run_cron_in(self, days):
        self.patch(type(self.accounts), "_integration_today", lambda _one: self.in_days(days))
        self.patch(fields.Date, "today", staticmethod(lambda *_args: self.in_days(days)))
        with self.enter_registry_test_mode():
            self.env.ref("integration_procurement.ir_cron_cost_centres").method_direct_trigger()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestCostCentre(CostCentreCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reconfigure(cls.inbound, handler="integration.handler.cost_centre")

    def bring(self, key, **data):
        return self.confirm(key, {"number": "4100", "name": "Ward 4", "plan": "WARDS", **data})

    def known(self, number="4100"):
        self.env.invalidate_all()
        return self.env["integration.record.link"]._find_record(
            self.system.id, "account.analytic.account", number
        )

    def assert_quarantined(self, message, code, error_class="conflict"):
        self.assertEqual(
            (message.state, message.error_class, message.error_code),
            ("quarantined", error_class, code),
            message.error_message,
        )

    def test_new_and_changed(self):
        message = self.bring("k1")
        self.assertEqual(message.state, "done", message.error_message)
        account = self.known()
        self.assertEqual((account.name, account.code), ("Ward 4", "4100"))
        self.assertEqual((account.plan_id, account.company_id), (self.plan, self.env.company))
        self.bring("k2", name="Ward four", plan=None)
        self.assertEqual((account.name, account.plan_id), ("Ward four", self.plan))

    def test_never_by_name_but_by_reference(self):
        namesake, known = self.accounts.create(
            [
                {"name": "Ward 4", "plan_id": self.plan.id},
                {"name": "Old name", "code": "4100", "plan_id": self.plan.id, "active": False},
            ]
        )
        self.bring("k1")
        self.assertEqual(self.known(), known)
        self.assertEqual(namesake.code, False)
        self.assertFalse(known.active, "what is left out stays as it is")

    def test_two_with_the_reference_are_for_a_person(self):
        self.accounts.create(
            [{"name": name, "code": "4100", "plan_id": self.plan.id} for name in "AB"]
        )
        self.assert_quarantined(self.bring("k1"), "cost_centre_ambiguous")

    def test_reference_of_another_company(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        foreign = self.accounts.create(
            {"name": "Foreign", "code": "4100", "plan_id": self.plan.id, "company_id": other.id}
        )
        self.bring("k1")
        self.assertNotEqual(self.known(), foreign)
        self.assertEqual(foreign.name, "Foreign")

    def test_plan(self):
        self.assert_quarantined(self.bring("k1", plan="X"), "unknown_plan")
        self.env["account.analytic.plan"].create({"name": "A second plan"})
        self.assert_quarantined(self.bring("k2", plan=None), "unknown_plan")
        group = self.env["account.analytic.plan"].create(
            {"name": "Surgery", "parent_id": self.plan.id}
        )
        self.env["integration.record.link"]._link(self.system.id, group, "SURG")
        self.assertEqual(self.bring("k3", plan="SURG").state, "done")
        self.assertEqual(self.known().plan_id, group)

    def test_of_another_company(self):
        self.env.company.partner_id.vat = "BE0477472701"
        self.assert_quarantined(
            self.bring("k1", company={"name": "Other", "vat": "BE 0202.239.951"}), "other_company"
        )
        ours = {"name": "Ours", "vat": "BE 0477.472.701"}
        self.assertEqual(self.bring("k2", company=ours).state, "done")

    def test_closed_and_opened(self):
        self.bring("k1")
        account = self.known()
        self.bring("k2", active=False)
        self.assertFalse(account.active)
        self.bring("k3", active=True)
        self.env.invalidate_all()
        self.assertTrue(account.active)

    def test_validity(self):
        self.bring("k1", valid_from=self.text(3), valid_to=self.text(9))
        account = self.known()
        self.assertEqual((account.active, account.closed_by_validity), (False, True))
        self.bring("k2", name="Ward four")
        self.run_cron_in(2)
        self.assertFalse(account.active)
        self.run_cron_in(3)
        self.assertEqual((account.active, account.closed_by_validity), (True, False))
        self.run_cron_in(9)
        self.assertTrue(account.active, "its last day counts")
        self.run_cron_in(10)
        self.assertEqual((account.active, account.closed_by_validity), (False, True))
        self.bring("k3", valid_to=self.text(20))
        self.env.invalidate_all()
        self.assertTrue(account.active, "it was closed for its validity alone")
        account.action_archive()
        self.bring("k4", valid_to=self.text(30))
        self.run_cron_in(11)
        self.assertFalse(account.active, "somebody closed it")

    def test_closed_before_its_first_day_stays_closed(self):
        self.bring("k1", valid_from=self.text(3), active=False)
        self.run_cron_in(4)
        self.assertFalse(self.known().active)

    def test_days(self):
        self.assert_quarantined(
            self.bring("k1", valid_to="2026-02-30"), "no_such_moment", "contract"
        )
        message = self.bring("k2", valid_from="2026-02-02", valid_to="2026-02-01")
        self.assert_quarantined(message, "business_rule")


@tagged("post_install", "-at_install")
class TestCostCentreList(CostCentreCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reconfigure(cls.inbound, handler="integration.handler.cost_centre_list")
        cls.accountant = new_test_user(
            cls.env,
            "cost.accountant",
            "account.group_account_invoice,analytic.group_analytic_accounting",
        )
        cls.inbound.owner_id = cls.accountant

    def bring(self, key, *numbers, complete=True, **more):
        entries = [{"number": one, "name": f"Ward {one}", "plan": "WARDS"} for one in numbers]
        message = self.confirm(
            key, {"complete": complete, "cost_centres": entries + more.get("entries", [])}
        )
        self.env.invalidate_all()
        return message

    def account(self, number):
        return self.accounts.with_context(active_test=False).search([("code", "=", number)])

    def waiting(self):
        return self.env["integration.exception"].search(
            [("kind", "=", "cost_centres_missing"), ("state", "=", "open")]
        )

    def test_all_or_none(self):
        message = self.bring(
            "k1", "1", "2", entries=[{"number": "3", "name": "Ward 3", "plan": "X"}]
        )
        self.assertEqual((message.state, message.error_code), ("quarantined", "unknown_plan"))
        self.assertIn("Entry 3", message.error_message)
        self.assertFalse(self.account("1"))

    def test_named_twice(self):
        self.assertEqual(self.bring("k1", "1", "1").error_code, "number_repeated")

    def test_missing_ones_are_one_question(self):
        self.bring("k1", "1", "2", "3")
        self.assertFalse(self.waiting())
        self.assertEqual(self.bring("k2", "1").state, "done")
        exception = self.waiting()
        self.assertEqual(len(exception), 1)
        self.assertIn("Ward 2", exception.name)
        self.assertIn("Ward 3", exception.name)
        self.assertEqual(len(exception.line_ids), 2)
        self.assertEqual(self.account("2").integration_sync_state, "conflict")
        self.assertIn("Ward 3", self.account("2").integration_exception_text)
        self.assertTrue(self.account("2").active)
        self.assertEqual(self.account("2").activity_ids.user_id, self.accountant)
        self.bring("k3", "1")
        self.assertEqual(self.waiting(), exception, "the same question is not asked twice")
        with Form(self.account("2").with_user(self.accountant)) as form:
            self.assertEqual(form.integration_exception_count, 1)
            form.valid_to = self.in_days(400)
        exception.with_user(self.accountant).action_accept()
        self.assertEqual(
            [self.account(one).active for one in ("1", "2", "3")], [True, False, False]
        )
        self.assertFalse(self.account("2").with_context(active_test=True).activity_ids)

    def test_kept_until_it_was_in_a_list_again(self):
        self.bring("k1", "1", "2")
        self.bring("k2", "1")
        self.waiting().with_user(self.accountant).action_reject()
        self.assertTrue(self.account("2").active)
        self.bring("k3", "1")
        self.assertFalse(self.waiting())
        self.bring("k4", "1", "2")
        self.bring("k5", "1")
        self.assertTrue(self.waiting())

    def test_in_the_list_again_before_anybody_decided(self):
        self.bring("k1", "1", "2", "3")
        self.bring("k2", "1")
        first = self.waiting()
        self.bring("k3", "1", "2")
        self.env.invalidate_all()
        self.assertEqual(first.state, "void")
        self.assertEqual(self.waiting().proposal["ids"], self.account("3").ids)
        self.bring("k4", "1", "2", "3")
        self.assertFalse(self.waiting())

    def test_part_of_a_list_says_nothing_about_others(self):
        self.bring("k1", "1", "2")
        self.bring("k2", "1", complete=False)
        self.assertFalse(self.waiting())

    def test_cost_centres_of_others_are_not_missing(self):
        self.accounts.create({"name": "By hand", "code": "9", "plan_id": self.plan.id})
        self.bring("k1", "1")
        self.assertFalse(self.waiting())

    def test_one_that_finance_names_by_itself_is_not_archived(self):
        self.bring("k1", "1", "2", "3")
        self.bring("k2", "1")
        asked = self.waiting()
        self.reconfigure(self.inbound, handler="integration.handler.cost_centre")
        ward = {"name": "Ward", "plan": "WARDS"}
        self.assertEqual(self.confirm("k3", {"number": "2", "active": True, **ward}).state, "done")
        self.env.invalidate_all()
        self.assertEqual(asked.state, "void")
        exception = self.waiting()
        self.assertEqual(exception.proposal["ids"], self.account("3").ids)
        exception.with_user(self.accountant).action_accept()
        self.env.invalidate_all()
        self.assertTrue(self.account("2").active)
        self.assertFalse(self.account("3").active)

    def test_one_that_finance_closes_by_itself_stays_a_question(self):
        self.bring("k1", "1", "2", "3")
        self.bring("k2", "1")
        asked = self.waiting()
        self.reconfigure(self.inbound, handler="integration.handler.cost_centre")
        self.confirm("k3", {"number": "2", "name": "Ward", "plan": "WARDS", "active": False})
        self.env.invalidate_all()
        self.assertEqual(self.waiting(), asked)

"""Rights on the models of this addon; the walks over all of them are in the core's tests."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.tests.access_calls import OPERATORS
from odoo.addons.integration_core.tests.access_matrix import ALL, NOTHING, READ, ROLES, Rights

from .charge_case import ChargeCase

POSTED = ("ehr.charge",)
ACCOUNTS = ("ehr.account",)
CONFIGURED = ("ehr.charge.code",)
PLANS = ("ehr.payer.plan",)
PAYERS = ("ehr.payer",)
BOOKED = ("integration.charge.entry",)
UNCHARGED = ("ehr.uncharged",)
# Of the roles of integrations none has a right on what is billed.
MATRIX = {
    names: dict.fromkeys(ROLES, NOTHING)
    for names in (POSTED, ACCOUNTS, CONFIGURED, PLANS, UNCHARGED)
}
MAY_CALL = {
    "ehr.charge": {"action_refuse": set()},
    "ehr.charge.code": {"action_reprocess_waiting": OPERATORS},
    "ehr.payer": {"action_reprocess_waiting": OPERATORS},
    "ehr.uncharged": {
        "action_charge": set(),
        "action_leave": set(),
        "action_never": set(),
        "action_take_up": set(),
    },
}


def _code(case):
    product = case.env["product.product"].create({"name": "Service", "type": "service"})
    return case.env["ehr.charge.code"].create({"code": "T9", "product_id": product.id})


def _charge(case):
    code = _code(case)
    return case.env["ehr.charge"].create(
        {
            "number": "T9",
            "charged_at": "2026-03-02 08:00:00",
            "charge_code": code.code,
            "product_id": code.product_id.id,
            "quantity": 1,
            "amount": 1,
            "late_open": True,
            "currency_id": case.env.company.currency_id.id,
        }
    )


def _uncharged(case):
    env = case.env
    visit = env["ehr.encounter"].create({"visit_number": "T9", "encounter_class": "inpatient"})
    product = env["product.product"].create({"name": "Swab", "is_storable": True})
    system = env["integration.system"].create({"name": "T9", "code": "T9"})
    used = env["ehr.consumption"].create(
        {
            "system_id": system.id,
            "action": "use",
            "number": "T9",
            "line": "1",
            "source": "dispense",
            "used_at": "2026-03-02 08:00:00",
            "product_id": product.id,
            "quantity": 1,
            "uom_id": product.uom_id.id,
            "stock_location_id": env["stock.location"].search([("usage", "=", "internal")])[:1].id,
            "encounter_id": visit.id,
        }
    )
    env.flush_all()
    return env["ehr.uncharged"].browse(2 * used.id)


def _payer(case):
    return case.env["ehr.payer"].create({"code": "T9", "name": "T9"})


SAMPLES = {
    "ehr.charge": _charge,
    "ehr.charge.code": _code,
    "ehr.payer": _payer,
    "ehr.uncharged": _uncharged,
}
PEOPLE = {
    "base.group_user,integration_ehr_bridge.group_fhir_reader": {
        POSTED: READ,
        ("account.move",): READ,
        ACCOUNTS: NOTHING,
        UNCHARGED: NOTHING,
        CONFIGURED: NOTHING,
        PLANS: NOTHING,
        PAYERS: READ,
    },
    "account.group_account_readonly": {
        POSTED: READ,
        ACCOUNTS: READ,
        UNCHARGED: READ,
        CONFIGURED: NOTHING,
        PLANS: NOTHING,
        PAYERS: NOTHING,
        BOOKED: NOTHING,
    },
    "account.group_account_invoice": {
        POSTED: "rw",
        ACCOUNTS: READ,
        UNCHARGED: READ,
        CONFIGURED: READ,
        PLANS: READ,
        PAYERS: READ,
        BOOKED: NOTHING,
    },
    "account.group_account_manager": {
        POSTED: "rw",
        ACCOUNTS: READ,
        UNCHARGED: READ,
        CONFIGURED: ALL,
        PLANS: ALL,
        PAYERS: ALL,
        BOOKED: NOTHING,
    },
    "integration_ehr_bridge.group_census_keeper": {
        POSTED: NOTHING,
        ACCOUNTS: NOTHING,
        UNCHARGED: NOTHING,
        CONFIGURED: READ,
        PLANS: NOTHING,
        PAYERS: NOTHING,
        BOOKED: "rwc",
    },
    "integration_ehr_bridge.group_feed": {
        POSTED: "rwc",
        ACCOUNTS: "rwc",
        UNCHARGED: NOTHING,
        CONFIGURED: READ,
        PLANS: READ,
        PAYERS: READ,
        BOOKED: NOTHING,
    },
}


@tagged("post_install", "-at_install")
class TestBillingAccess(Rights, ChargeCase):
    def test_matrix(self):
        for role, group in ROLES.items():
            user = new_test_user(self.env, f"bill.{role}", group)
            for names, rights in MATRIX.items():
                self.check_rights(names, user, rights[role])

    def test_people(self):
        for group, rights in PEOPLE.items():
            user = new_test_user(self.env, f"bill.{group}", group)
            for names, allowed in rights.items():
                self.check_rights(names, user, allowed)

    def test_who_bills_does_not_see_the_visit(self):
        charge = self.post(self.one("TX-1", procedure="27447"))
        biller = new_test_user(self.env, "bill.visit", "account.group_account_invoice")
        mine = charge.with_user(biller)
        self.assertEqual(mine.visit_reference, self.visit.reference)
        for document in (mine, charge.move_id.with_user(biller)):
            with self.assertRaises(AccessError):
                document.read(["encounter_id"])
        with self.assertRaises(AccessError):
            mine.read(["location_id"])
        self.assertEqual(mine.procedure_code, "27447")
        found = self.env["account.move"].with_user(biller)
        self.assertEqual(
            found.search([("visit_reference", "=", self.visit.reference)]), charge.move_id
        )

    def test_who_bills_not_sees_no_claim(self):
        charge = self.post(self.one("TX-1"))
        groups = "integration_ehr_bridge.group_census_manager"
        manager = new_test_user(self.env, "bill.census", groups)
        with self.assertRaises(AccessError):
            charge.with_user(manager).read(["number"])

    def test_companies_are_apart(self):
        self.post(self.one("TX-1"))
        other = self.env["res.company"].create({"name": "Other"})
        biller = new_test_user(
            self.env,
            "bill.company",
            "account.group_account_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.payer.plan_ids = [(0, 0, {"code": "P1"})]
        self.env["ehr.account"].create({"number": "A1"})
        for name in ("ehr.charge", "ehr.account", "ehr.charge.code", "ehr.payer.plan"):
            with self.subTest(model=name):
                theirs = self.env[name].search([("company_id", "=", self.company.id)])
                self.assertTrue(theirs)
                self.assertFalse(self.env[name].with_user(biller).search([]))
                with self.assertRaises(AccessError):
                    theirs.with_user(biller).read(["company_id"])

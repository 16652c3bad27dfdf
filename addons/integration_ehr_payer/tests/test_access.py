"""Rights on the models of this addon; the walks over all of them are in the core's tests."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.tests.access_matrix import NOTHING, READ, ROLES, Rights

from .payer_case import PayerCase

TOLD = ("ehr.coverage", "ehr.claim.answer")
ASKED = ("ehr.eligibility", "ehr.authorization")
CLAIMED = ("ehr.claim", "ehr.claim.line")
WORK = ("ehr.denial",)
# Of the roles of integrations none has a right on what is claimed.
MATRIX = {names: dict.fromkeys(ROLES, NOTHING) for names in (TOLD, ASKED, CLAIMED, WORK)}
MAY_CALL = {
    "account.move": {"action_submit_claim": set(), "action_request_eligibility": set()},
    "ehr.coverage": {"action_reveal_member": set()},
    "ehr.eligibility": {"action_override": set(), "action_request": set()},
    "ehr.authorization": {"action_cancel": set()},
    "ehr.claim": {"action_cancel": set()},
    "ehr.denial": {
        "action_appeal": set(),
        "action_lose": set(),
        "action_reopen": set(),
        "action_resubmit": set(),
        "action_take": set(),
        "action_win": set(),
        "action_write_off": set(),
    },
}


def _payer(case):
    return case.env["ehr.payer"].create({"code": "T9", "name": "T9"})


def _visit(case):
    return case.env["ehr.encounter"].create({"visit_number": "T9", "encounter_class": "inpatient"})


def _coverage(case):
    system = case.env["integration.system"].create({"name": "T9", "code": "T9"})
    patient = case.env["ehr.patient"]._resolve([("", "T9")])["", "T9"]
    return case.env["ehr.coverage"].create(
        {
            "system_id": system.id,
            "name_key": "t9",
            "patient_id": patient.id,
            "payer_id": _payer(case).id,
            "status": "active",
        }
    )


def _eligibility(case):
    return case.env["ehr.eligibility"].create(
        {"payer_id": _payer(case).id, "encounter_id": _visit(case).id}
    )


def _authorization(case):
    product = case.env["product.product"].create({"name": "Service", "type": "service"})
    code = case.env["ehr.charge.code"].create({"code": "T9", "product_id": product.id})
    return case.env["ehr.authorization"].create(
        {
            "payer_id": _payer(case).id,
            "encounter_id": _visit(case).id,
            "charge_code_id": code.id,
            "charge_code": "T9",
            "asked_at": "2026-03-02 08:00:00",
        }
    )


def _move(case):
    journal = case.env["account.journal"].search([("type", "=", "sale")], limit=1)
    if not journal:
        journal = case.env["account.journal"].create({"name": "T9", "code": "T9", "type": "sale"})
    return case.env["account.move"].create(
        {"move_type": "out_invoice", "journal_id": journal.id, "ehr_payer_id": _payer(case).id}
    )


def _claim(case):
    move = _move(case)
    return case.env["ehr.claim"].create(
        {
            "move_id": move.id,
            "payer_id": move.ehr_payer_id.id,
            "asked_at": "2026-03-02 08:00:00",
            "currency_id": case.env.company.currency_id.id,
            "line_ids": [Command.create({"sequence": 1, "name": "Service", "amount": 1})],
        }
    )


def _denial(case):
    return case.env["ehr.denial"].create(
        {"claim_line_id": _claim(case).line_ids.id, "amount": 1, "denied_on": "2026-03-02"}
    )


SAMPLES = {
    "account.move": _move,
    "ehr.coverage": _coverage,
    "ehr.eligibility": _eligibility,
    "ehr.authorization": _authorization,
    "ehr.claim": _claim,
    "ehr.denial": _denial,
}
PEOPLE = {
    "account.group_account_readonly": {TOLD: READ, ASKED: READ, CLAIMED: READ, WORK: READ},
    "account.group_account_invoice": {TOLD: READ, ASKED: READ, CLAIMED: READ, WORK: "rw"},
    "integration_ehr_bridge.group_census_manager": {
        ("ehr.coverage",): READ,
        ASKED: READ,
        CLAIMED: NOTHING,
        WORK: NOTHING,
    },
    "integration_ehr_bridge.group_census_user": {
        TOLD: NOTHING,
        ASKED: NOTHING,
        CLAIMED: NOTHING,
        WORK: NOTHING,
    },
    "integration_ehr_bridge.group_feed": {
        TOLD: "rwc",
        ASKED: "rw",
        CLAIMED: "rw",
        WORK: NOTHING,
    },
}


@tagged("post_install", "-at_install")
class TestPayerAccess(Rights, PayerCase):
    def test_matrix(self):
        for role, group in ROLES.items():
            user = new_test_user(self.env, f"payer.{role}", group)
            for names, rights in MATRIX.items():
                self.check_rights(names, user, rights[role])

    def test_people(self):
        for group, rights in PEOPLE.items():
            user = new_test_user(self.env, f"payer.{group}", group)
            for names, allowed in rights.items():
                self.check_rights(names, user, allowed)

    def test_who_bills_does_not_see_the_visit_or_the_patient(self):
        claim = self.claim().with_user(self.biller)
        self.assertEqual(claim.visit_reference, self.visit.reference)
        with self.assertRaises(AccessError):
            claim.read(["encounter_id"])
        with self.assertRaises(AccessError):
            claim.coverage_id.read(["patient_id"])

    def test_companies_are_apart(self):
        claim = self.claim()
        denied = {"code": "96"}
        self.decided(claim, (1, "0", denied), (2, "0", denied))
        other = self.env["res.company"].create({"name": "Other"})
        biller = new_test_user(
            self.env,
            "payer.company",
            "account.group_account_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        for name in (
            "ehr.coverage",
            "ehr.claim",
            "ehr.claim.line",
            "ehr.claim.answer",
            "ehr.denial",
        ):
            with self.subTest(model=name):
                theirs = self.env[name].search([("company_id", "=", self.company.id)])
                self.assertTrue(theirs)
                self.assertFalse(self.env[name].with_user(biller).search([]))
                with self.assertRaises(AccessError):
                    theirs.with_user(biller).read(["company_id"])

from psycopg2 import IntegrityError

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.engine.inbound_run import Received
from odoo.addons.integration_core.tools import errors

from .charge_case import ChargeCase


@tagged("post_install", "-at_install")
class TestEhrAccount(ChargeCase):
    """Patient accounts: who pays for what is charged together."""

    def bar(self, event, clock, number="A1", *, arrived=1, **said):
        handler = self.env["integration.handler.ehr_account"].with_user(self.service_user)
        body = {
            "event": event,
            "occurred_at": f"2026-03-02T{clock}:00Z",
            "account": {"number": number},
            **said,
        }
        received = Received(arrived, "uuid", None, None, None, self.system.id)
        account = handler._process_batch([(received, body)])
        self.env.flush_all()
        self.env.invalidate_all()
        return account[0]

    def test_opened_changed_closed(self):
        account = self.bar("open", "08:00", visit={"number": "V1"}, payer="AOK", plan="P1")
        self.assertEqual((account.status, account.payer_code), ("open", "AOK"))
        self.assertEqual(account.encounter_ids, self.visit)
        self.bar("update", "09:00", payer="PKV", procedures=["27447", "27446"])
        self.assertEqual((account.payer_code, account.plan_code), ("PKV", "P1"))
        self.assertEqual(account.procedure_codes, "27447 27446")
        self.bar("close", "10:00")
        self.assertEqual(account.status, "closed")
        self.bar("open", "11:00")
        self.assertEqual(account.status, "open")

    def test_what_is_older_completes_and_overrides_nothing(self):
        account = self.bar("close", "10:00", payer="PKV")
        self.bar("open", "08:00", payer="AOK", plan="P1")
        self.assertEqual((account.status, account.payer_code), ("closed", "PKV"))
        self.assertEqual(account.plan_code, "P1")

    def test_what_was_told_at_one_time_counts_as_it_arrived(self):
        account = self.bar("close", "10:00", payer="PKV", arrived=2)
        self.bar("open", "10:00", payer="AOK", plan="P1", arrived=1)
        self.assertEqual((account.status, account.payer_code), ("closed", "PKV"))
        self.assertEqual(account.plan_code, "P1")

    def test_charges_of_an_account_go_together(self):
        account = self.bar("open", "08:00", payer="AOK")
        self.encounter("V2")
        members = {"account": {"number": "A1"}, "payer": None}
        first = self.post(self.one("TX-1"), **members)
        self.assertEqual(first.move_id.ref, self.visit.reference)
        second = self.post(self.one("TX-2"), visit={"number": "V2"}, **members)
        self.assertEqual(first.move_id, second.move_id)
        self.assertEqual(first.move_id.ehr_account_id, account)
        self.assertEqual(first.partner_id, self.fund)
        self.assertEqual(len(account.encounter_ids), 2)
        self.assertEqual(
            (first.move_id.ref, first.move_id.encounter_id.ids), (account.reference, [])
        )
        self.assertEqual((first.encounter_id | second.encounter_id), account.encounter_ids)

    def test_a_payer_that_is_corrected_leaves_the_draft_and_says_so(self):
        self.bar("open", "08:00", payer="AOK")
        self.env["ehr.payer"].create({"code": "PKV", "name": "PKV", "partner_id": self.debtor.id})
        members = {"account": {"number": "A1"}, "payer": None}
        draft = self.post(self.one("TX-1"), **members).move_id
        self.assertFalse(draft.ehr_payer_now)
        self.bar("update", "09:00", payer="PKV")
        self.assertEqual((draft.ehr_payer_now, draft.partner_id), ("PKV", self.fund))
        new = self.post(self.one("TX-2"), **members).move_id
        self.assertEqual((new.ehr_payer_now, new.partner_id), (False, self.debtor))
        draft.action_post()
        self.assertFalse(draft.ehr_payer_now)

    def test_without_a_visit_the_account_stands_for_it(self):
        account = self.bar("open", "08:00", payer="AOK")
        body = self.told(self.one("TX-1"), account={"number": "A1"}, payer=None)
        message = self.deliver({key: value for key, value in body.items() if key != "visit"})
        self.assertEqual(message.state, "done", message.error_message)
        self.assertEqual(self.charge("TX-1").move_id.ref, account.reference)

    def test_a_reference_stands_for_one_account(self):
        account = self.bar("open", "08:00")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.bar("open", "08:00", "A2").reference = account.reference
            self.env.flush_all()

    def test_unknown_account(self):
        self.refused_charge("unknown_account", self.one("TX-1"), account={"number": "A9"})
        self.visit.write({"account_number": "A9"})
        charge = self.post(self.one("TX-1"), account={"number": "A9"})
        self.assertEqual(charge.account_id.number, "A9")
        self.company.ehr_create_accounts = True
        self.post(self.one("TX-2"), account={"number": "A10"})

    def test_closed_account(self):
        self.bar("close", "08:00")
        self.refused_charge("account_closed", self.one("TX-1"), account={"number": "A1"})

    def test_merged_accounts(self):
        gone, kept = self.bar("open", "08:00"), self.bar("open", "08:00", "A2")
        self.merge("A1", "A2")
        self.assertEqual(gone.merged_into_id, kept)
        charge = self.post(self.one("TX-1"), account={"number": "A1"})
        self.assertEqual(charge.account_id, kept)

    def merge(self, gone, kept):
        patients = self.env["ehr.patient"]._resolve([("", "P1"), ("", "P2")])
        self.env["ehr.merge"]._merge(
            patients["", "P2"],
            patients["", "P1"],
            fields.Datetime.now(),
            accounts=[[gone, ""], [kept, ""]],
        )

    def test_a_merge_keeps_who_pays_and_what_is_not_posted(self):
        gone = self.bar("open", "08:00", visit={"number": "V1"}, payer="AOK")
        members = {"account": {"number": "A1"}, "payer": None}
        posted = self.post(self.one("TX-1"), **members)
        posted.move_id.action_post()
        drafted = self.post(self.one("TX-2"), **members)
        self.company.ehr_charge_price_rule = "compare"
        self.post(self.one("TX-3", amount="800"), **members)
        self.merge("A1", "A2")
        kept = gone.merged_into_id
        self.assertEqual((kept.payer_code, kept.encounter_ids), ("AOK", self.visit))
        for number, account in (("TX-1", gone), ("TX-2", kept), ("TX-3", kept)):
            self.assertEqual(self.charge(number).account_id, account, number)
        later = self.post(self.one("TX-4"), account={"number": "A2"}, payer=None)
        self.assertEqual((later.move_id, later.partner_id), (drafted.move_id, self.fund))

    def test_a_merge_overrides_nothing_that_the_kept_one_was_told(self):
        self.bar("close", "10:00", payer="PKV", plan="P9", procedures=["27447"])
        kept = self.bar("open", "08:00", "A2", payer="AOK")
        self.merge("A1", "A2")
        self.assertEqual((kept.status, kept.payer_code, kept.plan_code), ("open", "AOK", False))
        self.assertEqual(kept.procedure_codes, "27447")

    # -- accounts that have the number of their visit ---------------------------------------

    def test_the_number_of_a_visit_is_not_shown_as_that_of_its_account(self):
        account = self.bar("open", "08:00", "V1", visit={"number": "V1"}, payer="AOK")
        self.assertEqual(account.number, self.visit.reference)
        self.assertEqual(account.encounter_ids, self.visit)
        members = {"account": {"number": "V1", "assigner": "DESK"}, "payer": None}
        charge = self.post(self.one("TX-1"), **members)
        self.assertEqual((charge.account_id, charge.partner_id), (account, self.fund))
        self.bar("close", "09:00", "V1")
        self.refused_charge("account_closed", self.one("TX-2"), **members)
        self.assertEqual(charge._integration_status(charge)["account"], {"number": "V1"})
        self.assert_in_no_table("V1")

    def test_nor_where_charges_open_the_account(self):
        charge = self.post(self.one("TX-1"), account={"number": "V1"})
        self.assertEqual(charge.account_id.number, self.visit.reference)
        second = self.post(self.one("TX-2"), account={"number": "V1"})
        self.assertEqual(second.move_id, charge.move_id)
        self.assert_in_no_table("V1")

    def test_nor_if_the_visit_is_told_later(self):
        account = self.bar("open", "08:00", "V7")
        self.assertEqual(account.number, "V7")
        visit = self.encounter("V7")
        self.assertEqual(account.number, visit.reference)
        self.assertEqual(self.bar("close", "09:00", "V7"), account)
        with self.assertRaises(errors.MappingError) as caught:
            self.bar("open", "08:00", "V8", visit={"number": "V8"})
        self.assertEqual(caught.exception.code, "unknown_visit")

    def test_nor_after_a_merge(self):
        self.encounter("V2")
        gone = self.bar("open", "08:00", "V2", visit={"number": "V2"})
        self.merge("V2", "V1")
        self.assertEqual(gone.merged_into_id.number, self.visit.reference)
        self.assert_in_no_table("V1", "V2")

    def assert_in_no_table(self, *numbers):
        """In clear, numbers of visits stand in no text that those who invoice may read."""
        self.env.flush_all()
        for name in ("ehr.account", "ehr.charge", "account.move", "account.move.line"):
            records = self.env[name].sudo().search([])
            texts = [field.name for field in records._fields.values() if field.type == "char"]
            said = {str(value) for row in records.read(texts) for value in row.values()}
            self.assertFalse([one for one in said if set(numbers) & set(one.split())], name)

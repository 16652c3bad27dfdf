import re

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .payer_case import MEMBER, PayerCase

REASON = "The payer asks on the phone whose claim it is"


@tagged("post_install", "-at_install")
class TestCoverage(PayerCase):
    """Who pays for whom; the member number is kept as a secret."""

    def test_told(self):
        cover = self.cover(plan="P1", **{"from": "2026-01-01", "until": "2026-12-31"})
        self.assertEqual((cover.payer_id, cover.plan_code), (self.payer, "P1"))
        self.assertEqual(cover.patient_id, self.visit.patient_id)
        self.assertEqual(cover._member(), MEMBER)
        self.assertEqual(
            self.env["ehr.coverage"]._of(self.visit, self.payer, cover.valid_from), cover
        )

    def test_a_later_one_replaces_an_earlier_one_and_not_the_reverse(self):
        cover = self.cover()
        self.assertEqual(self.cover(status="cancelled", stated_at="2026-03-02T08:00:00Z"), cover)
        self.assertEqual(cover.status, "cancelled")
        self.assertEqual(self.cover(stated_at="2026-03-01T09:00:00Z"), cover)
        self.assertEqual(cover.status, "cancelled")
        self.cover(member="B1", stated_at="2026-03-03T08:00:00Z")
        self.assertEqual((cover.status, cover._member()), ("active", "B1"))
        self.cover(member=None, stated_at="2026-03-04T08:00:00Z")
        self.assertFalse(cover._member())
        self.assertFalse(cover.member_shown)

    def test_a_member_number_that_nobody_needs_is_not_kept(self):
        cover = self.cover()
        self.cover(status="error", stated_at="2026-03-02T08:00:00Z")
        self.assertFalse(cover._member())
        self.cover(stated_at="2026-03-03T08:00:00Z")
        self.assertEqual(cover._member(), MEMBER)
        self.payer.claim_member = False
        self.assertFalse(cover._member())
        self.cover(stated_at="2026-03-04T08:00:00Z")
        self.assertFalse(cover._member())

    def test_an_unknown_payer_waits(self):
        document = self.cover_told(payer={"code": "NOBODY"})
        message = self.take("ehr_coverage", document, state="quarantined")
        self.assertEqual(message.error_code, "unknown_payer")
        self.assertIn("Charges / Payers", message.error_message)
        self.assertNotIn("NOBODY", message.error_message)
        self.assertFalse(self.env["ehr.coverage"].search([]))

    def test_a_record_by_reference(self):
        links = self.env["integration.record.link"]
        links._link(self.system.id, self.payer, "Organization/3")
        links._link(self.system.id, self.visit.patient_id, "Patient/1")
        cover = self.cover(payer={"record": "Organization/3"}, patient={"record": "Patient/1"})
        self.assertEqual((cover.payer_id, cover.patient_id), (self.payer, self.visit.patient_id))
        document = self.cover_told(patient={"record": "Patient/2"})
        message = self.take("ehr_coverage", document, state="quarantined")
        self.assertEqual(message.error_code, "unknown_patient")

    def test_the_member_number_stands_nowhere_in_clear(self):
        cover = self.cover(member="ZQX-CANARY-771")
        self.claim()
        self.heard()
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c "
            "JOIN information_schema.tables t USING (table_schema, table_name) "
            "WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' "
            "AND c.data_type IN ('text', 'character varying', 'jsonb', 'bytea')"
        )
        columns = {}
        for table, column in self.env.cr.fetchall():
            columns.setdefault(table, []).append(column)
        found = []
        for table, names in columns.items():
            if not re.match("integration_|ehr_|account_move|mail_|ir_logging|queue_", table):
                continue
            shown = " || ' ' || ".join(f"coalesce(\"{name}\"::text, '')" for name in names)
            # pylint: disable=sql-injection  # names of the catalogue
            self.env.cr.execute(
                f'SELECT count(*) FROM "{table}" WHERE {shown} LIKE %s OR {shown} LIKE %s',
                ["%ZQX-CANARY-771%", f"%{b'ZQX-CANARY-771'.hex()}%"],
            )
            if self.env.cr.fetchone()[0]:
                found.append(table)
        self.assertFalse(found)
        self.assertEqual(cover._member(), "ZQX-CANARY-771")

    def test_seen_for_a_reason_which_is_audited(self):
        cover = self.cover()
        for mine in (cover.with_user(self.biller), cover.with_user(self.feeder)):
            with self.assertRaises(AccessError):
                mine.action_reveal_member(REASON)
            with self.assertRaises(AccessError):
                mine.read(["member_sealed"])
            self.assertNotIn(MEMBER, str(mine.read()))
        groups = "account.group_account_invoice,integration_core.group_clinical_viewer"
        viewer = new_test_user(self.env, "payer.views", groups)
        mine = cover.with_user(viewer)
        for poor in ("", "short", f"the number {MEMBER} is asked for"):
            with self.subTest(reason=poor), self.assertRaises(UserError):
                mine.action_reveal_member(poor)
        shown = mine.action_reveal_member(REASON)
        self.assertEqual((shown["params"]["number"], shown["params"]["seconds"]), (MEMBER, 60))
        entry = self.env["integration.audit.entry"].search(
            [("res_model", "=", "ehr.coverage"), ("act", "=", "reveal")]
        )
        self.assertEqual((entry.actor_login, entry.reason), ("payer.views", REASON))
        self.assertNotIn(MEMBER, entry.changes or "")

    def test_a_new_key_encrypts_it_anew(self):
        from odoo.addons.integration_core.engine import sealed_columns

        self.cover()
        places = sealed_columns.places(self.env)
        self.assertIn("Cover by a Payer", {label for kinds in places.values() for label in kinds})
        [sealed] = [one for one in sealed_columns.declared(self.env) if one.model == "ehr.coverage"]
        ring = self.env["integration.credential"]._key_ring()
        [(blob, context)] = sealed_columns.samples(self.env.cr, sealed, ring.current_id)
        self.assertEqual(ring.decrypt(blob, context), MEMBER.encode())

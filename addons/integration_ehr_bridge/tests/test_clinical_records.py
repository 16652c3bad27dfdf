"""What clinical messages leave behind: bodies for days, messages for years, visits for good."""

from datetime import UTC, datetime
from unittest.mock import patch

from psycopg2 import DataError

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.engine import intake, keys, retention_batches
from odoo.addons.integration_core.tests.retention_case import RetentionCase

from ..engine import hl7_arrival
from ..tools.mllp import reception
from .feed_case import FeedCase

REASON = "A question of the ward about this visit"


class RecordsCase(FeedCase):
    """Messages are stored as the listener does, with what they are about."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "integration_core.group_{}".format
        census = "integration_ehr_bridge.group_census_user"
        cls.nurse = new_test_user(cls.env, "ehr.nurse", group("clinical_viewer"))
        cls.auditor = new_test_user(cls.env, "ehr.access", f"{group('auditor')},{census}")

    def arrive(self, *messages):
        ring = keys.optional_ring(self.env.cr)
        spec, stored = self.feed._inbound_spec(), self.env["integration.message"]
        for _control, _kind, raw in messages:
            found = reception.receive(raw, reception.Rules(), datetime.now(UTC))
            for part in found.parts:
                receipt = intake.store(
                    self.env.cr, spec, hl7_arrival.incoming(spec, part, ring), ring
                )
                stored |= self.message_of(receipt)
        self.drain(self.feed)
        self.env.invalidate_all()
        return stored

    def reveal(self, messages):
        for message in messages:
            message.with_user(self.nurse).reveal_content(REASON)
        self.env.flush_all()

    def report(self, visit):
        """What an auditor reads of a visit."""
        action = visit.with_user(self.auditor).action_open_access()
        return self.env["integration.access"].with_user(self.auditor).search(action["domain"])


@tagged("post_install", "-at_install")
class TestAccessReport(RecordsCase):
    """Who has seen what was sent about a visit."""

    def merge(self, kept, retired):
        return self.message(
            "ADT^A40",
            "EVN|A40|20261129091000",
            f"PID|1||{kept}^^^MAIN^MR",
            f"MRG|{retired}^^^MAIN^MR",
        )

    def test_every_look_at_messages_that_told_of_it(self):
        told = self.arrive(
            self.adt("A01", "70"),
            self.adt("A01", "70"),
            self.adt("A08", "70", at="20261129090000", f10="SURG"),
            self.merge("4771", "4770"),
            self.message(
                "SIU^S12",
                "SCH|P7^CARE|F7^THEATRE|||||ELECTIVE|SURGERY|90|min|^^90^20261201080000",
                "PID|1||4771^^^MAIN^MR",
                f"PV1|1|P{'|' * 17}70^^^MAIN",
                "RGS|1",
                "AIL|1||OR^OR1^^MAIN",
            ),
        )
        self.assertEqual(set(told.mapped("state")), {"done"}, told.mapped("error_message"))
        self.reveal(told)
        found = self.report(self.visits("70"))
        self.assertEqual(set(found.mapped("content_id")), set(told.ids))
        self.assertEqual(set(found.mapped("reason")), {REASON})
        self.assertEqual(set(found.mapped("actor_login")), {"ehr.nurse"})

    def test_looks_at_messages_that_became_no_record(self):
        """Filtered, waiting or refused: it is the patient whom they are about."""
        self.arrive(self.adt("A01", "72"), self.adt("A01", "73"))
        lost = self.arrive(
            self.message("ORU^R01", "PID|1||4772^^^MAIN^MR"),
            self.adt("A01", "72", cls="DS", at="20261129081000"),
            self.merge("4772", "4772"),
        )
        self.assertEqual(lost.mapped("state"), ["quarantined"] * 3)
        others = self.arrive(self.message("ORU^R01", "PID|1||4773^^^MAIN^MR"))
        self.reveal(lost | others)
        self.assertEqual(set(self.report(self.visits("72")).mapped("content_id")), set(lost.ids))
        self.assertEqual(set(self.report(self.visits("73")).mapped("content_id")), set(others.ids))

    def test_of_the_same_patient_at_another_time(self):
        """What became no record is of a visit if it arrived while there was one."""
        told = self.arrive(self.adt("A01", "75"), self.adt("A03", "75", at="20261129090000"))
        lost = [self.arrive(self.message("ORU^R01", "PID|1||4775^^^MAIN^MR")) for _time in range(3)]
        self.reveal(lost[0] | lost[1] | lost[2])
        visit = self.visits("75")
        for message, days in ((lost[0], 400), (lost[1], 200)):
            self.set_arrived(message, days)
        self.assertEqual(set(self.report(visit).mapped("content_id")), set(lost[2].ids))
        self.set_arrived(told, 200)
        self.env.cr.execute(
            "UPDATE ehr_encounter SET create_date = create_date - interval '200 days', "
            "discharged_at = discharged_at - interval '200 days' WHERE id = %s",
            [visit.id],
        )
        self.env.invalidate_all()
        self.assertEqual(set(self.report(visit).mapped("content_id")), set(lost[1].ids))

    def set_arrived(self, messages, days):
        self.env.cr.execute(
            "UPDATE integration_message SET created_at = now() - %s::interval WHERE id = ANY(%s)",
            [f"{days} days", messages.ids],
        )
        self.env.invalidate_all()

    def test_it_is_for_auditors(self):
        self.arrive(self.adt("A01", "74"))
        manager = new_test_user(
            self.env, "ehr.access.manager", "integration_ehr_bridge.group_census_manager"
        )
        for user in (manager, self.nurse):
            with self.assertRaises(AccessError):
                self.visits("74").with_user(user).action_open_access()


@tagged("post_install", "-at_install")
class TestClinicalRetention(RetentionCase, RecordsCase):
    """Two clocks of a clinical interface."""

    def age(self, messages, days):
        self.env.cr.execute(
            "UPDATE integration_message SET created_at = created_at - %s::interval, "
            "finished_at = finished_at - %s::interval WHERE id = ANY(%s)",
            [f"{days} days", f"{days} days", messages.ids],
        )
        self.env.invalidate_all()

    def test_the_body_goes_first_then_the_message_and_the_visit_stays(self):
        told = self.arrive(self.adt("A01", "80"), self.adt("A03", "80", at="20261129090000"))
        waiting = self.arrive(self.adt("A01", "81", cls="DS"))
        self.reveal(told)
        visit = self.visits("80")
        shown = visit.read(["state", "admitted_at", "discharged_at", "patient_id"])
        self.age(told | waiting, 8)
        self.sweep()
        self.assertFalse(told.payload_ids, "what was received, and how it was answered")
        self.assertEqual(told.exists(), told)
        self.assertTrue(waiting.payload_ids, "it is still to be handled")
        self.age(told | waiting, 400)
        self.sweep()
        self.assertFalse(told.exists())
        self.assertEqual(waiting.exists(), waiting)
        self.assertEqual(visit.read(["state", "admitted_at", "discharged_at", "patient_id"]), shown)
        self.assertEqual(len(visit.move_ids), 2)
        # Who looked is known for longer than what there was to see.
        found = self.report(visit)
        self.assertEqual(set(found.mapped("content_name")), {one[1] for one in self.names})
        self.assertEqual(set(found.mapped("reason")), {REASON})

    def reveal(self, messages):
        self.names = [(one.id, one.display_name) for one in messages]
        return super().reveal(messages)

    def test_bodies_that_cannot_be_removed_are_told(self):
        told = self.arrive(self.adt("A01", "82"))
        self.age(told, 8)
        remove = retention_batches.remove

        def fails(cr, clock, limit):
            if clock.kind == "payload":
                raise DataError("broken")
            return remove(cr, clock, limit)

        with (
            patch.object(retention_batches, "remove", fails),
            mute_logger("odoo.addons.integration_core.engine.retention"),
        ):
            self.sweep()
        self.assertTrue(told.payload_ids)
        self.retention._tell()
        self.env.invalidate_all()
        self.assertIn("DataError", self.retention.problem)
        alerts = ["integration_core.mail_activity_retention"]
        self.assertTrue(self.retention.activity_search(alerts))
        self.sweep()
        self.assertFalse(told.payload_ids)

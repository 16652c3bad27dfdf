"""What is over is removed after its time, in batches; what is open stays, however old it is."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..engine import tidying
from ..tools.keeping_terms import LEAST_DAYS, Kept
from .incident_case import IncidentCase, Signal


@tagged("post_install", "-at_install")
class TestTidying(IncidentCase):
    def setUp(self):
        super().setUp()
        self.now = fields.Datetime.now()

    def term(self, kind):
        return self.env["integration.monitoring.term"].search([("kind", "=", kind)])

    def ago(self, kind, more=1):
        """A moment so many days before the one from which on a kind is kept."""
        return self.now - timedelta(days=self.term(kind).days + more)

    def tidy(self, batches=5):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            count = tidying.remove(self.env.registry, batches)
        self.env.invalidate_all()
        return count

    def incident(self, state, closed_at, ref):
        return self.env["integration.incident"].create(
            {
                "subject": "interface",
                "subject_ref": ref,
                "interface_id": self.outbound.id,
                "severity": "1",
                "state": state,
                "started_at": "2001-01-01",
                "detected_at": "2001-01-01",
                "closed_at": closed_at,
            }
        )

    def test_incidents_go_with_all_that_was_told(self):
        self.tidy()
        old = self.incident("closed", self.ago("incident"), 1)
        old._note("opened", at=1)
        self.env["integration.incident.notice"].create(
            {
                "incident_id": old.id,
                "channel_id": self.chat.id,
                "kind": "start",
                "key": "start",
                "severity": "1",
                "at": "2001-01-01",
            }
        )
        effect = {"interface_id": self.inbound.id, "signal": "silence", "severity": "1"}
        self.env["integration.incident.effect"].create(
            {**effect, "incident_id": old.id, "since": "2001-01-01"}
        )
        posted = old.message_post(body="Seen")
        explained = self.incident("closed", self.ago("incident", -1), 2)
        explained.cause_id = old
        still = self.incident("resolved", False, 3)
        self.assertEqual(self.tidy(), 1)
        self.assertFalse(old.exists() or posted.exists())
        for part in ("event", "notice", "effect"):
            found = self.env[f"integration.incident.{part}"].search([("incident_id", "=", old.id)])
            self.assertFalse(found, part)
        self.assertTrue(explained.exists() and still.exists())
        self.assertFalse(explained.cause_id)

    def test_an_open_incident_stays_for_ever(self):
        incident = self.open_one(Signal.BREAKER_OPEN)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_incident SET started_at = '2001-01-01', detected_at = '2001-01-01'"
            " WHERE id = %s",
            [incident.id],
        )
        self.tidy()
        self.assertTrue(incident.exists())

    def test_maintenance_goes_as_incidents_do_and_leaves_no_audit_entry(self):
        over, lately = self.window(), self.window()
        self.env.flush_all()
        end = self.ago("incident")
        self.env.cr.execute(
            "UPDATE integration_maintenance SET begin_at = %s, end_at = %s WHERE id = %s",
            [end - timedelta(hours=1), end, over.id],
        )
        entries = self.env["integration.audit.entry"]
        before = entries.search_count([])
        self.tidy()
        self.assertFalse(over.exists())
        self.assertTrue(lately.exists())
        self.assertEqual(entries.search_count([]), before)

    def group(self, number, **values):
        return self.env["integration.error.group"].create(
            {
                "interface_id": self.outbound.id,
                "company_id": self.outbound.company_id.id,
                "fingerprint": f"kept {number}",
                "title": "A kind of failure",
                "first_seen": "2001-01-01",
                "last_seen": self.ago("error_group"),
                **values,
            }
        )

    def test_kinds_of_failure_that_are_over(self):
        self.env.cr.execute("DELETE FROM integration_error_group")
        long_ago = self.ago("error_group")
        goes = [
            self.group(1, state="resolved", resolved_at=long_ago),
            self.group(2, state="new"),
        ]
        stays = [
            self.group(3, state="new", waiting_count=1),
            self.group(4, state="assigned", user_id=self.operator.id),
            self.group(5, state="snoozed", snoozed_until=self.now + timedelta(days=1)),
            self.group(6, state="resolved", resolved_at=self.now),
            self.group(7, state="new", last_seen=self.ago("error_group", -1)),
        ]
        self.tidy()
        self.assertFalse([one for one in goes if one.exists()])
        self.assertTrue(all(one.exists() for one in stays))

    def test_hours_days_and_late_documents(self):
        group = self.group(1, last_seen=self.now, waiting_count=1)
        hours, days = self.env["integration.error.hour"], self.env["integration.slo.day"]
        kept_hour, old_hour = hours.create(
            [
                {"group_id": group.id, "hour_at": self.ago("error_hour", more), "count": 1}
                for more in (-1, 1)
            ]
        )
        objective = self.env["integration.slo"].search(
            [("interface_id", "=", self.outbound.id), ("kind", "=", "availability")]
        ) or self.env["integration.slo"].create(
            {"interface_id": self.outbound.id, "kind": "availability"}
        )
        kept_day, old_day = days.create(
            [
                {"slo_id": objective.id, "day": self.ago("slo_day", more).date(), "total": 1}
                for more in (-1, 2)
            ]
        )
        late = {
            "rule_id": self.env.ref("integration_monitoring.business_rule_held").id,
            "found_model": "res.partner",
            "since": "2001-01-01",
            "detected_at": "2001-01-01",
        }
        open_one, healed = self.env["integration.business.breach"].create(
            [
                {**late, "found_id": 1},
                {**late, "found_id": 2, "state": "healed", "healed_at": self.ago("breach")},
            ]
        )
        self.tidy()
        self.assertFalse(old_hour.exists() or old_day.exists() or healed.exists())
        self.assertTrue(kept_hour.exists() and kept_day.exists() and open_one.exists())

    def test_in_batches(self):
        self.tidy()
        self.patch(tidying, "BATCH", 2)
        for number in range(5):
            self.incident("closed", self.ago("incident"), number)
        self.assertEqual(self.tidy(batches=1), 2)
        self.assertEqual(self.tidy(batches=1), 2)
        self.assertEqual(self.tidy(), 1)

    def test_administrators_decide_for_how_long(self):
        self.tidy()
        old = self.incident("closed", self.now - timedelta(days=500), 1)
        self.assertEqual(self.tidy(), 0)
        self.term("incident").days = 450
        self.assertEqual(self.tidy(), 1)
        self.assertFalse(old.exists())
        for kind in Kept:
            with self.subTest(kind=kind), self.assertRaises(ValidationError):
                self.term(kind).days = LEAST_DAYS[kind] - 1

    def test_each_kind_has_a_term_and_the_hourly_round_removes(self):
        found = self.env["integration.monitoring.term"].search([])
        self.assertEqual(set(found.mapped("kind")), {kind.value for kind in Kept})
        old = self.incident("closed", self.ago("incident"), 1)
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env["integration.rollup"]._cron_remove()
        self.env.invalidate_all()
        self.assertFalse(old.exists())

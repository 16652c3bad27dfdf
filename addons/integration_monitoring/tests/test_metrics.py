"""What monitoring systems may read, and who may not."""

import json
import time
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.http import request
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.integration_core.engine import security_events, settings
from odoo.addons.integration_core.tools.keyring import KeyRingError

from ..controllers import health, metrics
from ..engine import rollup_rows
from ..tools.rollup import Rollup, Step, begin_of

PATH = "/integration/metrics"


@tagged("post_install", "-at_install")
class TestMetrics(HttpCase):
    def setUp(self):
        super().setUp()
        metrics._limiter = type(metrics._limiter)(1000)
        self.system = self.env["integration.system"].create(
            {"name": "Metered", "code": "METERED", "kind": "supplier"}
        )
        self.interface = self.env["integration.interface"].create(
            {"name": "Metered orders", "system_id": self.system.id, "direction": "outbound"}
        )
        self.env.cr.execute(
            "UPDATE integration_interface SET state = 'active' WHERE id = %s", [self.interface.id]
        )
        self.token = self.env["integration.metrics.token"].create({"name": "Prometheus"})
        self.plain = self.token.action_generate()["params"]["token"]
        now = time.time()
        # Not of this minute: it is not over yet.
        self.minute = begin_of(now, Step.MINUTE) - 60
        self.store({"outbound": 3}, depth=2, oldest=90.0)

    def store(self, received, **gauges):
        rollup = Rollup(received=received, finished={"done": 1}, **gauges)
        rollup_rows.store(self.env.cr, Step.MINUTE, {self.interface.id: {self.minute: rollup}})

    def scrape(self, plain=None, **headers):
        if plain is None:
            plain = self.plain
        self.env.flush_all()
        return self.url_open(PATH, headers={"Authorization": f"Bearer {plain}", **headers})

    def lines(self, **kwargs):
        answer = self.scrape(**kwargs)
        self.assertEqual(answer.status_code, 200)
        key = f'interface="{self.interface.id}"'
        return [line for line in answer.text.splitlines() if key in line]

    def test_counts_of_the_interface_are_told(self):
        lines = self.lines()
        key = f'interface="{self.interface.id}"'
        prefix = "odoo_integration_"
        self.assertIn(f'{prefix}messages_received_total{{direction="outbound",{key}}} 3.0', lines)
        self.assertIn(f"{prefix}queue_depth{{{key}}} 2.0", lines)
        self.assertIn(f"{prefix}queue_oldest_seconds{{{key}}} 90.0", lines)
        self.assertTrue(any('name="Metered orders"' in line for line in lines))

    def test_a_minute_that_is_counted_again_counts_once(self):
        self.store({"outbound": 5})
        key = f'interface="{self.interface.id}"'
        self.assertIn(
            f'odoo_integration_messages_received_total{{direction="outbound",{key}}} 5.0',
            self.lines(),
        )

    def test_openmetrics_for_whoever_asks(self):
        answer = self.scrape(Accept="application/openmetrics-text; version=1.0.0")
        self.assertIn("application/openmetrics-text", answer.headers["Content-Type"])
        self.assertTrue(answer.text.endswith("# EOF\n"))
        self.assertEqual(answer.headers["Cache-Control"], "no-store")

    def test_nothing_without_a_valid_token(self):
        self.env.flush_all()
        for headers in (
            {},
            {"Authorization": ""},
            {"Authorization": "Bearer"},
            {"Authorization": "Bearer "},
            {"Authorization": "Bearer wrong"},
            {"Authorization": f"Basic {self.plain}"},
            {"Authorization": f"Bearer {self.token.digest}"},
        ):
            with self.subTest(headers=headers):
                answer = self.url_open(PATH, headers=headers)
                self.assertEqual(answer.status_code, 401)
                self.assertIn("Bearer", answer.headers["WWW-Authenticate"])
                self.assertNotIn("odoo_integration", answer.text)

    def test_being_logged_in_is_no_token(self):
        self.authenticate("admin", "admin")
        self.assertEqual(self.url_open(PATH).status_code, 401)

    def test_a_token_ends(self):
        self.token.expires_on = fields.Date.today() - timedelta(days=1)
        self.assertEqual(self.scrape().status_code, 401)
        self.assertEqual(self.token.state, "over")

    def test_a_token_is_withdrawn(self):
        self.token.active = False
        self.assertEqual(self.scrape().status_code, 401)

    def test_a_new_token_ends_the_one_before(self):
        newer = self.token.action_generate()["params"]["token"]
        self.assertEqual(self.scrape().status_code, 401)
        self.assertEqual(self.scrape(newer).status_code, 200)

    def test_the_token_itself_is_stored_nowhere(self):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT * FROM integration_metrics_token WHERE id = %s", [self.token.id]
        )
        self.assertNotIn(self.plain, str(self.env.cr.fetchall()))
        self.assertEqual(self.token.hint, self.plain[:8])

    def test_probes_and_budgets_are_told(self):
        probe = self.env["integration.probe"].create(
            {"interface_id": self.interface.id, "url": "https://partner.example/"}
        )
        self.env["integration.slo"].search([("interface_id", "=", self.interface.id)]).unlink()
        objective = self.env["integration.slo"].create(
            {"interface_id": self.interface.id, "kind": "availability"}
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_probe SET state = 'failing' WHERE id = %s", [probe.id]
        )
        self.env.cr.execute(
            "UPDATE integration_slo SET remaining = 25 WHERE id = %s", [objective.id]
        )
        self.env.invalidate_all()
        key = f'interface="{self.interface.id}"'
        lines = self.lines()
        self.assertIn(f"odoo_integration_probe_success{{{key}}} 0.0", lines)
        self.assertIn(
            f'odoo_integration_slo_budget_remaining_ratio{{{key},objective="availability"}} 0.25',
            lines,
        )

    def test_rules_of_one_name_count_together_and_others_are_not_named(self):
        other = self.env["res.company"].create({"name": "Other house"})
        values = {
            "name": "Same name",
            "model_id": self.env.ref("base.model_res_partner").id,
            "condition": "[('ref', '=', 'LATE-METRIC')]",
            "date_field_id": self.env.ref("base.field_res_partner__create_date").id,
        }
        rules = self.env["integration.business.rule"].create(
            [values, values, {**values, "name": "Theirs", "company_id": other.id}]
        )
        now = fields.Datetime.now()
        self.env["integration.business.breach"].create(
            {
                "rule_id": rules[0].id,
                "found_model": "res.partner",
                "found_id": self.env.user.partner_id.id,
                "since": now,
                "detected_at": now,
            }
        )
        found = self.env["integration.metrics.token"]._breaches(self.env.company.ids)
        self.assertEqual(found["Same name"], 1)
        self.assertNotIn("Theirs", found)

    def test_only_the_companies_of_the_token(self):
        self.token.company_ids = self.env["res.company"].create({"name": "Another"})
        self.assertEqual(self.lines(), [])
        self.token.company_ids += self.env.company
        self.assertTrue(self.lines())

    def test_whoever_guesses_waits(self):
        self.patch(metrics, "RATE", 0.001)  # a slow machine must not refill the bucket meanwhile
        answers = [self.scrape("wrong").status_code for _ in range(int(metrics.BURST) + 1)]
        self.assertEqual(answers[-1], 429)
        answer = self.scrape()
        self.assertEqual(answer.status_code, 429)
        self.assertTrue(answer.headers["Retry-After"])

    def told(self, count, plain=None):
        """Security events of some scrapes; requests run in a thread that logs warnings at most."""
        with patch.object(security_events._logger, "info") as info:
            for _number in range(count):
                self.scrape(plain)
        return [call.kwargs["extra"]["event"] for call in info.call_args_list]

    def test_guesses_are_told_as_security_events(self):
        self.patch(metrics, "RATE", 0.001)
        told = self.told(int(metrics.BURST) + 1, "wrong")
        self.assertEqual(
            [one["event"] for one in told],
            ["not_authentic"] * int(metrics.BURST) + ["too_many_requests"],
        )
        self.assertEqual({one["interface"] for one in told}, {"metrics"})
        self.assertTrue(all(one["remote_address"] for one in told))
        self.assertNotIn("wrong", str(told).replace("not_authentic", ""))

    def test_who_has_a_token_is_no_security_event(self):
        self.assertEqual(self.told(1), [])

    def test_use_is_noted(self):
        self.assertFalse(self.token.last_used_at)
        self.scrape()
        self.token.invalidate_recordset()
        self.assertTrue(self.token.last_used_at)

    def test_only_administrators_make_tokens(self):
        operator = new_test_user(self.env, "metrics.op", "integration_core.group_operator")
        with self.assertRaises(AccessError):
            self.token.with_user(operator).action_generate()
        admin = new_test_user(self.env, "metrics.admin", "integration_core.group_administrator")
        self.assertTrue(self.token.with_user(admin).action_generate()["params"]["token"])

    def test_making_a_token_is_audited(self):
        entry = self.env["integration.audit.entry"].search(
            [("res_model", "=", "integration.metrics.token"), ("act", "=", "generate")], limit=1
        )
        self.assertEqual(entry.res_id, self.token.id)
        self.assertNotIn(self.plain, str(entry.read()))

    def test_an_interface_that_is_not_in_use_is_not_told(self):
        self.env.cr.execute(
            "UPDATE integration_interface SET state = 'draft' WHERE id = %s", [self.interface.id]
        )
        self.assertEqual(self.lines(), [])


@tagged("post_install", "-at_install")
class TestHealth(HttpCase):
    def test_live(self):
        answer = self.url_open("/integration/health/live")
        self.assertEqual((answer.status_code, answer.json()), (200, {"status": "pass"}))
        self.assertEqual(answer.headers["Content-Type"], "application/health+json")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertNotIn("session_id", answer.cookies)

    def test_ready(self):
        answer = self.url_open("/integration/health/ready")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(
            answer.json(), {"status": "pass", "checks": {"database": "pass", "key_ring": "pass"}}
        )

    def test_a_server_with_a_replica_is_ready(self):
        # A read-only cursor is one of the replica, which nothing can be written to.
        seen = []
        real = health._writable

        def writable():
            seen.append(request.env.cr.readonly)
            return real()

        with patch.object(health, "_writable", writable):
            self.url_open("/integration/health/ready")
        self.assertEqual(seen, [False])

    def test_not_ready_when_keys_cannot_be_read(self):
        def unreadable():
            raise KeyRingError("it cannot be read")

        with patch.object(settings, "key_ring", unreadable):
            answer = self.url_open("/integration/health/ready")
        self.assertEqual(answer.status_code, 503)
        self.assertEqual(
            json.loads(answer.text)["checks"], {"database": "pass", "key_ring": "fail"}
        )

from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .fetch_common import FetchCase


@tagged("post_install", "-at_install")
class TestFetchFields(FetchCase):
    """What an administrator chooses, and what cannot be combined."""

    def _missing(self, interface, **values):
        self.approve(interface, **values)
        return " ".join(interface._missing_for_traffic())

    def test_what_is_set_up_is_complete(self):
        for interface in (self.fetch, self.inbound):
            missing = self._missing(interface)
            for word in ("fetch", "Fetch", "event", "class", "sign"):
                self.assertNotIn(word, missing)

    def test_fields_are_governed(self):
        names = [n for n in self.fetch._fields if n.startswith(("webhook_fetch", "webhook_miss"))]
        self.assertEqual(len(names), 4)
        for name in (*names, "webhook_purpose"):
            self.assertTrue(self.fetch._fields[name].governed)
            self.assertIn(name, self.fetch._proposable_names())
        for values in (
            {"webhook_fetch": "never"},
            {"webhook_fetch_id": False},
            {"webhook_fetch_path": "elsewhere/{id}"},
            {"webhook_purpose": "fetch"},
            {"webhook_missing": "ignore"},
        ):
            with self.assertRaisesRegex(UserError, "Propose a change"):
                self.inbound.write(values)

    def test_who_fetches_must_be_active(self):
        self.env.cr.execute(
            "UPDATE integration_interface SET state = 'approved' WHERE id = %s", [self.fetch.id]
        )
        self.fetch.invalidate_recordset()
        self.assertIn("is not active", self._missing(self.inbound))

    def test_who_fetches_must_fetch(self):
        self.assertIn(
            "does not fetch", self._missing(self.inbound, webhook_fetch_id=self.outbound.id)
        )
        self.assertIn("What is fetched", self._missing(self.inbound, webhook_fetch_path=False))
        self.assertIn("Fetched through", self._missing(self.inbound, webhook_fetch_id=False))

    def test_both_need_one_data_class(self):
        self.assertIn("data class", self._missing(self.inbound, data_class="confidential"))
        self.assertIn("data class", self._missing(self.fetch, data_class="public"))
        self.approve(self.fetch, data_class="confidential")
        self.assertNotIn("data class", self._missing(self.inbound))

    def test_another_system(self):
        other = self.env["integration.system"].create({"name": "Other", "code": "OTHER"})
        stranger = self._interface(
            "Fetch there",
            system_id=other.id,
            direction="outbound",
            transport="webhook",
            webhook_purpose="fetch",
        )
        with self.assertRaisesRegex(ValidationError, "another system"):
            self.approve(self.inbound, webhook_fetch_id=stranger.id)

    def test_another_company(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        other = self.env["integration.system"].create(
            {"name": "There", "code": "THERE", "company_id": company.id}
        )
        policy = self.env["integration.policy"].create({"name": "All", "company_id": False})
        stranger = self._interface(
            "Fetch there",
            system_id=other.id,
            policy_id=policy.id,
            user_id=False,
            direction="outbound",
            transport="webhook",
            webhook_purpose="fetch",
        )
        with self.assertRaises(UserError):
            self.approve(self.inbound, webhook_fetch_id=stranger.id)

    def test_templates_are_checked_when_they_are_entered(self):
        for path in ("orders", "../{id}", "https://evil.example/{id}", "a/{id", "a/{no(id)}"):
            with self.assertRaisesRegex(ValidationError, "What is fetched"):
                self.approve(self.inbound, webhook_fetch_path=path)
        with self.assertRaisesRegex(ValidationError, "What is fetched"):
            self.approve(self.inbound, webhook_fetch="link", webhook_fetch_path="a/{id}")

    def test_who_fetches_sends_nothing(self):
        self.assertIn(
            "no events", self._missing(self.fetch, event_type_ids=[(4, self.event_type.id)])
        )
        self.approve(self.fetch, event_type_ids=[(5,)])
        self.assertIn("query", self._missing(self.fetch, url="https://partner.example/a?b=1"))
        signs = self.env["integration.credential"].create({"name": "Shared"})
        self.assertIn("not signed", self._missing(self.fetch, credential_id=signs.id))

    def test_who_is_needed_stays(self):
        with self.assertRaisesRegex(UserError, "fetches its content through"):
            self.fetch.action_retire()
        self.assertIn("through this interface", self._missing(self.fetch, webhook_purpose="send"))
        self.approve(self.fetch, webhook_purpose="fetch")
        self.approve(self.inbound, webhook_fetch="never")
        self.fetch.action_retire()
        self.assertEqual(self.fetch.state, "retired")

    def test_a_trial_says_what_would_be_fetched(self):
        body = '{"id": "T/1", "part": 2}'
        attempt = {"method": "POST", "headers": "content-type: application/json", "body": body}
        admin = new_test_user(self.env, "tries", "integration_core.group_administrator")
        inbound = self.inbound.with_user(admin)
        found = inbound.try_webhook(attempt)
        steps = {step["name"]: step["ok"] for step in found["steps"]}
        self.assertTrue(steps["Content that would be fetched"])
        self.assertEqual(found["output"], f"GET {self.fetch.url}/things/T%2F1?part=2")
        self.assertFalse(self.api.asked)
        found = inbound.try_webhook({**attempt, "body": '{"part": 2}'})
        steps = {step["name"]: (step["ok"], step["detail"]) for step in found["steps"]}
        ok, detail = steps["Content that would be fetched"]
        self.assertFalse(ok)
        self.assertIn("Expression 1", detail)

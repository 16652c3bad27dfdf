"""What tests of the triage share: people, and messages that failed."""

from odoo.tests import new_test_user

from odoo.addons.integration_core.tests.common import EngineCase

from ..engine import error_collector


class ErrorGroupCase(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.groups = cls.env["integration.error.group"]
        cls.operator = new_test_user(cls.env, "triage.op", "integration_core.group_operator")
        cls.colleague = new_test_user(cls.env, "triage.two", "integration_core.group_operator")
        cls.observer = new_test_user(cls.env, "triage.ob", "integration_core.group_observer")
        # What a database that was used before has failed is not of these tests.
        cls.env.cr.execute("DELETE FROM integration_error_group")
        cls.env.cr.execute("DELETE FROM integration_error_collector")
        cls.groups._collect()
        cls.before = cls.groups.search([])

    def setUp(self):
        super().setUp()
        self.patch(error_collector, "WAITED", 0)

    def collect(self):
        self.env.flush_all()
        # The attempts of a test have all committed, as it were.
        self.patch(error_collector, "SETTLED", 0)
        self.groups._collect()
        self.env.invalidate_all()
        return self.groups.search([]) - self.before

    def fail(self, text="no such unit: BX", state="quarantined", interface=None, code="unit", n=1):
        """Messages that failed, each with an attempt, as the engine records them."""
        interface = interface or self.inbound
        for _number in range(n):
            self.env.cr.execute(
                """
                INSERT INTO integration_message (uuid, interface_id, company_id, direction, state,
                    created_at, attempts, priority, depth, error_class, error_code, error_message,
                    error_fingerprint, error_title, fault, res_model, res_id)
                VALUES (gen_random_uuid()::text, %s, %s, 'inbound', %s, now() AT TIME ZONE 'UTC', 1,
                    10, 0, 'contract', %s, %s, md5(%s), %s, 'own', 'res.partner', %s)
                RETURNING id
                """,
                [
                    interface.id,
                    interface.company_id.id,
                    state,
                    code,
                    text,
                    text,
                    text,
                    self.env.user.partner_id.id,
                ],
            )
            message = self.env.cr.fetchone()[0]
            self.attempt(message, code)
        return message

    def attempt(self, message, code="unit"):
        self.env.cr.execute(
            """
            INSERT INTO integration_attempt (message_id, number, started_at, duration_ms, outcome,
                                             error_class, error_code)
            VALUES (%s, 1, now() AT TIME ZONE 'UTC' - interval '1 second', 1, 'quarantined',
                    'contract', %s)
            """,
            [message, code],
        )

    def group(self, **kwargs):
        self.fail(**kwargs)
        return self.collect()

    # -- collecting --------------------------------------------------------------------------

import json
from contextlib import nullcontext
from unittest.mock import patch

from odoo.tests import TransactionCase

from odoo.addons.integration_core.engine import (
    intake,
    keys,
    obstacles,
    operations,
    replay_tasks,
    settings,
)
from odoo.addons.integration_core.engine.capture import Snapshot
from odoo.addons.integration_core.engine.dispatcher import DispatchDrain
from odoo.addons.integration_core.engine.inbound import InboundDrain
from odoo.addons.integration_core.engine.outbound import OutboundDrain, Outcome
from odoo.addons.integration_core.models import integration_retention
from odoo.addons.integration_core.tools import keyring
from odoo.addons.integration_core.tools.keyring import KeyRing

SCHEMA = {
    "type": "object",
    "required": ["key"],
    "properties": {"key": {"type": "string"}, "amount": {"type": "string"}},
}


class EngineCase(TransactionCase):
    """A system with an inbound and an outbound interface, a handler and a transport in memory.

    Drains run for real on the test's own transaction. What needs several connections or processes
    is tested with real servers in the repository's ``tests/e2e``.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ring = KeyRing.parse(f"test:{keyring.generate_key()}")
        cls.startClassPatcher(patch.object(settings, "key_ring", lambda: ring))
        # A server that was tried by hand may have left the check value of another key "test".
        cls.env["integration.encryption.key"].search([]).unlink()
        # A connection of its own would not see what a test has not committed.
        cls.startClassPatcher(patch.object(operations, "operate_apart", operations.operate))
        cls.startClassPatcher(
            patch.object(replay_tasks, "own_cursor", lambda _registry: nullcontext(cls.env.cr))
        )
        cls.startClassPatcher(
            patch.object(
                integration_retention, "own_cursor", lambda _registry: nullcontext(cls.env.cr)
            )
        )
        cls.system = cls.env["integration.system"].create(
            {"name": "Partner", "code": "PARTNER", "kind": "supplier"}
        )
        cls.policy = cls.env["integration.policy"].create(
            {
                "name": "Test policy",
                "max_attempts": 3,
                "backoff_base": 10,
                "breaker_enabled": False,
            }
        )
        cls.contract = cls.env["integration.contract"].create(
            {
                "name": "Thing",
                "code": "test.thing",
                "version_ids": [
                    (0, 0, {"version": "1.0.0", "schema": json.dumps(SCHEMA), "state": "approved"})
                ],
            }
        )
        cls.event_type = cls.env["integration.event.type"].create(
            {
                "name": "Country got its phone code",
                "code": "test.country.phone",
                "model_name": "res.country",
                "trigger": "reaches",
                "field_name": "phone_code",
                "field_value": "999",
                "contract_id": cls.contract.id,
            }
        )
        cls.service_user = cls.env["res.users"].create(
            {"name": "Service", "login": "integration.service.test"}
        )
        cls.env["integration.arming"]._remember("The tests' own database")
        cls.inbound = cls._interface("Inbound", direction="inbound")
        cls.outbound = cls._interface(
            "Outbound", direction="outbound", event_type_ids=[(6, 0, cls.event_type.ids)]
        )

    def setUp(self):
        super().setUp()
        # The interfaces of a class are the same for all of its tests.
        self.patch(obstacles, "_met", obstacles._Met())

    @classmethod
    def _interface(cls, name, **values):
        """An active interface. Core has no transport and no handler of its own, so the columns
        are set below the ORM's checks and the hooks are patched by the tests that need them."""
        interface = cls.env["integration.interface"].create(
            {
                "name": name,
                "system_id": cls.system.id,
                "policy_id": cls.policy.id,
                "user_id": cls.service_user.id,
                **values,
            }
        )
        cls.env.flush_all()
        cls.env.cr.execute(
            """
            UPDATE integration_interface
               SET state = 'active', activated_at = now() AT TIME ZONE 'UTC',
                   handler = CASE WHEN direction = 'inbound' THEN 'integration.handler' END
             WHERE id = %s
            """,
            [interface.id],
        )
        interface.invalidate_recordset()
        interface._configuration_changed()
        return interface

    # -- inbound ---------------------------------------------------------------------------

    def receive(self, key, body, **spec):
        """Store a message as the HTTP door does; ``body`` is bytes or a JSON value."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        known = {**self.inbound._inbound_spec(), **spec}
        receipt = intake.store(
            self.env.cr,
            known,
            intake.Incoming(key, None, raw, "application/json", f"corr-{key}", None),
            keys.optional_ring(self.env.cr),
        )
        return self.message(receipt.uuid)

    def handle_with(self, process, contract="test.thing"):
        """Let ``process(handler, received, data)`` be the inbound handler of this test."""
        handler = type(self.env["integration.handler"])
        self.patch(handler, "_process", process)
        self.patch(handler, "_contract", contract)

    # -- outbound --------------------------------------------------------------------------

    def send_with(self, sender):
        """Let ``sender(outgoing) -> Outcome`` be the transport of this test."""
        transport = type(self.env["integration.transport.none"])
        self.patch(transport, "_sender", lambda _transport, _interface: sender)

    def fire(self, name="Zedland", code="ZZ"):
        """A business event through the real capture; returns the record."""
        country = self.env["res.country"].create({"name": name, "code": code})
        self.snapshot_countries()
        country.phone_code = 999
        self.env.cr.flush()
        return country

    def snapshot_countries(self):
        company = self.env.company
        self.patch(
            type(self.env["res.country"]),
            "_integration_snapshots",
            lambda records, _contract: {
                record.id: Snapshot({"key": record.name}, company.id, record.name)
                for record in records
            },
        )

    # -- drains ----------------------------------------------------------------------------

    def drain(self, interface):
        """Run the interface's first lane until nothing is due."""
        lane = self.env["integration.lane"].search([("interface_id", "=", interface.id)], limit=1)
        drain = InboundDrain if interface.direction == "inbound" else OutboundDrain
        return self._run(drain, lane)

    def dispatch(self):
        return self._run(DispatchDrain, self.env.ref("integration_core.lane_dispatch"))

    def _run(self, drain, lane):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            return drain(self.env.registry, lane.id).run(patient=False)

    def message(self, uuid):
        self.env.invalidate_all()
        return self.env["integration.message"].search([("uuid", "=", uuid)])

    def messages(self, interface):
        self.env.invalidate_all()
        return self.env["integration.message"].search(
            [("interface_id", "=", interface.id)], order="id"
        )

    def make_due(self, messages):
        """Let the waiting time of retries pass."""
        self.env.cr.execute(
            "UPDATE integration_message SET available_at = now() AT TIME ZONE 'UTC' "
            "WHERE id = ANY(%s)",
            [messages.ids],
        )
        self.env.invalidate_all()


def delivered(_message):
    """A sender whose partner takes everything."""
    return Outcome(http_status=202, sent=b"{}", response=b"ok")

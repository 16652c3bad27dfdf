"""A hospital's interface for HL7 v2, and what the ledger says of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from setup.odoo_server import free_port
from tests.harness import Database, MllpListener, Shell

_CREATE = """
system = env["integration.system"].search([("code", "=", system_code)])
if not system:
    system = env["integration.system"].create({
        "name": system_code, "code": system_code, "kind": "ehr", "environment": "production"})
routing = env["integration.routing"].search([("code", "=", "mllp_test")])
if not routing:
    routing = env["integration.routing"].create({
        "name": "Tests of MLLP", "code": "mllp_test", "line_ids": [
            (0, 0, {"message_type": "ADT^A01", "action": "filter"}),
            (0, 0, {"message_type": "ADT^A08", "action": "filter"}),
        ]})
    routing.action_submit()
    routing.action_approve()
policy = env.ref("integration_core.policy_default").copy({"name": name, **policy})
user = env["res.users"].create({"name": name, "login": name})
made = env["integration.interface"].create({
    "name": name, "system_id": system.id, "direction": "inbound", "transport": "mllp",
    "body_codec": "hl7", "data_class": "clinical", "routing_id": routing.id, "mllp_port": port,
    "mllp_tls": "none", "policy_id": policy.id, "user_id": user.id, **values})
made.action_submit()
made.action_approve()
made.action_activate()
result = made.id
"""

_CONTROL_IDS = """
from odoo.addons.integration_core.engine import keys
from odoo.addons.integration_core.tools import payload_codec
ring = keys.ring(env.cr)
env.cr.execute(
    "SELECT m.uuid, p.body, p.encoding FROM integration_message m JOIN integration_payload p "
    "ON p.message_id = m.id AND p.kind = 'received' WHERE m.interface_id = %s", [interface])
result = [
    payload_codec.decode(bytes(body), encoding, uuid, "received", ring).split(b"|")[9].decode()
    for uuid, body, encoding in env.cr.fetchall()
]
"""


@dataclass(frozen=True)
class Inbound:
    """An active inbound MLLP interface."""

    id: int
    port: int


@dataclass
class Hospital:
    """A database with a listener on it."""

    database: Database
    shell: Shell
    listener: MllpListener
    _made: int = 0

    def interface(
        self, policy: Mapping[str, Any] | None = None, *, opened: bool = True, **values: Any
    ) -> Inbound:
        """Make an active interface; wait until its port is open.

        Messages of the types ADT^A01 and ADT^A08 are filtered, others are quarantined.
        """
        self._made += 1
        port = free_port()
        made = self.shell.run(
            _CREATE,
            name=f"feed{self._made}",
            system_code=values.pop("system_code", "EHR"),
            port=port,
            policy=dict(policy or {}),
            values=values,
        )
        if opened:
            self.listener.wait_open(port)
        return Inbound(made, port)

    def call(self, interface: Inbound, method: str) -> None:
        """Do something with an interface, as its administrator."""
        self.shell.run(
            f"env['integration.interface'].browse(interface).{method}()", interface=interface.id
        )

    def write(self, interface: Inbound, **values: Any) -> None:
        """Change an interface as a second person would approve it."""
        self.shell.run(
            "env['integration.interface'].browse(interface)._write_approved(values)",
            interface=interface.id,
            values=values,
        )

    def messages(self, interface: Inbound) -> list[dict[str, Any]]:
        """What is stored, in the order of its arrival."""
        return self.database.sql(
            "SELECT * FROM integration_message WHERE interface_id = %s ORDER BY id", [interface.id]
        )

    def states(self, interface: Inbound) -> list[str]:
        return [row["state"] for row in self.messages(interface)]

    def codes(self, interface: Inbound) -> list[str]:
        """Codes of the errors of what was quarantined."""
        return [row["error_code"] for row in self.messages(interface) if row["error_code"]]

    def count(self, interface: Inbound) -> int:
        return self.database.scalar(
            "SELECT count(*) FROM integration_message WHERE interface_id = %s", [interface.id]
        )

    def stored_ids(self, interface: Inbound) -> list[str]:
        """Control ids of all messages in the ledger, read from their decrypted bodies."""
        return self.shell.run(_CONTROL_IDS, interface=interface.id)

    def refusals(self, interface: Inbound) -> dict[str, int]:
        rows = self.database.sql(
            "SELECT reason, sum(count)::int AS count FROM integration_mllp_refusal"
            " WHERE interface_id = %s GROUP BY reason",
            [interface.id],
        )
        return {row["reason"]: row["count"] for row in rows}


@contextmanager
def hospital(database: Database, **options: Any) -> Iterator[Hospital]:
    """Give a database with a running listener.

    :param options: of ``Database.listener``
    """
    with database.shell() as shell, database.listener(**options) as listener:
        yield Hospital(database, shell, listener)

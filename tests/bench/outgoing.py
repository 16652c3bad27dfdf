"""Outbound interfaces with any number of messages, copied from the event of a real order."""

from dataclasses import dataclass

from tests.harness import Database, Shell

# As the dispatcher would have made them: one event and one message for each delivery.
_FILL = """
WITH made AS (
    INSERT INTO integration_event (
        uuid, tx, type_id, type_code, res_model, res_id, subject, occurred_at, company_id,
        partner_id, data, correlation_id, trace_parent, depth, user_id, dispatched_at)
    SELECT gen_random_uuid(), n || '@' || gen_random_uuid(), type_id, type_code, res_model,
           1000000 + n, subject, occurred_at, company_id, partner_id, data, gen_random_uuid(),
           trace_parent, 0, user_id, dispatched_at
      FROM integration_event, generate_series(1, %(count)s) n WHERE id = %(template)s
    RETURNING *
)
INSERT INTO integration_message (
    uuid, interface_id, company_id, direction, state, message_type, external_key, partition_key,
    partition_hash, correlation_id, trace_parent, causation_id, depth, event_id, res_model, res_id,
    priority, available_at, created_at, attempts, sequence_number)
SELECT gen_random_uuid(), %(interface)s, company_id, 'outbound', 'queued', type_code, uuid,
       res_model || ',' || res_id, hashtext(uuid) & 2147483647, correlation_id, trace_parent, uuid,
       0, id, res_model, res_id, 10, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 0,
       res_id
  FROM made
"""

# What a drain sends next is found as in a ledger that is at work, not in one full of what this
# benchmark left behind: the size of the ledger is the subject of ledger_scale.
_CLEAR = """
DELETE FROM integration_message WHERE interface_id = %(interface)s AND res_id > 1000000;
DELETE FROM integration_event e WHERE res_id > 1000000
   AND NOT EXISTS (SELECT 1 FROM integration_message m WHERE m.event_id = e.id)
"""


@dataclass
class Endpoint:
    """An active outbound webhook interface.

    :ivar template: id of the event that messages are copied from
    """

    database: Database
    shell: Shell
    interface: int
    template: int

    @classmethod
    def create(
        cls,
        database: Database,
        shell: Shell,
        name: str,
        url: str,
        *,
        lanes: int = 1,
        **policy: object,
    ) -> "Endpoint":
        """Make the interface with a policy of its own, and confirm one order for its event."""
        interface, order = shell.run(
            "made = env['bench.purchase']\n"
            "supplier = made._supplier(name)\n"
            "terms = env.ref('integration_core.policy_standard_webhooks').copy(policy)\n"
            "interface = made._subscriber(name, url, partner_id=supplier.id, policy_id=terms.id)\n"
            "buyer = made._buyer(name)\n"
            "products = made._products('consu').ids\n"
            "[order] = made._orders(buyer.id, supplier.id, products, 1)\n"
            "env['purchase.order'].browse(order).with_user(buyer).button_confirm()\n"
            "result = [interface.id, order]",
            name=name,
            url=url,
            policy={"lanes": lanes, **policy},
        )
        template = database.scalar(
            "UPDATE integration_event SET dispatched_at = occurred_at WHERE res_id = %s "
            "RETURNING id",
            [order],
        )
        return cls(database, shell, interface, template)

    def fill(self, count: int) -> None:
        """Queue messages, without waking a drain."""
        self.database.sql(
            _FILL, {"count": count, "template": self.template, "interface": self.interface}
        )
        self.database.sql("ANALYZE integration_message")

    def wake(self) -> None:
        """Wake the lanes, as the dispatcher does."""
        self.shell.run("env['bench.fixture']._wake(interface)", interface=self.interface)

    def is_drained(self) -> bool:
        """Whether nothing is left to send."""
        return bool(
            self.database.scalar(
                "SELECT NOT EXISTS (SELECT 1 FROM integration_message WHERE interface_id = %s "
                "AND state IN ('queued', 'processing', 'retry', 'held'))",
                [self.interface],
            )
        )

    def effects(self) -> int:
        """Messages that are done, with exactly one attempt and what was sent."""
        return self.database.scalar(
            "SELECT count(*) FROM integration_message m "
            "JOIN integration_attempt a ON a.message_id = m.id "
            "JOIN integration_payload p ON p.message_id = m.id AND p.kind = 'sent' "
            "WHERE m.interface_id = %s AND m.state = 'done' AND m.attempts = 1 "
            "AND a.outcome = 'done'",
            [self.interface],
        )

    def clear(self) -> None:
        """Remove what was sent."""
        self.database.sql(_CLEAR, {"interface": self.interface})
        for table in ("integration_message", "integration_event", "integration_payload"):
            self.database.sql(f"VACUUM (ANALYZE) {table}")

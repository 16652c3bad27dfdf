"""What the database tells about messages, read with plain SQL beside all of Odoo's caches."""

import re
from dataclasses import dataclass
from typing import Any

from tests.harness import Database, wait_until

LIVE = ("received", "queued", "processing", "waiting", "retry", "held")

Row = dict[str, Any]
# as the chatter shows it to people: month, day, year
_DATE = re.compile(r"promised for (\d\d)/(\d\d)/(\d{4})")


@dataclass(frozen=True)
class Ledger:
    """Reads messages, attempts and effects of one database."""

    database: Database

    def messages(self, interface_id: int) -> list[Row]:
        """Return the messages of an interface, oldest first."""
        return self.database.sql(
            "SELECT * FROM integration_message WHERE interface_id = %s ORDER BY id", [interface_id]
        )

    def message(self, uuid: str) -> Row:
        """Return the message that a receipt names."""
        (row,) = self.database.sql("SELECT * FROM integration_message WHERE uuid = %s", [uuid])
        return row

    def of_order(self, order_id: int, interface_id: int) -> list[Row]:
        """Return the messages of an interface about a purchase order, oldest first."""
        return [
            row
            for row in self.messages(interface_id)
            if row["res_model"] == "purchase.order" and row["res_id"] == order_id
        ]

    def attempts(self, message_id: int) -> list[Row]:
        return self.database.sql(
            "SELECT * FROM integration_attempt WHERE message_id = %s ORDER BY id", [message_id]
        )

    def count(self, interface_id: int) -> int:
        return self.database.scalar(
            "SELECT count(*) FROM integration_message WHERE interface_id = %s", [interface_id]
        )

    def states(self, interface_id: int) -> dict[str, int]:
        """Return how many messages of an interface are in which state."""
        rows = self.database.sql(
            "SELECT state, count(*) AS n FROM integration_message WHERE interface_id = %s"
            " GROUP BY state",
            [interface_id],
        )
        return {row["state"]: row["n"] for row in rows}

    # -- waiting -------------------------------------------------------------------------

    def wait_for(self, uuid: str, *states: str, timeout: float = 120) -> Row:
        """Wait until a message is in one of ``states``; return it."""
        return wait_until(
            lambda: (row := self.message(uuid))["state"] in states and row,
            timeout,
            what=f"message {uuid} becoming {' or '.join(states)}",
        )

    def wait_for_order(
        self, order_id: int, interface_id: int, *states: str, timeout: float = 120
    ) -> Row:
        """Wait until the newest message about an order is in one of ``states``; return it."""

        def newest() -> Row | None:
            rows = self.of_order(order_id, interface_id)
            return rows[-1] if rows and rows[-1]["state"] in states else None

        return wait_until(newest, timeout, what=f"order {order_id}: a message {states}")

    def wait_settled(self, interface_id: int, total: int, timeout: float = 120) -> dict[str, int]:
        """Wait until an interface has ``total`` messages, none of them live; return the states."""

        def settled() -> dict[str, int] | None:
            states = self.states(interface_id)
            live = any(state in LIVE for state in states)
            return states if sum(states.values()) == total and not live else None

        return wait_until(settled, timeout, poll=0.2, what=f"{total} settled messages")

    # -- effects -------------------------------------------------------------------------

    def notes(self, order_id: int) -> list[str]:
        """Return the chatter notes that confirmations left on an order, oldest first.

        Each handled confirmation writes one: they count its effects.
        """
        rows = self.database.sql(
            "SELECT body FROM mail_message WHERE model = 'purchase.order' AND res_id = %s"
            " AND body LIKE '%%confirmed this order%%' ORDER BY id",
            [order_id],
        )
        return [row["body"] for row in rows]

    def promised(self, order_id: int) -> list[str]:
        """Return the dates that the notes name, ISO formatted, in the order of handling."""
        found = (_DATE.search(note) for note in self.notes(order_id))
        return [f"{date[3]}-{date[1]}-{date[2]}" for date in found if date]

    def lines(self, order_id: int) -> list[Row]:
        return self.database.sql(
            "SELECT supplier_confirmed_qty AS quantity, supplier_promised_date AS promised"
            " FROM purchase_order_line WHERE order_id = %s ORDER BY id",
            [order_id],
        )

    def sync(self, order_id: int, interface_id: int) -> str | None:
        """Return the sync status of an order at an interface."""
        return self.database.scalar(
            "SELECT state FROM integration_record_sync WHERE res_model = 'purchase.order'"
            " AND res_id = %s AND interface_id = %s",
            [order_id, interface_id],
        )

    def activities(self, model: str, record_id: int) -> list[Row]:
        """Return the open activities that tell of failed exchanges."""
        return self.database.sql(
            "SELECT a.* FROM mail_activity a JOIN ir_model_data d ON d.model = 'mail.activity.type'"
            " AND d.res_id = a.activity_type_id AND d.name = 'mail_activity_failed'"
            " WHERE a.res_model = %s AND a.res_id = %s AND a.active",
            [model, record_id],
        )

    def jobs(self, interface_id: int) -> int:
        """Return how many jobs were ever created for the lanes of an interface."""
        return self.database.scalar(
            "SELECT count(*) FROM queue_job j JOIN integration_interface i"
            " ON starts_with(j.name, 'Drain ' || i.name || ' #') WHERE i.id = %s",
            [interface_id],
        )

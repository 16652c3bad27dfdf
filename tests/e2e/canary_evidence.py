"""What shows that a run of the canary test was whole: what came in, and what was never used."""

from collections.abc import Iterable
from typing import Any

from tests.e2e.canary_flows import Check, Said
from tests.e2e.canary_run import Run

#: What no content has, since it is of no message that is ours.
NEVER_STORED = frozenset({"comment of a batch", "receiver"})
#: With the key ring, as the suite itself opens it.
_CONTENTS = """
import base64
from odoo.addons.integration_core.engine import keys
from odoo.addons.integration_core.tools import payload_codec
ring = keys.ring(env.cr)
env.cr.execute(
    "SELECT m.uuid, i.name, m.message_type, m.state, m.direction, p.kind, p.body, p.encoding "
    "FROM integration_message m JOIN integration_interface i ON i.id = m.interface_id "
    "JOIN integration_payload p ON p.message_id = m.id ORDER BY m.id")
result = [
    [uuid, door, kind, state, direction, stage,
     payload_codec.decode(bytes(body), encoding, uuid, stage, ring).decode("utf-8", "replace")]
    for uuid, door, kind, state, direction, stage, body, encoding in env.cr.fetchall()
]
"""
_DOCUMENTS = """
names = env.registry.descendants(["ehr.visit.document"], "_inherit")
result = sorted(name for name in names if not env[name]._abstract)
"""
#: Rules that the suite brings and by which no message of the run was handled.
_UNUSED = """
SELECT DISTINCT l.handler || ' by ' || coalesce(p.name::text, '-') AS name
  FROM integration_routing_line l
  JOIN ir_model_data x ON x.model = 'integration.routing' AND x.res_id = l.routing_id
   AND x.module LIKE 'integration_ehr%'
  LEFT JOIN integration_mapping p ON p.id = l.mapping_id
 WHERE l.action = 'handle' AND NOT EXISTS (
   SELECT 1 FROM integration_routing_line o
     JOIN integration_interface i ON i.routing_id = o.routing_id
     JOIN integration_message m ON m.interface_id = i.id AND m.message_type = o.message_type
    WHERE m.state = 'done' AND o.handler = l.handler
      AND o.mapping_id IS NOT DISTINCT FROM l.mapping_id)
"""
_UNTOLD = """
SELECT t.code AS name FROM integration_event_type t
  JOIN ir_model_data x ON x.model = 'integration.event.type' AND x.res_id = t.id
   AND x.module LIKE 'integration_ehr%'
 WHERE NOT EXISTS (
   SELECT 1 FROM integration_message m JOIN integration_event e ON e.id = m.event_id
    WHERE m.direction = 'outbound' AND m.state = 'done' AND e.type_code = t.code)
"""
#: Tables of the suite's clinical models in which there is not one row.
_TABLES = """
SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname LIKE 'ehr\\_%'
 ORDER BY 1
"""


class Evidence:
    """Looks at a run when it is over."""

    def __init__(self, run: Run) -> None:
        self.run, self._sql = run, run.suite.database.sql
        self.contents: list[list[str]] = run.shell.run(_CONTENTS)

    def handled(self) -> list[Said]:
        """What was received and handled."""
        return [
            Said(uuid, door, kind, text)
            for uuid, door, kind, state, direction, stage, text in self.contents
            if (state, direction, stage) == ("done", "inbound", "received")
        ]

    def lost(self) -> set[str]:
        """Labels of canaries that no content has, opened with the key: they never came in."""
        every = "\n".join(text for *_others, text in self.contents)
        planted = self.run.ward.everything().planted
        return {label for label, value in planted.items() if value.decode() not in every}

    def check(self) -> Check:
        ward = self.run.ward
        numbers = {**ward.visits.planted, **ward.accounts.planted}
        return Check(
            {label: value.decode() for label, value in ward.people.planted.items()},
            tuple(value.decode() for value in numbers.values()),
            self._query,
        )

    def _query(self, statement: str, parameters: Any) -> Iterable[dict[str, Any]]:
        # The parameters have names, by which the driver fills them in just as well.
        return self._sql(statement, parameters)

    # -- what is there, and was not used ---------------------------------------------------

    def documents(self) -> list[str]:
        """Models of documents that belong to visits."""
        found: list[str] = self.run.shell.run(_DOCUMENTS)
        return found

    def unused_rules(self) -> set[str]:
        return {row["name"] for row in self._sql(_UNUSED)}

    def untold_events(self) -> set[str]:
        return {row["name"] for row in self._sql(_UNTOLD)}

    def empty_tables(self) -> set[str]:
        names = [row["name"] for row in self._sql(_TABLES)]
        return {name for name in names if not self._sql(f"SELECT 1 FROM {name} LIMIT 1")}

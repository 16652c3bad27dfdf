"""How PostgreSQL claims and acts: by an index, however much is finished or waits, or seems to."""

import itertools
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.e2e.office import Office, through_shell
from tests.harness import Database, Shell

FINISHED = 30_000
QUEUED = 2_000
TABLE = "integration_message"

# Explains each statement on messages before it runs, with the settings of its transaction.
CLAIM = """
from odoo.addons.integration_core.engine import claims
from odoo.addons.integration_core.engine.cursors import own_cursor

class Explaining:
    def __init__(self, cr):
        self.cr = cr
        self.plans = []

    def __getattr__(self, name):
        return getattr(self.cr, name)

    def execute(self, query, params=None, **options):
        if "integration_message" in str(query):
            self.cr.execute("EXPLAIN (FORMAT JSON) " + query, params)
            self.plans.append((str(query), self.cr.fetchone()[0][0]["Plan"]))
        return self.cr.execute(query, params, **options)

with own_cursor(env.registry) as cr:
    lane = env["integration.lane"].search([("interface_id", "=", interface_id)], limit=1)
    explaining = Explaining(cr)
    rules = claims.terms(explaining, lane.id)
    claims.sweep(explaining, rules)
    _token, claimed = claims.claim(explaining, rules, 50)
    cr.rollback()
result = {"claimed": len(claimed), "plans": explaining.plans}
"""

# The same for an act of an operator; afterwards nothing has happened.
ACT = """
from odoo.sql_db import Cursor
plans, execute = [], Cursor.execute

def explaining(cr, query, params=None, log_exceptions=True):
    text, values = getattr(query, "code", query), getattr(query, "params", params)
    if "integration_message" in text and not text.startswith(("INSERT", "SAVEPOINT")):
        execute(cr, "EXPLAIN (FORMAT JSON) " + text, values)
        plans.append((text, cr.fetchone()[0][0]["Plan"]))
    return execute(cr, query, params, log_exceptions)

env.cr.execute("SELECT id FROM integration_message WHERE interface_id = %s", [interface_id])
messages = env["integration.message"].browse(row[0] for row in env.cr.fetchall())
Cursor.execute = explaining
try:
    operate(messages)
finally:
    Cursor.execute = execute
env.cr.rollback()
result = plans
"""
RETRY = "def operate(messages): messages.action_retry()\n"
CANCEL = "def operate(messages): messages.action_cancel('wrong')\n"

STORE = """
INSERT INTO integration_message (
    uuid, interface_id, company_id, direction, state, message_type, external_key, partition_key,
    partition_hash, correlation_id, priority, available_at, created_at, attempts, finished_at)
SELECT gen_random_uuid(), %(interface)s, 1, 'inbound', %(state)s, 'test', 'k' || n,
       'P' || n %% 500, n %% 500, 'c' || n, 10, now() AT TIME ZONE 'UTC',
       now() AT TIME ZONE 'UTC', 0, CASE %(state)s WHEN 'done' THEN now() AT TIME ZONE 'UTC' END
  FROM generate_series(1, %(count)s) n
"""


_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def shell(database: Database) -> Iterator[Shell]:
    with database.shell() as shell:
        yield shell


def filled(database: Database, shell: Shell, ordering: str) -> int:
    """An interface with a long past; the planner knows of nothing that is queued."""
    call = through_shell(shell)
    office = Office(call, call)
    supplier = office.supplier(f"Planned {ordering}")
    buyer = office.buyer(f"planner.{ordering}")
    policy = {"ordering": ordering.partition(".")[0]}
    interface = office.inbound(supplier, buyer, policy).id
    database.sql(f"ALTER TABLE {TABLE} SET (autovacuum_enabled = false)")
    database.sql(STORE, {"interface": interface, "state": "done", "count": FINISHED})
    database.sql(f"VACUUM (ANALYZE) {TABLE}")
    database.sql(STORE, {"interface": interface, "state": "queued", "count": QUEUED})
    return interface


def believed_empty(database: Database, shell: Shell, state: str, ordering: str = "key") -> int:
    """An interface with messages of which the planner knows nothing: statistics are from a moment
    when what was stored had been rolled back, or had not been committed yet."""
    call = through_shell(shell)
    office = Office(call, call)
    name = f"{ordering}.{state}.empty.{next(_numbers)}"
    supplier = office.supplier(f"Believed {name}")
    interface = office.inbound(supplier, office.buyer(name), {"ordering": ordering}).id
    database.sql(f"ALTER TABLE {TABLE} SET (autovacuum_enabled = false)")
    with closing(database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(STORE, {"interface": interface, "state": "done", "count": FINISHED})
        connection.rollback()
    database.sql(f"ANALYZE {TABLE}")
    database.sql(STORE, {"interface": interface, "state": state, "count": QUEUED})
    return interface


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def check_looked_up(plans: list[tuple[str, dict[str, Any]]]) -> None:
    """Nothing reads the table from end to end, be it by an index."""
    for query, plan in plans:
        for node in nodes(plan):
            if node.get("Relation Name") == TABLE and node["Node Type"] != "ModifyTable":
                assert "Index Cond" in node or "Recheck Cond" in node, (query, node)


def check(found: dict[str, Any], *wanted: str) -> None:
    """Claims 50, by ``wanted`` indexes, and never reads the table from end to end."""
    assert found["claimed"] == 50
    check_looked_up(found["plans"])
    claiming = [plan for query, plan in found["plans"] if "SET state = 'processing'" in query]
    assert claiming, "the claim was not seen"
    used = {node.get("Index Name") for plan in claiming for node in nodes(plan)}
    assert set(wanted) <= used


@pytest.mark.parametrize(
    ("ordering", "indexes"),
    [
        ("none", ["integration_message_queued_idx"]),
        ("key", ["integration_message_queued_idx", "integration_message_key_idx"]),
        ("strict", ["integration_message_queued_idx"]),
    ],
)
def test_a_claim_reads_what_it_takes(
    database: Database, shell: Shell, ordering: str, indexes: list[str]
) -> None:
    database.sql(f"DELETE FROM {TABLE}")
    interface = filled(database, shell, ordering)
    check(shell.run(CLAIM, interface_id=interface), *indexes)
    # And once the planner has learned of the backlog.
    database.sql(f"VACUUM (ANALYZE) {TABLE}")
    check(shell.run(CLAIM, interface_id=interface), *indexes)


def test_a_claim_while_messages_with_several_keys_are_on_the_way(
    database: Database, shell: Shell
) -> None:
    """What they wait for is looked up as well, for each candidate."""
    database.sql(f"DELETE FROM {TABLE}")
    interface = filled(database, shell, "key.several")
    database.sql(
        "INSERT INTO integration_message_key (message_id, interface_id, key, is_open)"
        f" SELECT id, interface_id, 'P' || v.n, true FROM (SELECT id, interface_id FROM {TABLE}"
        " WHERE state = 'queued' ORDER BY id DESC LIMIT 200) m, generate_series(1, 2) AS v(n)"
    )
    indexes = ["integration_message_queued_idx", "integration_message_key_open_idx"]
    check(shell.run(CLAIM, interface_id=interface), *indexes)
    database.sql(f"VACUUM (ANALYZE) {TABLE}")
    database.sql("VACUUM (ANALYZE) integration_message_key")
    check(shell.run(CLAIM, interface_id=interface), "integration_message_queued_idx")


@pytest.mark.parametrize("ordering", ["none", "key", "strict"])
def test_a_claim_in_a_ledger_that_seems_to_be_empty(
    database: Database, shell: Shell, ordering: str
) -> None:
    database.sql(f"DELETE FROM {TABLE}")
    interface = believed_empty(database, shell, "queued", ordering)
    check(shell.run(CLAIM, interface_id=interface), "integration_message_queued_idx")


@pytest.mark.parametrize(("act", "state"), [(RETRY, "dead"), (CANCEL, "queued")])
def test_an_act_on_many_in_a_ledger_that_seems_to_be_empty(
    database: Database, shell: Shell, act: str, state: str
) -> None:
    """Held against each other, thousands of messages would take minutes."""
    database.sql(f"DELETE FROM {TABLE}")
    interface = believed_empty(database, shell, state)
    plans = shell.run(act + ACT, interface_id=interface)
    assert any("UPDATE integration_message" in query for query, _plan in plans)
    for query, plan in plans:
        assert not [node for node in nodes(plan) if "Join Filter" in node], query

"""How PostgreSQL serves bulk replays: what it reads depends on the task and not on the ledger."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.office import Office, through_shell
from tests.e2e.test_claim_plans import STORE, TABLE, nodes
from tests.harness import Database, Shell

FINISHED = 60_000
DEAD = 500
TABLES = {TABLE, "integration_replay_item"}

# Explains each statement on messages and items of tasks before it runs.
EXPLAIN = """
from odoo.sql_db import Cursor
from odoo.addons.integration_core.engine import replay_tasks

plans = []
plain = Cursor.execute

def explaining(cr, query, params=None, log_exceptions=True):
    if hasattr(query, "code"):
        query, params = query.code, list(query.params)
    text = query.decode() if isinstance(query, bytes) else query
    words = text.split()
    if words[0] in ("SELECT", "WITH", "INSERT", "UPDATE") and any(name in text for name in tables):
        plain(cr, "EXPLAIN (FORMAT JSON) " + text, params)
        plans.append((text, cr.fetchone()[0][0]["Plan"]))
    return plain(cr, query, params, log_exceptions)

Cursor.execute = explaining
try:
    tasks = env["integration.replay.task"].with_user(env.ref("base.user_admin"))
    values = {"domain": repr(domain), "act": act, "reason": "plans", "rate": 12000}
    shown = tasks.new(values).possible
    task = tasks.create(values)
    task.action_start()
    taken = replay_tasks.step(env.cr, task.id)
    total = task.total
finally:
    Cursor.execute = plain
env.cr.rollback()
result = {"plans": plans, "shown": shown, "taken": taken, "total": total}
"""


@pytest.fixture(scope="module")
def shell(database: Database) -> Iterator[Shell]:
    with database.shell() as shell:
        yield shell


@pytest.fixture(scope="module")
def interface(database: Database, shell: Shell) -> int:
    """An interface with a long past, and some dead letters that statistics do not know."""
    call = through_shell(shell)
    office = Office(call, call)
    supplier = office.supplier("Planned bulk")
    interface = office.inbound(supplier, office.buyer("planner.bulk")).id
    other = office.inbound(supplier, office.buyer("planner.other")).id
    database.sql(f"ALTER TABLE {TABLE} SET (autovacuum_enabled = false)")
    for owner, state, count in ((other, "done", FINISHED), (interface, "done", DEAD)):
        database.sql(STORE, {"interface": owner, "state": state, "count": count})
    database.sql(f"VACUUM (ANALYZE) {TABLE}")
    database.sql(STORE, {"interface": interface, "state": "dead", "count": DEAD})
    return interface


def check(found: dict[str, Any]) -> None:
    assert found["total"] == found["shown"] == DEAD
    assert found["taken"] == 200
    seen = set()
    for query, plan in found["plans"]:
        for node in nodes(plan):
            seen.add(node.get("Index Name"))
            # Items are few here, and rightly read whole to change two fifths of them.
            whole = node["Node Type"] == "Seq Scan" and node["Relation Name"] == TABLE
            assert not whole, query
    assert "integration_replay_item_left_idx" in seen, seen


def check_keys(found: dict[str, Any]) -> None:
    """The primary key is used to look something up, and not to walk the ledger from end to end."""
    for query, plan in found["plans"]:
        for node in nodes(plan):
            if node.get("Index Name") == f"{TABLE}_pkey":
                assert "Index Cond" in node, query


def test_a_retry_reads_what_failed(database: Database, shell: Shell, interface: int) -> None:
    for domain in (
        [("state", "in", ["quarantined", "dead"])],
        [("interface_id", "=", interface), ("state", "in", ["quarantined", "dead"])],
    ):
        check(shell.run(EXPLAIN, domain=domain, act="retry", tables=sorted(TABLES)))
    # And once the planner has learned of them.
    database.sql(f"VACUUM (ANALYZE) {TABLE}")
    check(shell.run(EXPLAIN, domain=domain, act="retry", tables=sorted(TABLES)))
    check_keys(shell.run(EXPLAIN, domain=domain, act="retry", tables=sorted(TABLES)))

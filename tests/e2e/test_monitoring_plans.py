"""What monitoring asks of a ledger: never more than what is open, however much is finished."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.test_claim_plans import STORE, TABLE, nodes
from tests.harness import Database, Shell

FINISHED = 40_000
OPEN = 600

# Explains each statement on messages before it runs; afterwards nothing has happened.
EXPLAIN = """
import time
table = globals().get("table", "integration_message")
from odoo import SUPERUSER_ID, api
from odoo.sql_db import Cursor
from odoo.addons.integration_core.engine.cursors import own_cursor

plans, plain = [], Cursor.execute

def explaining(cr, query, params=None, log_exceptions=True):
    text, values = getattr(query, "code", query), getattr(query, "params", params)
    words = text.split()
    if words[0] in ("SELECT", "WITH") and table in text:
        plain(cr, "EXPLAIN (FORMAT JSON) " + text, values)
        plans.append((text, cr.fetchone()[0][0]["Plan"]))
    return plain(cr, query, params, log_exceptions)

with own_cursor(env.registry) as cr:
    there = api.Environment(cr, SUPERUSER_ID, {})
    Cursor.execute = explaining
    try:
        found = act(there)
    finally:
        Cursor.execute = plain
    cr.rollback()
result = {"found": found, "plans": plans}
"""
MAKE = """
system = env["integration.system"].create({"name": "Watched", "code": "WATCHED", "kind": "ehr"})
made = env["integration.interface"].create(
    {"name": "Watched", "system_id": system.id, "direction": "inbound"})
env.flush_all()
env.cr.execute(
    "UPDATE integration_interface SET state = 'active', activated_at = now() AT TIME ZONE 'UTC'"
    " WHERE id = %s", [made.id])
result = made.id
"""
RULES = """
def act(env):
    rules = env["integration.business.rule"].search([])
    return {rule.name: len(rule._find_late()) for rule in rules
            if rule.model_name == "integration.message"}
"""
SYNC_RULES = """
def act(env):
    rules = env["integration.business.rule"].search([])
    return {rule.name: len(rule._find_late()) for rule in rules
            if rule.model_name == "integration.record.sync"}
"""
SYNC = "integration_record_sync"
STORE_SYNC = f"""
INSERT INTO {SYNC} (res_model, res_id, interface_id, state, changed_at)
SELECT 'res.partner', n, %(interface)s,
       CASE WHEN n <= %(open)s THEN 'waiting' ELSE 'synchronised' END, '2026-01-01'
  FROM generate_series(1, %(count)s) n
"""
SCRAPE = """
from odoo.addons.integration_monitoring.engine import metric_readings
def act(env):
    readings = metric_readings.read(env)
    return {one.key: dict(one.attention) for one in readings.interfaces}
"""
LOOK = """
def act(env):
    return env["integration.watch"]._observe(int(time.time()))
"""
OVERVIEW = """
def act(env):
    return bool(env["integration.overview"].load_overview())
"""


@pytest.fixture(scope="module")
def shell(database: Database) -> Iterator[Shell]:
    with database.shell() as shell:
        yield shell


@pytest.fixture(scope="module")
def interface(database: Database, shell: Shell) -> int:
    """An interface with a long past, and some messages of each open state."""
    interface = shell.run(MAKE)
    database.sql(f"ALTER TABLE {TABLE} SET (autovacuum_enabled = false)")
    database.sql(STORE, {"interface": interface, "state": "done", "count": FINISHED})
    # The planner knows of nothing but what is finished.
    database.sql(f"VACUUM (ANALYZE) {TABLE}")
    for state in ("quarantined", "dead", "held", "queued"):
        database.sql(STORE, {"interface": interface, "state": state, "count": OPEN})
    database.sql(
        f"UPDATE {TABLE} SET created_at = created_at - interval '2 days' WHERE state <> 'done'"
    )
    return interface


def check(plans: list[tuple[str, dict[str, Any]]], table: str = TABLE) -> set[str]:
    """Nothing reads what is finished; the indexes that were used."""
    used = set()
    assert plans, "nothing was asked of the ledger"
    for query, plan in plans:
        for node in nodes(plan):
            if node.get("Relation Name") != table:
                continue
            assert "Index" in node["Node Type"] or "Bitmap Heap" in node["Node Type"], (query, node)
            name = node.get("Index Name", "")
            used.add(name)
            if name in (f"{TABLE}_pkey", f"{TABLE}_uuid_unique", f"{TABLE}_done_idx"):
                assert "Index Cond" in node, (query, node)
    return used


@pytest.mark.parametrize("analyzed", [False, True])
def test_rules_over_messages(
    database: Database, shell: Shell, interface: int, analyzed: bool
) -> None:
    """Of those shipped by this addon and of those that an administrator wrote as he liked."""
    if analyzed:
        database.sql(f"VACUUM (ANALYZE) {TABLE}")
    name = f"Not handled {analyzed}"
    shell.run(
        "env['integration.business.rule'].create({'name': name, 'area': 'other',"
        " 'model_id': env.ref('integration_core.model_integration_message').id,"
        " 'condition': \"[('direction', '=', 'inbound'), '|', ('message_type', 'in', ['test']),"
        " ('message_type', '=like', 'ADT^%'), ('state', 'not in', ['done', 'filtered'])]\","
        " 'date_field_id': env.ref('integration_core.field_integration_message__created_at').id,"
        " 'threshold': 1, 'threshold_unit': 'hours'})",
        name=name,
    )
    found = shell.run(RULES + EXPLAIN)
    used = check(found["plans"])
    assert found["found"][name] == 4 * OPEN
    assert used <= {
        f"{TABLE}_{index}_idx" for index in ("key", "attention", "quarantined", "held", "queued")
    }


def test_rules_over_what_became_of_documents(
    database: Database, shell: Shell, interface: int
) -> None:
    values = {"interface": interface, "open": OPEN, "count": FINISHED}
    database.sql(STORE_SYNC, values)
    database.sql(f"VACUUM (ANALYZE) {SYNC}")
    found = shell.run(SYNC_RULES + EXPLAIN, table=SYNC)
    assert max(found["found"].values()) == OPEN
    assert check(found["plans"], SYNC) == {f"{SYNC}_trouble_idx"}


def test_a_scrape_counts_within_indexes(shell: Shell, interface: int) -> None:
    found = shell.run(SCRAPE + EXPLAIN)
    assert {f"{TABLE}_quarantined_idx", f"{TABLE}_dead_idx"} <= check(found["plans"])
    assert found["found"][str(interface)] == {"quarantined": OPEN, "dead": OPEN}
    [counting] = [plan for query, plan in found["plans"] if "'quarantined'" in query]
    of_messages = [node for node in nodes(counting) if node.get("Relation Name") == TABLE]
    assert {node["Node Type"] for node in of_messages} == {"Index Only Scan"}


def test_a_look_reads_the_heads_of_queues(shell: Shell, interface: int) -> None:
    found = shell.run(LOOK + EXPLAIN)
    assert found["found"] is True
    check(found["plans"])
    assert shell.run("env.cr.execute('SHOW jit')\nresult = env.cr.fetchone()[0]") == "on"
    jit = (
        "def act(env):\n"
        "    env['integration.watch']._observe(int(time.time()) + 60)\n"
        "    env.cr.execute('SHOW jit')\n"
        "    return env.cr.fetchone()[0]\n"
    )
    assert shell.run(jit + EXPLAIN)["found"] == "off", "compiling takes longer than looking"


def test_the_overview_reads_what_is_open(shell: Shell, interface: int) -> None:
    found = shell.run(OVERVIEW + EXPLAIN)
    assert found["found"] is True
    check(found["plans"])

"""Two processes give one external identifier to records, at the same moment."""

from collections.abc import Iterator

import pytest

from tests.harness import Database, RemoteError, Shell, wait_until

MAKE = """
system = env["integration.system"].create({"name": "Partner", "code": "PARTNER"})
records = env["res.partner"].create([{"name": "One"}, {"name": "Two"}])
result = [system.id, records.ids]
"""
# The snapshot of the transaction is taken while the other one has not linked yet.
LINK = """
env.cr.execute("SELECT pg_advisory_xact_lock_shared(1)")
record = env["res.partner"].browse(res_id)
env["integration.record.link"]._link(system_id, record, "V-1")
result = res_id
"""

WAITING = """
    SELECT count(*) FROM pg_locks
     WHERE locktype = 'advisory' AND NOT granted AND objid = 1
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@pytest.fixture
def shells(database: Database) -> Iterator[list[Shell]]:
    with database.shell() as one, database.shell() as two:
        yield [one, two]


def link_at_once(database: Database, shells: list[Shell], system: int, ids: list[int]) -> list:
    """What became of each: the id of the linked record, or the text of the error."""
    connection = database.connect()
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(1)")
        for shell, res_id in zip(shells, ids, strict=True):
            shell.send(LINK, system_id=system, res_id=res_id)
        wait_until(lambda: database.scalar(WAITING) == len(shells), what="both to wait")
    connection.close()
    outcomes = []
    for shell in shells:
        try:
            outcomes.append(shell.receive())
        except RemoteError as error:
            outcomes.append(str(error))
    return outcomes


def links(database: Database, system: int) -> list[int]:
    rows = database.sql("SELECT res_id FROM integration_record_link WHERE system_id = %s", [system])
    return [row["res_id"] for row in rows]


def test_one_identifier_for_two_records(database: Database, shells: list[Shell]) -> None:
    """One wins; the other is told so, and by its repetition, not by a crash."""
    system, ids = shells[0].run(MAKE)
    outcomes = link_at_once(database, shells, system, ids)
    [winner] = links(database, system)
    assert winner in outcomes
    [loser] = [outcome for outcome in outcomes if outcome != winner]
    assert "ConflictError" in loser
    assert "another record by this identifier" in loser


def test_one_identifier_for_one_record(database: Database, shells: list[Shell]) -> None:
    """Both say the same, so both succeed, and there is one link."""
    system, ids = shells[0].run(MAKE.replace("PARTNER", "SAME"))
    outcomes = link_at_once(database, shells, system, [ids[0], ids[0]])
    assert outcomes == [ids[0], ids[0]]
    assert links(database, system) == [ids[0]]

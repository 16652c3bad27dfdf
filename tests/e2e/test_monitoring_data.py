"""Rollups and heartbeats with real processes: late commits, deaths, rivals, the job runner."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.world import RUN, STORE, World, keyed, running_world
from tests.harness import Database, Faults, RemoteError, Shell, wait_until

COLLECT = "env['integration.rollup']._collect(60)"
CLOSE = """
from datetime import timedelta
from odoo.addons.integration_monitoring.engine import collector
collector.OPEN = timedelta(0)
"""


@pytest.fixture(scope="module")
def world(database: Database) -> Iterator[World]:
    with running_world(database, 3) as world:
        yield world


@pytest.fixture(scope="module")
def interface(world: World) -> int:
    return world.inbound(world.supplier()).id


def store(world: World, interface: int, count: int, shell: int = 0) -> None:
    world.shells[shell].run(
        STORE, interface_id=interface, deliveries=keyed([{"order_no": "P"}] * count)
    )


def received(database: Database, interface: int, step: int = 60) -> int:
    return database.scalar(
        "SELECT coalesce(sum(received_count), 0) FROM integration_rollup "
        "WHERE interface_id = %s AND step = %s",
        [interface, step],
    )


def in_ledger(database: Database, interface: int) -> int:
    return database.scalar(
        "SELECT count(*) FROM integration_message WHERE interface_id = %s", [interface]
    )


def assert_complete(world: World, interface: int) -> None:
    world.shells[0].run(COLLECT)
    assert received(world.database, interface) == in_ledger(world.database, interface)


def test_counts_what_happened(world: World, interface: int) -> None:
    store(world, interface, 5)
    world.shells[0].run(RUN, interface_id=interface)
    world.shells[0].run(COLLECT)
    (row,) = world.database.sql(
        "SELECT sum(received_count) AS received, sum(attempts) AS attempts, "
        "sum(failed_count + done_count) AS ended FROM integration_rollup "
        "WHERE interface_id = %s AND step = 60",
        [interface],
    )
    assert (row["received"], row["attempts"], row["ended"]) == (5, 5, 5)


def test_the_size_of_content_is_told_when_the_minute_is_over(world: World, interface: int) -> None:
    store(world, interface, 2)
    stored = world.database.scalar(
        "SELECT sum(size) FROM integration_payload p JOIN integration_message m"
        " ON m.id = p.message_id WHERE m.interface_id = %s",
        [interface],
    )

    def counted() -> int:
        world.shells[0].run(COLLECT)
        return world.database.scalar(
            "SELECT coalesce(sum(bytes), 0) FROM integration_rollup"
            " WHERE interface_id = %s AND step = 60",
            [interface],
        )

    wait_until(lambda: counted() == stored, timeout=90, poll=1.0, what="the size of content")


def test_repeated_messages_are_counted(world: World, interface: int) -> None:
    deliveries = keyed([{"order_no": "R"}])
    for _time in range(4):
        world.shells[1].run(STORE, interface_id=interface, deliveries=deliveries)
    wait_until(
        lambda: world.database.scalar("SELECT sum(times) FROM integration_rollup_repeat") == 3,
        timeout=20,
        what="the count of repetitions",
    )
    world.shells[0].run(COLLECT)
    assert (
        world.database.scalar(
            "SELECT sum(duplicates) FROM integration_rollup WHERE step = 60 AND interface_id = %s",
            [interface],
        )
        == 3
    )
    assert_complete(world, interface)


@pytest.mark.parametrize("minutes", [0, 3, 40])
def test_a_transaction_that_commits_late(world: World, interface: int, minutes: int) -> None:
    """Ids after it were counted before it was seen; it may have been open for long."""
    database = world.database
    world.shells[0].run(COLLECT)
    copy = """
        INSERT INTO integration_message (uuid, interface_id, company_id, direction, state,
               message_type, external_key, partition_hash, created_at, attempts, priority, depth)
        SELECT gen_random_uuid(), interface_id, company_id, direction, 'done', message_type,
               gen_random_uuid(), partition_hash,
               now() AT TIME ZONE 'UTC' - %s * interval '1 minute', 0, priority, depth
          FROM integration_message WHERE interface_id = %s LIMIT 1
    """
    with closing(database.connect()) as late, late.cursor() as cursor:
        cursor.execute(copy, [minutes, interface])
        store(world, interface, 2)
        before = received(database, interface)
        world.shells[0].run(COLLECT)
        assert received(database, interface) == before + 2, "the late one cannot be seen"
        late.commit()
    assert_complete(world, interface)


@pytest.mark.long
def test_a_transaction_that_is_open_for_longer_than_minutes_are(
    world: World, interface: int
) -> None:
    """Minutes close without it, and are counted anew once it has ended."""
    database = world.database
    with database_shell(world) as shell, closing(database.connect()) as late:
        shell.run(CLOSE)
        shell.run(COLLECT)
        with late.cursor() as cursor:
            cursor.execute(
                "UPDATE integration_interface SET write_date = write_date WHERE id = %s",
                [interface],
            )  # from here on it has a number
            cursor.execute(
                """
                INSERT INTO integration_message (uuid, interface_id, company_id, direction, state,
                       message_type, external_key, partition_hash, created_at, attempts, priority,
                       depth)
                SELECT gen_random_uuid(), interface_id, company_id, direction, 'done',
                       message_type, gen_random_uuid(), partition_hash,
                       now() AT TIME ZONE 'UTC', 0, priority, depth
                  FROM integration_message WHERE interface_id = %s LIMIT 1
                """,
                [interface],
            )
            begun = time.monotonic()
            while time.monotonic() - begun < 65:
                shell.run(COLLECT)
                time.sleep(5)
            held = database.scalar("SELECT held_from FROM integration_rollup_state")
            assert held, "it holds up what is final"
            late.commit()
        shell.run(COLLECT)
    assert received(database, interface) == in_ledger(database, interface)


def database_shell(world: World, **environ: str):
    return world.database.shell(environ=environ or None)


@pytest.mark.parametrize("point", ["rollup_counted", "rollup_committed", "rollup_step"])
def test_a_collector_that_is_killed(
    world: World, interface: int, point: str, tmp_path: Path
) -> None:
    store(world, interface, 3)
    if point == "rollup_step":
        world.database.sql("DELETE FROM integration_rollup")
        world.database.sql("DELETE FROM integration_rollup_state")
        world.database.sql(
            "UPDATE integration_message SET created_at = created_at - interval '2 hours' "
            "WHERE id = (SELECT min(id) FROM integration_message)"
        )
    faults = Faults(tmp_path, world.database)
    faults.arm(point)
    died = pytest.raises(RemoteError, match="the process ended")
    with world.database.shell(environ=faults.environ) as victim, died:
        victim.run(COLLECT)
    faults.wait_reached()
    assert_complete(world, interface)
    assert world.database.scalar("SELECT count(*) FROM integration_rollup_range") == 0


def test_collectors_at_once(world: World, interface: int) -> None:
    """While messages come, three of them collect as fast as they can."""
    collecting: list[Shell] = [world.shells[1], world.shells[2]]
    for _round in range(10):
        for shell in collecting:
            shell.send(COLLECT)
        store(world, interface, 3)
        world.shells[0].run(COLLECT)
        for shell in collecting:
            shell.receive()
    assert_complete(world, interface)


def test_hours_and_days_are_the_sum_of_closed_minutes(world: World, interface: int) -> None:
    rows = world.database.sql(
        """
        SELECT h.begin_at, h.received_count AS hour, (
               SELECT sum(m.received_count) FROM integration_rollup m
                WHERE m.interface_id = h.interface_id AND m.step = 60
                  AND m.begin_at >= h.begin_at AND m.begin_at < h.begin_at + interval '1 hour'
                  AND m.begin_at < s.open_from) AS minutes
          FROM integration_rollup h, integration_rollup_state s
         WHERE h.step = 3600 AND h.interface_id = %s
        """,
        [interface],
    )
    assert rows
    for row in rows:
        assert row["hour"] >= row["minutes"], row


@pytest.mark.long
def test_the_job_runner_beats_and_its_death_is_noticed(database: Database) -> None:
    """Collections come every quarter of a minute; without a runner, each minute."""

    def age() -> float:
        return database.scalar(
            "SELECT extract(epoch FROM now() AT TIME ZONE 'UTC' - beat_at)::float8 "
            "FROM integration_heartbeat WHERE key = 'job_runner'"
        )

    def runs() -> int:
        return database.scalar("SELECT count(*) FROM integration_rollup_mark")

    with database.server(workers=2):
        wait_until(lambda: age() is not None and age() < 5, timeout=150, what="the first beat")
        before, begun = runs(), time.monotonic()
        wait_until(lambda: runs() - before >= 3, timeout=90, what="three collections")
        assert time.monotonic() - begun < 65, "the fast loop does not run"
        assert (
            database.scalar(
                "SELECT count(*) FROM queue_job WHERE state = 'pending' "
                "AND channel = 'root.integration_monitoring'"
            )
            <= 2
        )
    with database.server(workers=2, job_runner=False):
        wait_until(lambda: age() > 46, timeout=90, what="the end of its time")
        before = runs()
        wait_until(lambda: runs() > before, timeout=130, what="a collection by the action")
        parts = database.sql(
            "SELECT key FROM integration_heartbeat "
            "WHERE coalesce(looked_at, now() AT TIME ZONE 'UTC')"
            "      > beat_at + every * interval '1 second'"
        )
        assert "job_runner" in {part["key"] for part in parts}

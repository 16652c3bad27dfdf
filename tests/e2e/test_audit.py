"""Sealing with real processes: several sealers, deaths at every point, late transactions."""

import json
import socketserver
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.audit_trail import AuditTrail
from tests.e2e.office import Office, through_shell
from tests.harness import Database, Faults, RemoteError, Shell, wait_until

INSERT = """
    INSERT INTO integration_audit_entry (occurred_at, actor_id, actor_login, act, res_model, res_id)
    VALUES (clock_timestamp() AT TIME ZONE 'UTC', 1, 'late', 'change', 'x', 1) RETURNING id
"""


@pytest.fixture(scope="module")
def trail(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AuditTrail:
    database.durability()
    return AuditTrail(database, tmp_path_factory.mktemp("audit"))


@pytest.fixture(scope="module")
def shell(trail: AuditTrail) -> Iterator[Shell]:
    with trail.shell() as shell:
        yield shell


def test_a_transaction_that_commits_late(trail: AuditTrail, shell: Shell) -> None:
    late, early = trail.database.connect(), trail.database.connect()
    with late.cursor() as first, early.cursor() as second:
        first.execute(INSERT)
        second.execute(INSERT)
        late_id, early_id = first.fetchone()[0], second.fetchone()[0]
        early.commit()
        trail.seal(shell)
        late.commit()
    late.close()
    early.close()
    trail.seal(shell)
    rows = trail.database.sql(
        "SELECT entry_id FROM integration_audit_seal WHERE entry_id IN %s ORDER BY sequence",
        [(late_id, early_id)],
    )
    assert late_id < early_id
    assert [row["entry_id"] for row in rows] == [early_id, late_id]
    trail.assert_dense()


@pytest.mark.parametrize(
    "point",
    [
        "audit_inserted",
        "audit_sealed",
        "audit_committed",
        "audit_checkpoint_taken",
        "audit_checkpoint_written",
    ],
)
def test_a_sealer_that_is_killed(
    trail: AuditTrail, shell: Shell, point: str, tmp_path: Path
) -> None:
    trail.act(shell, f"Killed at {point}", 5)
    # a checkpoint is due
    trail.database.sql("DELETE FROM integration_audit_checkpoint")
    faults = Faults(tmp_path, trail.database)
    faults.arm(point)
    died = pytest.raises(RemoteError, match="the process ended")
    with trail.shell(faults.environ) as victim, died:
        trail.seal(victim)
    # Its session has the sealer's lock until PostgreSQL has noticed.
    faults.wait_reached()
    trail.seal(shell)
    assert trail.waiting() == 0
    trail.assert_dense()
    assert trail.verify(shell) == []
    for line in trail.checkpoints.read_text().splitlines():
        json.loads(line)


def test_several_sealers_at_once(trail: AuditTrail, shell: Shell) -> None:
    stop = threading.Event()

    def write() -> None:
        with trail.database.connect() as connection, connection.cursor() as cursor:
            while not stop.is_set():
                cursor.execute(INSERT)
                connection.commit()
        connection.close()

    with trail.shell() as second, trail.shell() as third, ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(write) for _number in range(2)]
        try:
            for _round in range(15):
                for sealer in (shell, second, third):
                    sealer.send("env['integration.audit.trail']._seal()")
                for sealer in (shell, second, third):
                    sealer.receive()
        finally:
            stop.set()
        for one in writers:
            one.result()
    trail.seal(shell)
    assert trail.waiting() == 0
    trail.assert_dense()
    assert trail.verify(shell) == []
    print(f"\n{trail.entries()} entries sealed by three sealers")


def test_verification_under_traffic(trail: AuditTrail, shell: Shell) -> None:
    """What is written and sealed meanwhile is neither missed nor taken for tampering."""
    with trail.shell() as writer, trail.shell() as sealer:
        for _round in range(5):
            writer.send(
                "system = env['integration.system'].search([], limit=1)\n"
                "for number in range(30):\n"
                "    system.name = f'Traffic {number}'\n"
                "    env.flush_all()"
            )
            sealer.send(
                "for _n in range(5):\n"
                "    env['integration.audit.trail']._seal()\n"
                "    env['integration.audit.trail']._checkpoint(due=True)"
            )
            assert trail.verify(shell) == []
            writer.receive()
            sealer.receive()


ACCEPT = """
older = env["integration.audit.verification"].search([], limit=1)
older.with_user(auditor).action_accept("The backup of last night was restored")
"""


@pytest.mark.parametrize(
    ("point", "written"), [("audit_restart_accepted", 0), ("audit_checkpoint_written", 1)]
)
def test_acceptance_whose_process_dies_takes_effect_all_the_same(
    trail: AuditTrail, shell: Shell, point: str, written: int, tmp_path: Path
) -> None:
    """The line from which on checkpoints count anew: written later, or perhaps once more."""
    office = Office(through_shell(shell), through_shell(shell))
    auditor = office.user(f"auditor.{written}", "integration_core.group_auditor")
    lose_the_end(trail, shell)
    assert "older" in trail.verify(shell)
    before = restarts(trail)
    faults = Faults(tmp_path, trail.database)
    faults.arm(point)
    died = pytest.raises(RemoteError, match="the process ended")
    with trail.shell(faults.environ) as victim, died:
        victim.run(ACCEPT, auditor=auditor)
    faults.wait_reached()
    assert restarts(trail) == before + written
    # What happens each minute, whether or not a checkpoint is due.
    for _minute in range(2):
        trail.seal(shell)
        assert restarts(trail) == before + 1 + written
    assert trail.verify(shell) == []


def restarts(trail: AuditTrail) -> int:
    return trail.checkpoints.read_text().count('"kind": "restart"')


def lose_the_end(trail: AuditTrail, shell: Shell) -> None:
    """As after a restore: the last entries are gone, and a checkpoint knows of them."""
    trail.act(shell, "Lost", 3)
    trail.database.sql("DELETE FROM integration_audit_checkpoint")
    trail.seal(shell)
    last = trail.database.scalar("SELECT max(sequence) FROM integration_audit_seal")
    trail.tamper(
        "DELETE FROM integration_audit_entry WHERE id IN (SELECT entry_id FROM "
        f"integration_audit_seal WHERE sequence > {last} - 2)",
        f"DELETE FROM integration_audit_seal WHERE sequence > {last} - 2",
    )


class Collector(socketserver.ThreadingTCPServer):
    """Takes what a syslog server would."""

    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receive)
        self.received: list[bytes] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Receive(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.server.received.append(self.rfile.read())  # type: ignore[attr-defined]


def test_checkpoints_reach_syslog(trail: AuditTrail) -> None:
    with Collector() as collector:
        section = {
            "audit_key_file": str(trail.key_file),
            "audit_syslog": f"tcp://127.0.0.1:{collector.server_address[1]}",
        }
        with trail.database.shell(integration=section) as shell:
            trail.act(shell, "To syslog")
            trail.seal(shell)
            write = (
                "trail = env.ref('integration_core.audit_trail')\n"
                "trail._checkpoint(due=True)\n"
                "result = trail.checkpoint_problem"
            )
            assert shell.run(write) is False
            # It has been sent; the collector's thread reads it at its own time.
            (frame,) = wait_until(lambda: collector.received, what="the message")
            collector.shutdown()
            collector.server_close()
            assert "Connection refused" in shell.run(write)
        length, message = frame.split(b" ", 1)
        assert int(length) == len(message)
        assert message.startswith(b"<109>1 20")
        content = json.loads(message[message.index(b"{") :])
        head = trail.database.scalar(
            "SELECT mac FROM integration_audit_seal ORDER BY sequence DESC LIMIT 1"
        )
        assert content["mac"] == head
        alerts = trail.database.sql(
            "SELECT summary FROM mail_activity WHERE res_model = 'integration.audit.trail'"
        )
        # Another test of this file has broken the trail, and people were told of that, too.
        assert "Audit checkpoints cannot be written" in {row["summary"] for row in alerts}

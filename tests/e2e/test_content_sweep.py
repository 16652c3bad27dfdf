"""Content that was stored in clear is encrypted later, by processes that are killed."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.office import Inbound, Office, Outbound, through_shell
from tests.harness import Database, Faults, RemoteError, Shell, wait_until
from tests.harness.canary import Canaries, report

#: Of each kind; more than two windows of the sweep.
COUNT = 1100
#: Where a process dies: within a window of each table, and between two windows.
POINTS = (
    "content_swept_event",
    "content_sweep_committed",
    "content_swept_message",
    "content_sweep_committed",
    "content_swept_payload",
    "content_sweep_committed",
)

# What partners delivered, by their own ids and ordering keys.
RECEIVE = """
from odoo.addons.integration_core.engine import intake, settings
spec = env["integration.interface"].browse(interface_id)._inbound_spec()
result = [
    intake.store(env.cr, spec, intake.Incoming(
        f"{name}-id-{number}", None, b'{"patient": "%s-%d"}' % (name.encode(), number),
        "application/json", f"c{number}", None), settings.optional_key_ring()).uuid
    for number in numbers
]
"""
# One real event and its message, many times, with content of their own.
MULTIPLY = """
INSERT INTO integration_event ({columns}, uuid, tx, res_id, data, subject)
SELECT {columns}, gen_random_uuid(), 'copy', n, '{{"patient":"' || %(name)s || '-' || n || '"}}',
       %(name)s || '-subject-' || n
  FROM (SELECT * FROM integration_event ORDER BY id DESC LIMIT 1) e, generate_series(1, %(count)s) n
"""
SENT = """
WITH made AS (
    INSERT INTO integration_message (
        uuid, interface_id, company_id, direction, state, message_type, external_key,
        partition_hash, correlation_id, priority, available_at, created_at, attempts, finished_at)
    SELECT gen_random_uuid(), %(interface)s, 1, 'outbound', 'done', 'test', 'sent-' || n, 0,
           'c' || n, 10, now(), now(), 1, now()
      FROM generate_series(1, %(count)s) n RETURNING id, external_key)
INSERT INTO integration_payload (
    message_id, kind, body, encoding, size, sha256, content_type, created_at)
SELECT id, 'sent',
       convert_to('{"patient": "' || %(name)s || replace(external_key, 'sent', '') || '"}', 'UTF8'),
       '', 10, md5(external_key), 'application/json', now()
  FROM made
"""
# What the migration of the version that encrypts does.
UPGRADE = """
env["integration.content.sweep"]._request()
"""
SWEEP = "env['integration.content.sweep']._cron_sweep()"
# All that is stored, opened with the key ring: texts, and how many of each kind are in clear.
OPEN = """
from odoo.addons.integration_core.engine import payloads, settings
from odoo.addons.integration_core.tools import payload_codec
ring = settings.key_ring()
env.cr.execute("SELECT m.uuid, p.kind, p.body, p.encoding FROM integration_payload p"
               " JOIN integration_message m ON m.id = p.message_id")
rows = env.cr.fetchall()
clear = {"payload": sum("aes256gcm" not in encoding for *_row, encoding in rows)}
texts = [payload_codec.decode(bytes(body), encoding, uuid, kind, ring).decode()
         for uuid, kind, body, encoding in rows]
env.cr.execute("SELECT data, body, encoding, uuid FROM integration_event WHERE tx = 'copy'")
rows = env.cr.fetchall()
clear["event"] = sum(data is not None for data, *_row in rows)
texts += [payloads.open_event(*row, ring).decode() for row in rows]
env.cr.execute("SELECT count(*) FROM integration_message"
               " WHERE direction = 'inbound' AND external_key NOT LIKE 'p:%'")
clear["message"] = env.cr.fetchone()[0]
result = {"texts": sorted(texts), "clear": clear}
"""


@dataclass
class Clinic:
    """What an older version left, and what must come of it.

    :ivar texts: every content, sorted
    :ivar receipts: what the partner was told about its deliveries
    """

    inbound: Inbound
    outbound: Outbound
    texts: list[str]
    receipts: list[str]


@pytest.fixture
def canaries() -> Canaries:
    canaries = Canaries()
    for label in ("received", "sent", "event"):
        canaries.plant(label)
    return canaries


def planted(canaries: Canaries, label: str) -> str:
    return canaries.planted[label].decode()


def left_in_clear(database: Database, shell: Shell, canaries: Canaries) -> Clinic:
    """Private content as it was stored before it was encrypted."""
    office = Office(through_shell(shell), through_shell(shell))
    supplier = office.supplier("Clinic")
    inbound = office.inbound(supplier, office.buyer("interface"), ordering_key_path="patient")
    outbound = office.outbound(supplier, "http://127.0.0.1:9/hook")
    office.confirmed(supplier)
    names = {label: planted(canaries, label) for label in ("received", "sent", "event")}
    receipts = receive(shell, inbound, names["received"], range(1, COUNT + 1))
    # Half of them are handled; the others still wait.
    database.sql(
        "UPDATE integration_message SET state = 'done', finished_at = now() WHERE uuid = ANY(%s)",
        [receipts[::2]],
    )
    multiply_events(database, names["event"])
    database.sql(SENT, {"interface": outbound.id, "name": names["sent"], "count": COUNT})
    # Classes are as old as the interfaces; what is new is that content is encrypted by them.
    database.sql("UPDATE integration_interface SET data_class = 'clinical'")
    spaced = [f'{{"patient": "{names[label]}-{n}"}}'
              for label in ("received", "sent") for n in range(1, COUNT + 1)]  # fmt: skip
    dense = [f'{{"patient":"{names["event"]}-{n}"}}' for n in range(1, COUNT + 1)]
    return Clinic(inbound, outbound, sorted(spaced + dense), receipts)


def receive(shell: Shell, inbound: Inbound, name: str, numbers: Any) -> list[str]:
    return shell.run(RECEIVE, interface_id=inbound.id, name=name, numbers=list(numbers))


def multiply_events(database: Database, name: str) -> None:
    rows = database.sql(
        "SELECT column_name AS name FROM information_schema.columns"
        " WHERE table_name = 'integration_event' AND is_generated = 'NEVER'"
        " AND column_name NOT IN ('id', 'uuid', 'tx', 'res_id', 'data', 'subject')"
    )
    columns = ", ".join(row["name"] for row in rows)
    database.sql(MULTIPLY.format(columns=columns), {"name": name, "count": COUNT})


@pytest.mark.long
def test_sweep_that_is_killed_again_and_again(
    database: Database, canaries: Canaries, faults: Faults
) -> None:
    with database.shell() as shell:
        clinic = left_in_clear(database, shell, canaries)
        assert len(canaries.search_database(database)) >= len(canaries.planted), "it is in clear"
        # A process that knows the classes as they are now, as after an upgrade.
    with database.shell() as shell:
        shell.run(UPGRADE)
        before = shell.run(OPEN)
        assert before["texts"] == clinic.texts
        assert before["clear"] == {"payload": 2 * COUNT, "event": COUNT, "message": COUNT}
        left = [sum(before["clear"].values())]
        for point in POINTS:
            die_at(point, database, faults)
            now = shell.run(OPEN)
            assert now["texts"] == clinic.texts, "nothing is lost, nothing is encrypted twice"
            left.append(sum(now["clear"].values()))
        # Each death but the first came after some windows, and none was in vain.
        assert left == sorted(left, reverse=True)
        assert 0 < left[-1] < left[0]
        resume(database)
        after = shell.run(OPEN)
        assert after["texts"] == clinic.texts
        assert after["clear"] == {"payload": 0, "event": 0, "message": 0}
        findings = canaries.search_database(database)
        assert not findings, report(findings)
        # And it means the same: a delivery that is repeated gets the receipt that it got.
        numbers = range(1, COUNT + 1, 7)
        again = receive(shell, clinic.inbound, planted(canaries, "received"), numbers)
        assert again == clinic.receipts[::7]


@pytest.fixture
def faults(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Faults:
    return Faults(tmp_path_factory.mktemp("faults"), database)


def die_at(point: str, database: Database, faults: Faults) -> None:
    """Sweep, until the process dies at a point."""
    faults.arm(point)
    died = pytest.raises(RemoteError, match="the process ended")
    with database.shell(environ=faults.environ) as victim, died:
        victim.run(SWEEP)
    faults.wait_reached()


def resume(database: Database) -> None:
    """A server is started, and nobody does anything."""
    assert database.scalar("SELECT count(*) FROM integration_content_sweep") > 0
    with database.server(job_runner=False) as server:
        wait_until(
            lambda: not database.scalar("SELECT count(*) FROM integration_content_sweep"),
            timeout=180,
            what="the end of the sweep",
        )
        assert server.errors() == []

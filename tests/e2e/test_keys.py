"""Keys of the ring are added, lost, mixed up and restored, on real servers that are killed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from setup import key_ring
from tests.e2e.conftest import EAGER, Suite, running_suite
from tests.e2e.receivers import Receiver
from tests.harness import Database, Faults, Harness, wait_until

BODY = {"type": "order.confirmed", "order_no": "none"}
CLINICAL = 350

_FILL = """
from odoo.addons.integration_core.engine import intake, settings
spec = env["integration.interface"].browse(interface)._inbound_spec()
for number in range(count):
    incoming = intake.Incoming(
        f"{prefix}-{number}", None, b'{"patient": "%d"}' % number, "application/json", "c", None)
    intake.store(env.cr, {**spec, "data_class": "clinical"}, incoming, settings.key_ring())
result = True
"""
_READ = """
from odoo.addons.integration_core.engine import keys
from odoo.addons.integration_core.tools import payload_codec
env.cr.execute(
    "SELECT m.uuid, p.body, p.encoding FROM integration_payload p JOIN integration_message m"
    " ON m.id = p.message_id WHERE p.sealed_key IS NOT NULL AND m.interface_id = %s", [interface])
rows = env.cr.fetchall()
ring = keys.ring(env.cr)
bodies = {payload_codec.decode(bytes(body), encoding, uuid, "received", ring).decode()
          for uuid, body, encoding in rows}
result = [len(bodies), env["integration.credential"].browse(credential)._secrets()]
"""


@pytest.fixture
def database(harness: Harness) -> Iterator[Database]:
    with harness.database() as database:
        yield database


@contextmanager
def restarted(suite: Suite, ring: str) -> Iterator[None]:
    """The same server with another key ring."""
    suite.server.kill()
    suite.server.environ = {**suite.server.environ, "INTEGRATION_KEY_RING": ring}
    suite.server.start()
    suite.server.wait_ready()
    suite.admin = suite.server.login()
    suite.office.call = suite.admin.call
    yield


def inbound(suite: Suite) -> Any:
    user = suite.office.buyer("interface")
    return suite.office.inbound(suite.office.supplier("Clinic"), user)


def credential_of(suite: Suite, interface_id: int) -> int:
    return suite.office.read("integration.interface", interface_id, "credential_id")[
        "credential_id"
    ][0]


def run_cron(suite: Suite) -> None:
    """Do now what happens every few minutes; the worker may be killed in it."""
    # Odoo lets an action that was killed three times miss one turn.
    suite.database.sql("UPDATE ir_cron_progress SET timed_out_counter = 0")
    with suppress(requests.RequestException):
        suite.office.run_scheduled("integration_core.ir_cron_encryption")


def by_key(database: Database) -> dict[str, int]:
    rows = database.sql(
        "SELECT sealed_key AS key, count(*) AS n FROM integration_payload"
        " WHERE sealed_key IS NOT NULL GROUP BY 1"
    )
    return {row["key"]: row["n"] for row in rows}


def test_reencryption_survives_being_killed(database: Database, tmp_path: Path) -> None:
    faults = Faults(tmp_path, database)
    # Its own scheduler would race with the test for the work.
    options = {"max_cron_threads": 0}
    with running_suite(database, environ=faults.environ, options=options, workers=2) as suite:
        interface = inbound(suite)
        credential = credential_of(suite, interface.id)
        with database.shell() as shell:
            shell.run(_FILL, interface=interface.id, count=CLINICAL, prefix="a")
        assert by_key(database) == {"test": CLINICAL}
        new = key_ring.generate("new")
        with restarted(suite, f"{database.key_ring} {new}"):
            keys_model = "integration.encryption.key"
            run = suite.admin.call(keys_model, "action_open_reencryption", [])["res_id"]
            suite.admin.call("integration.reencryption", "action_start", [run])
            # Killed within a batch: the whole batch is undone.
            faults.arm("reencryption_batch")
            run_cron(suite)
            faults.wait_reached()
            assert by_key(database) == {"test": CLINICAL}
            # Killed between two batches: what was done is done.
            # The first batch is the one secret, the second one the first hundred contents.
            for _ in range(2):
                faults.arm("reencryption_committed")
                run_cron(suite)
                faults.wait_reached()
            found = by_key(database)
            assert sum(found.values()) == CLINICAL
            assert 0 < found["test"] < CLINICAL
            suite.server.kill()
            suite.server.start()
            suite.server.wait_ready()
            suite.admin = suite.server.login()
            suite.office.call = suite.admin.call
            run_cron(suite)
            (row,) = database.sql("SELECT * FROM integration_reencryption WHERE id = %s", [run])
            assert (row["state"], row["failed"], row["report"]) == ("done", 0, "")
            assert by_key(database) == {"new": CLINICAL}
            page = suite.admin.call(
                keys_model, "search_read", [["key_id", "=", "test"]], ["value_count", "state"]
            )
            assert [(one["value_count"], one["state"]) for one in page] == [(0, "older")]
    with database.shell(integration={"key_ring": new}) as shell:
        counted, secrets = shell.run(_READ, interface=interface.id, credential=credential)
    assert (counted, secrets) == (CLINICAL, [interface.secret])


def test_pause_holds_and_goes_on(database: Database) -> None:
    with running_suite(database, workers=2) as suite:
        interface = inbound(suite)
        with database.shell() as shell:
            shell.run(_FILL, interface=interface.id, count=20, prefix="a")
        with restarted(suite, f"{database.key_ring} {key_ring.generate('new')}"):
            runs = "integration.reencryption"
            run = suite.admin.call("integration.encryption.key", "action_open_reencryption", [])
            run_id = run["res_id"]
            suite.admin.call(runs, "action_start", [run_id])
            # The scheduler of the server does the work by itself.
            wait_until(
                lambda: suite.office.read(runs, run_id, "state")["state"] == "done",
                90,
                what="the end of the run",
            )
            assert by_key(database) == {"new": 20}


def test_server_without_its_key_and_with_it_again(database: Database) -> None:
    """Nothing is lost while the key is missing, and all goes on when it is back."""
    with running_suite(database, workers=3, integration=EAGER) as suite, Receiver() as receiver:
        incoming = inbound(suite)
        supplier = suite.office.supplier("Receiver")
        outgoing = suite.office.outbound(supplier, receiver.url, latency_class="realtime")
        other = key_ring.generate("other")
        with restarted(suite, other):
            answer = suite.sender(incoming).deliver(BODY, "msg_1")
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
            suite.office.confirmed(supplier, 2)
            # A server that is killed may take the job of a lane with it.
            reason = suite.wait_watched(
                lambda: suite.database.scalar(
                    "SELECT blocked_reason FROM integration_interface WHERE id = %s", [outgoing.id]
                ),
                what="the reason why messages wait",
            )
            assert "'test'" in reason
            time.sleep(1)
            # A drain that looks whether the key is back may have them in hand for a moment.
            wait_until(
                lambda: suite.ledger.states(outgoing.id) == {"queued": 2}, what="waiting messages"
            )
            assert not receiver.received
            keys_model = "integration.encryption.key"
            suite.admin.call(keys_model, "action_open_keys")
            rows = suite.admin.call(keys_model, "search_read", [], ["key_id", "state"])
            assert {row["key_id"]: row["state"] for row in rows} == {
                "test": "missing",
                "other": "current",
            }
        with restarted(suite, f"{database.key_ring} {other}"):
            suite.ledger.wait_settled(outgoing.id, 2)
            assert suite.ledger.states(outgoing.id) == {"done": 2}
            assert suite.sender(incoming).deliver(BODY, "msg_1").status_code == 202
            assert suite.ledger.count(incoming.id) == 1
            receiver.verify(outgoing.secret)
        assert database.scalar("SELECT count(*) FROM integration_message WHERE attempts > 1") == 0


def test_another_key_under_a_known_name_is_refused(database: Database) -> None:
    with running_suite(database, workers=2) as suite:
        interface = inbound(suite)
        suite.admin.call("integration.encryption.key", "action_open_keys")
        with restarted(suite, key_ring.generate("test")):
            answer = suite.sender(interface).deliver(BODY)
            assert answer.status_code == 503
            credential = suite.office.create("integration.credential", name="x")
            with pytest.raises(Exception, match="put the right one back") as caught:
                suite.admin.call(
                    "integration.credential", "rotate", [credential], {"generate": True}
                )
            assert "'test'" in str(caught.value)
            assert (
                database.scalar(
                    "SELECT count(*) FROM integration_credential_version WHERE credential_id = %s",
                    [credential],
                )
                == 0
            )
        twice = f"{key_ring.generate('twice')} {key_ring.generate('twice')}"
        with restarted(suite, twice):
            assert suite.sender(interface).deliver(BODY).status_code == 503
            with pytest.raises(Exception, match="two different keys named 'twice'"):
                suite.admin.call(
                    "integration.credential", "rotate", [credential], {"generate": True}
                )
        with restarted(suite, database.key_ring):
            assert suite.sender(interface).deliver(BODY).status_code == 202

"""The harness, tried on a real server with Odoo's own modules only."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.harness import Database, Harness, RemoteError, RpcError, Server, wait_until
from tests.harness.starter import Starter


@pytest.fixture(scope="module")
def database(harness: Harness):
    with harness.database(harness.base_template) as database:
        yield database


@pytest.fixture(scope="module")
def server(database: Database):
    with database.server() as server:
        yield server


def test_postgresql_is_durable(database):
    assert database.durability()["fsync"] == "on"


def test_shell_commits_and_keeps_its_process(database):
    with database.shell() as shell:
        partner = shell.run("result = env['res.partner'].create({'name': name}).id", name="Ada")
        with pytest.raises(RemoteError, match="ZeroDivisionError"):
            shell.run("env['res.partner'].create({'name': 'Lost'}); 1 / 0")
        assert shell.run("result = env['res.partner'].browse(id_).name", id_=partner) == "Ada"
    assert database.scalar("SELECT count(*) FROM res_partner WHERE name = 'Lost'") == 0


_SEEN = "import os; result = [os.environ.get('E2E_MARK'), os.environ['TZ'], os.getpid()]"


def test_each_process_has_the_environment_that_it_was_given(database):
    """They are forks of one, which has neither the variable nor what another fork has set."""
    with database.shell(environ={"E2E_MARK": "one"}) as one, database.shell() as other:
        mark, zone, pid = one.run(_SEEN)
        assert (mark, zone) == ("one", "UTC")
        one.run("os = __import__('os'); os.environ['E2E_MARK'] = 'changed'")
        assert other.run(_SEEN)[:2] == [None, "UTC"]
        assert other.run(_SEEN)[2] != pid


def test_what_python_reads_when_it_begins_is_heeded(database, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.e2e_mark = 'begun'\n")
    with database.shell(environ={"PYTHONPATH": str(tmp_path)}) as shell:
        assert shell.run("import sys; result = sys.e2e_mark") == "begun"


def test_a_process_that_ended_is_known_to_have(database):
    with database.shell() as shell:
        shell.run("result = None")
        process = shell._process
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        with pytest.raises(RemoteError, match="the process ended"):
            shell.run("__import__('os')._exit(3)")
        assert process.poll() is not None
        process.kill()  # nobody else has its number meanwhile


def test_what_a_killed_run_has_started_ends(harness, tmp_path):
    script = tmp_path / "sleeper.py"
    script.write_text("import time\nprint('begun', flush=True)\ntime.sleep(600)\n")
    settings = harness.machine.settings
    starter = Starter(settings.python, harness.machine.environ)
    with (tmp_path / "output").open("wb") as output, Path(os.devnull).open("rb") as nothing:
        files = (nothing.fileno(), output.fileno(), output.fileno())
        process = starter.start([script], harness.machine.environ, files, [])
    wait_until(lambda: (tmp_path / "output").read_text() == "begun\n", what="its first words")
    assert process.poll() is None
    starter._channel.close()  # as the system does when it kills us
    process.wait(60)
    starter._process.wait(60)


def test_locks_of_a_killed_process_are_free_when_it_is_gone(database):
    """Its session would otherwise go on for as long as its statement takes."""
    lock = "SELECT pg_try_advisory_lock(7)"
    with database.shell() as shell:
        shell.send("env.cr.execute('SELECT pg_advisory_lock(7), pg_sleep(3)')")
        wait_until(lambda: not taken(database, lock), what="the lock")
        shell.kill()
        assert taken(database, lock)


def taken(database, lock):
    """Whether a lock could be taken; it is given back."""
    got = database.scalar(lock)
    if got:
        database.sql("SELECT pg_advisory_unlock(7)")
    return got


def test_client_calls_models(server: Server):
    client = server.login()
    assert client.uid
    assert client.call("res.users", "search_count", [["login", "=", "admin"]]) == 1
    with pytest.raises(RpcError):
        client.call("res.users", "no_such_method")


def test_jobs_run_after_kill_and_restart(database: Database, server: Server):
    server.kill()
    assert not server.is_running
    with database.shell() as shell:
        uuid = shell.run("result = env['queue.job'].with_delay()._test_job().uuid")
    server.start()
    server.wait_ready()
    wait_until(
        lambda: database.scalar("SELECT state FROM queue_job WHERE uuid = %s", [uuid]) == "done",
        what="the job",
    )

"""What others watch the suite by: metrics, health, the log and a SIEM, on a real server."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from setup import packages
from setup.databases import Databases
from tests.e2e.conftest import Suite, running_suite
from tests.e2e.deliveries import World
from tests.e2e.senders import encode
from tests.harness import Database, Harness, wait_until

#: The addon is loaded with the server, so that health is told without a database as well.
WIDE = "base,rpc,web,queue_job,e2e_prompt,integration_monitoring"


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("siem") / "events.jsonl"


@pytest.fixture(scope="module")
def suite(database: Database, events: Path) -> Iterator[Suite]:
    with running_suite(
        database,
        workers=2,
        channels="root:1",
        options={"server_wide_modules": WIDE},
        integration={
            "siem_file": str(events),
            "log_format": "json",
            "audit_key": "a1:" + "dGVz" * 11,
        },
    ) as suite:
        yield suite


@pytest.fixture(scope="module")
def token(suite: Suite) -> str:
    made = suite.admin.call("integration.metrics.token", "create", [{"name": "Prometheus"}])
    return suite.admin.call("integration.metrics.token", "action_generate", made)["params"]["token"]


def get(suite: Suite, path: str, **headers: str) -> requests.Response:
    return requests.get(suite.server.url + path, headers=headers, timeout=30)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_prometheus_reads_it(suite: Suite, token: str) -> None:
    answer = get(suite, "/integration/metrics", Authorization=f"Bearer {token}")
    assert answer.status_code == 200
    promtool = packages.promtool()
    assert promtool, "promtool is missing: Debian package prometheus"
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=answer.content, capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert get(suite, "/integration/metrics").status_code == 401


def test_a_refused_delivery_is_known_to_the_siem_at_once(suite: Suite, events: Path) -> None:
    world = World(suite)
    content = encode(world.order().confirmation())
    signed = world.sender.headers(content)
    before = len(lines(events))
    answer = world.sender.post(content, {**signed, "webhook-signature": "v1,AAAA"})
    assert answer.status_code == 401
    fresh = wait_until(
        lambda: [one for one in lines(events)[before:] if one["event"] == "not_authentic"],
        timeout=10,
        what="the refusal",
    )
    assert [one["interface"] for one in fresh] == [str(world.inbound.id)]
    assert fresh[0]["remote_address"] == "127.0.0.1"
    secret = world.sender.url.rpartition("/")[2]
    assert secret not in events.read_text()


def test_what_people_do_is_known_to_the_siem_once_it_is_sealed(suite: Suite, events: Path) -> None:
    suite.office.run_scheduled("integration_core.ir_cron_audit_seal")
    suite.office.run_scheduled("integration_monitoring.ir_cron_siem")
    wait_until(lambda: [one for one in lines(events) if "sequence" in one], what="audit events")
    numbers = [one["sequence"] for one in lines(events) if "sequence" in one]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_log_is_json_line_by_line(suite: Suite) -> None:
    text = suite.server.log_text()
    found = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert found, "no line in JSON"
    assert {"time", "level", "logger", "message", "process"} <= set(found[-1])


def test_health_without_a_database(suite: Suite, harness: Harness) -> None:
    assert get(suite, "/integration/health/ready").status_code == 200
    name = suite.database.name
    suite.database.close()
    databases = Databases(harness.machine)
    databases.query(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    try:
        databases.query(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        # The process is well: whoever restarts it makes things worse.
        assert get(suite, "/integration/health/live").status_code == 200
        answer = get(suite, "/integration/health/ready")
        assert answer.status_code == 503
        assert answer.json()["checks"]["database"] == "fail"
    finally:
        databases.query(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    suite.database.reconnect()
    wait_until(lambda: get(suite, "/integration/health/ready").status_code == 200, what="readiness")


def test_the_doctor_looks_from_the_command_line(suite: Suite) -> None:
    def doctor(*more: str) -> subprocess.CompletedProcess[str]:
        command = [
            str(suite.server.command),
            "integration_doctor",
            f"--config={suite.server.config}",
            f"--database={suite.database.name}",
            *more,
        ]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**suite.server.environ, "ODOO_RC": str(suite.server.config)},
        )

    result = doctor("--all")
    assert "good    The database is named, and no filter is set." in result.stdout, result
    assert "workers" in result.stdout
    # Two workers for one job at once, and neither a name nor a seal: advice and more.
    assert "advice  This environment has no name." in result.stdout
    assert result.returncode == (1 if "WRONG" in result.stdout else 0)
    text = suite.server.config.read_text()
    suite.server.config.write_text(text.replace("db_name", "dbfilter = ^x$\ndb_name", 1))
    try:
        broken = doctor()
    finally:
        suite.server.config.write_text(text)
    assert broken.returncode == 1
    assert "WRONG   A database filter is set: ^x$" in broken.stdout, broken

"""A real Prometheus that scrapes what a test serves."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from setup.odoo_server import free_port
from tests.harness.waiting import wait_until

_TIMEOUT = 10  # seconds for one answer


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus.

    :ivar url: of its API
    :ivar log: what it wrote
    """

    url: str
    log: Path

    def get(self, path: str, **parameters: Any) -> Any:
        """Ask its API and return the data of the answer.

        :raises AssertionError: it refused; the text says why
        """
        answer = requests.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=_TIMEOUT)
        body = answer.json()
        assert body["status"] == "success", f"{parameters}: {body.get('error')}"
        return body["data"]

    def series(self, expression: str, seconds: int = 120, step: int = 5) -> list[dict[str, Any]]:
        """Return the series of an expression over the latest seconds, as a chart would show them.

        Each is ``{"metric": labels, "values": [[moment, text], …]}``.
        """
        now = float(self.get("query", query="time()")["result"][1])
        found = self.get("query_range", query=expression, start=now - seconds, end=now, step=step)
        return list(found["result"])


def is_there() -> bool:
    """Whether this machine has a Prometheus."""
    return shutil.which("prometheus") is not None


@contextmanager
def prometheus(target: str, path: str, token: str, rules: Path) -> Iterator[Prometheus]:
    """Give a Prometheus that scrapes one address each second, and evaluates rules as often.

    :param target: host and port
    :param token: bearer token for whoever scrapes
    """
    folder = Path(tempfile.mkdtemp(prefix="suite-prometheus-"))
    secret = folder / "token"
    secret.write_text(token)
    # What is JSON is YAML.
    config = folder / "prometheus.yml"
    config.write_text(
        json.dumps(
            {
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "rule_files": [str(rules)],
                "scrape_configs": [
                    {
                        "job_name": "odoo-integrations",
                        "metrics_path": path,
                        "authorization": {"credentials_file": str(secret)},
                        "static_configs": [{"targets": [target]}],
                    }
                ],
            }
        )
    )
    address = f"127.0.0.1:{free_port()}"
    log = folder / "log"
    command = [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        made = Prometheus(f"http://{address}", log)
        wait_until(lambda: _is_ready(made), what="Prometheus")
        yield made
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _is_ready(made: Prometheus) -> bool:
    try:
        return requests.get(f"{made.url}/-/ready", timeout=_TIMEOUT).status_code == 200
    except OSError:
        return False

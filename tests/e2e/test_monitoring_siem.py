"""A SIEM that is slow holds up no request of a real server, and gets all that was refused."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.harness import Database, Server, wait_until
from tests.unit.slow_listener import SlowListener

#: Loaded before the workers are forked, as the documentation advises: the handler is the parent's.
WIDE = "base,rpc,web,queue_job,e2e_prompt,integration_monitoring"
REQUESTS = 24


@pytest.fixture
def siem() -> Iterator[SlowListener]:
    listener = SlowListener()
    yield listener
    listener.close()


@pytest.fixture
def server(database: Database, siem: SlowListener) -> Iterator[Server]:
    with database.server(
        workers=2,
        job_runner=False,
        options={"server_wide_modules": WIDE},
        integration={"siem_syslog": f"tcp://127.0.0.1:{siem.port}"},
    ) as server:
        yield server


def guess(server: Server, number: int) -> float:
    """Ask with a wrong token; the seconds until the refusal."""
    begun = time.monotonic()
    answer = requests.get(
        f"{server.url}/integration/metrics",
        headers={"Authorization": f"Bearer wrong{number}"},
        timeout=60,
    )
    assert answer.status_code in (401, 429)
    return time.monotonic() - begun


def refused(siem: SlowListener) -> set[str]:
    """What was told of refusals; of a connection that breaks, something may come twice."""
    return {frame for frame in siem.frames if 'interface="metrics"' in frame}


def test_refusals_do_not_wait_for_it_and_nothing_is_lost(
    server: Server, siem: SlowListener
) -> None:
    guess(server, 0)  # what a worker does first takes long anyway
    with ThreadPoolExecutor(4) as pool:
        took = sorted(pool.map(lambda number: guess(server, number), range(1, REQUESTS)))
    # To connect to it takes five seconds, and fails: every answer would take as long.
    assert took[len(took) // 2] < 4.0, took
    assert not siem.frames
    siem.open()
    wait_until(lambda: len(refused(siem)) >= REQUESTS, timeout=240, what="all refusals at the SIEM")
    # The workers that answered told it, each for itself: none told what another one had to tell.
    assert len(refused(siem)) == REQUESTS
    assert all("wrong" not in frame for frame in siem.frames)


def test_what_was_refused_last_leaves_before_the_server_ends(
    server: Server, siem: SlowListener
) -> None:
    siem.open()
    for number in range(6):
        guess(server, number)
    server.stop()
    assert len(refused(siem)) == 6

"""Deliveries per second through the whole engine, against a bare loop that signs and posts.

Ours as in outbound_delivery. The reference is what a script would do: one process, one
``requests.Session``, a list of bodies in memory, a signature and a POST for each. It reads nothing
from a database, validates nothing and remembers nothing.
"""

import base64
import hashlib
import hmac
import multiprocessing
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from tests.bench import figures, outgoing, rules, runner, sink, stage
from tests.bench.outbound_delivery import CHANNELS, MESSAGES, WORKERS, Arm, sink_alone
from tests.harness import Harness

NAME = "outbound_vs_bare"
UNIT = "deliveries/s"
TARGET = figures.Target(1.3)

_KEY = b"A" * 24


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the database, the server, the sink and both arms."""
    with (
        sink.running() as receiver,
        stage.database(harness) as database,
        stage.shell(database) as shell,
        stage.server(
            database,
            workers=WORKERS,
            channels=CHANNELS,
            options={"log_handler": ":INFO,werkzeug:WARNING"},
        ),
    ):
        endpoint = outgoing.Endpoint.create(database, shell, "measured", receiver.url, lanes=2)
        body = database.scalar(
            "SELECT data FROM integration_event WHERE id = %s", [endpoint.template]
        )
        yield runner.Stage(
            database,
            ours=rules.Arm("outbound drains", 1, Arm(endpoint, receiver).measure),
            reference=rules.Arm("bare loop", 1, Bare(receiver, body.encode()).measure),
            generator=lambda: sink_alone(receiver),
            remarks=(
                f"a round is {MESSAGES} messages each; ours has {WORKERS} workers that share two "
                "cores with the database and the sink, the loop has one process and needs no more",
            ),
        )


@dataclass
class Bare:
    """The loop, in a process of its own."""

    receiver: sink.Sink
    body: bytes

    def measure(self) -> float:
        before, _ids = self.receiver.received()
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            seconds = pool.apply(_loop, (self.receiver.url, self.body, MESSAGES))
        after, _ids = self.receiver.received()
        assert after - before == MESSAGES, f"{after - before} of {MESSAGES} were delivered"
        return MESSAGES / seconds


def _loop(url: str, body: bytes, count: int) -> float:
    session = requests.Session()
    session.trust_env = False  # looking for proxies in the environment would slow it down
    start = time.monotonic()
    for _number in range(count):
        message_id, moment = str(uuid.uuid4()), str(int(time.time()))
        content = b"%s.%s.%s" % (message_id.encode(), moment.encode(), body)
        digest = hmac.new(_KEY, content, hashlib.sha256).digest()
        answer = session.post(
            url,
            data=body,
            headers={
                "content-type": "application/json",
                "webhook-id": message_id,
                "webhook-timestamp": moment,
                "webhook-signature": "v1," + base64.b64encode(digest).decode(),
            },
            timeout=15,
        )
        answer.raise_for_status()
    return time.monotonic() - start

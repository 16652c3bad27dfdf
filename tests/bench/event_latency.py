"""From the commit of a business transaction to its receipt at a partner, idle and behind a backlog.

A prefork server with the channels of ``odoo.conf.example`` and queue_job's own runner; orders are
confirmed in a process of their own, now and then, as people do; the partner is a third process on
the same machine and clock. The backlog belongs to another interface, whose partner answers at
once, so that its drain takes all that the machine gives.
"""

import itertools
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from configparser import RawConfigParser
from contextlib import contextmanager
from dataclasses import dataclass, field

from setup.settings import REPOSITORY
from tests.bench import figures, partner, rules, runner, stage
from tests.bench.engine_inbound_drain import jobs_done
from tests.bench.event_capture import Office
from tests.harness import Database, Harness, wait_until

NAME = "event_latency"
UNIT = "s"
TARGET = figures.Target(2.0, at_most=True)
IDLE_LIMIT = 1.0

WORKERS = 6
TRANSACTIONS = 30
BACKLOG = 100_000
#: Seconds between two transactions, at least and at most.
PAUSE = (0.3, 1.1)
#: Each transaction confirms an order to a partner of either class, in turn.
CLASSES = ("near_realtime", "realtime")


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the server, the partner, and interfaces of each class."""
    with (
        partner.running() as receiver,
        stage.database(harness) as database,
        stage.shell(database) as shell,
    ):
        desk = Desk.open(Office.open(database, shell), receiver)
        backlog = Backlog.create(desk)
        with stage.server(database, workers=WORKERS, channels=example_channels()):
            idle = Arm(desk)
            busy = Arm(desk, backlog)
            yield runner.Stage(
                database,
                ours=rules.Arm("behind a backlog", WORKERS, busy.measure),
                reference=rules.Arm("idle", WORKERS, idle.measure),
                generator=None,
                remarks=(
                    f"figures are the 95th percentile of {TRANSACTIONS} transactions a round, "
                    "each confirming one order of five lines; interface of the default latency "
                    "class (near real time)",
                    f"the backlog is {BACKLOG:,} messages of class batch on another interface, "
                    f"being sent; {WORKERS} workers, channels {example_channels()}",
                ),
                extras=(
                    runner.Extra("idle, class real time", lambda: idle.median("realtime")),
                    runner.Extra("behind a backlog, real time", lambda: busy.median("realtime")),
                    runner.Extra("least backlog left after a round", backlog.least, "messages"),
                ),
                limits=(runner.Limit("idle", lambda result: result.reference, IDLE_LIMIT),),
            )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that is not exceeded by ``share`` of all (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def example_channels() -> str:
    """The channels that ``odoo.conf.example`` recommends."""
    parser = RawConfigParser()
    parser.read(REPOSITORY / "odoo.conf.example")
    return parser["queue_job"]["channels"]


@dataclass
class Desk:
    """Where orders are confirmed, to one supplier a latency class."""

    office: Office
    receiver: partner.Partner
    products: list[int]
    suppliers: dict[str, int] = field(default_factory=dict)

    @classmethod
    def open(cls, office: Office, receiver: partner.Partner) -> "Desk":
        desk = cls(office, receiver, office.products("consu"))
        for latency in CLASSES:
            desk.suppliers[latency], _interface = desk.connect(latency, partner.NOTED)
        return desk

    def connect(self, latency: str, path: str) -> tuple[int, int]:
        """Make a supplier and the interface to it; return both ids."""
        return self.office.shell.run(
            "made = env['bench.purchase']\n"
            "supplier = made._supplier(latency)\n"
            "interface = made._subscriber(\n"
            "    latency, url, partner_id=supplier.id, latency_class=latency)\n"
            "result = [supplier.id, interface.id]",
            latency=latency,
            url=self.receiver.url + path,
        )

    def orders(self, supplier: int, count: int) -> list[int]:
        return self.office.shell.run(
            "result = env['bench.purchase']._orders(buyer, supplier, products, count)",
            buyer=self.office.buyer,
            supplier=supplier,
            products=self.products,
            count=count,
        )

    def confirm(self, order: int) -> tuple[str, float]:
        """Confirm an order; return its number and the moment of the commit."""
        name, committed = self.office.shell.run(
            "from odoo.addons.bench_reference import confirming\n"
            "env.cr.rollback()\n"
            "result = confirming.confirm_and_note(env.registry, buyer, order)",
            buyer=self.office.buyer,
            order=order,
        )
        return name, committed


@dataclass
class Arm:
    """Confirms orders and waits for their arrival, with a backlog or without."""

    desk: Desk
    backlog: "Backlog | None" = None
    found: dict[str, list[float]] = field(default_factory=dict)

    def measure(self) -> float:
        """The 95th percentile of the default class, in seconds."""
        if self.backlog is None:
            return self._round()
        with self.backlog.standing():
            return self._round()

    def median(self, latency: str) -> float:
        """Median of the percentiles of a class; the first round warmed up."""
        values = sorted(self.found[latency][1:] or self.found[latency])
        return values[len(values) // 2]

    def _round(self) -> float:
        orders = {c: self.desk.orders(self.desk.suppliers[c], TRANSACTIONS) for c in CLASSES}
        committed: dict[str, dict[str, float]] = {latency: {} for latency in CLASSES}
        for position, latency in itertools.product(range(TRANSACTIONS), CLASSES):
            time.sleep(random.uniform(*PAUSE))
            name, moment = self.desk.confirm(orders[latency][position])
            committed[latency][name] = moment
        names = {name for latency in CLASSES for name in committed[latency]}
        wait_until(
            lambda: names <= set(self.desk.receiver.arrivals()),
            timeout=120,
            what="the arrival of all orders",
        )
        arrived = self.desk.receiver.arrivals()
        for latency, moments in committed.items():
            delays = [arrived[name] - moment for name, moment in moments.items()]
            self.found.setdefault(latency, []).append(percentile(delays, 0.95))
        return self.found[CLASSES[0]][-1]


@dataclass
class Backlog:
    """Messages of class batch that wait for another partner."""

    database: Database
    wake: Callable[[], None]
    receiver: partner.Partner
    interface: int
    template: int
    left: list[int] = field(default_factory=list)

    @classmethod
    def create(cls, desk: Desk) -> "Backlog":
        """Make the interface, and an event of its supplier to copy."""
        supplier, interface = desk.connect("batch", partner.COUNTED)
        [order] = desk.orders(supplier, 1)
        desk.confirm(order)
        database, shell = desk.office.database, desk.office.shell
        template = database.scalar(
            "UPDATE integration_event SET dispatched_at = occurred_at WHERE res_id = %s "
            "RETURNING id",
            [order],
        )

        def wake() -> None:
            shell.run("env['bench.fixture']._wake(interface)", interface=interface)

        return cls(database, wake, desk.receiver, interface, template)

    def least(self) -> float:
        return float(min(self.left))

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Messages wait, and are being sent, inside the block; none is left after it."""
        self.database.sql(_FILL_EVENTS, [BACKLOG, self.template])
        self.database.sql(_FILL_MESSAGES, [self.interface])
        self.database.sql("ANALYZE integration_message")
        before = self.receiver.counted()
        self.wake()
        wait_until(
            lambda: self.receiver.counted() > before + 500, timeout=60, what="the batch drain"
        )
        try:
            yield
            self.left.append(self._queued())
            assert self.left[-1] > BACKLOG / 4, f"the backlog was gone: {self.left[-1]} left"
        finally:
            self._clear()

    def _queued(self) -> int:
        return self.database.scalar(
            "SELECT count(*) FROM integration_message WHERE interface_id = %s AND state = 'queued'",
            [self.interface],
        )

    def _clear(self) -> None:
        self.database.sql(
            "DELETE FROM integration_message WHERE interface_id = %s AND state = 'queued'",
            [self.interface],
        )
        wait_until(lambda: jobs_done(self.database), timeout=120, what="the end of the drains")
        self.database.sql(_CLEAR_EVENTS)
        for table in ("integration_message", "integration_event"):
            self.database.sql(f"VACUUM (ANALYZE) {table}")


_FILL_EVENTS = """
INSERT INTO integration_event (
    uuid, tx, type_id, type_code, res_model, res_id, subject, occurred_at, company_id, partner_id,
    data, correlation_id, trace_parent, depth, user_id, dispatched_at)
SELECT gen_random_uuid(), n || '@' || gen_random_uuid(), type_id, type_code, res_model,
       1000000 + n, subject, occurred_at, company_id, partner_id, data, gen_random_uuid(),
       trace_parent, 0, user_id, dispatched_at
  FROM integration_event, generate_series(1, %s) n WHERE id = %s
"""

_FILL_MESSAGES = """
INSERT INTO integration_message (
    uuid, interface_id, company_id, direction, state, message_type, external_key, partition_key,
    partition_hash, correlation_id, trace_parent, causation_id, depth, event_id, res_model, res_id,
    priority, available_at, created_at, attempts)
SELECT gen_random_uuid(), %s, company_id, 'outbound', 'queued', type_code, uuid,
       res_model || ',' || res_id, hashtext(uuid) & 2147483647, correlation_id, trace_parent, uuid,
       0, id, res_model, res_id, 10, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 0
  FROM integration_event e
 WHERE res_id > 1000000
   AND NOT EXISTS (SELECT 1 FROM integration_message m WHERE m.event_id = e.id)
"""

_CLEAR_EVENTS = """
DELETE FROM integration_event e
 WHERE res_id > 1000000
   AND NOT EXISTS (SELECT 1 FROM integration_message m WHERE m.event_id = e.id)
"""

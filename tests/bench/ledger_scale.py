"""What claiming and inserting cost in a ledger of a million messages, against a small one.

Two databases of one cluster, one process each. In turn both insert, claim and record the same
messages through the engine's own functions, commits included: the door's intake (a transaction
each), the dispatcher (from the outbox), housekeeping and claim, and the results with attempts,
payloads and sync status. No server runs.
"""

import itertools
import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests.bench import confirmations, figures, ledger_fill, rules, runner, stage
from tests.harness import Database, Harness, Shell

NAME = "ledger_scale"
UNIT = "ms/message"
TARGET = figures.Target(1.2, at_most=True)

LARGE = ledger_fill.Extent(finished=1_000_000, unfinished=20_000)
SMALL = ledger_fill.Extent(finished=10_000)
#: Messages of each direction and round. The small ledger must stay small over all rounds.
MESSAGES = 400
PARTS = ("insert", "claim", "record")


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Fill both ledgers."""
    with ExitStack() as stack:
        large = stack.enter_context(_filled(harness, LARGE))
        small = stack.enter_context(_filled(harness, SMALL))
        yield runner.Stage(
            large.database,
            ours=rules.Arm("large ledger", 1, large.measure),
            reference=rules.Arm("small ledger", 1, small.measure),
            generator=None,
            remarks=(
                f"large: {LARGE.finished:,} messages done and {LARGE.unfinished:,} each dead, "
                f"held and not yet due, on the same two interfaces that are measured; small: "
                f"{SMALL.finished:,} done",
                f"a round is {MESSAGES} messages each way; the figure, and so the ratio, is the "
                "sum of insert, claim (with housekeeping) and record of a message; commits are "
                "part of it",
            ),
            extras=tuple(
                runner.Extra(f"ratio of {part} alone", _ratio_of(part, large, small), unit="")
                for part in (*PARTS, "insert_received", "insert_dispatched")
            ),
        )


def _ratio_of(part: str, large: "Ledger", small: "Ledger") -> Callable[[], float]:
    def ratio() -> float:
        ours, reference = large.median(part), small.median(part)
        print(f"{part}: {ours:.4f} ms against {reference:.4f} ms")
        return ours / reference

    return ratio


@contextmanager
def _filled(harness: Harness, extent: ledger_fill.Extent) -> Iterator["Ledger"]:
    with stage.database(harness) as database, stage.shell(database) as shell:
        ledger = Ledger.create(database, shell)
        ledger_fill.fill(database, ledger.inbound, ledger.outbound, extent)
        yield ledger


@dataclass
class Ledger:
    """A database with an interface of each direction.

    :ivar costs: milliseconds a message of each part, one figure a round
    """

    database: Database
    shell: Shell
    inbound: int
    outbound: int
    event_type: int
    costs: dict[str, list[float]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(10_000_000))

    @classmethod
    def create(cls, database: Database, shell: Shell) -> "Ledger":
        inbound = stage.interface(shell, "received").id
        outbound, event_type = shell.run(
            "made = env['bench.purchase']._subscriber('sent', 'http://127.0.0.1:9/hook')\n"
            "result = [made.id, made.event_type_ids.id]"
        )
        return cls(database, shell, inbound, outbound, event_type)

    def measure(self) -> float:
        """Milliseconds that a message costs from its insert to its result."""
        numbers = list(itertools.islice(self._numbers, MESSAGES))
        received = self._insert_received(numbers)
        dispatched = self._insert_dispatched(numbers)
        spent = self._claim_and_record()
        costs = {
            "insert": (received + dispatched) / (2 * MESSAGES),
            "insert_received": received / MESSAGES,
            "insert_dispatched": dispatched / MESSAGES,
            **{part: seconds / (2 * MESSAGES) for part, seconds in spent.items()},
        }
        for part, seconds in costs.items():
            self.costs.setdefault(part, []).append(1000 * seconds)
        return 1000 * sum(costs[part] for part in PARTS)

    def median(self, part: str) -> float:
        """Median over the rounds; the first one warmed up."""
        return statistics.median(self.costs[part][1:] or self.costs[part])

    def _insert_received(self, numbers: list[int]) -> float:
        return self._call(
            "insert_received",
            self.inbound,
            {f"msg_{number:024}": confirmations.canonical(number) for number in numbers},
        )

    def _insert_dispatched(self, numbers: list[int]) -> float:
        bodies = {str(number): confirmations.canonical(number) for number in numbers}
        self._call("write_events", self.event_type, bodies)
        return self._call("dispatch")

    def _claim_and_record(self) -> dict[str, float]:
        spent = {"claim": 0.0, "record": 0.0}
        for interface, direction in ((self.inbound, "inbound"), (self.outbound, "outbound")):
            found = self._call("claim_and_record", interface, direction)
            assert found.pop("messages") == MESSAGES, "not every message was claimed"
            for part, seconds in found.items():
                spent[part] += seconds
        return spent

    def _call(self, name: str, *arguments: object) -> object:
        return self.shell.run(
            "from odoo.addons.bench_reference import ledger_costs\n"
            "env.cr.rollback()\n"
            "result = getattr(ledger_costs, name)(env.registry, *arguments)",
            name=name,
            arguments=arguments,
        )

"""Runs a benchmark by the rules and prints what it found; the only place that prints figures."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from tests.bench import machine, rules
from tests.bench.figures import Result
from tests.harness import Database, Harness

DEFAULT_ROUNDS = 7


@dataclass(frozen=True)
class Extra:
    """A further figure that is printed beside the result and is not part of the ratio."""

    label: str
    measure: Callable[[], float]


@dataclass(frozen=True)
class Stage:
    """Everything a benchmark has prepared.

    :ivar generator: operations per second of the load generator against a trivial receiver;
        None when nothing generates load while the clock runs
    :ivar remarks: what a reader has to know to judge the figures
    """

    database: Database
    ours: rules.Arm
    reference: rules.Arm
    generator: Callable[[], float] | None
    remarks: Sequence[str] = ()
    extras: Sequence[Extra] = ()


class Benchmark(Protocol):
    """A module of this package that compares two arms."""

    NAME: str
    UNIT: str
    TARGET: float

    def prepare(self, harness: Harness) -> AbstractContextManager[Stage]:
        """Prepare databases, servers and arms; clean up at the end."""


def run(benchmark: Benchmark, harness: Harness, rounds: int) -> Result:
    """Run one benchmark and print its figures.

    :raises rules.RuleBrokenError: the run is not honest; nothing was printed as a result
    """
    print(f"== {benchmark.NAME}", flush=True)
    with benchmark.prepare(harness) as stage:
        settings = _durability(stage.database)
        print(machine.describe(stage.database))
        print("PostgreSQL durability:", ", ".join(f"{k}={v}" for k, v in settings.items()))
        for remark in stage.remarks:
            print(f"note: {remark}")
        result = _compare(benchmark, stage, rounds)
        _durability(stage.database)
        for text in _conclusion(stage, result):
            print(text)
    print(result.line(), flush=True)
    return result


def trial(benchmark: Benchmark, harness: Harness) -> None:
    """Run each arm once to see that it works. What it prints is no result."""
    print(f"== {benchmark.NAME} (trial: no result)", flush=True)
    with benchmark.prepare(harness) as stage:
        print("durability:", _durability(stage.database))
        for arm in (stage.ours, stage.reference):
            print(f"trial {arm.name}: {arm.measure():,.1f} {benchmark.UNIT}", flush=True)
        if stage.generator:
            print(f"trial generator alone: {stage.generator():,.1f} {benchmark.UNIT}")
        for extra in stage.extras:
            print(f"trial {extra.label}: {extra.measure():,.1f} {benchmark.UNIT}", flush=True)


def _compare(benchmark: Benchmark, stage: Stage, rounds: int) -> Result:
    for arm in (stage.reference, stage.ours):
        arm.measure()  # caches fill, connections open; not counted
    ours, reference = rules.alternate(stage.ours, stage.reference, rounds, _print_round)
    if stage.generator:
        alone = stage.generator()
        rules.require_headroom(alone, ours, reference)
        print(f"load generator against a trivial receiver: {alone:,.0f} {benchmark.UNIT}")
    return Result(benchmark.NAME, benchmark.UNIT, benchmark.TARGET, ours, reference)


def _conclusion(stage: Stage, result: Result) -> Iterator[str]:
    yield f"{stage.ours.name}: {result.ours} {result.unit}"
    yield f"{stage.reference.name}: {result.reference} {result.unit}"
    for extra in stage.extras:
        yield f"also: {extra.label}: {extra.measure():,.1f} {result.unit}"
    verdict = "met" if result.met else "MISSED"
    yield f"ratio {result.ratio:.2f}, target {result.target:g}: {verdict}"


def _durability(database: Database) -> dict[str, str]:
    settings = {name: str(database.scalar(f"SHOW {name}")) for name in rules.DURABILITY}
    rules.require_durable(settings)
    return settings


def _print_round(number: int, name: str, figure: float) -> None:
    print(f"round {number}: {name}: {figure:,.1f}", flush=True)

"""Runs a benchmark by the rules and prints what it found; the only place that prints figures."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from tests.bench import machine, rules
from tests.bench.figures import Result, Series, Target, text
from tests.harness import Database, Harness

DEFAULT_ROUNDS = 7


@dataclass(frozen=True)
class Extra:
    """A further figure that is printed beside the result and is not part of the ratio.

    :ivar unit: its unit where that is not the benchmark's
    """

    label: str
    measure: Callable[[], float]
    unit: str | None = None


@dataclass(frozen=True)
class Limit:
    """A second condition beside the ratio's target: an arm's figure may not exceed ``maximum``."""

    label: str
    of: Callable[[Result], Series]
    maximum: float

    def met_by(self, result: Result) -> bool:
        """Whether the median of the series stays within the limit."""
        return self.of(result).median <= self.maximum


@dataclass(frozen=True)
class Stage:
    """Everything a benchmark has prepared.

    :ivar database: None for algorithms that need none
    :ivar generator: operations per second of the load generator against a trivial receiver;
        None when nothing generates load while the clock runs
    :ivar remarks: what a reader has to know to judge the figures
    :ivar limits: conditions beside the ratio's target
    """

    database: Database | None
    ours: rules.Arm
    reference: rules.Arm
    generator: Callable[[], float] | None
    remarks: Sequence[str] = ()
    extras: Sequence[Extra] = ()
    limits: Sequence[Limit] = ()


class Benchmark(Protocol):
    """A module of this package that compares two arms."""

    NAME: str
    UNIT: str
    TARGET: Target

    def prepare(self, harness: Harness) -> AbstractContextManager[Stage]:
        """Prepare databases, servers and arms; clean up at the end."""


def run(benchmark: Benchmark, harness: Harness, rounds: int) -> bool:
    """Run one benchmark and print its figures; return whether its targets were met.

    :raises rules.RuleBrokenError: the run is not honest; nothing was printed as a result
    """
    print(f"== {benchmark.NAME}", flush=True)
    with benchmark.prepare(harness) as stage:
        settings = _durability(stage.database)
        print(machine.describe(stage.database))
        if settings:
            print("PostgreSQL durability:", ", ".join(f"{k}={v}" for k, v in settings.items()))
        for remark in stage.remarks:
            print(f"note: {remark}")
        result = _compare(benchmark, stage, rounds)
        _durability(stage.database)
        for line in _conclusion(stage, result):
            print(line, flush=True)
        print(f"load average at the end: {machine.load_average()}")
    print(result.line(), flush=True)
    return result.met and all(limit.met_by(result) for limit in stage.limits)


def trial(benchmark: Benchmark, harness: Harness) -> None:
    """Run each arm once to see that it works. What it prints is no result."""
    print(f"== {benchmark.NAME} (trial: no result)", flush=True)
    with benchmark.prepare(harness) as stage:
        if durability := _durability(stage.database):
            print("durability:", durability)
        for arm in (stage.ours, stage.reference):
            print(f"trial {arm.name}: {text(arm.measure())} {benchmark.UNIT}", flush=True)
        if stage.generator:
            print(f"trial generator alone: {stage.generator():,.1f} {benchmark.UNIT}")
        for extra in stage.extras:
            unit = benchmark.UNIT if extra.unit is None else extra.unit
            print(f"trial {extra.label}: {text(extra.measure())} {unit}", flush=True)


def _compare(benchmark: Benchmark, stage: Stage, rounds: int) -> Result:
    for arm in (stage.reference, stage.ours):
        arm.measure()  # caches fill, connections open; not counted
    # What the preparation wrote, a copied database above all, goes to the disk for a minute after,
    # and each commit of that minute waits for it: only the arm that keeps something would pay.
    os.sync()
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
        unit = result.unit if extra.unit is None else extra.unit
        yield f"also: {extra.label}: {text(extra.measure())} {unit}".rstrip()
    for limit in stage.limits:
        yield (
            f"{limit.label}: {text(limit.of(result).median)} {result.unit}, "
            f"at most {limit.maximum:g}: {_verdict(limit.met_by(result))}"
        )
    yield f"ratio {result.ratio:.3f}, target {result.target}: {_verdict(result.met)}"


def _verdict(met: bool) -> str:
    return "met" if met else "MISSED"


def _durability(database: Database | None) -> dict[str, str]:
    if database is None:
        return {}
    settings = {name: str(database.scalar(f"SHOW {name}")) for name in rules.DURABILITY}
    rules.require_durable(settings)
    return settings


def _print_round(number: int, name: str, figure: float) -> None:
    print(f"round {number}: {name}: {text(figure)}", flush=True)

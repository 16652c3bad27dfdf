"""Rules of an honest comparison. Breaking one ends the run without a figure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.bench.figures import Series

MIN_ROUNDS = 5
#: The load generator and a trivial receiver must be this much faster than the faster arm:
#: otherwise the figures would describe the generator.
HEADROOM = 2.0
#: Settings of PostgreSQL without which a commit is a promise that nobody keeps.
DURABILITY = ("fsync", "full_page_writes", "synchronous_commit")


class RuleBrokenError(Exception):
    """The run would not be honest; the text says which rule was broken."""


@dataclass(frozen=True)
class Arm:
    """One side of a comparison.

    :ivar workers: Odoo workers that do its work
    :ivar measure: does one round and returns its figure: operations per second, or a time
    """

    name: str
    workers: int
    measure: Callable[[], float]


def require_durable(settings: Mapping[str, str]) -> None:
    """Check PostgreSQL's settings, as ``SHOW`` gives them.

    :raises RuleBrokenError: one of :data:`DURABILITY` is not ``on``
    """
    off = {name: settings.get(name, "unknown") for name in DURABILITY}
    off = {name: value for name, value in off.items() if value != "on"}
    if off:
        raise RuleBrokenError(f"PostgreSQL is not durable: {off}. Figures would mean nothing.")


def require_equal_workers(ours: Arm, reference: Arm) -> None:
    """:raises RuleBrokenError: one arm has more workers than the other."""
    if ours.workers != reference.workers:
        raise RuleBrokenError(
            f"{ours.name} has {ours.workers} workers, {reference.name} {reference.workers}."
        )


def require_headroom(alone: float, ours: Series, reference: Series) -> None:
    """Check that the load generator was not what limited an arm.

    :param alone: operations per second of the generator against a trivial receiver
    :raises RuleBrokenError: it is less than :data:`HEADROOM` times the faster arm
    """
    fastest = max(ours.median, reference.median)
    if alone < HEADROOM * fastest:
        raise RuleBrokenError(
            f"The load generator alone does {alone:,.0f}/s, less than {HEADROOM:g} times the "
            f"faster arm ({fastest:,.0f}/s): the figures may be the generator's."
        )


def alternate(
    ours: Arm, reference: Arm, rounds: int, on_round: Callable[[int, str, float], None]
) -> tuple[Series, Series]:
    """Measure both arms in turn, and let the other one begin each time.

    Alternating spreads a slow drift of the machine over both arms; so does the changing order.

    :param on_round: told the number of the round, the arm's name and its figure
    :raises RuleBrokenError: fewer than :data:`MIN_ROUNDS` rounds, or unequal workers
    """
    if rounds < MIN_ROUNDS:
        raise RuleBrokenError(f"{rounds} rounds are too few; {MIN_ROUNDS} are the least.")
    require_equal_workers(ours, reference)
    found: dict[str, list[float]] = {ours.name: [], reference.name: []}
    for number in range(1, rounds + 1):
        for arm in (ours, reference) if number % 2 else (reference, ours):
            figure = arm.measure()
            found[arm.name].append(figure)
            on_round(number, arm.name, figure)
    return Series(tuple(found[ours.name])), Series(tuple(found[reference.name]))

"""Figures of a comparison and how they are summarised. No database, no clock."""

import json
import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """What the ratio of ours to the reference has to be.

    :ivar at_most: True where less is better: the figures are times, not rates
    """

    value: float
    at_most: bool = False

    def met_by(self, ratio: float) -> bool:
        """Whether an unrounded ratio is good enough."""
        return ratio <= self.value if self.at_most else ratio >= self.value

    def __str__(self) -> str:
        return f"at {'most' if self.at_most else 'least'} {self.value:g}"


@dataclass(frozen=True)
class Series:
    """One figure a round, all of one arm.

    :ivar values: operations per second, or the time that the work took; in the order of the rounds
    """

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle figure: one round that was disturbed does not move it."""
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """Distance between the best and the worst round, as a share of the median."""
        return (max(self.values) - min(self.values)) / self.median

    def __str__(self) -> str:
        rounds = " ".join(map(text, self.values))
        return f"median {text(self.median)}, spread {self.spread:.0%} ({rounds})"


@dataclass(frozen=True)
class Result:
    """What one benchmark found."""

    name: str
    unit: str
    target: Target
    ours: Series
    reference: Series

    @property
    def ratio(self) -> float:
        """Median of ours by median of the reference."""
        return self.ours.median / self.reference.median

    @property
    def met(self) -> bool:
        return self.target.met_by(self.ratio)

    def line(self) -> str:
        """The one line that programs read."""
        content = {
            "name": self.name,
            "ours": _short(self.ours.median),
            "reference": _short(self.reference.median),
            "ratio": round(self.ratio, 3),
            "unit": self.unit,
            "rounds": len(self.ours.values),
            "spread": {
                "ours": round(self.ours.spread, 3),
                "reference": round(self.reference.spread, 3),
            },
            "target": self.target.value,
            "better": "lower" if self.target.at_most else "higher",
        }
        return f"BENCH {json.dumps(content)}"


def text(value: float) -> str:
    """A figure for people: thousands apart, small ones with enough digits to compare them."""
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.4g}"


def _short(value: float) -> float:
    return round(value, 1) if abs(value) >= 100 else float(f"{value:.4g}")

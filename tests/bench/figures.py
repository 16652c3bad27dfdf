"""Figures of a comparison and how they are summarised. No database, no clock."""

import json
import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Series:
    """One figure a round, all of one arm.

    :ivar values: operations per second, in the order of the rounds
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
        rounds = " ".join(f"{value:,.1f}" for value in self.values)
        return f"median {self.median:,.1f}, spread {self.spread:.0%} ({rounds})"


@dataclass(frozen=True)
class Result:
    """What one benchmark found.

    :ivar target: smallest acceptable ratio
    """

    name: str
    unit: str
    target: float
    ours: Series
    reference: Series

    @property
    def ratio(self) -> float:
        """Median of ours by median of the reference."""
        return self.ours.median / self.reference.median

    @property
    def met(self) -> bool:
        return self.ratio >= self.target

    def line(self) -> str:
        """The one line that programs read."""
        content = {
            "name": self.name,
            "ours": round(self.ours.median, 1),
            "reference": round(self.reference.median, 1),
            "ratio": round(self.ratio, 3),
            "unit": self.unit,
            "rounds": len(self.ours.values),
            "spread": {
                "ours": round(self.ours.spread, 3),
                "reference": round(self.reference.spread, 3),
            },
            "target": self.target,
        }
        return f"BENCH {json.dumps(content)}"

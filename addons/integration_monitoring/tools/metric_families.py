# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The state of the interfaces as metrics, in the text formats of OpenMetrics and Prometheus.

Values are counts, seconds and bytes; labels name interfaces, systems, states and parts of the
suite. Nothing of a message, of a person or of a document is in them, and the number of series
depends on the number of interfaces alone. Counters begin anew with each month, which those who
read them take for a restart; the moment stands beside them (OpenMetrics, "Counter": ``_created``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
    StateSetMetricFamily,
)

from .health_wall import Light
from .histogram import BOUNDS, Histogram
from .rollup import EMPTY, Rollup

PREFIX: Final = "odoo_integration_"
#: Bounds of the histogram of durations, some of :data:`.histogram.BOUNDS`: each is a series for
#: each interface.
LATENCY_BOUNDS: Final = (
    *(0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0),
    *(300.0, 1800.0, 3600.0, 14400.0, 86400.0),
)


@dataclass(frozen=True, slots=True)
class InterfaceReading:
    """What is known of an interface.

    :param key: its id, the label by which its series are told apart.
    :param counted: everything since the counters began.
    :param depth, oldest: messages that wait, and seconds that the oldest one does.
    :param attention: messages that wait for a person, by state.
    :param light: on the wall, if it is known.
    :param breaker_open: whether its circuit breaker lets nothing pass.
    :param budgets: by objective: the share of the budget that is left.
    """

    key: int
    name: str
    system: str
    company: str
    direction: str
    criticality: str
    counted: Rollup = EMPTY
    depth: int = 0
    oldest: float = 0.0
    attention: Mapping[str, int] = field(default_factory=dict)
    light: str | None = None
    breaker_open: bool = False
    budgets: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Beat:
    """A part of the suite: seconds since it was seen at work, and how many there may be."""

    part: str
    kind: str
    age: float
    allowed: float


@dataclass(frozen=True, slots=True)
class Readings:
    """Everything that one scrape tells.

    :param since: when the counters began, in seconds since 1970.
    :param measured: when the latest rollup was made; ``None``: never.
    :param incidents: open ones by severity, ``critical`` and so on, and by whether somebody has
        acknowledged them.
    :param breaches: business documents that are late, by the name of the rule.
    :param probes: by interface id: whether the last probe of its partner succeeded.
    """

    since: float
    measured: float | None = None
    interfaces: Sequence[InterfaceReading] = ()
    beats: Sequence[Beat] = ()
    incidents: Mapping[tuple[str, bool], int] = field(default_factory=dict)
    breaches: Mapping[str, int] = field(default_factory=dict)
    probes: Mapping[int, bool] = field(default_factory=dict)


def exposition(readings: Readings, accept: str) -> tuple[bytes, str]:
    """The text of a scrape, and its content type.

    :param accept: header ``Accept`` of the request; OpenMetrics for whoever asks for it, else the
        older text format of Prometheus.
    """
    registry = CollectorRegistry()
    registry.register(_Collected(list(families(readings))))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


def families(readings: Readings) -> Iterator[Metric]:
    """The families of metrics, in the order in which they are told."""
    yield _described(readings)
    yield from _counters(readings)
    yield _latency(readings)
    yield from _gauges(readings)
    yield _lights(readings)
    yield from _suite(readings)


@dataclass(frozen=True, eq=False)
class _Collected:
    """What a registry asks; :mod:`prometheus_client` wants an object with a method, which
    it keeps by identity."""

    metrics: Sequence[Metric]

    def collect(self) -> Iterable[Metric]:
        """The metrics of this scrape."""
        return self.metrics


def _described(readings: Readings) -> Metric:
    family = InfoMetricFamily(
        PREFIX + "interface",
        "What an interface is; join it to other metrics by the label interface.",
        labels=["interface"],
    )
    for one in readings.interfaces:
        described = {
            "name": one.name,
            "system": one.system,
            "company": one.company,
            "direction": one.direction,
            "criticality": one.criticality,
        }
        family.add_metric([str(one.key)], described)
    return family


#: Name, help, second label and how the counts by that label are read from a rollup.
_COUNTED: Final[
    tuple[tuple[str, str, str | None, Callable[[Rollup], Mapping[str, float]]], ...]
] = (
    ("messages_received", "New messages.", "direction", lambda one: one.received),
    ("messages_finished", "Messages that reached a state.", "state", lambda one: one.finished),
    ("attempts", "Attempts that ended.", None, lambda one: {"": one.attempts}),
    ("attempt_failures", "Attempts that failed, by class.", "error_class", lambda one: one.errors),
    ("duplicates", "Messages that were known already.", None, lambda one: {"": one.duplicates}),
    ("content_bytes", "Bytes received and sent.", None, lambda one: {"": one.bytes}),
)


def _counters(readings: Readings) -> Iterator[Metric]:
    for name, text, label, counts in _COUNTED:
        labels = ["interface", *([label] if label else [])]
        family = CounterMetricFamily(PREFIX + name, text, labels=labels)
        for one in readings.interfaces:
            for value, count in sorted(counts(one.counted).items()):
                values = [str(one.key), *([value] if label else [])]
                family.add_metric(values, count, created=readings.since)
        yield family


def _latency(readings: Readings) -> Metric:
    family = HistogramMetricFamily(
        PREFIX + "latency_seconds",
        "Seconds from a new message to its effect.",
        labels=["interface"],
    )
    for one in readings.interfaces:
        family.add_metric([str(one.key)], _buckets(one.counted.latency), sum_value=None)
    return family


def _buckets(histogram: Histogram) -> list[tuple[str, float]]:
    """Counts of durations up to each of :data:`LATENCY_BOUNDS`, and of all."""
    upto = dict(zip((*BOUNDS, float("inf")), accumulate(histogram.counts), strict=True))
    return [(str(bound), upto[bound]) for bound in LATENCY_BOUNDS] + [("+Inf", histogram.total)]


def _gauges(readings: Readings) -> Iterator[Metric]:
    depth = _gauge("queue_depth", "Messages that wait to be sent or handled.")
    oldest = _gauge("queue_oldest_seconds", "How long the oldest of them waits.")
    people = _gauge(
        "messages_attention", "Messages that wait for a person, 10,000 of a state at most.", "state"
    )
    breaker = _gauge("breaker_open", "1: the circuit breaker lets nothing pass.")
    budget = _gauge("slo_budget_remaining_ratio", "Share of the budget left.", "objective")
    for one in readings.interfaces:
        key = str(one.key)
        depth.add_metric([key], one.depth)
        oldest.add_metric([key], one.oldest)
        breaker.add_metric([key], int(one.breaker_open))
        for state in ("dead", "quarantined"):
            people.add_metric([key, state], one.attention.get(state, 0))
        for objective, left in sorted(one.budgets.items()):
            budget.add_metric([key, objective], left)
    yield from (depth, oldest, people, breaker, budget)


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, text, labels=["interface", *labels])


def _lights(readings: Readings) -> Metric:
    family = StateSetMetricFamily(
        PREFIX + "interface_light", "The light on the health wall.", labels=["interface"]
    )
    for one in readings.interfaces:
        if one.light:
            states = {light.value: light.value == one.light for light in Light}
            family.add_metric([str(one.key)], states)
    return family


def _suite(readings: Readings) -> Iterator[Metric]:
    incidents = GaugeMetricFamily(
        PREFIX + "incidents_open",
        "Open incidents by severity.",
        labels=["severity", "acknowledged"],
    )
    for (severity, acknowledged), count in sorted(readings.incidents.items()):
        incidents.add_metric([severity, str(acknowledged).lower()], count)
    yield incidents
    breaches = GaugeMetricFamily(
        PREFIX + "business_breaches", "Business documents that are late.", labels=["rule"]
    )
    for rule, count in sorted(readings.breaches.items()):
        breaches.add_metric([rule], count)
    yield breaches
    probes = _gauge("probe_success", "1: the last probe of the partner succeeded.")
    for key, success in sorted(readings.probes.items()):
        probes.add_metric([str(key)], int(success))
    yield probes
    yield from _parts(readings)


def _parts(readings: Readings) -> Iterator[Metric]:
    age = GaugeMetricFamily(
        PREFIX + "heartbeat_age_seconds",
        "Seconds since a part of the suite was seen at work.",
        labels=["part", "kind"],
    )
    allowed = GaugeMetricFamily(
        PREFIX + "heartbeat_allowed_seconds",
        "Seconds after which the part counts as down.",
        labels=["part", "kind"],
    )
    for beat in readings.beats:
        age.add_metric([beat.part, beat.kind], beat.age)
        allowed.add_metric([beat.part, beat.kind], beat.allowed)
    yield from (age, allowed)
    if readings.measured is not None:
        yield GaugeMetricFamily(
            PREFIX + "measured_timestamp_seconds",
            "When traffic was last counted, in seconds since 1970.",
            value=readings.measured,
        )

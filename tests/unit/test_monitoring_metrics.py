"""What a scrape tells, read by the parsers that those who scrape use."""

import shutil
import subprocess
from datetime import UTC, datetime

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from tests.unit.load_monitoring import load

metrics = load("metric_families")
histogram = load("histogram")
rollup = load("rollup")
counter_ranges = load("counter_ranges")

SINCE = 1_793_000_000
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
COUNTED = rollup.Rollup(
    received={"inbound": 7},
    finished={"done": 5, "dead": 1},
    errors={"transient": 2},
    attempts=8,
    duplicates=3,
    bytes=1234,
    latency=histogram.Histogram.of([0.004, 0.3, 0.3, 70.0, 700_000.0]),
)
READINGS = metrics.Readings(
    since=SINCE,
    measured=SINCE + 100.5,
    interfaces=[
        metrics.InterfaceReading(
            12,
            name='Orders "A"\nto\\from',
            system="SUP",
            company="Klinik Süd",
            direction="inbound",
            criticality="high",
            counted=COUNTED,
            depth=4,
            oldest=61.5,
            attention={"dead": 2},
            light="degraded",
            breaker_open=True,
            budgets={"latency": -0.25},
        ),
        metrics.InterfaceReading(13, "Idle", "LAB", "Klinik Süd", "outbound", "low"),
    ],
    beats=[metrics.Beat("cron:watchdog", "cron", 12.0, 180.0)],
    incidents={("critical", False): 1, ("low", True): 2},
    breaches={"Orders not acknowledged": 3},
    probes={12: False},
)


def text(readings=READINGS, accept=OPENMETRICS):
    body, content_type = metrics.exposition(readings, accept)
    return body.decode(), content_type


def samples(parse, body):
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parse(body)
        for sample in family.samples
    }


def test_openmetrics_is_what_its_own_parser_reads():
    body, content_type = text()
    assert content_type.startswith("application/openmetrics-text")
    found = samples(openmetrics, body)
    key = ("interface", "12")
    name = metrics.PREFIX
    assert found[name + "messages_received_total", (("direction", "inbound"), key)] == 7
    assert found[name + "messages_finished_total", (key, ("state", "dead"))] == 1
    assert found[name + "attempts_total", (key,)] == 8
    assert found[name + "attempts_created", (key,)] == SINCE
    assert found[name + "queue_oldest_seconds", (key,)] == 61.5
    assert found[name + "messages_attention", (key, ("state", "quarantined"))] == 0
    assert found[name + "breaker_open", (key,)] == 1
    assert found[name + "breaker_open", (("interface", "13"),)] == 0
    assert found[name + "slo_budget_remaining_ratio", (key, ("objective", "latency"))] == -0.25
    assert found[name + "probe_success", (key,)] == 0
    assert found[name + "business_breaches", (("rule", "Orders not acknowledged"),)] == 3
    assert found[name + "measured_timestamp_seconds", ()] == SINCE + 100.5


def test_names_are_escaped():
    described = [
        dict(labels)
        for name, labels in samples(openmetrics, text()[0])
        if name == metrics.PREFIX + "interface_info"
    ]
    assert described[0]["name"] == 'Orders "A"\nto\\from'
    assert described[0]["company"] == "Klinik Süd"


def test_the_older_format_is_for_those_who_do_not_ask():
    body, content_type = text(accept="text/plain")
    assert content_type.startswith("text/plain")
    found = samples(prometheus, body)
    key = (("interface", "12"), ("part", "cron:watchdog"))
    assert found[metrics.PREFIX + "duplicates_total", key[:1]] == 3
    assert found[metrics.PREFIX + "heartbeat_age_seconds", (("kind", "cron"), key[1])] == 12


def test_a_histogram_counts_up_to_each_bound_and_all_in_the_end():
    found = samples(openmetrics, text()[0])
    buckets = {
        dict(labels)["le"]: value
        for (name, labels), value in found.items()
        if name == metrics.PREFIX + "latency_seconds_bucket" and ("interface", "12") in labels
    }
    assert buckets["0.01"] == 1
    assert buckets["0.25"] == 1
    assert buckets["0.5"] == 3
    assert buckets["60.0"] == 3
    assert buckets["300.0"] == 4
    assert buckets["86400.0"] == 4
    assert buckets["+Inf"] == 5
    assert len(buckets) == len(metrics.LATENCY_BOUNDS) + 1


def test_bounds_are_some_of_those_that_are_counted():
    assert set(metrics.LATENCY_BOUNDS) <= set(histogram.BOUNDS)


def test_one_light_is_on():
    found = samples(openmetrics, text()[0])
    lights = {
        dict(labels)[metrics.PREFIX + "interface_light"]: value
        for (name, labels), value in found.items()
        if name == metrics.PREFIX + "interface_light"
    }
    assert [light for light, on in lights.items() if on] == ["degraded"]
    assert len(lights) == len(load("health_wall").Light)


def test_what_is_not_known_is_not_told():
    body, _type = text(metrics.Readings(since=SINCE))
    assert not any(line and not line.startswith("#") for line in body.splitlines())


def test_promtool_finds_nothing_to_complain_about():
    promtool = shutil.which("promtool")
    assert promtool, "promtool is missing: Debian package prometheus"
    body, _type = text(accept="text/plain")
    result = subprocess.run(
        [promtool, "check", "metrics"], input=body, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert not result.stdout + result.stderr


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 29, 23, 30, 31, tzinfo=UTC),
        datetime(2026, 11, 1, 0, 0, 0, tzinfo=UTC),
        datetime(2026, 11, 1, 0, 1, 0, tzinfo=UTC),
        datetime(2026, 11, 1, 1, 59, 0, tzinfo=UTC),
        datetime(2026, 11, 2, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 11, 3, 12, 0, 0, tzinfo=UTC),
    ],
)
def test_ranges_leave_no_gap_and_count_nothing_twice(moment):
    now = moment.timestamp()
    found = counter_ranges.ranges(now)
    at = counter_ranges.since(now)
    assert datetime.fromtimestamp(at, UTC) == datetime(2026, 11, 1, tzinfo=UTC)
    for one in found:
        assert one.begin == at
        assert not one.begin % one.step
        assert not one.end % one.step
        at = one.end
    assert at == now // 60 * 60 or not found


def test_a_long_window_is_used_only_after_it_has_been_at_rest():
    now = datetime(2026, 11, 29, 0, 0, 30, tzinfo=UTC).timestamp()
    ends = {one.step: one.end for one in counter_ranges.ranges(now)}
    assert now - ends[rollup.Step.DAY] >= rollup.Step.DAY
    assert now - ends[rollup.Step.HOUR] >= rollup.Step.HOUR

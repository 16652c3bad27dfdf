"""Percentiles and channels of event_latency, without a server."""

from tests.bench import event_latency


def test_a_percentile_is_a_value_that_was_measured():
    values = list(range(1, 31))
    assert event_latency.percentile(values, 0.95) == 29
    assert event_latency.percentile([7.0], 0.95) == 7.0
    assert event_latency.percentile([3, 1, 2], 0.5) == 2


def test_the_channels_are_those_that_we_recommend():
    channels = dict(part.rsplit(":", 1) for part in event_latency.example_channels().split(","))
    assert int(channels["root"]) < event_latency.WORKERS
    for narrow in ("batch", "slow"):
        assert channels[f"root.integration_background.{narrow}"] == "1"

"""The rules and figures of benchmarks, without a database."""

import json

import pytest

from tests.bench import machine, rules
from tests.bench.figures import Result, Series, Target, text

DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


def arm(name, figures, workers=1, log=None):
    figures = iter(figures)

    def measure():
        if log is not None:
            log.append(name)
        return next(figures)

    return rules.Arm(name, workers, measure)


def silent(_number, _name, _figure):
    pass


def test_series_summarises_by_median_and_spread():
    series = Series((90.0, 100.0, 120.0, 1.0, 110.0))
    assert series.median == 100.0
    assert series.spread == pytest.approx(1.19)


def test_the_other_arm_begins_each_time():
    log = []
    rules.alternate(
        arm("ours", range(1, 6), log=log), arm("reference", range(1, 6), log=log), 5, silent
    )
    assert log == ["ours", "reference", "reference", "ours"] * 2 + ["ours", "reference"]


def test_alternate_keeps_the_arms_apart_and_tells_each_round():
    told = []
    ours, reference = rules.alternate(
        arm("ours", [5, 6, 7, 8, 9]),
        arm("reference", [1, 2, 3, 4, 5]),
        5,
        lambda *round_: told.append(round_),
    )
    assert ours.values == (5, 6, 7, 8, 9)
    assert reference.values == (1, 2, 3, 4, 5)
    assert told[:3] == [(1, "ours", 5), (1, "reference", 1), (2, "reference", 2)]
    assert len(told) == 10


def test_fewer_than_five_rounds_are_refused_before_anything_is_measured():
    with pytest.raises(rules.RuleBrokenError, match="too few"):
        rules.alternate(arm("ours", []), arm("reference", []), 4, silent)


def test_unequal_workers_are_refused():
    with pytest.raises(rules.RuleBrokenError, match="workers"):
        rules.alternate(arm("ours", [], workers=2), arm("reference", []), 5, silent)


@pytest.mark.parametrize("name", rules.DURABILITY)
@pytest.mark.parametrize("value", ["off", "local", "remote_write", None])
def test_a_server_that_may_lose_commits_is_refused(name, value):
    settings = {key: val for key, val in (DURABLE | {name: value}).items() if val is not None}
    with pytest.raises(rules.RuleBrokenError, match=name):
        rules.require_durable(settings)


def test_a_durable_server_is_accepted():
    rules.require_durable(DURABLE)


def test_the_generator_must_be_twice_as_fast_as_the_faster_arm():
    ours, reference = Series((100.0,)), Series((400.0,))
    rules.require_headroom(800.0, ours, reference)
    for slower_first in ((ours, reference), (reference, ours)):
        with pytest.raises(rules.RuleBrokenError, match="load generator"):
            rules.require_headroom(799.0, *slower_first)


def test_a_result_is_one_line_with_the_ratio_of_the_medians():
    result = Result(
        "sample",
        "requests/s",
        Target(0.8),
        Series((70.0, 90.0, 80.0)),
        Series((100.0, 90.0, 150.0)),
    )
    line = result.line()
    assert "\n" not in line
    assert json.loads(line.removeprefix("BENCH ")) == {
        "name": "sample",
        "ours": 80.0,
        "reference": 100.0,
        "ratio": 0.8,
        "unit": "requests/s",
        "rounds": 3,
        "spread": {"ours": 0.25, "reference": 0.6},
        "target": 0.8,
        "better": "higher",
    }
    assert result.met


def test_a_ratio_below_the_target_is_not_rounded_up_to_it():
    rates = Series((799.9,)), Series((1000.0,))
    assert not Result("sample", "x/s", Target(0.8), *rates).met


def test_a_ratio_of_times_may_not_exceed_its_target():
    at_most = Target(1.1, at_most=True)
    fine = Result("sample", "ms", at_most, Series((1.1,)), Series((1.0,)))
    assert fine.met
    assert '"better": "lower"' in fine.line()
    assert not Result("sample", "ms", at_most, Series((1.1001,)), Series((1.0,))).met
    assert (str(at_most), str(Target(25.0))) == ("at most 1.1", "at least 25")


def test_small_figures_keep_enough_digits_to_be_compared():
    assert [text(value) for value in (12345.678, 99.876, 0.123456)] == [
        "12,345.7",
        "99.88",
        "0.1235",
    ]


def test_machine_facts_are_read_from_proc():
    assert machine.cpu_model("processor\t: 0\nmodel name\t: Some CPU 9000 \nflags: x\n") == (
        "Some CPU 9000"
    )
    assert machine.cpu_model("") == "unknown processor"
    assert machine.memory_gib("MemTotal:        8388608 kB\nMemFree: 1 kB\n") == 8.0

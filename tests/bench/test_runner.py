"""What the runner prints, and what it refuses to print, with arms that only pretend."""

import json
from contextlib import contextmanager
from itertools import count
from types import SimpleNamespace

import pytest

from tests.bench import machine, rules, runner
from tests.bench.figures import Target

SETTINGS = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


class FakeDatabase:
    def __init__(self, **settings):
        self.settings = SETTINGS | settings

    def scalar(self, query):
        return self.settings[query.removeprefix("SHOW ")]


def benchmark(database, *, ours=50.0, alone=1000.0, extras=(), limits=()):
    calls = count()

    def reference():
        next(calls)
        return 10.0

    @contextmanager
    def prepare(_harness):
        yield runner.Stage(
            database,
            ours=rules.Arm("new", 1, lambda: ours),
            reference=rules.Arm("old", 1, reference),
            generator=None if alone is None else lambda: alone,
            remarks=("a remark",),
            extras=extras,
            limits=limits,
        )

    return SimpleNamespace(
        NAME="pretended", UNIT="x/s", TARGET=Target(4.0), prepare=prepare, calls=calls
    )


@pytest.fixture(autouse=True)
def _no_machine(monkeypatch):
    monkeypatch.setattr(machine, "describe", lambda _database: "a machine")


def test_an_honest_run_prints_everything_and_exactly_one_line_for_programs(capsys):
    extras = (
        runner.Extra("something else", lambda: 7.0),
        runner.Extra("a third", lambda: 8.0, unit="apples"),
    )
    assert runner.run(benchmark(FakeDatabase(), extras=extras), None, 5)
    printed = capsys.readouterr().out
    assert printed.count("BENCH {") == 1
    line = next(row for row in printed.splitlines() if row.startswith("BENCH"))
    assert json.loads(line.removeprefix("BENCH "))["ratio"] == 5.0
    for text in ("a machine", "fsync=on", "a remark", "round 5: old", "something else: 7 x/s"):
        assert text in printed
    assert "a third: 8 apples" in printed
    assert "load average at the end" in printed


def test_the_first_round_warms_up_and_is_not_counted():
    pretended = benchmark(FakeDatabase())
    runner.run(pretended, None, 5)
    assert next(pretended.calls) == 6


def test_a_missed_target_is_a_result_and_is_called_missed(capsys):
    assert not runner.run(benchmark(FakeDatabase(), ours=30.0), None, 5)
    assert "MISSED" in capsys.readouterr().out


@pytest.mark.parametrize(("maximum", "met"), [(10.0, True), (9.9, False)])
def test_a_limit_is_a_condition_of_its_own(maximum, met, capsys):
    limit = runner.Limit("old alone", lambda result: result.reference, maximum)
    assert runner.run(benchmark(FakeDatabase(), limits=(limit,)), None, 5) is met
    printed = capsys.readouterr().out
    assert f"old alone: 10 x/s, at most {maximum:g}: {'met' if met else 'MISSED'}" in printed


@pytest.mark.parametrize(
    ("pretended", "rounds"),
    [
        (benchmark(FakeDatabase(fsync="off")), 5),
        (benchmark(FakeDatabase(synchronous_commit="off")), 5),
        (benchmark(FakeDatabase()), 4),
        (benchmark(FakeDatabase(), alone=99.0), 5),
    ],
    ids=["fsync", "synchronous_commit", "rounds", "headroom"],
)
def test_a_run_that_breaks_a_rule_prints_no_result(pretended, rounds, capsys):
    with pytest.raises(rules.RuleBrokenError):
        runner.run(pretended, None, rounds)
    assert "BENCH" not in capsys.readouterr().out


def test_a_trial_prints_no_result(capsys):
    runner.trial(benchmark(FakeDatabase()), None)
    printed = capsys.readouterr().out
    assert "trial new: 50 x/s" in printed
    assert "BENCH" not in printed

"""Error groups, suggestions, lines for a SIEM, and the lights of the wall."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_monitoring import load

groups, suggestions = load("error_groups"), load("suggestions")
lines, wall = load("event_lines"), load("health_wall")
Act, State, Trend = groups.Act, groups.State, groups.Trend
Light, Signs = wall.Light, wall.Signs
NOW = datetime(2026, 3, 2, 8, 30)
DAY = 86400


def test_the_table_of_groups_is_closed():
    assert set(groups.TRANSITIONS) == set(State)
    for state, acts in groups.TRANSITIONS.items():
        assert set(acts.values()) <= set(State)
        for act in Act:
            if act in acts:
                assert groups.after(state, act) is acts[act]
            else:
                with pytest.raises(groups.ActRefused):
                    groups.after(state, act)
        # A failure is never refused, and only what was resolved regresses by it.
        assert (acts[Act.RECUR] is State.REGRESSED) is (state in (State.RESOLVED, State.REGRESSED))
        assert state is State.RESOLVED or acts[Act.RESOLVE] is State.RESOLVED


def test_a_snoozed_group_wakes_in_time_or_when_it_multiplies():
    assert groups.wakes(100, 100, 0, 1.0)
    assert not groups.wakes(99, 100, 9, 1.0)
    assert groups.wakes(99, 100, 10, 1.0)
    assert not groups.wakes(99, 100, 40, 9.0)


@pytest.mark.parametrize(
    ("first_seen", "before", "since", "expected"),
    [
        (200, [0, 0], [5], Trend.NEW),
        (0, [5, 5], [0], Trend.GONE),
        (0, [0, 0], [3], Trend.BACK),
        (0, [10, 10, 10], [11], Trend.STEADY),
        (0, [10, 10, 10], [30], Trend.RISING),
        (0, [30, 30], [5], Trend.FALLING),
    ],
)
def test_how_failures_go_since_a_change(first_seen, before, since, expected):
    assert groups.trend(100, first_seen, before, since) is expected


def group(fingerprint="v1:1", code="http_503", title="http_503: answered <n>", interface=1):
    return suggestions.Group(fingerprint, "transient", code, title, interface, 1)


def resolved(of, way, held=True, days_ago=1, note=1):
    return suggestions.Resolution(of, way, note, (1000 - days_ago) * DAY, held)


def test_the_same_failure_comes_before_a_similar_one_and_strange_ones_do_not_come():
    near = group("v1:2", title="http_503: answered <n> again", interface=2)
    strange = suggestions.Group("v1:3", "mapping", "mapping_failed", "no such unit", 9, 9)
    earlier = [
        resolved(near, "called_partner"),
        resolved(group(), "replayed"),
        resolved(strange, "mapped_value"),
    ]
    ranked = suggestions.rank(group(), earlier, 1000 * DAY)
    assert [one.way for one in ranked] == ["replayed", "called_partner"]


def test_what_held_often_and_lately_is_suggested_first():
    held = [resolved(group(), "held", note=n) for n in range(3)]
    back = [resolved(group(), "came_back", held=False, note=n) for n in range(3)]
    old = [resolved(group(), "old", days_ago=800, note=n) for n in range(3)]
    ranked = suggestions.rank(group(), back + old + held, 1000 * DAY)
    assert ranked[0].way == "held"
    assert (ranked[0].times, ranked[0].held) == (3, 3)


@given(st.permutations([resolved(group(), way, note=n) for n, way in enumerate("abcabc")]))
def test_a_score_explains_itself_and_does_not_depend_on_order(earlier):
    ranked = suggestions.rank(group(), earlier, 1000 * DAY)
    assert [one.way for one in ranked] == ["a", "b", "c"]
    for one in ranked:
        assert one.likeness == pytest.approx(sum(value for _, value in one.parts))
        assert one.score == pytest.approx(one.likeness * one.record * one.age**0.5, abs=1e-3)
        assert 0 <= one.score <= 1


texts = st.text(max_size=200)
events = st.dictionaries(
    st.sampled_from([*lines.FIELDS, "payload", "body", "changes"]),
    texts | st.integers() | st.booleans() | st.floats() | st.none() | st.lists(texts),
)
RFC_5424 = re.compile(
    rb"<(\d{1,3})>1 \S+ [!-~]{1,255} [!-~]{1,48} [!-~]{1,128} [!-~]{1,32} "
    rb'\[integration@32473((?: [a-z_]+="(?:[^"\\\]]|\\["\\\]])*")*)\]'
)


@given(events)
def test_only_what_is_on_the_list_leaves_and_on_one_line(event):
    line = lines.json_line(NOW, lines.Level.NOTICE, event)
    assert line.splitlines() == [line]
    read = json.loads(line)
    assert set(read) <= {"time", "level", *lines.FIELDS}
    assert read["time"] == "2026-03-02T08:30:00.000000Z"
    for name, value in read.items():
        if isinstance(value, str) and name in lines.FIELDS:
            assert len(value) <= lines.FIELDS[name]


@given(events, st.integers(300, 3000))
def test_syslog_messages_are_of_rfc_5424_and_not_too_long(event, limit):
    sent = lines.syslog_message(NOW, lines.Level.ALERT, event, host="erp 1", limit=limit)
    assert len(sent) <= limit
    found = RFC_5424.fullmatch(sent)
    assert found, sent
    assert int(found[1]) == 13 * 8 + 1
    sent.decode()


def test_values_are_escaped_and_what_does_not_fit_is_marked():
    event = {"actor": 'a"b\\c]', "interface": "x" * 60}
    sent = lines.syslog_message(NOW, lines.Level.ERROR, event, host="h").decode()
    assert r'actor="a\"b\\c\]"' in sent
    short = lines.syslog_message(NOW, lines.Level.ERROR, event, host="h", limit=140).decode()
    assert 'truncated="1"' in short
    assert "xxx" not in short
    with pytest.raises(ValueError, match="no room"):
        lines.syslog_message(NOW, lines.Level.ERROR, event, host="h", limit=20)
    east = datetime(2026, 3, 2, 9, 30, tzinfo=timezone(timedelta(hours=1)))
    assert lines.json_line(east, lines.Level.ERROR, {}) == lines.json_line(
        NOW.replace(tzinfo=UTC), lines.Level.ERROR, {}
    )


signs = st.builds(
    Signs,
    measured_ago=st.none() | st.floats(0, 500),
    ever_used=st.booleans(),
    lifecycle=st.sampled_from(["active", "deprecated", "draft", "retired"]),
    paused=st.booleans(),
    receiving_stopped=st.booleans(),
    breaker=st.sampled_from(["closed", "open", "half_open", "forced_open", "disabled"]),
    oldest=st.floats(0, 1000),
    oldest_allowed=st.none() | st.just(30.0),
    attempts=st.integers(0, 20),
    failed=st.integers(0, 20),
    dead=st.integers(0, 2),
    quarantined=st.integers(0, 2),
    silent_seconds=st.sampled_from([0, 900]),
    listener_down=st.booleans(),
    runner_down=st.booleans(),
    budgets=st.dictionaries(st.just("latency"), st.floats(-1, 1)),
    burning=st.dictionaries(st.just("latency"), st.floats(1, 20)),
)


@given(signs)
def test_every_light_but_ok_has_a_reason_of_that_light(known):
    found = wall.judge(known)
    assert (found.light is Light.OK) is (not found.reasons)
    for reason in found.reasons:
        assert wall.CODES[reason.code] is reason.light
        json.dumps(dict(reason.facts))
    if found.reasons:
        assert found.reasons[0].light is found.light
    if known.paused or known.lifecycle == "draft":
        assert found.light is Light.PAUSED


@pytest.mark.parametrize(
    ("known", "light", "code"),
    [
        ({}, Light.OK, None),
        ({"paused": True, "breaker": "open"}, Light.PAUSED, "paused"),
        ({"measured_ago": None}, Light.UNKNOWN, "unmeasured"),
        ({"ever_used": False}, Light.UNKNOWN, "never_used"),
        ({"breaker": "open", "dead": 3}, Light.DOWN, "breaker_open"),
        ({"breaker": "half_open"}, Light.DEGRADED, "breaker_half_open"),
        ({"breaker": "forced_open"}, Light.PAUSED, "breaker_forced"),
        ({"attempts": 5, "failed": 5}, Light.DOWN, "all_fail"),
        ({"attempts": 10, "failed": 1}, Light.DEGRADED, "errors"),
        ({"attempts": 4, "failed": 4}, Light.OK, None),
        ({"oldest": 31.0, "oldest_allowed": 30.0}, Light.DEGRADED, "queue_old"),
        ({"oldest": 301.0, "oldest_allowed": 30.0}, Light.DOWN, "queue_stuck"),
        ({"silent_seconds": 900, "dead": 1}, Light.SILENT, "silent"),
        ({"silent_seconds": 900, "listener_down": True}, Light.DOWN, "listener_down"),
        ({"budgets": {"latency": 0.0}}, Light.DEGRADED, "budget_spent"),
        ({"burning": {"latency": 15.0}}, Light.DEGRADED, "budget_burning"),
        ({"quarantined": 1}, Light.DEGRADED, "quarantined"),
    ],
)
def test_the_light_of_an_interface(known, light, code):
    found = wall.judge(Signs(**known))
    assert found.light is light
    assert (found.reasons[0].code if found.reasons else None) == code

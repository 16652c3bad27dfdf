"""What the screens of monitoring reckon: trends, the order of the wall, timelines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_monitoring import load

trends = load("trends")
wall_order = load("wall_order")
timeline = load("timeline")
health_wall = load("health_wall")


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (100, 0, None),
        (100, 9, None),
        (15, 10, 0.5),
        (5, 10, -0.5),
        (0, 10, -1.0),
        (104, 100, 0.0),
        (96, 100, 0.0),
        (105, 100, 0.05),
        (1234, 1000, 0.23),
    ],
)
def test_a_change_is_told_as_a_share_where_there_is_enough_to_compare(now, before, expected):
    assert trends.change(now, before) == expected


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_a_ratio_is_a_share_or_unknown(part, whole):
    found = trends.ratio(part, whole)
    assert found is None if whole == 0 else 0 <= found <= 1


def test_every_light_has_a_place_and_trouble_comes_first():
    lights = [light.value for light in health_wall.Light]
    assert len({wall_order.rank(light) for light in lights}) == len(lights)
    ordered = sorted(lights, key=wall_order.rank)
    assert ordered[:3] == ["down", "silent", "degraded"]
    assert wall_order.rank("another word") > max(map(wall_order.rank, lights))


def test_the_worst_light_is_that_of_the_system():
    assert wall_order.worst(["ok", "degraded", "paused"]) == "degraded"
    assert wall_order.worst(["ok", "paused"]) == "ok"
    assert wall_order.worst([]) == "paused"


STEPS = st.lists(
    st.builds(
        timeline.Step,
        begin=st.floats(1e9, 1e9 + 1e6),
        lane=st.sampled_from(["Odoo", "Lab", "EHR"]),
        end=st.none() | st.floats(1e9, 1e9 + 2e6),
        data=st.fixed_dictionaries({"title": st.text(max_size=3)}),
    ),
    max_size=12,
)


@given(STEPS)
def test_a_timeline_keeps_every_step_in_order_and_on_the_line(steps):
    told = timeline.tell(steps)
    assert len(told["steps"]) == len(steps)
    begins = [step["begin"] for step in told["steps"]]
    assert begins == sorted(begins)
    for step in told["steps"]:
        assert 0 <= step["left"] <= 1
        assert step["after"] >= 0
        assert step["seconds"] is None or step["seconds"] >= 0
        assert step["left"] + step["width"] <= 1.001
    assert set(told["lanes"]) == {step.lane for step in steps}


def test_pauses_are_between_beginnings():
    steps = [timeline.Step(12.5, "Lab", 20.0), timeline.Step(10.0, "Odoo")]
    told = timeline.tell(steps)
    assert [step["after"] for step in told["steps"]] == [0.0, 2.5]
    assert [step["seconds"] for step in told["steps"]] == [None, 7.5]
    assert told["seconds"] == 10.0
    assert timeline.tell([])["steps"] == []

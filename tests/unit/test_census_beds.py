"""The state of a bed while patients come and go, and the feed says how it is."""

from datetime import datetime

import pytest

from tests.unit.load_ehr import load, load_scenarios

beds = load("census_beds")
clock = load_scenarios().clock


def left(at, visit="V1"):
    return beds.Left(clock(at), "discharge", (visit, "digest"))


def occupied(at="8:00"):
    bed = beds.Bed(1)
    bed.enter("V1", clock(at))
    return bed


def requests(bed):
    return [(one.left.reason, one.state) for one in bed.requests]


@pytest.mark.parametrize("said", ["free", "dirty", "housekeeping", "isolated", "closed"])
def test_who_is_in_a_bed_is_seen(said):
    bed = occupied()
    bed.say(said, clock("9:00"))
    assert (bed.state, bed.since, bed.told) == ("occupied", clock("8:00"), (said, clock("9:00")))
    assert not bed.requests
    bed.say("occupied", clock("9:30"))
    assert (bed.state, bed.told[0]) == ("occupied", "occupied")


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("free", "dirty"),
        ("dirty", "dirty"),
        ("housekeeping", "dirty"),
        ("isolated", "isolated"),
        ("closed", "closed"),
        ("occupied", "dirty"),
    ],
)
def test_what_was_said_before_the_bed_was_left(said, state):
    """It has to be cleaned, whatever was said while the patient was in it."""
    bed = occupied()
    bed.say(said, clock("9:00"))
    bed.leave("V1", left("9:30"))
    assert (bed.state, requests(bed)) == (state, [("discharge", "open")])


@pytest.mark.parametrize(
    ("said", "state", "request_state"),
    [
        ("free", "free", "done"),
        ("dirty", "dirty", "open"),
        ("housekeeping", "housekeeping", "started"),
        ("isolated", "isolated", "open"),
        ("closed", "closed", "open"),
        ("occupied", "dirty", "open"),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_what_was_said_after_the_bed_was_left(said, state, request_state, late):
    """The same, whether the discharge was told before that or after it."""
    bed = occupied()
    if late:
        bed.say(said, clock("10:00"))
        bed.leave("V1", left("9:50"))
    else:
        bed.leave("V1", left("9:50"))
        if said != "occupied":
            bed.say(said, clock("10:00"))
    assert (bed.state, requests(bed)) == (state, [("discharge", request_state)])


def test_nobody_was_there():
    bed = occupied()
    bed.say("closed", clock("9:00"))
    bed.leave("V1", None, clock("9:30"))
    assert (bed.state, requests(bed)) == ("closed", [])


def test_the_next_patient_is_not_held_against_what_was_said_before():
    bed = occupied()
    bed.leave("V1", left("9:00"))
    bed.say("isolated", clock("9:30"))
    bed.enter("V2", clock("10:00"))
    assert (bed.state, bed.told) == ("occupied", None)
    bed.leave("V2", left("11:00", "V2"))
    assert bed.state == "dirty"


def test_older_words_are_dropped():
    bed = occupied()
    bed.say("closed", clock("9:00"))
    bed.say("free", clock("8:30"))
    bed.say("free", clock("7:30"))
    assert bed.told == ("closed", clock("9:00"))


def test_the_last_of_two_patients():
    bed = occupied()
    bed.enter("V2", datetime(2026, 3, 2, 8, 30))
    bed.say("free", clock("9:00"))
    bed.leave("V1", left("8:50"))
    assert (bed.state, requests(bed)) == ("occupied", [])
    bed.leave("V2", left("8:55", "V2"))
    assert (bed.state, requests(bed)) == ("free", [("discharge", "done")])

"""The days of the demo hospital, told by a clock that is coarse: who lies where in the end.

The hospital knows where its patients are. Its messages tell minutes or hours, so that much of what
happens to a patient has equal times; what they say is handled in any order.
"""

import random
from collections import defaultdict
from datetime import UTC, datetime

import pytest
from demo_hospital.hospital import Hospital

from tests.unit.load_ehr import load

history = load("census_history")
START = 1_770_000_000
KINDS = {
    "A01": "admit",
    "A02": "transfer",
    "A03": "discharge",
    "A04": "register",
    "A05": "pre_admit",
    "A06": "to_inpatient",
    "A08": "update",
    "A11": "cancel_admit",
    "A12": "cancel_transfer",
    "A13": "cancel_discharge",
}


def days(seed, steps, grain, tells_origin):
    """The hospital after its days, and the events of each visit as they were told.

    :param grain: seconds that its clock tells apart
    """
    hospital = Hospital(seed)
    told = defaultdict(list)
    for number in range(1, steps + 1):
        now = START + 7 * number
        for one in hospital.step(now):
            if one.trigger in KINDS:
                told[one.visit.number].append(event(one, now, number, grain, tells_origin))
    return hospital, told


def event(happened, now, number, grain, tells_origin):
    visit = happened.visit
    # What is told in the same words at the same time was told once: no two messages are alike.
    facts = {"location": str(visit.place), "attending": number}
    if tells_origin and visit.former:
        facts["prior_location"] = "-".join(visit.former)
    at = visit.admitted if happened.trigger == "A01" else happened.undone or now
    return history.Event(
        KINDS[happened.trigger], clock(at, grain), clock(now, grain), facts, arrived=number
    )


def clock(moment, grain):
    return datetime.fromtimestamp(moment // grain * grain, UTC).replace(tzinfo=None)


@pytest.mark.parametrize("tells_origin", [True, False], ids=["PV1-6", "no PV1-6"])
@pytest.mark.parametrize("grain", [1, 60, 3600])
@pytest.mark.parametrize("seed", range(4))
def test_who_lies_where(seed, grain, tells_origin):
    hospital, told = days(seed, 700, grain, tells_origin)
    lying = {one.number: str(one.place) for one in hospital.visits.values() if one.admitted}
    chance = random.Random(seed)
    found = {}
    for number, events in told.items():
        chance.shuffle(events)
        standing = history.standing(events)
        if standing.state == "present":
            found[number] = standing.location
    assert found == lying

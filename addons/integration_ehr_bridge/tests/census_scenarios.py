"""What happens to visits on a ward, and what its people would say the census is after that.

Written as somebody who knows ADT feeds tells it, and not as the engine calculates it: one line for
each message, in the order in which the sender wrote it. ``at`` is when it happened (EVN-6),
``written`` when it was written down (EVN-2) if that was later.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

ED, ONE, TWO, THREE = 9, 1, 2, 3


def clock(text: str) -> datetime:
    hour, minute = map(int, text.split(":"))
    return datetime(2026, 3, 2, hour, minute)


@dataclass(frozen=True)
class Line:
    kind: str
    at: str
    place: int | None = None
    written: str | None = None
    facts: tuple[tuple[str, Any], ...] = ()


def line(kind, at, place=None, written=None, **facts):
    said = {name.rstrip("_"): value for name, value in facts.items()}
    return Line(kind, at, place, written, tuple(said.items()))


#: name: (messages, state, place, places that were left, values)
SCENARIOS: dict[str, tuple[list[Line], str, int | None, list[int], dict[str, Any]]] = {
    "a discharge taken back and told with its right time": (
        [
            line("admit", "8:00", ONE),
            line("discharge", "9:00", ONE),
            line("cancel_discharge", "9:00", ONE, "9:10"),
            line("discharge", "9:05", ONE, "9:20"),
        ],
        "discharged", ONE, [ONE], {"discharged_at": clock("9:05")},
    ),
    "the same discharge once more after it was taken back": (
        [
            line("admit", "8:00", ONE),
            line("discharge", "9:00", ONE),
            line("cancel_discharge", "9:10", ONE),
            line("discharge", "9:00", ONE, "9:20"),
        ],
        "discharged", ONE, [ONE], {"discharged_at": clock("9:00")},
    ),
    "taken back, corrected and taken back again": (
        [
            line("admit", "8:00", ONE),
            line("discharge", "9:00", ONE),
            line("cancel_discharge", "9:00", ONE, "9:10"),
            line("discharge", "9:05", ONE, "9:20"),
            line("cancel_discharge", "9:05", ONE, "9:30"),
        ],
        "present", ONE, [], {},
    ),
    "a corrected discharge is taken back as a whole": (
        [
            line("admit", "8:00", ONE),
            line("discharge", "9:00", ONE),
            line("discharge", "9:20", ONE),
            line("cancel_discharge", "9:20", ONE, "9:30"),
        ],
        "present", ONE, [], {},
    ),
    "an update between two discharges knows the wrong time": (
        [
            line("admit", "8:00", ONE),
            line("discharge", "9:00", ONE, discharged_at="2026-03-02T09:00:00"),
            line("update", "9:10", ONE, discharged_at="2026-03-02T09:00:00"),
            line("cancel_discharge", "9:00", ONE, "9:15"),
            line("discharge", "9:05", ONE, "9:20", discharged_at="2026-03-02T09:05:00"),
        ],
        "discharged", ONE, [ONE], {"discharged_at": clock("9:05")},
    ),
    "a discharge is taken back of which nobody heard": (
        [line("admit", "8:00", ONE), line("cancel_discharge", "9:00", ONE, "9:10")],
        "present", ONE, [], {},
    ),
    "nothing is known but that a discharge was taken back": (
        [line("discharge", "9:00", ONE), line("cancel_discharge", "9:00", ONE, "9:10")],
        "present", ONE, [], {},
    ),
    "a transfer taken back and told with its right time and bed": (
        [
            line("admit", "8:00", ONE),
            line("transfer", "9:00", TWO),
            line("cancel_transfer", "9:00", ONE, "9:10"),
            line("transfer", "9:05", THREE, "9:20"),
        ],
        "present", THREE, [ONE], {},
    ),
    "a transfer into the same bed after it was taken back": (
        [
            line("admit", "8:00", ONE),
            line("transfer", "9:00", TWO),
            line("cancel_transfer", "9:10", ONE),
            line("transfer", "9:00", TWO, "9:20"),
        ],
        "present", TWO, [ONE], {},
    ),
    "a transfer sent twice with other attributes is taken back": (
        [
            line("admit", "8:00", ONE),
            line("transfer", "9:00", TWO),
            line("transfer", "9:00", TWO, "9:05", service="SUR"),
            line("cancel_transfer", "9:00", ONE, "9:30"),
        ],
        "present", ONE, [], {},
    ),
    "a transfer is taken back and the bed named is a third one": (
        [
            line("admit", "8:00", ONE),
            line("transfer", "9:00", TWO),
            line("cancel_transfer", "9:00", THREE, "9:30"),
        ],
        "present", THREE, [], {},
    ),
    "a move charted late, the insurance changed meanwhile": (
        [
            line("admit", "8:00", ONE),
            line("update", "9:10", ONE, payer="AOK"),
            line("transfer", "9:05", TWO, "9:20"),
        ],
        "present", TWO, [ONE], {"payer": "AOK"},
    ),
    "a move charted late in the minute of an update": (
        [
            line("admit", "8:00", ONE),
            line("update", "9:20", ONE, payer="AOK"),
            line("transfer", "9:05", TWO, "9:20"),
        ],
        "present", TWO, [ONE], {},
    ),
    "an update that knows a bed that nobody told of": (
        [line("admit", "8:00", ONE), line("update", "9:10", TWO)],
        "present", TWO, [ONE], {},
    ),
    "an update of what a later charted move had corrected": (
        [
            line("admit", "8:00", ONE),
            line("update", "9:10", THREE),
            line("transfer", "9:05", TWO, "9:20"),
        ],
        "present", TWO, [ONE], {},
    ),
    "a move charted after the discharge, which knew the former bed": (
        [
            line("admit", "8:00", ONE),
            line("discharge", "10:00", ONE),
            line("transfer", "9:00", TWO, "10:30"),
        ],
        "discharged", TWO, [ONE, TWO], {},
    ),
    "an update does not change a service that was written later": (
        [
            line("admit", "8:00", ONE, service="MED"),
            line("update", "9:10", ONE, service="MED"),
            line("transfer", "9:05", TWO, "9:20", service="SUR"),
        ],
        "present", TWO, [ONE], {"service": "SUR"},
    ),
    "became inpatient in place, a move before it charted later": (
        [
            line("register", "8:00", ONE, class_="emergency"),
            line("to_inpatient", "9:10", ONE, class_="inpatient"),
            line("transfer", "9:05", TWO, "9:20"),
        ],
        "present", TWO, [ONE], {"class": "inpatient"},
    ),
    "an admission told twice is cancelled as a whole": (
        [
            line("admit", "8:00", ONE),
            line("admit", "8:00", ONE, "8:05", service="SUR"),
            line("cancel_admit", "8:00", ONE, "8:20"),
        ],
        "cancelled", ONE, [], {},
    ),
    "an admission corrected in time is cancelled as a whole": (
        [
            line("admit", "8:00", ONE),
            line("admit", "8:05", ONE, service="SUR"),
            line("transfer", "8:10", TWO),
            line("update", "8:15", TWO, payer="AOK"),
            line("cancel_admit", "8:20", TWO),
        ],
        "cancelled", TWO, [], {"payer": "AOK"},
    ),
    "cancelled and done again": (
        [
            line("admit", "8:00", ONE),
            line("cancel_admit", "8:00", ONE, "8:20"),
            line("admit", "8:05", TWO, "8:30"),
        ],
        "present", TWO, [], {},
    ),
    "an emergency patient is not admitted after all": (
        [
            line("register", "7:00", ED, class_="emergency", service="EM"),
            line("admit", "8:00", ONE, class_="inpatient", service="MED"),
            line("update", "8:10", ONE, class_="inpatient", service="MED", payer="AOK"),
            line("cancel_admit", "8:20", ONE, class_="inpatient", service="MED"),
        ],
        "present", ED, [], {"class": "emergency", "service": "EM", "payer": "AOK"},
    ),
    "an emergency patient is moved on the ward and was not admitted after all": (
        [
            line("register", "7:00", ED, class_="emergency"),
            line("admit", "8:00", ONE, class_="inpatient"),
            line("transfer", "8:10", TWO, class_="inpatient"),
            line("update", "8:15", THREE, class_="inpatient"),
            line("cancel_admit", "8:20", THREE, class_="inpatient"),
        ],
        "present", ED, [], {"class": "emergency"},
    ),
    "an emergency patient did not become an inpatient after all": (
        [
            line("register", "7:00", ED, class_="emergency"),
            line("to_inpatient", "8:00", ONE, class_="inpatient"),
            line("cancel_admit", "8:20", ONE, class_="inpatient"),
        ],
        "present", ED, [], {"class": "emergency"},
    ),
    "a registration is cancelled": (
        [
            line("register", "7:00", ED, class_="emergency"),
            line("register", "7:00", ED, "7:05", class_="emergency", service="EM"),
            line("cancel_admit", "7:00", ED, "7:20"),
        ],
        "cancelled", ED, [], {"class": "emergency"},
    ),
    "an announced patient is not admitted today": (
        [
            line("pre_admit", "7:00", class_="preadmit"),
            line("admit", "8:00", ONE, class_="inpatient"),
            line("cancel_admit", "8:20", ONE, class_="inpatient"),
        ],
        "planned", None, [], {"class": "preadmit"},
    ),
    "an announcement told twice is cancelled": (
        [
            line("pre_admit", "7:00"),
            line("pre_admit", "7:10", ONE),
            line("cancel_admit", "7:20", ONE),
        ],
        "cancelled", ONE, [], {},
    ),
    "an announcement that comes late moves nobody": (
        [line("admit", "8:00", ONE), line("pre_admit", "8:10", TWO)],
        "present", ONE, [], {},
    ),
    "admitted anew and that cancelled": (
        [
            line("admit", "7:00", ED),
            line("discharge", "7:30", ED),
            line("admit", "8:00", ONE),
            line("cancel_admit", "8:00", ONE, "8:20"),
        ],
        "discharged", ED, [ED], {},
    ),
    "the first of two admissions is cancelled": (
        [
            line("admit", "7:00", ED),
            line("discharge", "7:30", ED),
            line("admit", "8:00", ONE),
            line("discharge", "9:00", ONE),
            line("cancel_admit", "7:00", ED, "9:20"),
        ],
        "discharged", ONE, [ONE], {},
    ),
    "became outpatient, inpatient again, and that cancelled": (
        [
            line("admit", "7:00", ONE, class_="inpatient"),
            line("to_outpatient", "8:00", ONE, class_="outpatient"),
            line("to_inpatient", "9:00", TWO, class_="inpatient"),
            line("cancel_admit", "9:20", TWO, class_="inpatient"),
        ],
        "present", ONE, [], {"class": "outpatient"},
    ),
    "a cancellation told again cancels nothing more": (
        [
            line("admit", "8:00", ONE),
            line("discharge", "9:00", ONE),
            line("cancel_discharge", "9:00", ONE, "9:10"),
            line("discharge", "9:05", ONE, "9:20"),
            line("cancel_discharge", "9:00", ONE, "9:50"),
        ],
        "discharged", ONE, [ONE], {},
    ),
    "discharge, told before the admission that is late": (
        [line("admit", "8:00", ONE, "10:00"), line("discharge", "9:00", ONE)],
        "discharged", ONE, [ONE], {},
    ),
}  # fmt: skip

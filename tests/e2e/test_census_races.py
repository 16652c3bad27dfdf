"""Two interfaces that tell of one visit or one patient in transactions of the same moment."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.two_feeds import Told, TwoFeeds, two_feeds
from tests.harness import Database


@pytest.fixture(scope="module")
def feeds(database: Database) -> Iterator[TwoFeeds]:
    with two_feeds(database) as feeds:
        yield feeds


def adt(event: str, visit: str, clock: str, unit: str = "U1", **said: Any) -> Told:
    return "ehr_encounter", {
        "event": event,
        "occurred_at": f"2026-03-02T{clock}:00Z",
        "visit": {"number": visit},
        "patient": {"number": f"P-{visit}"},
        "location": {"point_of_care": unit},
        **said,
    }


def siu(number: str, **said: Any) -> Told:
    return "ehr_appointment", {
        "event": "book",
        "occurred_at": "2026-03-02T07:00:00Z",
        "filler": {"number": number},
        **said,
    }


def merge(kept: str, retired: str) -> Told:
    return "ehr_patient_merge", {
        "occurred_at": "2026-03-02T07:30:00Z",
        "merges": [{"kept": {"number": kept}, "retired": {"number": retired}}],
    }


def visit_of(feeds: TwoFeeds, number: str) -> str | None:
    """The visit of an appointment."""
    return feeds.database.scalar(
        "SELECT e.visit_number FROM ehr_appointment a "
        "LEFT JOIN ehr_encounter e ON e.id = a.encounter_id WHERE a.filler_number = %s",
        [number],
    )


def test_an_appointment_and_its_visit_at_once(feeds: TwoFeeds, tmp_path: Path) -> None:
    """None of the two can see the other one: the next event of the visit links them."""
    feeds.tell_at_once(
        tmp_path / "meeting", siu("A8", visit={"number": "V8"}), adt("admit", "V8", "08:00")
    )
    assert visit_of(feeds, "A8") is None, "they did not meet"
    feeds.tell(adt("update", "V8", "08:30"))
    assert visit_of(feeds, "A8") == "V8"


def test_an_appointment_and_its_visit_at_once_and_nothing_else(
    feeds: TwoFeeds, tmp_path: Path
) -> None:
    """The scheduled job of the census links them."""
    feeds.tell_at_once(
        tmp_path / "meeting", siu("A9", visit={"number": "V9"}), adt("admit", "V9", "08:00")
    )
    assert visit_of(feeds, "A9") is None, "they did not meet"
    feeds.shells[0].run("env.ref('integration_ehr_bridge.ir_cron_coming').method_direct_trigger()")
    assert visit_of(feeds, "A9") == "V9"


@pytest.mark.parametrize("first", ["merge", "other"])
@pytest.mark.parametrize("model", ["ehr_appointment", "ehr_encounter"])
def test_a_merge_and_something_new_of_the_patient_at_once(
    feeds: TwoFeeds, tmp_path: Path, model: str, first: str
) -> None:
    """Whichever comes first: what is new is the kept patient's."""
    mark = f"{model}-{first}"
    kept, retired = f"K-{mark}", f"R-{mark}"
    feeds.tell(
        *(adt("admit", f"V-{one}", "06:00", patient={"number": one}) for one in (kept, retired))
    )
    new = {
        "ehr_appointment": siu(mark, patient={"number": retired}),
        "ehr_encounter": adt("admit", mark, "08:00", patient={"number": retired}),
    }[model]
    told = [merge(kept, retired), new]
    feeds.tell_at_once(tmp_path / "meeting", *(told if first == "merge" else reversed(told)))
    number = {"ehr_appointment": "filler_number", "ehr_encounter": "visit_number"}[model]
    patient = f"SELECT patient_id FROM {model} WHERE {number} = %s"
    expected = "SELECT patient_id FROM ehr_encounter WHERE visit_number = %s"
    assert feeds.database.scalar(patient, [mark]) == feeds.database.scalar(expected, [f"V-{kept}"])


def test_two_events_of_a_visit_at_once(feeds: TwoFeeds, tmp_path: Path) -> None:
    """What is taken back while it is told: by itself, one of the two changes nothing of the visit.

    None of the rows that the discharge changes is one that the other event would write.
    """
    feeds.tell(adt("admit", "V5", "06:00", "U1"), adt("transfer", "V5", "12:00", "U9"))
    feeds.tell_at_once(
        tmp_path / "meeting",
        adt("discharge", "V5", "10:00", recorded_at="2026-03-02T10:00:00Z"),
        adt("cancel_discharge", "V5", "10:00", recorded_at="2026-03-02T11:00:00Z"),
    )
    [visit] = feeds.database.sql(
        "SELECT e.state, l.point_of_care FROM ehr_encounter e "
        "JOIN ehr_location l ON l.id = e.location_id WHERE e.visit_number = 'V5'"
    )
    assert visit == {"state": "present", "point_of_care": "U9"}

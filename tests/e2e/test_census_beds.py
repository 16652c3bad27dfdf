"""Two transactions that decide about one bed at once, each in a process of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.two_feeds import TwoFeeds, two_feeds
from tests.harness import Database

HANDLER = "ehr_encounter"


class Ward:
    """Two processes that tell of patients in the beds of one room."""

    def __init__(self, feeds: TwoFeeds) -> None:
        self.feeds = feeds
        self.database = feeds.database

    def tell(self, *bodies: dict[str, Any]) -> None:
        self.feeds.tell(*((HANDLER, body) for body in bodies))

    def tell_at_once(self, meeting: Path, *bodies: dict[str, Any]) -> None:
        """Each process tells one of two things; none knows what the other one says."""
        self.feeds.tell_at_once(meeting, *((HANDLER, body) for body in bodies))

    def bed(self, number: str) -> tuple[str, list[str], list[str]]:
        """State of a bed, the visits in it, and the states of what it is asked for."""
        [found] = self.database.sql(
            "SELECT id, bed_state FROM ehr_location WHERE bed = %s", [number]
        )
        visits = self.database.sql(
            "SELECT visit_number AS number FROM ehr_encounter "
            "WHERE state = 'present' AND location_id = %s ORDER BY 1",
            [found["id"]],
        )
        requests = self.database.sql(
            "SELECT state FROM ehr_housekeeping WHERE location_id = %s ORDER BY id", [found["id"]]
        )
        return (
            found["bed_state"],
            [one["number"] for one in visits],
            [one["state"] for one in requests],
        )


@pytest.fixture(scope="module")
def ward(database: Database) -> Iterator[Ward]:
    with two_feeds(database) as feeds:
        yield Ward(feeds)


def adt(event: str, visit: str, clock: str, bed: str) -> dict[str, Any]:
    return {
        "event": event,
        "occurred_at": f"2026-03-02T{clock}:00Z",
        "visit": {"number": visit},
        "patient": {"number": f"P-{visit}"},
        "location": {"point_of_care": "W4", "room": "401", "bed": bed},
    }


def test_both_patients_of_a_bed_leave_at_once(ward: Ward, tmp_path: Path) -> None:
    """Each of them finds the other one in the bed, which is asked to be cleaned all the same."""
    ward.tell(adt("admit", "V1", "08:00", "1"), adt("admit", "V2", "08:10", "1"))
    assert ward.bed("1") == ("occupied", ["V1", "V2"], [])
    ward.tell_at_once(
        tmp_path / "meeting",
        adt("discharge", "V1", "09:00", "1"),
        adt("discharge", "V2", "09:10", "1"),
    )
    assert ward.bed("1") == ("dirty", [], ["open"])


def test_one_leaves_while_another_turns_out_to_be_there(ward: Ward, tmp_path: Path) -> None:
    """Who came late to our knowledge is in the bed: nobody cleans it now."""
    ward.tell(adt("admit", "V3", "08:00", "2"))
    ward.tell_at_once(
        tmp_path / "meeting",
        adt("discharge", "V3", "09:00", "2"),
        adt("admit", "V4", "07:50", "2"),
    )
    state, visits, requests = ward.bed("2")
    assert (state, visits) == ("occupied", ["V4"])
    assert "open" not in requests

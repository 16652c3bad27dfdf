"""The demo as a newcomer meets it: the day clinic of ``make run`` speaks FHIR with the demo data.

The very program runs beside a real server: what it tells comes through the door, what it loses on
the way and what it does not tell is polled at its server, and it reads how far orders are.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from demo_clinic import places, settings

from setup import demo_run, suite_addons, templates
from setup.odoo_server import free_port
from setup.settings import REPOSITORY
from tests.harness import Database, Harness, Shell, wait_until

pytestmark = pytest.mark.long

#: Bundles that it posts before the day is over: some are lost between them.
ALL = 70
CONNECT = (REPOSITORY / "setup" / "demo" / "connect_clinic.py").read_text()
PROGRAM = REPOSITORY / "setup" / "demo" / "clinic.py"
_INTERFACES = """
names = ("bridge.interface_riverside_server", "bridge.interface_riverside_feed",
         "supply.interface_riverside_view")
result = [
    [one.state, one.light] for one in (env.ref(f"integration_ehr_{name}") for name in names)]
"""


@dataclass
class Demo:
    """The demo with the clinic."""

    database: Database
    shell: Shell
    python: Path
    folder: Path
    url: str

    @property
    def config(self) -> Path:
        return self.folder / "clinic.json"

    @property
    def state(self) -> dict[str, Any]:
        """What the clinic remembers."""
        found: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        return found

    def sql(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        return self.database.sql(query, parameters)

    @contextmanager
    def clinic(self, *options: str) -> Iterator["subprocess.Popen[str]"]:
        """Let the clinic be open, and close it."""
        command = [
            self.python, PROGRAM, f"--config={self.config}",
            f"--state={self.folder / 'state.json'}", f"--odoo-url={self.url}", *options,
        ]  # fmt: skip
        with (self.folder / "clinic.log").open("a") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, text=True)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)

    def has_told(self, clinic: "subprocess.Popen[str]") -> bool:
        assert clinic.poll() is None, (self.folder / "clinic.log").read_text()[-2000:]
        return (self.folder / "state.json").exists() and self.state["told"] >= ALL

    def messages(self) -> list[dict[str, Any]]:
        return self.sql(
            "SELECT m.message_type, m.state, m.error_code, m.error_message "
            "FROM integration_message m JOIN integration_interface i ON i.id = m.interface_id "
            "JOIN integration_system s ON s.id = i.system_id WHERE s.code = 'RIVERSIDE'"
        )

    def wait_idle(self) -> None:
        busy = ("received", "queued", "processing", "retry")

        def idle() -> bool:
            found = self.messages()
            return bool(found) and not [one for one in found if one["state"] in busy]

        wait_until(idle, 240, what="an idle feed")

    def wait_polled(self) -> None:
        """Wait until every search was read to its end once more."""
        polls = "SELECT id, caught_up_at FROM integration_fhir_poll"
        before = {row["id"]: row["caught_up_at"] for row in self.sql(polls)}

        def polled() -> bool:
            found = self.sql(polls)
            return len(found) == 6 and all(
                row["caught_up_at"] and row["caught_up_at"] != before.get(row["id"])
                for row in found
            )

        wait_until(polled, 180, what="polls that have caught up")


@pytest.fixture(scope="module")
def demo(harness: Harness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo data, connected as ``make run`` connects them, after a part of the clinic's day."""
    folder = tmp_path_factory.mktemp("clinic")
    with harness.database(harness.base_template) as database:
        # Odoo's own demo data is not needed, and takes minutes.
        database.sql("UPDATE ir_module_module SET demo = true WHERE state = 'installed'")
        names = suite_addons.names(harness.machine.settings.addons)
        ring = {"key_ring": database.key_ring}
        found = templates.install(
            harness.machine, database.name, names, "--with-demo", integration=ring
        )
        assert not found, "installing the demo data logged:\n" + "\n".join(found)
        config = folder / "clinic.json"
        with (
            database.server(options=demo_run.PROCESSES, channels=demo_run.CHANNELS) as server,
            database.shell(environ={"DEMO_CLINIC": str(config)}) as shell,
        ):
            settings.initialise(config, server.url, free_port(), free_port())
            shell.run(CONNECT)
            python = harness.machine.settings.python
            one = Demo(database, shell, python, folder, server.url)
            with one.clinic("--pace=240") as clinic:
                wait_until(lambda: one.has_told(clinic), 300, what="a day of the clinic")
            # It goes on by itself, slowly, so that what it lost can be asked for.
            with one.clinic("--pace=0.01"):
                # Twice: what happens when it opens may come after the first.
                one.wait_polled()
                one.wait_polled()
                one.wait_idle()
                yield one


def test_all_is_taken(demo: Demo) -> None:
    log = (demo.folder / "clinic.log").read_text()
    assert "clinic: closed; answers: " in log
    closed = log.partition("answers: ")[2].splitlines()[0]
    assert closed.endswith(" 200"), log[-2000:]
    assert "," not in closed, "another answer as well"
    found = demo.messages()
    assert {row["state"] for row in found} <= {"done", "filtered"}, [
        row for row in found if row["state"] not in ("done", "filtered")
    ][:3]
    told = {row["message_type"] for row in found}
    assert told == {
        "Appointment", "Encounter", "Location", "Organization", "Patient", "Practitioner",
        "PractitionerRole", "Schedule", "Slot",
    }  # fmt: skip


def test_its_interfaces_are_live(demo: Demo) -> None:
    assert demo.shell.run(_INTERFACES) == [["active", "ok"]] * 3


def test_its_visits_are_in_the_census_where_the_patients_are(demo: Demo) -> None:
    """Also those of which an event was lost on the way: they were asked for."""
    rows = demo.sql(
        "SELECT v.visit_number, v.state, l.point_of_care, l.room, l.bed FROM ehr_encounter v "
        "LEFT JOIN ehr_location l ON l.id = v.location_id AND l.facility = %s "
        "WHERE v.visit_number LIKE 'E8%%'",
        places.SITE,
    )
    found = {row["visit_number"]: row for row in rows}
    cases = [one for one in demo.state["clinic"]["cases"] if one["arrived"]]
    here = [one for one in cases if not one["left"]]
    assert len(here) > 2
    for case in cases:
        row = found[case["number"]]
        assert row["state"] == ("discharged" if case["left"] else "present"), case
        if not case["left"]:
            assert (row["bed"] or row["room"]) == case["stays"][-1][0], case
            assert row["point_of_care"] in ("DAY", "CONS")


def test_what_was_lost_was_noticed(demo: Demo) -> None:
    [row] = demo.sql("SELECT * FROM integration_fhir_subscription")
    assert (row["reference"], row["state"]) == ("Subscription/odoo", "active")
    assert row["gap_count"] > 0
    assert row["missed_count"] == row["gap_count"]


def test_its_appointments_and_times_are_on_the_schedule(demo: Demo) -> None:
    rows = demo.sql(
        "SELECT filler_number, status FROM ehr_appointment WHERE filler_assigner = 'RIVERSIDE'"
    )
    found = {row["filler_number"]: row["status"] for row in rows}
    meant = {
        "booked": "booked", "checked-in": "started", "fulfilled": "done",
        "cancelled": "cancelled", "noshow": "no_show",
    }  # fmt: skip
    booked = [one for one in demo.state["clinic"]["cases"] if one["booked"]]
    assert booked
    assert {f"A{one['number'][1:]}": meant[one["booked"]] for one in booked} == found
    times = {row["status"] for row in demo.sql("SELECT DISTINCT status FROM ehr_slot")}
    assert times >= {"free", "busy"}, "they are polled only"


def test_it_reads_places_items_and_orders(demo: Demo) -> None:
    reader = demo.state["reader"]
    assert reader["counts"]["Location"] > len(places.locations())
    items = demo.sql(
        "SELECT count(*) AS count FROM product_product WHERE default_code LIKE 'IMP-%%'"
    )
    assert reader["counts"]["DeviceDefinition"] > items[0]["count"] > 0
    lines = {str(row["id"]) for row in demo.sql("SELECT id FROM ehr_requisition_line")}
    assert reader["orders"]
    assert set(reader["orders"]) <= lines


def test_who_reads_is_in_the_audit_trail(demo: Demo) -> None:
    [row] = demo.sql(
        "SELECT count(*) AS count FROM integration_audit_entry "
        "WHERE actor_login = 'interface.riverside.reader'"
    )
    assert row["count"] > 0


def test_connecting_again_does_no_harm(demo: Demo) -> None:
    before = demo.sql("SELECT count(*) AS count FROM integration_credential_version")
    demo.shell.run(CONNECT)
    assert demo.sql("SELECT count(*) AS count FROM integration_credential_version") == before

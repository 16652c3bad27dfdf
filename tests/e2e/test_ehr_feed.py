"""Bytes of a hospital become its census in Odoo: listener, ledger, routing, mapping, handlers."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from demo_hospital import places
from demo_hospital.day import Day, Settings
from demo_hospital.diary import Diary
from demo_hospital.hospital import NEW_CLASS, Hospital
from demo_hospital.wire import Answer, Wire

from setup.odoo_server import free_port
from tests.e2e.conftest import Suite
from tests.e2e.mllp_peer import Ack, Peer
from tests.harness import Shell, wait_until

_CREATE = """
system = env["integration.system"].create({
    "name": "Hospital", "code": "EHR", "kind": "ehr", "environment": "test",
    "tz": "Europe/Brussels"})
user = env["res.users"].create({
    "name": "EHR interface", "login": "interface.ehr",
    "group_ids": [(4, env.ref("integration_ehr_bridge.group_feed").id)]})
plan = env.ref("analytic.analytic_plan_projects")
for code in cost_centres:
    env["account.analytic.account"].create({"name": code, "code": code, "plan_id": plan.id})
made = env["integration.interface"].create({
    "name": "Feed", "system_id": system.id, "direction": "inbound", "transport": "mllp",
    "body_codec": "hl7", "data_class": "clinical", "mllp_port": port, "mllp_tls": "none",
    "routing_id": env.ref("integration_ehr_bridge.routing_hl7_v2_standard").id,
    "user_id": user.id, "latency_class": "realtime"})
made.action_submit()
made.action_approve()
made.action_activate()
result = made.id
"""
_MAP = """
value_map = env["integration.value.map"].search([("code", "=", "hl7_patient_class")])
env["integration.value.map.line"].create({
    "map_id": value_map.id, "source": source, "target": "outpatient"})
result = value_map.reprocess_waiting()["retried"]
"""
PERSON = "CANARYNAME"


@dataclass(frozen=True)
class Feed:
    suite: Suite
    shell: Shell
    id: int
    port: int

    def ask(self, *messages: bytes) -> list[Ack]:
        with Peer(self.port) as peer:
            return peer.ask_all(messages)

    def states(self) -> Counter[str]:
        rows = self.suite.database.sql(
            "SELECT state FROM integration_message WHERE interface_id = %s", [self.id]
        )
        return Counter(row["state"] for row in rows)

    def wait_idle(self) -> None:
        """Wait until nothing waits for its turn."""
        busy = {"received", "queued", "processing", "retry"}
        wait_until(lambda: not busy & set(self.states()), 120, what="an idle feed")

    def sql(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        return self.suite.database.sql(query, parameters)


@pytest.fixture(scope="module")
def feed(suite: Suite) -> Iterator[Feed]:
    port = free_port()
    with suite.database.shell() as shell, suite.database.listener() as listener:
        centres = [ward.cost_centre for ward in places.WARDS]
        made = shell.run(_CREATE, port=port, cost_centres=centres)
        listener.wait_open(port)
        yield Feed(suite, shell, made, port)
        errors = listener.errors()
    assert not errors, "the listener logged errors:\n" + "\n".join(errors)


def message(kind: str, control: str, *segments: str) -> bytes:
    header = f"MSH|^~\\&|CARE|NORTH|ODOO|HUB|20250302080000||{kind}|{control}|T|2.5.1"
    return ("\r".join([header, *segments]) + "\r").encode()


def adt(trigger: str, control: str, at: str, place: str, cls: str = "I") -> bytes:
    pv1 = f"PV1|1|{cls}|{place}||||D9^Doctor|||SURG|||||||||V900^^^NORTH^VN"
    person = f"PID|1||4711900^^^NORTH^MR||{PERSON}^Jana||19700102|F|||Canary Street 5"
    return message(f"ADT^{trigger}^ADT_A01", control, f"EVN|{trigger}|{at}", person, pv1)


def test_places_and_staff_come_first(feed: Feed) -> None:
    entry = "MFE|MAD|{0}||{0}|PL\rLOC|{0}|A title|{1}"
    beds = [f"N4^N41^{bed}^NORTH" for bed in "AB"]
    listed = [("N4^^^NORTH", "N"), ("N4^N41^^NORTH", "R"), *((bed, "B") for bed in beds)]
    answers = feed.ask(
        message("MFN^M05^MFN_M05", "M1", "MFI|LOC||UPD", *(entry.format(*one) for one in listed)),
        message("MFN^M02^MFN_M02", "M2", "MFI|PRA||UPD", "MFE|MAD|1||D9|CWE", "STF||D9^^^EHR"),
    )
    assert [answer.code for answer in answers] == ["AA", "AA"]
    feed.wait_idle()
    assert feed.states() == {"done": 2}
    kinds = feed.sql("SELECT kind FROM ehr_location WHERE facility = 'NORTH' ORDER BY code")
    assert sorted(row["kind"] for row in kinds) == ["bed", "bed", "room", "unit"]
    assert feed.sql("SELECT number, assigner FROM ehr_staff WHERE number = 'D9'") == [
        {"number": "D9", "assigner": "EHR"}
    ]


def test_a_stay(feed: Feed) -> None:
    bed, other = "N4^N41^A^NORTH", "N4^N41^B^NORTH"
    feed.ask(adt("A01", "A1", "20250302080000", bed), adt("A02", "A2", "20250302090000", other))
    feed.wait_idle()
    [visit] = feed.sql(
        "SELECT e.state, e.encounter_class, l.bed, e.visit_assigner FROM ehr_encounter e "
        "JOIN ehr_location l ON l.id = e.location_id WHERE e.visit_number = 'V900'"
    )
    assert visit == {
        "state": "present",
        "encounter_class": "inpatient",
        "bed": "B",
        "visit_assigner": "NORTH",
    }
    feed.ask(adt("A03", "A3", "20250302100000", other))
    feed.wait_idle()
    assert feed.states() == {"done": 5}
    [visit] = feed.sql("SELECT state FROM ehr_encounter WHERE visit_number = 'V900'")
    assert visit["state"] == "discharged"
    requests = feed.sql(
        "SELECT l.bed FROM ehr_housekeeping h JOIN ehr_location l ON l.id = h.location_id "
        "WHERE h.state = 'open' AND l.facility = 'NORTH' ORDER BY l.bed"
    )
    assert [row["bed"] for row in requests] == ["A", "B"]


def test_names_and_numbers_of_people_are_nowhere_in_clear(feed: Feed) -> None:
    tables = feed.sql(
        "SELECT table_name AS name FROM information_schema.tables "
        "WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name LIKE ANY("
        "ARRAY['ehr%%', 'integration%%', 'mail%%', 'queue%%', 'ir_attachment', 'ir_logging'])"
    )
    for table in (row["name"] for row in tables):
        [row] = feed.sql(
            f"""SELECT count(*) FROM "{table}" t WHERE t::text LIKE ANY(%s)""",
            [f"%{PERSON}%", "%4711900%", "%Canary Street%", "%19700102%"],
        )
        assert row["count"] == 0, table


def test_what_is_not_understood_waits_and_the_rest_goes_on(feed: Feed) -> None:
    unknown = adt("A04", "U1", "20250302110000", "N4^^^NORTH", "DS").replace(b"V900", b"V901")
    broken = adt("A04", "U2", "20250302110000", "N4^^^NORTH").replace(b"V900^^^NORTH^VN", b"")
    nobody = message("ORU^R01^ORU_R01", "U3", "PID|1||1^^^NORTH^MR")
    fine = adt("A04", "U4", "20250302110100", "N4^^^NORTH", "O").replace(b"V900", b"V902")
    assert {answer.code for answer in feed.ask(unknown, broken, nobody, fine)} == {"AA"}
    feed.wait_idle()
    waiting = feed.sql(
        "SELECT error_code, error_message FROM integration_message "
        "WHERE interface_id = %s AND state = 'quarantined' ORDER BY id",
        feed.id,
    )
    assert [row["error_code"] for row in waiting] == [
        "missing_value",
        "missing_required",
        "no_handler",
    ]
    assert "PV1-19 (visit number) is required" in waiting[1]["error_message"]
    assert "ORU^R01" in waiting[2]["error_message"]
    assert feed.sql("SELECT 1 AS found FROM ehr_encounter WHERE visit_number = 'V902'")
    assert feed.shell.run(_MAP, source="DS") == 1
    wait_until(
        lambda: feed.sql("SELECT 1 FROM ehr_encounter WHERE visit_number = 'V901'"),
        what="the visit whose class is known now",
    )


def test_the_days_of_a_hospital(feed: Feed, tmp_path: Path) -> None:
    """What the demo hospital says of its beds is what Odoo's census says afterwards.

    Its clock tells the time by 20 seconds, in which 20 things happen: what happens to a patient
    within them is told apart by where he comes from, and by the order in which it was told.
    """
    stopping = threading.Event()
    diary = Diary(tmp_path / "hospital.json", seed=1)
    settings = Settings(ZoneInfo("Europe/Brussels"), pace=6000, limit=260)
    seconds = itertools.count(int(time.time()) - 3000)
    wire = Counted("127.0.0.1", feed.port, stopping)
    day = Day(diary, wire, settings, stopping, clock=lambda: next(seconds) // 20 * 20)
    day.run()
    # Whoever orders hears what becomes of it: this feed has no rule for orders.
    assert day.answers == Counter(AA=260 - wire.orders, AR=wire.orders)
    assert diary.sent == 260
    feed.wait_idle()
    told = feed.sql(
        "SELECT message_type, error_code, error_message FROM integration_message "
        "WHERE interface_id = %s AND state NOT IN ('done', 'cancelled') "
        "AND error_code NOT IN ('missing_required', 'no_handler')",
        feed.id,
    )
    assert told == []
    rows = feed.sql(
        "SELECT l.point_of_care, l.room, l.bed, e.visit_number FROM ehr_encounter e "
        "JOIN ehr_location l ON l.id = e.location_id "
        "WHERE e.state = 'present' AND l.facility = 'MAIN' AND l.kind = 'bed'"
    )
    census = {row["visit_number"]: [row["point_of_care"], row["room"], row["bed"]] for row in rows}
    assert census == lying(diary.hospital)
    [ties] = feed.sql(
        "SELECT count(*) FROM (SELECT 1 FROM ehr_move m JOIN ehr_encounter e "
        "ON e.id = m.encounter_id WHERE e.visit_number LIKE 'V7%%' "
        "GROUP BY m.encounter_id, m.occurred_at, m.recorded_at HAVING count(*) > 1) AS tied"
    )
    assert ties["count"] > 0, "nothing of a patient had equal times: the test is about nothing"


class Counted(Wire):
    """A connection that counts the orders of supplies."""

    orders = 0

    def send(self, message: str) -> Answer:
        self.orders += "||OMS^" in message.split("\r", 1)[0]
        return super().send(message)


def lying(hospital: Hospital) -> dict[str, list[str]]:
    return {
        visit.number: visit.bed
        for visit in hospital.visits.values()
        if visit.admitted and visit.bed[2] and visit.kind != NEW_CLASS
    }

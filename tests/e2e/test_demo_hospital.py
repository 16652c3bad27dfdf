"""The demo as a newcomer meets it: the hospital of ``make run`` talks to the demo data.

Kits are reserved, goods leave the stock, invoices are drafted, and one unit waits to be mended.
"""

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from demo_hospital import goods
from demo_hospital.day import Day, Settings
from demo_hospital.diary import Diary
from demo_hospital.hospital import Hospital
from demo_hospital.wire import Answer, Wire

from setup import demo_run, suite_addons, templates
from setup.odoo_server import free_port
from setup.settings import REPOSITORY
from tests.harness import Database, Harness, Shell, wait_until

Row = dict[str, Any]

pytestmark = pytest.mark.long

#: Messages by which the hospital introduces itself, and after how many more of them it waits each
#: time until they are handled: fewer than there are between booking an operation and doing it.
OPENING, AT_ONCE, ALL = 38, 20, 698
#: Seconds of its clock from one look at it to the next, and how long ago its day began.
TICK, BEGAN = 20, 23_400
_PORT = """
env.ref("integration_ehr_bridge.interface_ehr_feed").mllp_port = port
"""
CONNECT = (REPOSITORY / "setup" / "demo" / "connect_hospital.py").read_text()
# A demo of before the hospital told of supply and charges: its feed is live with fewer rules.
_BEFORE = """
feed = env.ref("integration_ehr_bridge.interface_ehr_feed")
revision = env["integration.revision"]._propose(feed)
revision.proposal_id.routing_id = env.ref("integration_ehr_bridge.routing_hl7_v2_standard")
revision.summary = "As it was"
revision.action_submit()
revision.action_approve()
result = feed.routing_id.code
"""
_IMPLANTS_NOT_CHARGED = """
implants = [("product_id.default_code", "=like", "IMP-%")]
result = env["ehr.uncharged"].search(implants).mapped("name")
"""
_BOUND = """
feed = env.ref("integration_ehr_bridge.interface_ehr_feed")
result = [feed.state, feed.routing_id.code]
"""
# What Cleo does on the screen of the message: choose what the unit means, then reprocess.
_MEND = """
person = env["res.users"].search([("login", "=", "cleo")])
env = env(user=person.id)
messages = env["integration.message"].browse(message)
(row,) = messages.unmapped_values("The pharmacy sends a new unit")["values"]
maps = env["integration.value.map"]
mapped = maps.map_values(
    [{"map_id": row["map_id"], "value": row["value"], "target": "SR", "message_id": message}])
maps = maps.browse(mapped["map_ids"])
result = [row["value"], maps.reprocess_waiting()["retried"]]
"""


class Recorded(Wire):
    """A connection that remembers what was told, and how that was answered."""

    def __init__(self, port: int) -> None:
        super().__init__("127.0.0.1", port, threading.Event(), timeout=60)
        self.told: list[list[list[str]]] = []
        self.codes: set[str] = set()

    def send(self, message: str) -> Answer:
        answer = super().send(message)
        self.told.append([line.split("|") for line in message.split("\r") if line])
        self.codes.add(answer.code)
        return answer

    def segments(self, name: str) -> list[list[str]]:
        return [one for message in self.told for one in message if one[0] == name]

    def count(self, kind: str) -> int:
        return sum(message[0][8].startswith(kind) for message in self.told)


@dataclass
class Demo:
    """The demo with the hospital's day, once it is over."""

    database: Database
    shell: Shell
    port: int
    folder: Path
    hospital: Hospital = field(default_factory=Hospital)

    def sql(self, query: str, *parameters: Any) -> list[Row]:
        return self.database.sql(query, parameters)

    def live(self) -> Recorded:
        """Let the hospital tell its day, a part at a time."""
        wire = Recorded(self.port)
        seconds = itertools.count(int(time.time()) - BEGAN, TICK)
        for limit in range(OPENING, ALL + 1, AT_ONCE):
            diary = Diary(self.folder / "hospital.json", seed=1)
            settings = Settings(ZoneInfo("Europe/Brussels"), pace=6000, limit=limit)
            day = Day(diary, wire, settings, threading.Event(), clock=lambda: next(seconds))
            day.run()
            self.wait_idle()
            self.hospital = diary.hospital
        assert next(seconds) <= time.time(), "the hospital is ahead of the clock"
        return wire

    def wait_idle(self) -> None:
        """Wait until all that was told was handled, and the kits of it were looked at."""
        busy = (
            "SELECT 1 FROM integration_message m JOIN integration_interface i "
            "ON i.id = m.interface_id WHERE i.mllp_port = %s "
            "AND m.state IN ('received', 'queued', 'processing', 'retry') LIMIT 1"
        )
        wait_until(lambda: not self.sql(busy, self.port), 240, what="an idle feed")
        due = "SELECT 1 FROM ehr_kit_due LIMIT 1"
        wait_until(lambda: not self.sql(due), 120, what="kits that are planned")

    def waiting(self) -> list[Row]:
        return self.sql(
            "SELECT m.id, m.message_type, m.error_code, m.error_message "
            "FROM integration_message m JOIN integration_interface i ON i.id = m.interface_id "
            "WHERE i.mllp_port = %s AND m.state IN ('quarantined', 'dead') ORDER BY m.id",
            self.port,
        )


@pytest.fixture(scope="module")
def demo(harness: Harness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo data, connected as ``make run`` connects them, with server and listener."""
    with harness.database(harness.base_template) as database:
        # Odoo's own demo data is not needed, and takes minutes.
        database.sql("UPDATE ir_module_module SET demo = true WHERE state = 'installed'")
        names = suite_addons.names(harness.machine.settings.addons)
        ring = {"key_ring": database.key_ring}
        found = templates.install(
            harness.machine, database.name, names, "--with-demo", integration=ring
        )
        assert not found, "installing the demo data logged:\n" + "\n".join(found)
        port = free_port()
        # That of the feed is free to choose while it is a draft, and that of the orders is not.
        database.sql(
            "UPDATE integration_interface SET mllp_port = %s WHERE mllp_port = 2577", [free_port()]
        )
        server = database.server(options=demo_run.PROCESSES, channels=demo_run.CHANNELS)
        with server, database.shell() as shell:
            shell.run(_PORT, port=port)
            shell.run(CONNECT)
            with database.listener() as listener:
                listener.wait_open(port)
                yield Demo(database, shell, port, tmp_path_factory.mktemp("hospital"))
                errors = listener.errors()
    assert not errors, "the listener logged errors:\n" + "\n".join(errors)


@pytest.fixture(scope="module")
def told(demo: Demo) -> Recorded:
    return demo.live()


def test_all_is_taken(told: Recorded) -> None:
    assert told.codes == {"AA"}
    assert len(told.told) == ALL
    for kind in ("ADT", "SIU", "MFN", "OMS", "RDS", "ORU", "DFT"):
        assert told.count(kind) > 5, kind


def test_one_unit_waits(demo: Demo, told: Recorded) -> None:
    """Beside it only visits of a class that nobody knows."""
    waiting = demo.waiting()
    assert {row["error_code"] for row in waiting} == {"missing_value"}
    visits = [row for row in waiting if row["message_type"].startswith("ADT")]
    assert all("hl7_patient_class" in row["error_message"] for row in visits)
    [unit] = [row for row in waiting if row not in visits]
    assert unit["message_type"] == "RDS^O13"
    assert "hl7_unit" in unit["error_message"]


def test_kits_are_reserved_for_the_operations_that_are_to_come(demo: Demo, told: Recorded) -> None:
    reserved = demo.sql(
        "SELECT a.filler_number, p.state FROM stock_picking p "
        "JOIN ehr_appointment a ON a.id = p.ehr_appointment_id "
        "WHERE p.ehr_usage = 'kit' AND p.ehr_kit_closed IS NOT TRUE AND a.status = 'booked'"
    )
    assert {row["filler_number"] for row in reserved} == set(demo.hospital.theatre.operations)
    assert {row["state"] for row in reserved} == {"assigned"}
    released = demo.sql(
        "SELECT 1 FROM stock_picking WHERE ehr_usage = 'kit' AND state = 'cancel' LIMIT 1"
    )
    assert released


def test_what_was_used_left_the_stock(demo: Demo, told: Recorded) -> None:
    used = demo.sql(
        "SELECT c.source, c.kit_picking_id, c.shortage, m.state, l.name AS lot, c.action "
        "FROM ehr_consumption c JOIN stock_move m ON m.id = c.move_id "
        "LEFT JOIN stock_lot l ON l.id = c.lot_id"
    )
    assert len(used) == len(told.segments("RXD")) - 1 + told.count("ORU")
    assert {row["state"] for row in used} == {"done"}
    assert {row["action"] for row in used} == {"use", "return"}
    assert not [row for row in used if row["shortage"]]
    devices = [row for row in used if row["source"] == "device"]
    assert all(row["kit_picking_id"] for row in devices)
    named = [one[5] for one in told.segments("OBX") if one[3] in ("SERIAL", "LOT")]
    assert sorted(row["lot"] for row in devices) == sorted(named)


def test_wards_are_supplied(demo: Demo, told: Recorded) -> None:
    lines = demo.sql(
        "SELECT l.decision FROM ehr_requisition_line l WHERE l.order_assigner = 'MAIN'"
    )
    assert len(lines) == len(told.segments("RQD"))
    assert "accepted" in {row["decision"] for row in lines}


def test_what_was_charged_is_on_draft_invoices(demo: Demo, told: Recorded) -> None:
    amounts = [
        (1 if one[6] == "CG" else -1) * Decimal(one[11].partition("&")[0])
        for one in told.segments("FT1")
    ]
    assert min(amounts) < 0, "nothing was credited"
    [row] = demo.sql(
        "SELECT sum(l.price_subtotal) AS total, count(DISTINCT m.partner_id) AS payers "
        "FROM account_move_line l JOIN account_move m ON m.id = l.move_id "
        "WHERE m.state = 'draft' AND m.move_type = 'out_invoice' AND l.display_type = 'product' "
        "AND m.id IN (SELECT move_id FROM ehr_charge WHERE number LIKE 'T0%%')"
    )
    assert (row["total"], row["payers"]) == (sum(amounts), 3)
    questions = demo.sql(
        "SELECT 1 FROM integration_exception e JOIN ehr_charge c ON c.id = e.res_id "
        "WHERE e.res_model = 'ehr.charge' AND c.number LIKE 'T0%%'"
    )
    assert not questions


def test_implants_are_charged_by_their_service(demo: Demo, told: Recorded) -> None:
    """The charge names another product than the one that was taken from stock, and its number."""
    assert [one for one in told.segments("FT1") if len(one) > 23 and one[23]]
    assert demo.shell.run(_IMPLANTS_NOT_CHARGED) == []


def test_the_unit_is_mended_and_booked(demo: Demo, told: Recorded) -> None:
    [message] = [row for row in demo.waiting() if row["message_type"] == "RDS^O13"]
    assert demo.shell.run(_MEND, message=message["id"]) == [goods.NEW_UNIT, 1]
    booked = (
        "SELECT c.quantity, m.quantity AS moved, m.product_qty AS pieces, m.state, l.name AS lot "
        "FROM ehr_consumption c JOIN stock_move m ON m.id = c.move_id "
        "JOIN stock_lot l ON l.id = c.lot_id JOIN uom_uom u ON u.id = c.uom_id "
        "WHERE u.integration_code = 'SR'"
    )
    wait_until(lambda: demo.sql(booked), what="the dispense whose unit is known now")
    assert demo.sql(booked) == [
        {"quantity": 2, "moved": 2, "pieces": 20, "state": "done", "lot": goods.TABLETS.lots[0]}
    ]
    assert not [row for row in demo.waiting() if row["message_type"] == "RDS^O13"]


def test_a_feed_that_is_live_learns_the_rest(demo: Demo) -> None:
    assert demo.shell.run(_BEFORE) == "hl7_v2_standard"
    demo.shell.run(CONNECT)
    assert demo.shell.run(_BOUND) == ["active", "demo_hospital"]

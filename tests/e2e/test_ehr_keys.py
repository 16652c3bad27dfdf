"""The key ring of a hospital gets a new key: who was known before is known afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from setup import key_ring
from setup.odoo_server import free_port
from tests.e2e.conftest import SHORT, Suite, running_suite
from tests.e2e.mllp_peer import Peer
from tests.harness import Database, Harness, MllpListener

REASON = "The test of keys looks at this content"
_PSEUDONYMS = """
key = env["integration.encryption.key"].search([("key_id", "=", "new")])
key._make_pseudonyms("the old one became known")
"""


@dataclass
class Feed:
    """A listener and a server on one key ring."""

    database: Database
    suite: Suite
    listener: MllpListener
    id: int
    port: int

    def ask(self, *messages: bytes) -> None:
        with Peer(self.port) as peer:
            assert {answer.code for answer in peer.ask_all(messages)} == {"AA"}
        busy = "SELECT count(*) FROM integration_message WHERE state NOT IN ('done', 'quarantined')"
        # A server that is killed may take the job of a lane with it.
        self.suite.wait_watched(
            lambda: not self.database.scalar(busy), what="the end of all messages"
        )

    def restart(self, ring: str | None = None) -> None:
        """Start both anew, with another ring if asked to."""
        suite = self.suite
        suite.server.kill()
        self.listener.terminate()
        if ring:
            for process in (suite.server, self.listener):
                process.environ = {**process.environ, "INTEGRATION_KEY_RING": ring}
        suite.server.start()
        self.listener.start()
        suite.server.wait_ready()
        self.listener.wait_open(self.port)
        suite.admin = suite.server.login()
        suite.office.call = suite.admin.call

    def one(self, query: str, *parameters: Any) -> dict[str, Any]:
        [row] = self.database.sql(query, parameters)
        return row

    def patient_of(self, visit: str) -> dict[str, Any]:
        return self.one(
            "SELECT p.id, p.pseudonym, p.key_id FROM ehr_encounter e "
            "JOIN ehr_patient p ON p.id = e.patient_id WHERE e.visit_number = %s",
            visit,
        )

    def counts(self) -> dict[str, int]:
        tables = ("integration_message", "ehr_encounter", "ehr_move", "ehr_patient", "ehr_merge")
        return {
            table: self.database.scalar(f"SELECT count(*)::int FROM {table}") for table in tables
        }


@pytest.fixture(scope="module")
def feed(harness: Harness) -> Iterator[Feed]:
    with (
        harness.database() as database,
        running_suite(database, workers=3, integration=SHORT) as suite,
        database.listener() as listener,
    ):
        office, port = suite.office, free_port()
        company = office.call("res.company", "search", [])
        office.call("res.company", "write", company, {"ehr_create_locations": True})
        interface = office.create(
            "integration.interface",
            name="Feed",
            system_id=office.create(
                "integration.system", name="EHR", code="EHR", kind="ehr", environment="test"
            ),
            direction="inbound",
            transport="mllp",
            body_codec="hl7",
            data_class="clinical",
            mllp_port=port,
            mllp_tls="none",
            routing_id=office.ref("integration_ehr_bridge.routing_hl7_v2_standard"),
            user_id=office.user("feed", "integration_ehr_bridge.group_feed"),
            latency_class="realtime",
        )
        office.activate(interface)
        listener.wait_open(port)
        yield Feed(database, suite, listener, interface, port)


def message(kind: str, control: str, *segments: str) -> bytes:
    header = f"MSH|^~\\&|CARE|MAIN|ODOO|HUB|20261129080000||{kind}|{control}|T|2.5.1"
    return ("\r".join([header, *segments]) + "\r").encode()


def adt(trigger: str, control: str, number: str, visit: str, hour: int) -> bytes:
    return message(
        f"ADT^{trigger}",
        control,
        f"EVN|{trigger}|202603020{hour}0000",
        f"PID|1||{number}^^^MAIN^MR||Secret^Sue",
        f"PV1|1|I|4W^401^1^MAIN{'|' * 16}{visit}^^^MAIN",
    )


def merge(control: str, kept: str, retired: str, hour: int) -> bytes:
    return message(
        "ADT^A40",
        control,
        f"EVN|A40|202603020{hour}0000",
        f"PID|1||{kept}^^^MAIN^MR",
        f"MRG|{retired}^^^MAIN^MR",
    )


def booking(control: str, number: str, visit: str) -> bytes:
    return message(
        "SIU^S12",
        control,
        f"SCH|P{control}^CARE|F{control}^THEATRE|||||ELECTIVE|SURGERY|90|min|^^90^20270302080000",
        f"PID|1||{number}^^^MAIN^MR",
        f"PV1|1|P{'|' * 17}{visit}^^^MAIN",
        "RGS|1",
        "AIL|1||OR^OR1^^MAIN",
    )


def test_a_new_key_in_the_ring(feed: Feed) -> None:
    admitted = adt("A01", "C1", "4711", "V1", 1)
    feed.ask(
        admitted,
        adt("A01", "C2", "4712", "V2", 1),
        adt("A01", "C3", "4713", "V3", 1),
        booking("C4", "4711", "V8"),
        booking("C5", "4713", "V9"),
    )
    known, before = feed.patient_of("V1"), feed.counts()
    assert known["key_id"] == "test"
    feed.restart(f"{feed.database.key_ring} {key_ring.generate('new')}")
    feed.ask(admitted)
    assert feed.counts() == before, "it is a repetition"
    feed.ask(adt("A02", "C6", "4711", "V1", 2), adt("A01", "C7", "4711", "V8", 2))
    assert feed.patient_of("V1") == feed.patient_of("V8") == known
    booked = feed.one("SELECT encounter_id, visit_key FROM ehr_appointment WHERE id = 1")
    assert booked["encounter_id"]
    assert not booked["visit_key"]
    feed.ask(merge("C8", "4711", "4712", 3))
    assert feed.patient_of("V2") == known
    sealed = feed.database.sql("SELECT DISTINCT sealed_key AS key FROM integration_payload")
    assert {row["key"] for row in sealed} == {"test", "new"}
    read_everything(feed)


def test_the_new_key_makes_the_pseudonyms(feed: Feed) -> None:
    """As when the old one became known; it stays in the ring, so that what it made is found."""
    old, waiting = feed.patient_of("V1"), feed.patient_of("V3")
    feed.suite.admin.call("integration.encryption.key", "action_open_keys")
    with feed.database.shell() as shell:
        shell.run(_PSEUDONYMS)
    feed.restart()
    counts = feed.counts()
    feed.ask(adt("A01", "C1", "4711", "V1", 1))
    again = feed.counts()
    assert again.pop("integration_message") == counts.pop("integration_message") + 1
    assert again == counts, "what is told again changes nothing"
    feed.ask(adt("A08", "C9", "4711", "V1", 4), adt("A01", "D1", "4713", "V9", 4))
    found = feed.patient_of("V1")
    assert (found["id"], found["key_id"]) == (old["id"], "new")
    assert found["pseudonym"] != old["pseudonym"]
    assert feed.patient_of("V9")["id"] == waiting["id"]
    booked = feed.one("SELECT encounter_id, visit_key FROM ehr_appointment WHERE id = 2")
    assert booked["encounter_id"]
    assert not booked["visit_key"]
    # Said of the retired number, under which nobody was named by the new key yet.
    feed.ask(adt("A01", "D2", "4712", "V4", 5), merge("D3", "4713", "4711", 6))
    assert feed.patient_of("V4")["id"] == feed.patient_of("V1")["id"] == waiting["id"]
    look = {"number": "4713", "reason": "The test looks for a patient"}
    (made,) = feed.suite.admin.call("ehr.patient.lookup", "create", [look])
    found = feed.suite.admin.call("ehr.patient.lookup", "action_open_found", [made])
    assert found["res_id"] == waiting["id"]
    assert feed.counts()["ehr_patient"] == 3
    read_everything(feed)


def read_everything(feed: Feed) -> None:
    """All content is read, whichever key it was encrypted with."""
    if not feed.database.sql("SELECT 1 FROM res_users WHERE login = 'nurse'"):
        feed.suite.office.user("nurse", "integration_core.group_clinical_viewer")
    call = feed.suite.server.login("nurse", "nurse").call
    for row in feed.database.sql("SELECT id FROM integration_message"):
        shown = call("integration.message", "reveal_content", [row["id"]], REASON)
        assert "471" in str(shown["pieces"])

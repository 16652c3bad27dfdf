"""What happens at the hospital of the canary test, and what its people do in Odoo."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from setup.odoo_server import free_port
from tests.e2e.canary_ward import BED, Ward
from tests.e2e.conftest import Suite
from tests.e2e.mllp_peer import Peer
from tests.harness import RpcError, wait_until

REASON = "The canary test looks at this content"
#: How many contents may be downloaded at once.
AT_ONCE = 500
CRONS = ("watchdog", "content_sweep", "retention", "encryption", "conditions", "credentials")
SERVICE = "REFUSED"
TOKEN = "token-of-the-clinic"
EVENTS = (
    "encounter_admitted", "encounter_transferred", "encounter_discharged", "appointment_booked",
    "encounter_cancelled", "appointment_changed", "appointment_cancelled",
    "provider_schedule_changed",
)  # fmt: skip

#: Somebody looks at each kind of message, which takes less than to look at each message.
_EACH_KIND = """
SELECT min(id) AS id FROM integration_message GROUP BY interface_id, message_type, state ORDER BY 1
"""
#: What was not mapped is told by the mapping, of values that a map does not know.
_EACH_FAILURE = """
SELECT min(id) AS id FROM integration_message WHERE state = 'quarantined'
 GROUP BY error_code, CASE error_code WHEN 'missing_value' THEN message_type END ORDER BY 1
"""


@dataclass(frozen=True)
class Door:
    id: int
    port: int


class Hospital:
    """What happens at the hospital, and what its people do in Odoo."""

    def __init__(self, suite: Suite, ward: Ward) -> None:
        self.suite, self.ward, self.office = suite, ward, suite.office
        office = self.office
        company = office.call("res.company", "search", [])
        office.call("res.company", "write", company, {"ehr_create_locations": True})
        self.user = office.user("feed", "integration_ehr_bridge.group_feed")
        self.system = office.create(
            "integration.system", name="EHR", code="EHR", kind="ehr", environment="test", tz="UTC"
        )
        # Whatever the database refuses quotes the row that it refuses.
        suite.database.sql(
            "ALTER TABLE ehr_encounter ADD CONSTRAINT canary_refused "
            f"CHECK (service IS DISTINCT FROM '{SERVICE}')"
        )

    def inbound(self, name: str, **values: Any) -> Door:
        port = free_port()
        made = self.receiver(name, transport="mllp", mllp_port=port, mllp_tls="none", **values)
        return Door(made, port)

    def receiver(self, name: str, **values: Any) -> int:
        office = self.office
        made = office.create(
            "integration.interface",
            name=name,
            direction="inbound",
            data_class="clinical",
            policy_id=office.policy(max_attempts=2, failure_blocks_key=False),
            latency_class="realtime",
            hl7_application="ODOO",
            **{
                "system_id": self.system,
                "body_codec": "hl7",
                "routing_id": office.ref("integration_ehr_bridge.routing_hl7_v2_standard"),
                "user_id": self.user,
                **values,
            },
        )
        office.activate(made)
        return made

    def outbound(self, name: str, url: str, **values: Any) -> int:
        office = self.office
        types = [office.ref(f"integration_ehr_bridge.event_type_{one}") for one in EVENTS]
        types = types[:3] if values else types
        made = office.outbound(
            office.supplier(name),
            url,
            policy={"max_attempts": 2},
            **{
                "data_class": "clinical",
                "latency_class": "realtime",
                "event_type_ids": [[6, 0, types]],
                **values,
            },
        )
        return made.id

    # -- what is said ----------------------------------------------------------------------

    def speak(self, port: int, strict: int) -> None:
        """A stay, a merge, a schedule, a list of staff, and everything that goes wrong."""
        ward = self.ward
        number, visit = ward.number("the stay"), ward.visit("stay")
        admitted = ward.adt("A01", number, visit, account=ward.account("stay"))
        with Peer(port) as peer:
            codes = [answer.code for answer in peer.ask_all(self._stay(number, visit, admitted))]
            assert codes[:-3] == ["AA"] * (len(codes) - 3), codes
            assert codes[-3:] == ["AR", "AR", "AR"], codes
            answer = peer.ask(self._batch())
            assert answer.field("BTS", 1) == "2"
        ward.rubbish(port)
        # Both doors name the same staff and places: whoever is second is not to lose an attempt.
        self.settle()
        self._ask_strictly(strict)

    def _stay(self, number: str, visit: str, admitted: bytes) -> list[bytes]:
        ward = self.ward
        other, retired = BED.format(2), ward.number()
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        same = ward.people.plant("control id used twice")
        coming = ward.visit()
        known_as_account = ward.visit()
        record_as_account, record_as_visit = ward.number(), ward.number()
        left, never = ward.number(), ward.visit()
        return [
            ward.staff("a list of staff"),
            ward.places("a list of places"),
            ward.staff("a list of staff to come", ward.now(2000)),
            ward.places("a list of places to come", ward.now(2000)),
            admitted,
            admitted,
            ward.adt("A02", number, visit, bed=other, f6=BED.format(1)),
            ward.adt("A08", number, visit, bed=other, control=same),
            ward.adt("A08", number, visit, bed=other, control=same),
            ward.message("ADT^A28", f"EVN|A28|{ward.now()}",
                         ward.person(retired)),
            ward.adt("A04", retired, ward.visit(), cls="O"),
            ward.appointment("an appointment", number, visit, tomorrow),
            ward.appointment("an early appointment", retired, coming, tomorrow).replace(
                b"F1^", b"F2^"),
            *self._cancelled(left, never),
            ward.merge("a merge", number, retired),
            ward.merge("a merge with itself", number, number),
            ward.adt("A03", number, visit, bed=other),
            ward.message("ADT^A20", f"EVN|A20|{ward.now()}", f"NPU|{other}|C"),
            ward.adt("A04", ward.number(),
                     known_as_account, account=known_as_account),
            ward.adt("A04", record_as_account,
                     ward.visit(), account=record_as_account),
            ward.adt("A04", ward.number(),
                     ward.visit(), account=ward.national_id),
            # What cannot be handled.
            ward.adt("A01", ward.number(),
                     ward.visit(), cls=ward.people.plant("unknown class")),
            ward.adt("A01", ward.number(), ""),
            ward.adt("A04", record_as_visit, record_as_visit, cls="O"),
            ward.adt("A04", ward.number(), ward.national_id, cls="O"),
            ward.appointment("an appointment without a visit", number, number, tomorrow).replace(
                b"P1^", b"P3^").replace(b"F1^", b"F3^"),
            ward.appointment("an appointment with the number of its visit", number, visit,
                             tomorrow).replace(b"P1^", b"P4^").replace(
                b"F1^THEATRE", f"{visit}^THEATRE".encode()),
            ward.appointment("an appointment with a record number", number, visit,
                             tomorrow).replace(b"F1^", b"F5^").replace(
                b"P1^CARE", f"{number}^CARE".encode()),
            ward.adt("A01", ward.number(), ward.visit(),
                     f44=ward.people.plant("a time that is none")),
            ward.adt("A01", ward.number(), ward.visit(),
                     later=600),
            ward.adt("A01", ward.number(),
                     ward.visit(), account=ward.account("of a refused row"),
                     f10=SERVICE),
            ward.message("ORU^R01", ward.person(number), *ward.around()),
            # What is not for us, or cannot be told apart.
            ward.message("ADT^A01", ward.person(number),
                         f11="P"),
            ward.message("ADT^A01", ward.person(number),
                         f5=ward.people.plant("receiver")),
            ward.message(ward.people.plant("shifted header", "CNRYJONES7^JANA"),
                         ward.person(number)),
        ]  # fmt: skip

    def _cancelled(self, number: str, visit: str) -> list[bytes]:
        """Who is told to come at another time, does not come, and was never admitted."""
        ward, later = self.ward, datetime.now(UTC) + timedelta(days=3)
        booked, moved, off = (
            ward.appointment(f"an appointment {what}", number, visit, at, trigger=trigger)
            .replace(b"P1^", b"P11^")
            .replace(b"F1^", b"F11^")
            for what, at, trigger in (
                ("to cancel", later, "S12"),
                ("that is moved", later + timedelta(hours=2), "S13"),
                ("that is cancelled", later + timedelta(hours=2), "S15"),
            )
        )
        here = {"bed": BED.format(4)}
        admitted, gone = (ward.adt(one, number, visit, **here) for one in ("A01", "A11"))
        return [booked, moved, off, admitted, gone]

    def _batch(self) -> bytes:
        ward = self.ward
        comment = ward.people.plant("comment of a batch")
        good = ward.adt("A04", ward.number(), ward.visit(), cls="O")
        bad = f"MSH|^~\\&|CARE|MAIN|||||{ward.people.plant('type in a batch')}|1|T|2.5.1\r"
        return (
            f"FHS|^~\\&|CARE|MAIN\rBHS|^~\\&|CARE|MAIN||||||||{comment}\r".encode()
            + good
            + bad.encode()
            + f"BTS|2|{comment}\rFTS|1\r".encode()
        )

    def _ask_strictly(self, port: int) -> None:
        ward, same = self.ward, self.ward.people.plant("control id refused")
        number, visit = ward.number(), ward.visit()
        unknown = ward.people.plant("class in an answer")
        with Peer(port) as peer:
            answers = peer.ask_all(
                [
                    ward.adt("A04", number, visit, control=same, cls="O"),
                    ward.adt("A08", number, visit, control=same, cls="O"),
                    ward.adt("A08", number, visit, cls=unknown),
                ]
            )
        codes = [answer.code for answer in answers]
        assert codes == ["AA", "AR", "AE"], codes
        assert unknown.encode() not in answers[-1].raw

    def post(self) -> None:
        """The same over HTTP: good ones, what is no message, and a partner whom nobody knows."""
        office, ward = self.office, self.ward
        credential = office.create(
            "integration.credential",
            name="Clinic's token",
            kind="bearer",
            version_ids=[[0, 0, {"secret": TOKEN}]],
        )
        made = self.receiver("Clinic", transport="hl7_http", credential_id=credential)
        token = office.read("integration.interface", made, "token")["token"]
        url = f"{self.suite.server.url}/integration/hl7/{token}"
        number, visit = ward.number("the clinic"), ward.visit("clinic")
        said = ward.people.plant("name over HTTP")
        admitted = ward.adt("A04", number, visit, cls="O", account=ward.account("clinic"))
        bodies = {
            "AA": (admitted, ward.adt("A08", number, visit, cls=ward.people.plant("class by HTTP")),
                   ward.adt("A04", number, number, cls="O")),
            "AR": (ward.message("ADT^A01", ward.person(number), f11="P"),),
        }  # fmt: skip
        headers = {"Content-Type": "application/hl7-v2", "Authorization": f"Bearer {TOKEN}"}
        for code, several in bodies.items():
            for body in several:
                answer = requests.post(url, data=body, headers=headers, timeout=60)
                assert (answer.status_code, f"MSA|{code}" in answer.text) == (200, True)
        rubbish = requests.post(url, data=f"PID|1||{said}\r".encode(), headers=headers, timeout=60)
        assert "MSA|AA" not in rubbish.text
        for change in ({"Authorization": f"Bearer {said}"}, {"Content-Type": f"text/{said}"}):
            refused = requests.post(url, data=admitted, headers=headers | change, timeout=60)
            assert refused.status_code >= 400

    def enter_by_hand(self, port: int) -> None:
        """The feed, back again, says something else than what was entered."""
        office, ward = self.office, self.ward
        visit = ward.visit()
        bed = office.call("ehr.location", "search", [["bed", "=", "1"], ["room", "=", "401"]])[0]
        started = datetime.now(UTC) - timedelta(hours=2)
        values = {
            "visit_number": visit,
            "visit_assigner": "MAIN",
            "location_id": bed,
            "admitted_at": f"{started:%Y-%m-%d %H:%M:%S}",
            "hand_reason": "Feed down",
        }
        (made,) = office.call("ehr.encounter", "create", [values])
        number = ward.number()
        said = ward.adt("A01", number, visit, bed=BED.format(3), later=90)
        with Peer(port) as peer:
            assert peer.ask(said).code == "AA"
        exceptions = wait_until(
            lambda: office.call("integration.exception", "search", [["area", "=", "census"]]),
            what="the question which of the two is right",
        )
        office.call("integration.exception", "read", exceptions)
        office.call("ehr.encounter", "web_read", [made], {"display_name": {}, "patient_id": {}})
        (free,) = office.call("ehr.location", "search", [["bed", "=", "9"], ["room", "=", "401"]])
        said_of_bed = {"location_id": free, "state": "closed", "reason": "Lamp broken"}
        (entry,) = office.call("integration.census.bed.entry", "create", [said_of_bed])
        office.call("integration.census.bed.entry", "action_enter", [entry])

    def settle(self) -> None:
        """Wait until nothing is under way."""
        busy = (
            "SELECT count(*) FROM integration_message WHERE state IN "
            "('received', 'queued', 'processing', 'retry', 'waiting')"
        )
        wait_until(
            lambda: not self.suite.database.scalar(busy), 240, what="the end of all messages"
        )

    # -- what people do --------------------------------------------------------------------

    def look(self) -> None:
        """See everything in every way in which it may be seen, and do all once more."""
        office, database = self.office, self.suite.database
        roles = ("clinical_viewer", "content_exporter", "operator")
        office.user("nurse", *(f"integration_core.group_{role}" for role in roles))
        nurse = self.suite.server.login("nurse", "nurse")
        rows = database.sql("SELECT id, state FROM integration_message ORDER BY id")
        ids = [row["id"] for row in rows]
        for one in database.sql(_EACH_KIND):
            nurse.call("integration.message", "reveal_content", [one["id"]], REASON)
        nurse.call("integration.message", "read", ids)
        for one in database.sql(_EACH_FAILURE):
            nurse.call("integration.message", "unmapped_values", [one["id"]], REASON)
        for start in range(0, len(ids), AT_ONCE):
            part = ids[start : start + AT_ONCE]
            nurse.call("integration.message", "download_content", part, REASON)
        with pytest.raises(RpcError):
            nurse.call("integration.message", "export_data", ids[:1], ["payload_ids/content"])
        self._search()
        done = [row["id"] for row in rows if row["state"] == "done"]
        office.call("integration.message", "action_replay", done[:3] + done[-3:], "for the test")
        failed = [row["id"] for row in rows if row["state"] in ("quarantined", "dead")]
        with suppress(RpcError):  # some of them hold nothing that could be handled
            office.call("integration.message", "action_retry", failed)

    def _search(self) -> None:
        """Look for a patient by number, and at all records that the feed keeps."""
        office, people = self.office, self.ward.people
        number = people.planted["record number of the stay"].decode()
        values = {"number": number, "reason": REASON}
        (look,) = office.call("ehr.patient.lookup", "create", [values])
        assert office.call("ehr.patient.lookup", "action_open_found", [look])
        for model in ("patient", "encounter", "move", "merge", "appointment", "staff"):
            found = office.call(f"ehr.{model}", "search", [])
            office.call(f"ehr.{model}", "export_data", found, ["display_name"])
        groups = "integration_core.group_auditor", "integration_ehr_bridge.group_census_user"
        office.user("auditor", *groups)
        auditor = self.suite.server.login("auditor", "auditor")
        visit = office.call("ehr.encounter", "search", [["state", "=", "discharged"]])[0]
        shown = auditor.call("ehr.encounter", "action_open_access", [visit])
        assert auditor.call("integration.access", "search_count", shown["domain"])

    def keep_house(self) -> None:
        for cron in CRONS:
            self.office.run_scheduled(f"integration_core.ir_cron_{cron}")
        self.office.run_scheduled("integration_ehr_bridge.ir_cron_coming")
        for cron in ("seal", "verify"):
            self.office.run_scheduled(f"integration_core.ir_cron_audit_{cron}")
        for cron in ("mail.ir_cron_mail_scheduler_action", "base.autovacuum_job"):
            self.office.run_scheduled(cron)

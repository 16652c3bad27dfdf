"""A ward that says of its patients, over MLLP, all that is nobody's business but its own."""

import itertools
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.e2e.mllp_peer import VT, Ack, Peer, framed
from tests.e2e.mllp_receiver import CR, FS, MllpReceiver, Reply
from tests.harness.canary import Canaries

#: What messages say of a person, beside the number and the name.
PERSONAL = (
    "maiden name", "alias", "address", "phone", "national id", "diagnosis", "diagnosis text",
    "note", "insured", "member id", "next of kin", "guarantor", "allergy", "result", "extra",
    "nurse", "doctor",
)  # fmt: skip
BED = "4W^401^{}^MAIN"
#: Seconds from one moment to the next: all that is said fits into three hours.
STEP = 10


@dataclass
class Ward:
    """Writes messages of a patient, and plants what must not come out.

    :ivar people: what may be found nowhere
    :ivar visits: visit numbers, which may stand on the visit alone
    :ivar accounts: account numbers, which may stand on the visit and in its history
    """

    people: Canaries = field(default_factory=Canaries)
    visits: Canaries = field(default_factory=Canaries)
    accounts: Canaries = field(default_factory=Canaries)
    _steps: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(100))

    def __post_init__(self) -> None:
        #: what is said of a person in every message
        self.said = self._said = {what: self.people.plant(what) for what in PERSONAL}
        # A moment of birth: a date alone would be found by chance.
        self._said["birth"] = self.people.plant("birth date", "193802171437")
        self._start = datetime.now(UTC) - timedelta(hours=3)

    def everything(self) -> Canaries:
        """All that was planted, to look for it at once."""
        planted = (one.planted for one in (self.people, self.visits, self.accounts))
        return Canaries({label: value for one in planted for label, value in one.items()})

    def now(self, minutes: int = 0) -> str:
        """A moment of today; each is later than the one before."""
        at = self._start + timedelta(seconds=STEP * next(self._steps), minutes=minutes)
        return f"{at:%Y%m%d%H%M%S}+0000"

    def message(self, kind: str, *segments: str, control: str = "", **msh: str) -> bytes:
        """A message whose control id says more than it should, as some senders' do."""
        control = control or self._another(self.people, "control id")
        fields = {
            3: "CARE", 4: "MAIN", 5: "ODOO", 6: "HUB", 7: self.now(), 8: "", 9: kind, 10: control,
            11: "T", 12: "2.5.1",
        } | {int(name[1:]): value for name, value in msh.items()}  # fmt: skip
        header = "|".join(["MSH", "^~\\&", *(fields[number] for number in sorted(fields))])
        return ("\r".join([header, *segments]) + "\r").encode()

    def number(self, label: str = "") -> str:
        """A record number of its own, found as one of all of them unless it has a label."""
        if label:
            return self.people.plant(f"record number of {label}")
        return self._another(self.people, "record number")

    def visit(self, label: str = "") -> str:
        """The same of a visit."""
        if label:
            return self.visits.plant(f"visit {label}")
        return self._another(self.visits, "visit")

    def _another(self, canaries: Canaries, what: str) -> str:
        """A value that begins with a canary: to look for each of many would take too long."""
        if what not in canaries.planted:
            canaries.plant(what)
        return f"{canaries.planted[what].decode()}{next(self._numbers)}"

    @property
    def national_id(self) -> str:
        """The number of PID-19, which PID-3 repeats."""
        return self._said["national id"]

    def account(self, label: str = "") -> str:
        if label:
            return self.accounts.plant(f"account {label}")
        return self._another(self.accounts, "account")

    def wrong(self, where: str) -> str:
        """What stands in a field that cannot be handled: whoever quotes it in an error is found."""
        return self._another(self.people, f"wrong in {where}")

    def person(self, number: str, account: str = "") -> str:
        """PID, with a name of its own."""
        said = self._said
        name = self._another(self.people, "name")
        ids = f"{number}^^^MAIN^MR~{said['national id']}^^^STATE^SS"
        return (
            f"PID|1||{ids}||{name}^Jana|{said['maiden name']}|{said['birth']}|F|{said['alias']}||"
            f"{said['address']}^^GHENT||{said['phone']}|||M||{account}|{said['national id']}"
        )

    def around(self, payer: str = "PAYER3", plan: str = "PLAN7") -> list[str]:
        """What else comes with a patient: next of kin, guarantor, insurance, diagnoses, notes."""
        said = self._said
        names, fields = ["IN1", "1", plan, payer], [""] * 33
        fields[12], fields[32] = said["insured"], said["member id"]  # IN1-16, IN1-36
        insured = "|".join([*names, *fields])
        return [
            f"NK1|1|{said['next of kin']}^Ann|SPO|{said['address']}|{said['phone']}",
            f"GT1|1||{said['guarantor']}^Bob||{said['address']}",
            insured,
            f"DG1|1||{said['diagnosis']}^{said['diagnosis text']}^I10|{said['diagnosis text']}",
            f"AL1|1||{said['allergy']}^{said['allergy']}",
            f"OBX|1|TX|{said['result']}||{said['result']}",
            f"NTE|1||{said['note']} told by {said['next of kin']}",
            f"ZPI|{said['extra']}|{said['extra']}^{said['note']}",
        ]

    def adt(
        self, trigger: str, number: str, visit: str, *,
        bed: str = BED.format(1), cls: str = "I", account: str = "", control: str = "",
        later: int = 0, **pv1: str,
    ) -> bytes:  # fmt: skip
        """A message of a visit. ``pv1``: fields of PV1 by number, such as ``f10="SURG"``."""
        return self.message(
            f"ADT^{trigger}",
            f"EVN|{trigger}|{self.now(later)}|||{self._said['nurse']}^Pat",
            self.person(number, account and f"{account}^^^MAIN"),
            self.stay(visit, bed, cls, **pv1),
            f"PV2|||{self._said['diagnosis']}^{self._said['diagnosis text']}",
            *self.around(),
            control=control,
        )  # fmt: skip

    def stay(self, visit: str, bed: str = BED.format(1), cls: str = "I", **pv1: str) -> str:
        """PV1, with a doctor and more fields by number."""
        doctor = f"D9^{self._said['doctor']}^Eve"
        fields = {2: cls, 3: bed, 7: doctor, 19: f"{visit}^^^MAIN" if visit else ""}
        fields |= {int(name[1:]): value for name, value in pv1.items()}
        return "|".join(["PV1", "1", *(fields.get(at, "") for at in range(2, max(fields) + 1))])

    def merge(
        self, label: str, kept: str, retired: str, accounts: tuple[str, str] | None = None
    ) -> bytes:
        """A40. ``accounts``: the one that is kept, and the one that is given up."""
        name = self.people.plant(f"prior name in {label}")
        stays, gone = (f"{one}^^^MAIN" for one in accounts) if accounts else ("", "")
        return self.message(
            "ADT^A40", f"EVN|A40|{self.now()}", self.person(kept, stays),
            f"MRG|{retired}^^^MAIN^MR||{gone}||||{name}^Jana",
        )  # fmt: skip

    def appointment(
        self, label: str, number: str, visit: str, at: datetime, *, trigger: str = "S12",
        status: str = "",
    ) -> bytes:  # fmt: skip
        said = self._said
        who = self.people.plant(f"provider's name in {label}")
        begins = f"^^90^{at:%Y%m%d%H%M%S}+0000"
        return self.message(
            f"SIU^{trigger}",
            f"SCH|P1^CARE|F1^THEATRE|||||ELECTIVE^{said['diagnosis text']}|SURGERY|90|min|{begins}"
            f"|||||{said['nurse']}^Pat|{said['phone']}{'|' * 8}{status}",
            f"NTE|1||{said['note']}",
            self.person(number),
            f"PV1|1|P{'|' * 17}{visit}^^^MAIN",
            f"DG1|1||{said['diagnosis']}",
            "RGS|1",
            "AIS|1||27130^Hip", f"NTE|1||{said['note']}", "AIL|1||OR^OR1^^MAIN",
            f"AIP|1||D9^{who}^Eve^^^^^^EHR", f"NTE|1||{said['note']}",
        )  # fmt: skip

    def staff(self, label: str, at: str = "") -> bytes:
        """A list of staff. ``at``: when it takes effect, if not at once."""
        name, said = self.people.plant(f"name in {label}"), self._said
        return self.message(
            "MFN^M02", "MFI|PRA||UPD", f"MFE|MAD|1|{at}|D9|CWE",
            f"STF||D9^^^EHR|{name}^Eve|SURGEON|F|{said['birth']}|A||||{said['phone']}"
            f"|{said['address']}",
            f"ZST|{said['national id']}",
        )  # fmt: skip

    def places(self, label: str, at: str = "") -> bytes:
        """A list of places that says more of them than where they are. ``at``: as of staff."""
        text, said = self.people.plant(f"text of {label}"), self._said
        place = BED.format(9)
        return self.message(
            "MFN^M05", "MFI|LOC||UPD", f"MFE|MAD|1|{at}|{place}|PL",
            f"LOC|{place}|{text}|B|{said['doctor']}|{said['address']}|{said['phone']}",
            f"LCH|{place}|||{said['note']}|{said['nurse']}",
            f"ZLO|{said['national id']}",
        )  # fmt: skip

    # -- what is no message ----------------------------------------------------------------

    def rubbish(self, port: int) -> list[Ack]:
        """Bytes outside of frames, a frame that breaks off, frames that are no HL7."""
        plant = self.people.plant
        with Peer(port) as peer:
            peer.send(f"GET /{plant('garbage')} HTTP/1.1\r\n\r\n".encode())
            peer.send(framed(f"PID|1||1||{plant('name without a header')}\r".encode()))
            answers = [peer.receive()]
            header = f"MSH|^~\\&|{plant('name in a broken header')}|\xff".encode("latin-1")
            answers.append(peer.ask(header))
            half = f"MSH|^~\\&|CARE|MAIN|||||ADT^A01|1|T|2.5.1\rPID|1||{plant('broken off')}"
            peer.send(VT + half.encode())
            peer.end_sending()
            peer.is_closed()
        return answers


class EchoingReceiver(MllpReceiver):
    """An MLLP listener of a partner that repeats what it was sent wherever there is room for it."""

    def __init__(self, *codes: str, tls: ssl.SSLContext) -> None:
        super().__init__(*(self._reply(code) for code in codes), tls=tls)
        self.default = self._reply("AA")

    def _reply(self, code: str) -> Reply:
        def reply(control_id: str) -> bytes:
            said = self.received[-1].text.replace("\r", " ").replace("|", "!")
            header = "MSH|^~\\&|EHR||ODOO||20261129||ACK|7|T|2.5.1"
            error = f"ERR||PV1^1^19|207^{said}|E|||{said}|{said}"
            lines = [header, f"MSA|{code}|{control_id}|{said}", error, f"ZEC|{said}"]
            return VT + "\r".join(lines).encode() + CR + FS + CR

        return reply

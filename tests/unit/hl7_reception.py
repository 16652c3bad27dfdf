"""What tests of the listener's reception share: a header, and a frame that is received."""

from datetime import UTC, datetime

from tests.unit.load_ehr import load

acknowledgement = load("hl7.acknowledgement")
reception = load("mllp.reception")
counters = load("mllp.counters")

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
Outcome, Stage = acknowledgement.Outcome, acknowledgement.Stage
Reason, Rules = counters.Reason, reception.Rules

HEADER = "MSH|^~\\&|EHR|GENERAL|ODOO|HUB|20261101||ADT^A01^ADT_A01|ID1|P|2.5.1"


def received(text: str, **rules):
    found = reception.receive(text.encode(), Rules(**rules), NOW)
    assert len(found.parts) == 1
    return found.parts[0], found.refused


def fields(content: bytes, name: str) -> list[str]:
    for line in content.decode().split("\r"):
        if line.startswith(name):
            return line.split("|")
    return []

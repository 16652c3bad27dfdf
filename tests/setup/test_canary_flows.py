"""Whoever says that a flow carried canaries says so of flows that did, and of no others."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.e2e.canary_flows import FLOWS, Check, Flow, Said
from tests.e2e.canary_orders import Orders, Patient
from tests.e2e.canary_ward import Ward

FLOW = next(one for one in FLOWS if one.name == "supply orders")


class Hospital:
    """Says what it is told to, and books it for the visit that it has."""

    def __init__(self) -> None:
        self.ward = Ward()
        self.orders = Orders(self.ward)
        self.patient = Patient(self.ward.number(), self.ward.visit())
        self.booked: str | None = self.patient.visit
        self.asked: list[Mapping[str, Any]] = []

    def said(self, kind: str) -> Said:
        raw = self.orders.supplies(self.patient, "PO1", self.orders.rqd("GLV"), kind=kind)
        return Said(f"uuid of {kind}", "Business", kind, raw.decode())

    def query(self, _sql: str, parameters: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        self.asked.append(parameters)
        return [] if self.booked is None else [{"visit": self.booked}]

    def lacking(self, *said: Said, flow: Flow = FLOW) -> list[str]:
        planted = {label: one.decode() for label, one in self.ward.people.planted.items()}
        numbers = tuple(one.decode() for one in self.ward.visits.planted.values())
        return Check(planted, numbers, self.query).lacking(flow, said)


@pytest.fixture
def hospital() -> Hospital:
    return Hospital()


@pytest.fixture
def said(hospital: Hospital) -> list[Said]:
    return [hospital.said(kind) for kind in FLOW.types]


def test_a_flow_that_carried_all_lacks_nothing(hospital: Hospital, said: list[Said]) -> None:
    assert hospital.lacking(*said) == []
    assert {tuple(one["uuids"]) for one in hospital.asked} == {tuple(one.uuid for one in said)}


def test_a_kind_of_message_that_did_not_come_is_named(hospital: Hospital, said: list[Said]) -> None:
    assert hospital.lacking(*said[1:]) == ["supply orders: no OMS^O05 was handled"]


def test_messages_of_other_doors_do_not_count(hospital: Hospital, said: list[Said]) -> None:
    elsewhere = [replace(one, door="Elsewhere") for one in said]
    found = hospital.lacking(*elsewhere, flow=replace(FLOW, doors=("Business",)))
    assert found[:3] == [f"supply orders: no {kind} was handled" for kind in FLOW.types]


@pytest.mark.parametrize(
    ("label", "segment"),
    [(label, segment) for segment, labels in FLOW.carries.items() for label in sorted(labels)],
)
def test_what_a_segment_does_not_say_is_named(
    hospital: Hospital, said: list[Said], label: str, segment: str
) -> None:
    """Even where other segments of the same message say it."""
    value = hospital.ward.people.planted[label].decode()
    lines = [
        line.replace(value, "nothing") if line.startswith(f"{segment}|") else line
        for line in said[0].text.split("\r")
    ]
    silent = replace(said[0], text="\r".join(lines))
    found = hospital.lacking(silent, *said[1:])
    assert f"supply orders: OMS^O05 has no {label} in {segment}" in found


def test_a_message_of_nobody_is_named(hospital: Hospital, said: list[Said]) -> None:
    nobody = replace(said[0], text=said[0].text.replace(hospital.patient.visit, "V1"))
    found = hospital.lacking(nobody, *said[1:])
    assert found == ["supply orders: no OMS^O05 names a visit"]
    assert hospital.lacking(nobody, *said) == []


@pytest.mark.parametrize("visit", [None, "V1"])
def test_what_did_not_come_of_it_is_named(
    hospital: Hospital, said: list[Said], visit: str | None
) -> None:
    """No document, and documents of others only."""
    hospital.booked = visit
    assert hospital.lacking(*said) == [f"supply orders: no {what} came of it" for what in FLOW.made]


def test_flows_have_names_of_their_own() -> None:
    assert len({flow.name for flow in FLOWS}) == len(FLOWS)
    assert all(flow.made and flow.carries for flow in FLOWS)

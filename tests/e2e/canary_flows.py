"""What each way of goods and money at the canary test's hospital carries, and what comes of it.

To find nothing means nothing where nothing went in. So of every flow it is shown afterwards, with
the key at hand, what its messages said of a person, segment by segment, and that documents of a
planted visit came of just these messages.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: What every message of a patient says, by segment: labels of canaries.
OF_PATIENT: Mapping[str, frozenset[str]] = {
    "PID": frozenset(
        {"name", "maiden name", "birth date", "alias", "address", "phone", "national id"}
    ),
    "PV1": frozenset({"doctor"}),
}
#: What else comes with it.
AROUND: Mapping[str, frozenset[str]] = {
    **OF_PATIENT,
    "NK1": frozenset({"next of kin", "address", "phone"}),
    "GT1": frozenset({"guarantor", "address"}),
    "IN1": frozenset({"insured", "member id"}),
    "DG1": frozenset({"diagnosis", "diagnosis text"}),
    "AL1": frozenset({"allergy"}),
    "OBX": frozenset({"result"}),
    "NTE": frozenset({"note", "next of kin"}),
    "ZPI": frozenset({"extra", "note"}),
}
_ORC = {"ORC": frozenset({"nurse", "doctor", "phone", "diagnosis", "diagnosis text"})}
_OBR = {"OBR": frozenset({"diagnosis text", "doctor", "diagnosis"})}
_RQD = {"RQD": frozenset({"note"})}
_RXD = {"RXD": frozenset({"note", "nurse", "diagnosis", "diagnosis text"})}
_RXE = {"RXE": frozenset({"note", "extra", "doctor", "nurse", "diagnosis", "diagnosis text"})}
_FT1 = {"FT1": frozenset({"note", "extra", "doctor", "nurse", "diagnosis", "diagnosis text"})}
_BY_MESSAGE = (
    "SELECT v.visit_number AS visit FROM {} JOIN ehr_encounter v ON v.id = d.encounter_id "
    "WHERE d.message_uuid = ANY(%(uuids)s)"
)
_OF_VISIT = "SELECT v.visit_number AS visit FROM {} JOIN ehr_encounter v ON v.id = d.encounter_id"
_ORDERED = (
    "SELECT v.visit_number AS visit FROM ehr_requisition_answer a "
    "JOIN ehr_requisition d ON d.id = a.requisition_id "
    "JOIN ehr_encounter v ON v.id = d.encounter_id "
    "WHERE a.message_uuid = ANY(%(uuids)s)"
)
_USED = _BY_MESSAGE.format("ehr_consumption d") + " AND d.action = 'use'"
_TESTED = _BY_MESSAGE.format("ehr_kit_request d")
_CHARGED = _BY_MESSAGE.format("ehr_charge d")


@dataclass(frozen=True)
class Said:
    """A message that was handled, with the content that only the key opens.

    :ivar door: name of its interface
    """

    uuid: str
    door: str
    type: str
    text: str

    def segments(self, name: str) -> list[str]:
        return [one for one in re.split(r"[\r\n]+", self.text) if one.partition("|")[0] == name]


@dataclass(frozen=True)
class Flow:
    """A way on which messages become documents.

    :ivar types: types of its messages, each of which is to be there
    :ivar carries: labels that a segment of each message has, by the name of the segment
    :ivar having: what else tells its messages from others: a regular expression
    :ivar doors: names of interfaces; empty: all
    :ivar made: SQL that tells the numbers of visits, or accounts, of what came of it, by what
        that is. ``%(uuids)s`` are its messages. What has no visit has NULL.
    :ivar of_visit: whether it is about patients
    """

    name: str
    types: tuple[str, ...]
    carries: Mapping[str, frozenset[str]]
    made: Mapping[str, str]
    having: str = ""
    doors: tuple[str, ...] = ()
    of_visit: bool = True

    def takes(self, said: Said) -> bool:
        return (
            said.type in self.types
            and (not self.doors or said.door in self.doors)
            and bool(re.search(self.having, said.text))
        )


FLOWS = (
    Flow(
        "supply orders", ("OMS^O05", "OMN^O07", "ORM^O01"), {**AROUND, **_ORC, **_RQD},
        {"requisition": _ORDERED,
         "transfer": _OF_VISIT.format("stock_picking d JOIN ehr_requisition r "
                                      "ON r.encounter_id = d.encounter_id"),
         "purchase": _OF_VISIT.format("purchase_order d")},
        having=r"\rRQD\|",
    ),
    Flow("general orders of supplies", ("OMG^O19",), {**AROUND, **_ORC, **_RQD},
         {"requisition": _ORDERED}, having=r"\rRQD\|", doors=("Business", "Pharmacy")),
    Flow("general orders of tests", ("OMG^O19",), {**AROUND, **_ORC, **_OBR},
         {"kit of a test": _TESTED}, having=r"\rOBR\|", doors=("Pharmacy",)),
    Flow("radiology orders", ("OMG^O19",), {**AROUND, **_ORC, **_OBR}, {"kit of a test": _TESTED},
         doors=("Radiology",)),
    Flow("laboratory orders", ("OML^O21",), {**AROUND, **_ORC, **_OBR},
         {"kit of a test": _TESTED,
          "purchase of a service": _OF_VISIT.format(
              "purchase_order_line l JOIN ehr_kit_request d ON d.id = l.ehr_kit_request_id")}),
    Flow("encoded orders", ("RDE^O11",), {**AROUND, **_ORC, **_RXE}, {"requisition": _ORDERED},
         having=r"\rRXE\|", doors=("Pharmacy",)),
    Flow("encoded orders that are dispenses", ("RDE^O11",), {**AROUND, **_ORC, **_RXE},
         {"usage": _USED}, having=r"\rRXE\|", doors=("Dispensing",)),
    Flow("dispenses", ("RDS^O13",), {**AROUND, **_ORC, **_RXD},
         {"usage": _USED + " AND d.source = 'dispense'",
          "emergency receipt": _USED + " AND d.receipt_id IS NOT NULL",
          "transfer": _USED + " AND d.move_id IS NOT NULL"}, having=r"\rORC\|RE\|"),
    Flow("returns", ("RDS^O13",), {**AROUND, **_ORC, **_RXD},
         {"return": _BY_MESSAGE.format("ehr_consumption d") + " AND d.action = 'return'"},
         having=r"\rORC\|CA\|"),
    Flow("usage of implants", ("ORU^R01",),
         {**AROUND, "OBR": frozenset({"note", "diagnosis text", "doctor"}),
          "OBX": frozenset({"result", "doctor"})},
         {"usage": _USED + " AND d.source = 'device' AND d.lot_id IS NOT NULL"},
         having=r"\rOBX\|1\|ST\|ITEM\^", doors=("Business",)),
    Flow("case kits", ("SIU^S12",),
         {"SCH": frozenset({"diagnosis text", "nurse", "phone"}), "PID": OF_PATIENT["PID"],
          "NTE": frozenset({"note"}), "DG1": frozenset({"diagnosis"})},
         {"kit": _OF_VISIT.format("stock_picking d") + " WHERE d.ehr_usage = 'kit'"},
         doors=("Business",)),
    Flow("usage told late", ("RDS^O13",), {**AROUND, **_ORC, **_RXD},
         {"usage of a kit": _USED + " AND d.kit_picking_id IS NOT NULL",
          "kit that went back": _OF_VISIT.format("stock_picking d") + " WHERE d.return_id IS NOT "
          "NULL AND EXISTS (SELECT 1 FROM integration_exception e WHERE e.kind = 'kit_went_back' "
          "AND e.res_model = 'stock.picking' AND e.res_id = d.id)",
          "goods let go": _OF_VISIT.format("stock_move m JOIN stock_picking d ON d.id = "
                                           "m.picking_id") + " WHERE m.ehr_released_qty > 0"},
         having=r"\rORC\|RE\|RXD3\d\^"),
    Flow("item lists", ("MFN^M16",), {"ITM": frozenset({"doctor", "note"}),
                                      "NTE": frozenset({"note"}), "ZIT": frozenset({"extra"})},
         {"item": "SELECT NULL AS visit FROM product_product WHERE default_code IN ('N-1', 'N-2')"},
         having=r"\rITM\|", of_visit=False),
    Flow("stock lists", ("MFN^M15",), {"IIM": frozenset({"note"}), "ZIT": frozenset({"extra"})},
         {"report": "SELECT NULL AS visit FROM ehr_stock_report"}, having=r"\rIIM\|",
         of_visit=False),
    Flow("accounts", ("BAR^P01", "BAR^P02", "BAR^P05", "BAR^P06", "BAR^P12"), AROUND,
         {"account": "SELECT v.visit_number AS visit FROM ehr_account d JOIN ehr_encounter v "
                     "ON v.account_number = d.number"}),
    Flow("charges", ("DFT^P03", "DFT^P11"), {**AROUND, **_FT1},
         {"charge": _CHARGED + " AND d.kind = 'charge'",
          "invoice": _CHARGED + " AND d.kind = 'charge' AND d.move_line_id IS NOT NULL"},
         having=r"\rFT1\|(?:[^|]*\|){5}CG"),
    Flow("credits", ("DFT^P03",), {**AROUND, **_FT1},
         {"credit": _CHARGED + " AND d.kind = 'credit'"}, having=r"\rFT1\|(?:[^|]*\|){5}CD"),
    Flow("merges of accounts", ("ADT^A40",),
         {"PID": OF_PATIENT["PID"], "MRG": frozenset({"prior name in a merge of accounts"})},
         {"merge": "SELECT number AS visit FROM ehr_account WHERE merged_into_id IS NOT NULL"},
         doors=("Business",)),
)  # fmt: skip


@dataclass
class Check:
    """What is lacking, of which flow.

    :ivar planted: values by label that people must not be found by
    :ivar numbers: values that numbers of visits and accounts begin with
    :ivar query: runs SQL with parameters and gives its rows
    """

    planted: Mapping[str, str]
    numbers: tuple[str, ...]
    query: Callable[[str, Mapping[str, Any]], Iterable[Mapping[str, Any]]]

    def lacking(self, flow: Flow, every: Iterable[Said]) -> list[str]:
        """Complaints in words, none when the flow carried all that it should."""
        mine = [one for one in every if flow.takes(one)]
        types = {one.type for one in mine}
        found = [f"{flow.name}: no {one} was handled" for one in flow.types if one not in types]
        for said in mine:
            found += self._unsaid(flow, said)
        if flow.of_visit:
            # Some name none that would do: a record number, say.
            known = {one.type for one in mine if any(each in one.text for each in self.numbers)}
            found += [f"{flow.name}: no {one} names a visit" for one in sorted(types - known)]
        for what, sql in flow.made.items():
            rows = list(self.query(sql, {"uuids": [one.uuid for one in mine]}))
            if flow.of_visit:
                rows = [row for row in rows if (row["visit"] or "").startswith(self.numbers)]
            if not rows:
                found.append(f"{flow.name}: no {what} came of it")
        return list(dict.fromkeys(found))

    def _unsaid(self, flow: Flow, said: Said) -> Iterator[str]:
        for name, labels in flow.carries.items():
            segments = said.segments(name)
            for label in sorted(labels):
                if not any(self.planted[label] in segment for segment in segments):
                    yield f"{flow.name}: {said.type} has no {label} in {name}"

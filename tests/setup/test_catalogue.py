"""The catalogues in the documents say what the addons install."""

import json
from pathlib import Path

import pytest

from setup import catalogue, documents, profiles, profiles_out

REPOSITORY = Path(__file__).resolve().parents[2]


ADDONS = REPOSITORY / "addons"
of_each_document = pytest.mark.parametrize(
    "document", documents.DOCUMENTS, ids=lambda document: document.name
)


@of_each_document
def test_the_document_is_up_to_date(document: documents.Document) -> None:
    """If it fails: ``make docs``."""
    text = (REPOSITORY / "docs" / document.name).read_text()
    assert documents.replaced(text, document.made(ADDONS)) == text


@of_each_document
def test_each_contract_is_used_and_has_an_example(document: documents.Document) -> None:
    contracts = catalogue.read(ADDONS, document.addons)
    assert {contract.code for contract in contracts} & {
        "procurement.purchase_order",
        "ehr.encounter",
    }
    for contract in contracts:
        assert contract.events or contract.handlers, f"nobody uses {contract.code}"
        assert json.loads(contract.example)
        assert contract.description


def test_the_newest_version_counts(tmp_path: Path) -> None:
    data = tmp_path / "integration_procurement" / "data"
    data.mkdir(parents=True)
    (data.parent / "models").mkdir()
    versions = "".join(
        f"""<record id="c_{number}" model="integration.contract.version">
          <field name="contract_id" ref="c"/><field name="version">{version}</field>
          <field name="schema">{{"properties": {{"v{number}": {{}}}}}}</field>
          <field name="example">{{}}</field></record>"""
        for number, version in enumerate(("1.9.0", "1.10.0", "1.2.0"))
    )
    (data / "contracts.xml").write_text(
        f"""<odoo><record id="c" model="integration.contract"><field name="code">a.b</field>
        <field name="name">A</field><field name="description" type="html"><p>What <b>it</b> is</p>
        </field></record>{versions}</odoo>"""
    )
    [contract] = catalogue.read(tmp_path, ["integration_procurement"])
    assert (contract.version, list(contract.schema["properties"])) == ("1.10.0", ["v1"])
    assert contract.description == "What it is"


def test_without_markers_nothing_is_overwritten() -> None:
    with pytest.raises(ValueError):
        documents.replaced("# Written by people", "")


# -- message profiles ------------------------------------------------------------------------


def profile(header: str, *sections: tuple[str, str, str]) -> list[tuple[str, tuple[str, ...]]]:
    mapping = profiles.Mapping("A", "", header, sections)
    return [(row.member, row.fields) for row in profiles.rows(mapping)]


def test_fields_that_a_mapping_reads() -> None:
    header = """hl7_said({
      event: lookup('events', required(root.trigger, 'MSH-9.2 (trigger event)')),
      visit: required(hl7_identifier(root.PV1[0].f19, context.system), 'PV1-19 (visit, number)'),
      start: hl7_time(root.SCH[0].f11[0].c4, context.zone, 'SCH-11.4') || root.TQ1[0].f7[0].c1
    })"""
    source = "[AIS[].{kind: 'service', code: f3[0].c1 || f4}, AIL[?f3].{kind: 'x', code: f3}][]"
    assert profile(header, ("resources", source, "{kind: item.kind, code: item.code}")) == [
        ("event", ("MSH-9.2",)),
        ("visit", ("PV1-19",)),
        ("start", ("SCH-11.4", "TQ1-7")),
        ("resources[].kind", ("AIS", "AIL")),
        ("resources[].code", ("AIS-3", "AIS-4", "AIL-3")),
    ]


def test_a_member_of_unknown_origin_stops_the_document() -> None:
    with pytest.raises(ValueError, match="which fields make ward"):
        profile("{ward: root.somewhere}")


def test_what_is_always_the_same_is_told_so() -> None:
    assert profile("{source: 'dispense'}") == [("source", ("always dispense",))]


@pytest.mark.parametrize(
    ("source", "expression", "fields"),
    [
        ("FT1", "{a: item.f31[0].c1}", ("FT1-31",)),
        ("groups.ORC[].{orc: ORC[0], rxd: RXD[0]}", "{a: item.rxd.f2[0].c2}", ("RXD-2.2",)),
        ("groups.OBR[].hl7_rows(OBX, {b: 'B'}, OBR[0])[]", "{a: item.b.f5[0].c1}", ("OBX-5",)),
        ("groups.OBR[].hl7_rows(OBX, {b: 'B'}, OBR[0])[]", "{a: item.of.f3[0].c1}", ("OBR-3",)),
        ("groups.ORC[].hl7_with(OBR, ORC[0])[]", "{a: default(item.f1[0].c1, '1')}", ("OBR-1",)),
        ("groups.ORC[].hl7_with(OBR, ORC[0])[]", "{a: item.of.f9[0].c1}", ("ORC-9",)),
        ("x", "{a: root.PKG[?f4[0].c1 != '1'].hl7_said({b: f2[0].c1})}", ("PKG-2",)),
    ],
)
def test_fields_of_sections(source: str, expression: str, fields: tuple[str, ...]) -> None:
    assert profile("`{}`", ("list", source, expression)) == [("list[].a", fields)]


def outgoing(header: str, *expressions: str) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    sections = tuple(("list", "x", one) for one in expressions)
    mapping = profiles.Mapping("A", "", header, sections)
    assert mapping.is_outgoing
    return [(row.field, row.members, row.texts) for row in profiles_out.rows(mapping)]


def test_what_is_sent() -> None:
    found = outgoing(
        "{type: 'MFN', segments: [{id: 'MFI', f1: 'INV', f3: (root.export && 'REP') || 'UPD', "
        "f5: hl7_written(context.moment, context.zone)}]}",
        "[{id: 'MFE', f2: concat(index)}, "
        "{id: 'ITM', f1: {c1: item.item, c2: item.name}, f2: lookup('units', item.unit)}, "
        "item.packs[*].{id: 'PKG', f4: quantity}]",
    )
    assert found == [
        ("MFI-1", (), ("INV",)),
        ("MFI-3", ("export",), ("REP", "UPD")),
        ("MFI-5", (), ("when it became so",)),
        ("MFE-2", (), ("position",)),
        ("ITM-1", ("item", "name"), ()),
        ("ITM-2", ("unit",), ()),
        ("PKG-4", ("quantity",), ()),
    ]


def test_a_sent_field_of_unknown_origin_stops_the_document() -> None:
    with pytest.raises(ValueError, match="what ITM-1 is made of"):
        outgoing("{segments: [{id: 'ITM', f1: `null`}]}")


def test_the_addons_of_supply_and_billing_are_in_the_document() -> None:
    told = "\n".join(profiles.render(ADDONS))
    for heading in ("item (MFN M16)", "stock on hand (MFN M15)", "items, as they are sent"):
        assert f"### HL7 v2: {heading}" in told


def test_a_private_field_stops_the_document() -> None:
    with pytest.raises(ValueError, match="PID-5, which must not be read"):
        profile("{name: root.PID[0].f5[0].c1}")


def test_segments_said_to_be_unread_are_unread() -> None:
    assert profiles.unread_but_listed(ADDONS) == []

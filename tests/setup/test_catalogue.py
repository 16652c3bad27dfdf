"""The catalogue in docs/procurement.md says what the addons install."""

import json
from pathlib import Path

import pytest

from setup import catalogue

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def contracts() -> list[catalogue.Contract]:
    return catalogue.read(REPOSITORY / "addons")


def test_the_document_is_up_to_date(contracts: list[catalogue.Contract]) -> None:
    """If it fails: ``make docs``."""
    text = (REPOSITORY / "docs" / "procurement.md").read_text()
    assert catalogue.replaced(text, catalogue.render(contracts)) == text


def test_each_contract_is_used_and_has_an_example(contracts: list[catalogue.Contract]) -> None:
    assert {contract.code for contract in contracts} >= {
        "procurement.purchase_order",
        "procurement.order_confirmation",
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
    [contract] = catalogue.read(tmp_path)
    assert (contract.version, list(contract.schema["properties"])) == ("1.10.0", ["v1"])
    assert contract.description == "What it is"


def test_without_markers_nothing_is_overwritten() -> None:
    with pytest.raises(ValueError):
        catalogue.replaced("# Written by people", "")

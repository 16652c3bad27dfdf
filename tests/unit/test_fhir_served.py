"""What the document says of the resources that are shown, and whether the standard agrees."""

import json
import re
from datetime import datetime
from pathlib import Path

import pytest
from fhir.resources import get_fhir_model_class as r5_class
from fhir.resources.R4B import get_fhir_model_class as r4b_class

from setup import javascript, profiles_fhir_out, profiles_served
from setup.settings import REPOSITORY, Settings
from tests.unit.load_ehr import load

ADDONS = REPOSITORY / "addons"
SHOWN = {
    "ChargeItem", "DeviceDefinition", "InventoryReport", "Invoice", "Location", "Organization",
    "SupplyDelivery", "SupplyRequest",
}  # fmt: skip
#: Elements and parameters that would tell of a patient.
PATIENT = {
    "patient", "subject", "context", "encounter", "participant", "account", "requester", "note",
    "receiver", "deliverFor",
}  # fmt: skip


@pytest.fixture(scope="module")
def standard() -> dict[tuple[str, str], str]:
    """Types of the search parameters of FHIR R4 by type of resource and name."""
    place = javascript.folder(Settings.from_environ()) / "node_modules" / "hl7.fhir.r4.examples"
    found = {}
    for path in place.glob("SearchParameter-*.json"):
        one = json.loads(path.read_text())
        found |= {(base, one["code"]): one["type"] for base in one.get("base", ())}
    assert ("Location", "partof") in found
    return found


def test_parameters_are_those_of_the_standard_or_marked(
    standard: dict[tuple[str, str], str],
) -> None:
    for view in profiles_served.views(ADDONS):
        if view.version != "4.0.1":
            assert all(one.own for one in view.params)
            continue
        for one in view.params:
            known = standard.get((view.resource, one.name))
            assert (known is None) == one.own, (view.resource, one)
            assert one.own or known == one.kind, (view.resource, one)
    for one in profiles_served.common(ADDONS):
        assert standard["Resource", one.name] == one.kind


def test_every_view_is_in_the_document() -> None:
    found = profiles_served.views(ADDONS)
    assert {view.resource for view in found} == SHOWN
    text = "\n".join(profiles_served.render(ADDONS))
    assert text in (REPOSITORY / "docs" / "ehr.md").read_text()
    assert "| `recipient` | reference | The payer, where Organizations are shown. |" in text
    assert "`_include`: `SupplyDelivery:based-on`" in text
    text = (REPOSITORY / "docs" / "fhir-facade.md").read_text()
    rows = text.partition("### What states mean")[0].splitlines()
    for view in found:
        [row] = [line for line in rows if line.startswith(f"| {view.resource} ")]
        for one in view.params:
            assert f"`{one.name}`{'*' if one.own else ''}" in row, (view.resource, one.name)


def test_a_summary_is_what_the_standard_says() -> None:
    for view in profiles_served.views(ADDONS):
        model = (r5_class if view.version == "5.0.0" else r4b_class)(view.resource)
        marked = set(model.summary_elements_sequence()) & set(view.elements)
        required = {name for name, one in model.model_fields.items() if one.is_required()}
        assert required <= set(view.mandatory)
        if view.resource == "DeviceDefinition":
            assert not marked  # a summary of nothing is none
        elif view.resource == "InventoryReport":
            # What is of use without the stock, which is most of it.
            assert marked - {"inventoryListing"} == {*view.summary, *view.mandatory}
        else:
            assert marked == {*view.summary, *view.mandatory}, view.resource


def test_nothing_that_is_shown_or_asked_for_is_a_patient() -> None:
    for view in profiles_served.views(ADDONS):
        names = {one.name for one in view.params} | set(view.elements)
        # Masked: see the view.
        assert names & PATIENT <= ({"subject"} if view.resource == "ChargeItem" else set())


def test_a_view_that_cannot_be_read_stops_the_document(tmp_path: Path) -> None:
    models = tmp_path / "integration_ehr_bridge" / "models"
    models.mkdir(parents=True)
    view = 'class View:\n    _resource = "X"\n    _doc = "x"\n    _elements = ("a",)\n    '
    (models / "integration_fhir_view_x.py").write_text(f"{view}_params = made()\n")
    with pytest.raises(ValueError, match="no tuple"):
        profiles_served.views(tmp_path)


def test_the_statement_marks_what_the_standard_does_not_know() -> None:
    statement = load("fhir.capability_statement")
    param = load("fhir.search").Param("x", "token", "A code.", own=True)
    served = statement.Served("Location", params=(param,))
    said = statement.Statement("h", "I", datetime(2026, 1, 1), [served])
    [entry] = statement.statement(said)["rest"][0]["resource"]
    assert "of this server" in entry["searchParam"][0]["documentation"]


def test_what_is_sent_is_in_the_document() -> None:
    found = profiles_fhir_out.sent(ADDONS)
    kinds = {one.resource for one in found}
    assert {"Claim", "Communication", "CoverageEligibilityRequest"} <= kinds
    text = "\n".join(profiles_fhir_out.render(ADDONS))
    assert text in (REPOSITORY / "docs" / "ehr.md").read_text()
    assert "| `item[].sequence` | `sequence` |  |" in text
    written = "".join(path.read_text() for path in ADDONS.glob("*/data/*fhir*.xml"))
    for kind in set(re.findall(r"^ *resourceType: '([A-Za-z]+)'", written, re.MULTILINE)):
        assert kind in kinds
        assert f"| `resourceType` | always {kind} |  |" in text


def test_what_must_not_be_sent_stops_the_document(tmp_path: Path) -> None:
    data = tmp_path / "integration_ehr_payer" / "data"
    data.mkdir(parents=True)
    record = (
        '<odoo><record id="m" model="integration.mapping"><field name="name">M</field>'
        '<field name="description">D</field><field name="header">%s</field></record></odoo>'
    )
    for header, reason in (
        ("{resourceType: 'Claim', diagnosis: root.code}", "must not be sent"),
        ("{resourceType: 'Claim', item: now()}", "nobody can tell"),
    ):
        (data / "mapping_fhir_x.xml").write_text(record % header)
        with pytest.raises(ValueError, match=reason):
            profiles_fhir_out.sent(tmp_path)

"""Trials: all faults at once, at their places, and the same result as a real run without faults."""

import pytest
from core_tools.errors import MappingError
from core_tools.mapping import MappingSpec, Section, compile_mapping
from core_tools.mapping_trial import MAX_FINDINGS, MAX_UNMAPPED, Trial
from hypothesis import given

from tests.unit.test_mapping_properties import data, expressions

SPEC = MappingSpec(
    "{no: required(root.no, 'Number'), site: lookup('sites', root.site)}",
    (
        Section("lines", "lines", "{unit: lookup('units', item.unit), qty: decimal(item.qty)}"),
        Section("notes", "notes", "{text: item}"),
    ),
)
ROOT = {
    "no": "7",
    "site": "N",
    "lines": [
        {"unit": "BX", "qty": "1"},
        {"unit": "KG", "qty": "two"},
        {"unit": "ST", "qty": "3"},
        {"unit": "ST", "qty": "4"},
    ],
}


def run(spec, root, maps=None):
    trial = Trial()
    return compile_mapping(spec).apply(root, maps or {}, {}, trial), trial


def test_everything_that_is_missing_is_found():
    result, trial = run(SPEC, ROOT, {"units": {"BX": "box", "KG": "kg"}, "sites": {}})
    assert [(u.map_name, u.value) for u in trial.unmapped] == [("sites", "N"), ("units", "ST")]
    assert trial.unmapped[1].place == "item 3 of lines"
    assert [(f.place, f.code) for f in trial.findings] == [
        ("item 2 of lines", "invalid_decimal"),
        ("section notes, source", "mapping_failed"),
    ]
    assert trial.findings[1].message == "must give a list"
    assert result["lines"][0] == {"unit": "box", "qty": "1"}
    assert result["lines"][1] is None
    assert result["site"] == "⟨N⟩"


def test_a_strict_run_names_the_item():
    with pytest.raises(MappingError) as caught:
        compile_mapping(SPEC).apply(ROOT, {"units": {"BX": "box"}, "sites": {"N": "North"}})
    assert str(caught.value).startswith("item 2 of lines: value map 'units'")


def test_a_header_that_fails_does_not_hide_the_sections():
    result, trial = run(SPEC, {**ROOT, "no": ""}, {"units": {}, "sites": {"N": "n"}})
    assert trial.findings[0].place == "header"
    assert "lines" in result


@given(expressions, data)
def test_a_trial_gives_what_a_real_run_gives(expression, value):
    spec = MappingSpec(f"{{x: (root | {expression})}}", (Section("y", "to_array(@)", "[item]"),))
    result, trial = run(spec, value)
    try:
        expected = compile_mapping(spec).apply(value)
    except MappingError as error:
        assert trial.findings
        assert error.message.lower().endswith(trial.findings[0].message.lower())
    else:
        assert result == expected
        assert not trial.findings


def test_trials_are_bounded():
    many = {"lines": [{"unit": str(n)} for n in range(5000)]}
    section = Section("lines", "lines", "{u: lookup('units', item.unit)}")
    _, trial = run(MappingSpec("{a: `1`}", (section,)), many, {"units": {}})
    assert len(trial.unmapped) == MAX_UNMAPPED
    section = Section("lines", "lines", "decimal(item.unit, `x`)".replace("`x`", "'x'"))
    _, trial = run(MappingSpec("{a: `1`}", (section,)), many)
    assert len(trial.findings) == MAX_FINDINGS
    explosion = " | ".join(["[@, @][]"] * 40)
    _, trial = run(MappingSpec(f"{{a: (root | {explosion})}}", (section,)), many)
    assert [f.code for f in trial.findings] == ["mapping_too_expensive"]

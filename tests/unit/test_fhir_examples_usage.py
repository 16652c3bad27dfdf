"""The official examples of dispenses, ordered services and charges: mapped, or put aside with a
reason."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from core_tools.errors import ContractError, MappingError

from setup import javascript
from setup.settings import Settings
from tests.unit import fhir_usage_profiles as profiles
from tests.unit.load_ehr import load

limits, resource, arriving = load("fhir.limits"), load("fhir.resource"), load("fhir.arriving")
RULES = arriving.Rules(patterns=frozenset(profiles.ROUTES))


class AnyOf(dict[str, str]):
    """A value map in which everything stands for itself."""

    def __missing__(self, value: str) -> str:
        return value


#: As of a hospital that has mapped its services and its units.
MAPS = {**profiles.MAPS, "fhir_service": AnyOf(), "fhir_unit": AnyOf({"TAB": "C62", "mL": "MLT"})}
#: How many examples of each type can be used as they are, at least.
MAPPED = {"MedicationDispense": 20, "ServiceRequest": 10, "ChargeItem": 1}


@pytest.fixture(scope="module")
def examples() -> list[Path]:
    place = javascript.folder(Settings.from_environ()) / "node_modules" / "hl7.fhir.r4.examples"
    found = sorted(
        path for kind in profiles.ROUTES for path in place.rglob(f"{kind}-*.json")
    )  # fmt: skip
    assert len(found) > 50, place
    return found


def test_examples_map_or_say_why_not(examples: list[Path]) -> None:
    mapped: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    for path in examples:
        raw = path.read_bytes()
        found = limits.read(raw)
        assert arriving.arrived(found, RULES, raw=raw).error is None
        try:
            profiles.canonical(found, MAPS)
        except (ContractError, MappingError) as exc:
            assert exc.code
            assert exc.message
            reasons[found["resourceType"], exc.code] += 1
        else:
            mapped[found["resourceType"]] += 1
    for name, least in MAPPED.items():
        assert mapped[name] >= least, (name, mapped, reasons)
    assert {code for _name, code in reasons} <= {
        "missing_required", "missing_value", "invalid_datetime", "contract_violation",
        "unresolved_reference", "quantity_not_exact",
    }, reasons  # fmt: skip


def test_without_value_maps_of_its_own_a_hospital_learns_what_to_map(examples: list[Path]) -> None:
    """Nothing is taken for a piece, and no service for a kit, until somebody has said so."""
    missing: Counter[str] = Counter()
    for path in examples:
        try:
            profiles.canonical(limits.read(path.read_bytes()))
        except (ContractError, MappingError) as exc:
            missing[getattr(exc, "map_name", "")] += 1
    assert missing["fhir_unit"]
    assert missing["fhir_service"]


def test_nothing_that_is_said_in_words_is_mapped(examples: list[Path]) -> None:
    for path in examples:
        found = limits.read(path.read_bytes())
        try:
            text = json.dumps(profiles.canonical(found, MAPS), ensure_ascii=False)
        except (ContractError, MappingError):
            continue
        for word in _words(found):
            assert word not in text, (path.name, word)


def _words(value: Any) -> set[str]:
    """All texts that are neither numbers nor codes."""
    if isinstance(value, list):
        return {word for one in value for word in _words(one)}
    if not isinstance(value, dict):
        return set()
    said = {str(value.get(name) or "") for name in ("display", "text", "family", "overrideReason")}
    found = {word for one in value.values() for word in _words(one)} | said
    return {word for word in found if len(word) > 4 and " " in word}

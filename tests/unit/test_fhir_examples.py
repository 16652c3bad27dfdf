"""The official examples of FHIR R4: each is read and mapped, or put aside with a reason."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from core_tools.errors import ContractError, MappingError

from setup import javascript
from setup.settings import Settings
from tests.unit import fhir_profiles
from tests.unit.load_ehr import load

limits, resource = load("fhir.limits"), load("fhir.resource")
arriving, entries = load("fhir.arriving"), load("fhir.bundle_entries")
RULES = arriving.Rules(patterns=frozenset(fhir_profiles.ROUTES), entries=5000)
#: What the examples of each type come to, at least: how many can be used as they are.
MAPPED = {
    "Appointment": 1, "Encounter": 5, "Location": 5, "Organization": 5, "Patient": 5,
    "Practitioner": 5, "PractitionerRole": 1, "Schedule": 1, "Slot": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def examples() -> list[Path]:
    place = javascript.folder(Settings.from_environ()) / "node_modules" / "hl7.fhir.r4.examples"
    found = sorted(place.rglob("*.json"))
    assert len(found) > 1000, place
    return found


def _is_of(path: Path, names: set[str]) -> bool:
    return path.name.partition("-")[0] in names


def test_examples_of_what_is_taken(examples: list[Path]) -> None:
    mapped: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    for path in examples:
        if not _is_of(path, set(fhir_profiles.ROUTES)):
            continue
        raw = path.read_bytes()
        found = limits.read(raw)
        one = arriving.arrived(found, RULES, raw=raw)
        assert resource.body(json_of(one.compared)) == one.compared
        try:
            fhir_profiles.canonical(found)
        except (ContractError, MappingError) as exc:
            assert exc.code
            assert exc.message
            reasons[found["resourceType"], exc.code] += 1
        else:
            mapped[found["resourceType"]] += 1
    for name, least in MAPPED.items():
        assert mapped[name] >= least, (name, mapped, reasons)
    # Nobody is asked for what nobody can mend.
    assert {code for _name, code in reasons} <= {
        "missing_required", "missing_value", "invalid_datetime", "contract_violation",
        "unresolved_reference",
    }, reasons  # fmt: skip


def json_of(raw: bytes) -> Any:
    return load("fhir.limits").canonical_json.loads(raw)


def test_examples_of_bundles_are_taken_apart_or_refused(examples: list[Path]) -> None:
    taken = 0
    for path in examples:
        if not _is_of(path, {"Bundle"}):
            continue
        try:
            found = limits.read(path.read_bytes())
            for one in entries.entries(found, RULES):
                assert one.found or one.refused.code
                taken += bool(one.found)
        except arriving.Refused as exc:
            assert exc.code
        except ContractError as exc:
            assert exc.code
    assert taken > 10


def test_nothing_that_names_a_person_is_mapped(examples: list[Path]) -> None:
    """Names, addresses, telephone numbers, notes: whatever the examples say of them."""
    for path in examples:
        if not _is_of(path, set(fhir_profiles.ROUTES)):
            continue
        found = limits.read(path.read_bytes())
        try:
            text = json.dumps(fhir_profiles.canonical(found), ensure_ascii=False)
        except (ContractError, MappingError):
            continue
        # Whoever puts a name into the number of a visit has it taken for that number; and a place
        # without a number is known by its name.
        place = found.get("name") if found["resourceType"] == "Location" else None
        numbers = json.dumps([found.get("identifier"), place], default=str, ensure_ascii=False)
        for word in _private(found):
            assert word not in text or word in numbers, (path.name, word)


def _private(found: dict[str, Any]) -> set[str]:
    """Words that say who somebody is, or what ails him."""
    words: set[str] = set()
    if found["resourceType"] in ("Patient", "Practitioner"):
        for name in found.get("name", ()):
            words |= {name.get("family", ""), *name.get("given", ())}
        words |= {one.get("value", "") for one in found.get("telecom", ())}
        words |= {found.get("birthDate", "")}
    words |= {str(found.get(name) or "") for name in ("comment", "description")}
    for name in ("reasonCode", "diagnosis", "subject", "participant"):
        words |= _displays(found.get(name))
    return {word for word in words if isinstance(word, str) and len(word) > 3}


def _displays(value: Any) -> set[str]:
    if isinstance(value, list):
        return {word for one in value for word in _displays(one)}
    if isinstance(value, dict):
        found = {word for one in value.values() for word in _displays(one)}
        return found | {str(value.get(name) or "") for name in ("display", "text")}
    return set()

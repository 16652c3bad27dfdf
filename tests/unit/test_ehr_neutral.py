"""Census, supply and charges know nothing of HL7: it ends at the door, FHIR may stand there too."""

import ast
from pathlib import Path

import pytest

ADDONS = Path(__file__).parents[2] / "addons"
NAMES = (
    "integration_ehr_bridge",
    "integration_ehr_supply",
    "integration_ehr_billing",
    "integration_ehr_payer",
)
#: Files and folders in which HL7 is read, written and carried, by the beginning of their names.
DOORS = ("fhir", "hl7", "mllp", "sending", "listener_", "http_bodies")
#: The same among models.
OTHER_DOORS = (
    "integration_fhir_",
    "integration_interface_fhir",
    "integration_hl7_",
    "integration_interface_hl7",
    "integration_interface_mllp",
    "integration_mllp_",
    "integration_transport_",
)
FOLDERS = ("controllers", "engine", "mixins", "models", "tools", "wizards")


def _is_door(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(DOORS + OTHER_DOORS) for part in parts)


def _operational() -> list[str]:
    found = []
    for name in NAMES:
        for folder in FOLDERS:
            for path in sorted((ADDONS / name / folder).rglob("*.py")):
                place = path.relative_to(ADDONS)
                # A package's list of its files knows nothing.
                if not _is_door(place.parts[1:]) and path.name != "__init__.py":
                    found.append(place.as_posix())
    return found


FILES = _operational()


def imports_of_doors(tree: ast.AST) -> set[str]:
    """What a file imports of those that know HL7."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module or ''}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {name for name in names if _knows(name)}
    return found


def _knows(name: str) -> bool:
    """Whether this is a module that knows HL7, or a name out of one."""
    return any(part.startswith(DOORS) for part in name.split("."))


def words_of_doors(tree: ast.AST) -> list[str]:
    """What people read of fields, and speaks of HL7."""
    return [
        text.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in ("help", "string")
        for text in ast.walk(keyword.value)
        if isinstance(text, ast.Constant) and "HL7" in str(text.value)
    ]


@pytest.mark.parametrize("place", FILES)
def test_no_operational_file_knows_hl7(place: str) -> None:
    tree = ast.parse((ADDONS / place).read_text())
    assert imports_of_doors(tree) == set()
    assert words_of_doors(tree) == []


def test_models_handlers_and_the_census_are_among_them() -> None:
    assert {
        "integration_ehr_bridge/engine/census.py",
        "integration_ehr_bridge/engine/census_store.py",
        "integration_ehr_bridge/models/ehr_location.py",
        "integration_ehr_bridge/models/integration_handler_ehr_encounter.py",
        "integration_ehr_bridge/tools/census_told.py",
        "integration_ehr_billing/models/integration_handler_ehr_charge.py",
        "integration_ehr_supply/models/integration_handler_ehr_requisition.py",
    } <= set(FILES)


@pytest.mark.parametrize(
    "line",
    [
        "from ..tools.hl7 import message",
        "from ..tools import hl7",
        "from .hl7.message import parse",
        "from . import hl7_answers",
        "import odoo.addons.integration_ehr_bridge.tools.hl7.message",
        "from odoo.addons.integration_ehr_bridge.tools.mllp.door import Door",
        "def late():\n    from ..tools.hl7 import message",
    ],
)
def test_what_is_found(line: str) -> None:
    assert imports_of_doors(ast.parse(line))


def test_what_is_allowed() -> None:
    assert not imports_of_doors(ast.parse("from ..tools.census_told import read_place"))


@pytest.mark.parametrize("name", NAMES)
def test_screens_of_the_census_speak_plainly(name: str) -> None:
    for path in (ADDONS / name / "views").glob("ehr_*.xml"):
        assert "HL7" not in path.read_text(), path.name

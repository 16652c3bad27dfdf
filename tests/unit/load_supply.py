"""Import the pure tools of integration_ehr_supply by path, without Odoo and without a database."""

import importlib
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

TOOLS = Path(__file__).resolve().parents[2] / "addons" / "integration_ehr_supply" / "tools"
PACKAGE = "supply_tools"


def load(module: str) -> ModuleType:
    """Return ``addons/integration_ehr_supply/tools/<module>.py``, relative imports included."""
    if PACKAGE not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            PACKAGE, TOOLS / "__init__.py", submodule_search_locations=[str(TOOLS)]
        )
        package = importlib.util.module_from_spec(spec)
        sys.modules[PACKAGE] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"{PACKAGE}.{module}")


@cache
def register_functions() -> None:
    """Make the functions known that mappings of supply use; once for all tests of a process."""
    load("device_rows").register()

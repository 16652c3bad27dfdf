"""Import the pure tools of integration_webhooks by path, without Odoo and without a database."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from tests.unit import load_core

TOOLS = Path(__file__).resolve().parents[2] / "addons" / "integration_webhooks" / "tools"
PACKAGE = "integration_webhooks_tools"
#: The name by which tools of other addons import those of the core.
CORE = "odoo.addons.integration_core.tools"


def load(module: str) -> ModuleType:
    """Return ``addons/integration_webhooks/tools/<module>.py``, relative imports included."""
    if PACKAGE not in sys.modules:
        share_core()
        spec = importlib.util.spec_from_file_location(
            PACKAGE, TOOLS / "__init__.py", submodule_search_locations=[str(TOOLS)]
        )
        package = importlib.util.module_from_spec(spec)
        sys.modules[PACKAGE] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"{PACKAGE}.{module}")


def share_core() -> None:
    """Give the core's tools their name in Odoo as well: the same modules, so that an exception that
    one addon raises is the one that another catches."""
    load_core.load_tools()
    sys.modules[CORE] = sys.modules[load_core.PACKAGE]
    for path in load_core.TOOLS.glob("*.py"):
        if path.stem != "__init__":
            module = importlib.import_module(f"{load_core.PACKAGE}.{path.stem}")
            sys.modules[f"{CORE}.{path.stem}"] = module

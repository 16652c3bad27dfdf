"""Import the pure tools of integration_monitoring by path, without Odoo and without a database."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from tests.unit import load_core, load_webhooks

TOOLS = Path(__file__).resolve().parents[2] / "addons" / "integration_monitoring" / "tools"
PACKAGE = "monitoring_tools"


def load(module: str) -> ModuleType:
    """Return ``addons/integration_monitoring/tools/<module>.py``, relative imports included."""
    if PACKAGE not in sys.modules:
        load_core.load_tools()
        if load_webhooks.CoreTools.NAME not in sys.modules:
            sys.meta_path.insert(0, load_webhooks.CoreTools())
            sys.modules[load_webhooks.CoreTools.NAME] = sys.modules[load_core.PACKAGE]
        spec = importlib.util.spec_from_file_location(
            PACKAGE, TOOLS / "__init__.py", submodule_search_locations=[str(TOOLS)]
        )
        package = importlib.util.module_from_spec(spec)
        sys.modules[PACKAGE] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"{PACKAGE}.{module}")

"""Make the pure tools of integration_core importable without Odoo, as package ``core_tools``."""

import importlib.util
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "addons" / "integration_core" / "tools"
PACKAGE = "core_tools"


def load_tools() -> None:
    """Register the folder under a name of its own: its place below ``odoo.addons`` needs Odoo."""
    if PACKAGE in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(
        PACKAGE, TOOLS / "__init__.py", submodule_search_locations=[str(TOOLS)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)

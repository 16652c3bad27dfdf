"""Import the pure tools of integration_ehr_payer by path, without Odoo and without a database."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from tests.unit import load_billing

ADDON = Path(__file__).resolve().parents[2] / "addons" / "integration_ehr_payer"
TOOLS = ADDON / "tools"
PACKAGE = "payer_tools"


def load(module: str) -> ModuleType:
    """Return ``addons/integration_ehr_payer/tools/<module>.py``."""
    if PACKAGE not in sys.modules:
        load_billing.load("charges")  # the tools of the core and of the bridge go before
        spec = importlib.util.spec_from_file_location(
            PACKAGE, TOOLS / "__init__.py", submodule_search_locations=[str(TOOLS)]
        )
        package = importlib.util.module_from_spec(spec)
        sys.modules[PACKAGE] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"{PACKAGE}.{module}")

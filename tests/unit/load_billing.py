"""Import the pure tools of integration_ehr_billing by path, without Odoo and without a database."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from tests.unit import load_ehr, load_webhooks

ADDON = Path(__file__).resolve().parents[2] / "addons" / "integration_ehr_billing"
PACKAGE = "billing_tools"


class BridgeTools(load_webhooks.CoreTools):
    """Serves the bridge's tools as those of billing import them."""

    NAME = "odoo.addons.integration_ehr_bridge.tools"

    def create_module(self, spec):
        name = load_ehr.PACKAGE + spec.name.removeprefix(self.NAME)
        module = importlib.import_module(name)
        spec.loader_state = module.__spec__
        return module


def load(module: str) -> ModuleType:
    """Return ``addons/integration_ehr_billing/tools/<module>.py``."""
    if PACKAGE not in sys.modules:
        load_ehr.load("hl7.timestamps")  # the tools of the core and of the bridge go before
        sys.meta_path.insert(0, BridgeTools())
        sys.modules[BridgeTools.NAME] = sys.modules[load_ehr.PACKAGE]
        tools = ADDON / "tools"
        spec = importlib.util.spec_from_file_location(
            PACKAGE, tools / "__init__.py", submodule_search_locations=[str(tools)]
        )
        package = importlib.util.module_from_spec(spec)
        sys.modules[PACKAGE] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"{PACKAGE}.{module}")

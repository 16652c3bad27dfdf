"""Import the pure tools of integration_webhooks by path, without Odoo and without a database."""

import importlib
import importlib.abc
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from tests.unit import load_core

TOOLS = Path(__file__).resolve().parents[2] / "addons" / "integration_webhooks" / "tools"
PACKAGE = "integration_webhooks_tools"


class CoreTools(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Serves the core's tools, as these tools import them, from where the tests have them.

    Python asks for the whole name first, and so never looks for the packages around it.
    """

    NAME = "odoo.addons.integration_core.tools"

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name == self.NAME or name.startswith(f"{self.NAME}."):
            return importlib.util.spec_from_loader(name, self)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(load_core.PACKAGE + spec.name.removeprefix(self.NAME))
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # Python has given it the alias' specification.
        module.__spec__ = module.__spec__.loader_state


def load(module: str) -> ModuleType:
    """Return ``addons/integration_webhooks/tools/<module>.py``, relative imports included.

    :param module: ``schemes.github`` for a module in a folder
    """
    if PACKAGE not in sys.modules:
        load_core.load_tools()
        finder = CoreTools()
        sys.meta_path.insert(0, finder)
        sys.modules[finder.NAME] = sys.modules[load_core.PACKAGE]
        spec = importlib.util.spec_from_file_location(
            PACKAGE, TOOLS / "__init__.py", submodule_search_locations=[str(TOOLS)]
        )
        package = importlib.util.module_from_spec(spec)
        sys.modules[PACKAGE] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"{PACKAGE}.{module}")

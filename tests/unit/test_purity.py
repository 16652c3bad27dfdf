"""The tools know nothing of Odoo, and the package costs nothing to import."""

import subprocess
import sys

import pytest

from tests.unit.load_core import PACKAGE, TOOLS

MODULES = sorted(path.stem for path in TOOLS.glob("*.py") if path.stem != "__init__")

BLOCKED = """
import importlib, importlib.abc, importlib.util, sys

class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("odoo", "psycopg2", "werkzeug"):
            raise ImportError(f"{name} is not to be imported by a tool")

sys.meta_path.insert(0, Block())
spec = importlib.util.spec_from_file_location(
    "core_tools", sys.argv[1] + "/__init__.py", submodule_search_locations=[sys.argv[1]]
)
package = importlib.util.module_from_spec(spec)
sys.modules["core_tools"] = package
before = set(sys.modules)
spec.loader.exec_module(package)
assert set(sys.modules) == before, "the package itself imports something"
for name in sys.argv[2:]:
    importlib.import_module("core_tools." + name)
    print(name)
"""


def test_every_tool_imports_without_odoo():
    """Each module is imported in a process where importing Odoo fails."""
    result = subprocess.run(
        [sys.executable, "-c", BLOCKED, str(TOOLS), *MODULES],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == MODULES


@pytest.mark.parametrize("name", MODULES)
def test_module_says_what_it_is_for(name):
    """A reader meets a docstring first, and a file that can be read in one go."""
    text = (TOOLS / f"{name}.py").read_text()
    module = __import__(f"{PACKAGE}.{name}", fromlist=["__doc__"])
    assert module.__doc__
    assert len(text.splitlines()) < 400

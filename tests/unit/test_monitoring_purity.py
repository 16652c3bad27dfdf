"""The tools of monitoring know nothing of Odoo, and can be read in one go."""

import ast
import subprocess
import sys

import pytest

from tests.unit.load_monitoring import PACKAGE, TOOLS, load

MODULES = sorted(path.stem for path in TOOLS.glob("*.py") if path.stem != "__init__")
MAX_LINES = 400
MAX_FUNCTION = 40

BLOCKED = """
import importlib.abc, sys

class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("odoo", "psycopg2", "werkzeug", "requests"):
            raise ImportError(f"{name} is not to be imported by a tool")

sys.meta_path.insert(0, Block())
from tests.unit.load_monitoring import load
for name in sys.argv[1:]:
    load(name)
    print(name)
"""


def test_every_tool_imports_without_odoo():
    result = subprocess.run(
        [sys.executable, "-c", BLOCKED, *MODULES],
        cwd=TOOLS.parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == MODULES


@pytest.mark.parametrize("name", MODULES)
def test_module_says_what_it_is_for_and_is_short(name):
    module = load(name)
    assert module.__name__ == f"{PACKAGE}.{name}"
    assert module.__doc__
    text = (TOOLS / f"{name}.py").read_text()
    assert len(text.splitlines()) < MAX_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < MAX_FUNCTION, node.name
            unnamed = [a.arg for a in node.args.args if not a.annotation]
            assert unnamed in ([], ["self"], ["cls"]), f"{node.name} is not fully typed"
            assert node.returns, f"{node.name} is not fully typed"

"""The tools of integration_webhooks know nothing of Odoo but the core's tools."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.load_webhooks import TOOLS, load

REPOSITORY = Path(__file__).resolve().parents[2]
MODULES = sorted(
    ".".join(path.relative_to(TOOLS).with_suffix("").parts)
    for path in TOOLS.rglob("*.py")
    if path.stem != "__init__"
)
BLOCKED = """
import importlib.abc, sys

from tests.unit import load_webhooks

class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("odoo", "psycopg2", "werkzeug"):
            raise ImportError(f"{name} is not to be imported by a tool")

load_webhooks.load("signature")
sys.meta_path.insert(0, Block())
for name in sys.argv[1:]:
    load_webhooks.load(name)
    print(name)
"""


def test_every_tool_imports_without_odoo():
    """Each module is imported in a process where importing anything else of Odoo fails."""
    result = subprocess.run(
        [sys.executable, "-c", BLOCKED, *MODULES],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == MODULES


@pytest.mark.parametrize("name", MODULES)
def test_module_says_what_it_is_for(name):
    text = TOOLS.joinpath(*name.split(".")).with_suffix(".py").read_text()
    assert load(name).__doc__
    assert len(text.splitlines()) < 400

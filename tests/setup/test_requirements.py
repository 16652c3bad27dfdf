"""What addons declare and what administrators install must not drift apart."""

import ast
import re

import pytest

from setup import suite_addons
from setup.settings import REPOSITORY

ADDONS = REPOSITORY / "addons"


def _installed() -> set[str]:
    lines = (REPOSITORY / "requirements.txt").read_text().splitlines()
    names = (re.match(r"[A-Za-z0-9._-]+", line) for line in lines)
    return {name[0].lower() for name in names if name}


@pytest.mark.parametrize("addon", suite_addons.names(ADDONS, {}))
def test_requirements_of_an_addon_are_installed(addon):
    manifest = ast.literal_eval((ADDONS / addon / "__manifest__.py").read_text())
    declared = manifest.get("external_dependencies", {}).get("python", [])
    assert {name.lower() for name in declared} <= _installed()

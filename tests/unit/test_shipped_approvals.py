"""What a version adds as approved is approved in databases that are updated to it as well.

Odoo runs the functions of ``noupdate`` data files at installation only, so a record that came with
a later version stays a draft in older databases unless an upgrade script names it
(``integration_core/engine/shipped.py``).
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.upgrade import released

REPOSITORY = Path(__file__).resolve().parents[2]
_REF = re.compile(r"ref\('([\w.]+)'\)")


def approved(texts: list[str]) -> set[str]:
    """External ids that data files approve by functions that an update does not run."""
    return {
        name
        for text in texts
        for function in _skipped_functions(ElementTree.fromstring(text))
        if function.get("name") == "action_approve"
        for name in _REF.findall(function.get("eval", ""))
    }


def _skipped_functions(
    element: ElementTree.Element, noupdate: bool = False
) -> Iterator[ElementTree.Element]:
    noupdate = element.get("noupdate", "1" if noupdate else "0") not in ("0", "False")
    for child in element:
        if child.tag == "function" and noupdate:
            yield child
        yield from _skipped_functions(child, noupdate)


def data_files(addon: Path) -> list[str]:
    return [path.read_text() for path in sorted(addon.glob("data/*.xml"))]


def strings(addon: Path) -> set[str]:
    """All texts in the upgrade scripts of an addon."""
    return {
        node.value
        for path in addon.glob("migrations/*/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


ADDONS = sorted(path.parent.name for path in (REPOSITORY / "addons").glob("*/__manifest__.py"))


@pytest.fixture(scope="module", params=released.COMMITS)
def before(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The addons of a released version."""
    commit = released.COMMITS[request.param]
    if not released.has(REPOSITORY, commit):
        pytest.skip(f"the history of this clone does not reach back to {request.param}")
    return released.extract(REPOSITORY, commit, tmp_path_factory.mktemp("released"))


def added(before: Path, name: str) -> set[str]:
    """What an addon approves that it did not approve before; nothing if it is new itself."""
    if not (before / name / "__manifest__.py").exists():
        return set()
    return approved(data_files(REPOSITORY / "addons" / name)) - approved(data_files(before / name))


@pytest.mark.parametrize("name", ADDONS)
def test_an_upgrade_script_names_what_is_new(before: Path, name: str) -> None:
    assert sorted(added(before, name) - strings(REPOSITORY / "addons" / name)) == []


@pytest.mark.parametrize("before", ["19.0.1.4.0"], indirect=True)
def test_there_is_something_to_name(before: Path) -> None:
    """The files are read as Odoo reads them: since that version such records were added."""
    assert {"mapping_hl7_outsourced", "routing_hl7_v2_general_orders"} <= added(
        before, "integration_ehr_supply"
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            """<odoo noupdate="1"><function name="action_approve" eval="[[ref('a')]]"/></odoo>""",
            {"a"},
        ),
        ("""<odoo><function name="action_approve" eval="[[ref('a')]]"/></odoo>""", set()),
        (
            """<odoo><data noupdate="1"><function name="action_approve"
            eval="[[ref('a'), ref('b')]]"/></data></odoo>""",
            {"a", "b"},
        ),
        (
            """<odoo noupdate="1"><function name="action_submit" eval="[[ref('a')]]"/></odoo>""",
            set(),
        ),
    ],
)
def test_what_an_update_does_not_run(text: str, names: set[str]) -> None:
    assert approved([text]) == names

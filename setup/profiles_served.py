"""The FHIR resources that are shown to partners, in ``docs/ehr.md``, made from the views.

The files of the views are read and not run. What a view says that cannot be read this way stops
the making: the document is complete or not there.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ADDONS = ("integration_ehr_bridge", "integration_ehr_supply", "integration_ehr_billing")
_VERSIONS = {"R4": "4.0.1", "R5": "5.0.0"}
#: Offered of all resources, as the tools of the bridge say.
_COMMON = "integration_ehr_bridge/tools/fhir/search.py"


@dataclass(frozen=True)
class Param:
    """A search parameter: ``own`` is none of the standard."""

    name: str
    kind: str
    doc: str
    own: bool


@dataclass(frozen=True)
class View:
    """A view as its file has it."""

    resource: str
    version: str
    clinical: bool
    doc: str
    elements: tuple[str, ...]
    mandatory: tuple[str, ...]
    summary: tuple[str, ...]
    includes: tuple[str, ...]
    params: tuple[Param, ...]


def views(addons: Path) -> list[View]:
    """The views of all addons, in the order of their addons and names.

    :raises ValueError: a file has a view that cannot be read
    """
    found = []
    for addon in ADDONS:
        for path in sorted((addons / addon / "models").glob("integration_fhir_view_*.py")):
            found += _views(path)
    return found


def common(addons: Path) -> tuple[Param, ...]:
    """Parameters of all resources."""
    tree = ast.parse((addons / _COMMON).read_text())
    return _params(_assigned(tree)["COMMON"])


def _views(path: Path) -> list[View]:
    tree = ast.parse(path.read_text())
    texts = {
        name: value.value
        for name, value in _assigned(tree).items()
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }
    found = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            members = _assigned(node)
            if "_resource" in members:
                found.append(_view(members, texts, path))
    return found


def _view(members: Mapping[str, ast.expr], texts: Mapping[str, str], path: Path) -> View:
    version = members.get("_fhir_version", ast.Name("R4"))
    if not isinstance(version, ast.Name):
        raise ValueError(f"{path.name}: nobody can tell which version of FHIR it has")
    return View(
        _text(members["_resource"], texts),
        _VERSIONS[version.id],
        "_clinical" in members,
        _text(members["_doc"], texts),
        _names(members["_elements"], texts),
        _names(members.get("_mandatory"), texts),
        _names(members.get("_summary"), texts),
        _names(members.get("_includes"), texts),
        _params(members["_params"]),
    )


def _assigned(node: ast.Module | ast.ClassDef) -> dict[str, ast.expr]:
    """What the names of a module or a class are."""
    found = {}
    for one in node.body:
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
            found[one.targets[0].id] = one.value
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and one.value:
            found[one.target.id] = one.value
    return found


def _text(node: ast.expr, texts: Mapping[str, str]) -> str:
    return texts[node.id] if isinstance(node, ast.Name) else str(ast.literal_eval(node))


def _names(node: ast.expr | None, texts: Mapping[str, str]) -> tuple[str, ...]:
    if node is None:
        return ()
    if not isinstance(node, ast.Tuple):
        raise ValueError("names of a view are no tuple")
    return tuple(_text(one, texts) for one in node.elts)


def _params(node: ast.expr) -> tuple[Param, ...]:
    if not isinstance(node, ast.Tuple):
        raise ValueError("parameters of a view are no tuple")
    found = []
    for call in node.elts:
        if not isinstance(call, ast.Call):
            raise ValueError("a parameter of a view is no Param")
        name, kind, doc = (str(ast.literal_eval(one)) for one in call.args)
        own = any(one.arg == "own" for one in call.keywords)
        found.append(Param(name, kind, doc, own))
    return tuple(found)


def render(addons: Path) -> list[str]:
    """The part of the document about what is shown, line by line."""
    found = sorted(views(addons), key=lambda one: one.resource)
    out = ["### FHIR resources that are shown", ""]
    out += [
        "Read-only, where an interface has them switched on; see [FHIR: what partners may "
        "read](fhir-facade.md). Parameters marked with * are of this server, not of the standard.",
        "",
        "| resource | FHIR | tells what was done for a patient |",
        "|---|---|---|",
    ]
    for one in found:
        anchor = f"fhir-{one.resource.lower()}-as-it-is-shown"
        clinical = "yes, each answer is audited" if one.clinical else "no"
        out.append(f"| [{one.resource}](#{anchor}) | {one.version} | {clinical} |")
    out.append("")
    shared = common(addons)
    for one in found:
        out += _profile(one, shared)
    return out


def _profile(view: View, shared: tuple[Param, ...]) -> list[str]:
    out = [f"#### FHIR: {view.resource}, as it is shown", "", view.doc, ""]
    out += ["| element | always sent | in a summary |", "|---|---|---|"]
    for element in view.elements:
        always = "yes" if element in view.mandatory else ""
        short = "yes" if {element} & {*view.summary, *view.mandatory} else ""
        out.append(f"| `{element}` | {always} | {short} |")
    out += ["", "| parameter | type | what it compares |", "|---|---|---|"]
    for one in (*shared, *view.params):
        out.append(f"| `{one.name}`{'*' if one.own else ''} | {one.kind} | {one.doc} |")
    if view.includes:
        out += ["", "`_include`: " + ", ".join(f"`{one}`" for one in view.includes)]
    return [*out, ""]

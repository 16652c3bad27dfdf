"""What states of documents mean over FHIR, as tables: made from the tables that the addons use."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

BEGIN = "<!-- statuses over FHIR: made by `make docs`, do not edit -->"
END = "<!-- end of the statuses -->"

#: Where a table stands: addon, name, title, and what its keys are.
_TABLES = (
    ("integration_ehr_supply", "REQUEST", "SupplyRequest", "state of an item of a requisition"),
    ("integration_ehr_supply", "DELIVERY", "SupplyDelivery, of a transfer", "state of the move"),
    ("integration_ehr_supply", "USAGE", "SupplyDelivery, of usage", "what happened"),
    ("integration_ehr_billing", "CHARGE", "ChargeItem", "state of the charge"),
    ("integration_ehr_billing", "UNPOSTED", "Invoice that is not posted", "state of the invoice"),
    ("integration_ehr_billing", "POSTED", "Invoice that is posted", "state of its payment"),
)


def render(addons: Path) -> str:
    """The tables in Markdown."""
    lines = ["| resource | in Odoo | | status over FHIR |", "|---|---|---|---|"]
    for addon, name, resource, what in _TABLES:
        found = _table(addons / addon / "tools" / "fhir_statuses.py", name)
        for state, status in found.items():
            lines.append(f"| {resource} | {what} | `{state}` | `{status}` |")
            resource = what = ""
    return "\n".join(lines)


def _table(path: Path, name: str) -> Mapping[str, str]:
    """A table of a file, which is read and not run.

    :raises KeyError: it is not there
    """
    for node in ast.walk(ast.parse(path.read_text())):
        named = isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == name
        if named and isinstance(node.value, ast.Call):
            found: dict[str, str] = ast.literal_eval(node.value.args[0])
            return found
    raise KeyError(name)


def written(docs: Path, addons: Path) -> Iterator[tuple[Path, str]]:
    """The documents that have the markers, with their text as it is to be."""
    for path in sorted(docs.glob("*.md")):
        text = path.read_text()
        before, begin, rest = text.partition(BEGIN)
        _old, end, after = rest.partition(END)
        if begin and end:
            yield path, f"{before}{BEGIN}\n\n{render(addons)}\n\n{END}{after}"

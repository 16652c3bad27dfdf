"""Documents of which a part is made from the addons' data: ``make docs``.

The part between the two markers is replaced; what people wrote around it stays.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from setup import (
    catalogue,
    fhir_statuses,
    profiles,
    profiles_fhir,
    profiles_fhir_out,
    profiles_served,
)

BEGIN = "<!-- catalogue: made by `make docs`, do not edit -->"
END = "<!-- end of the catalogue -->"


@dataclass(frozen=True)
class Document:
    """A document in ``docs``.

    :ivar addons: whose contracts, events and messages it lists
    :ivar before: makes lines that stand before them, of the folder of the addons
    """

    name: str
    addons: tuple[str, ...]
    before: Callable[[Path], list[str]] = lambda _addons: []

    def made(self, addons: Path) -> str:
        """The part that is made."""
        contracts = catalogue.read(addons, self.addons)
        return "\n".join([*self.before(addons), catalogue.render(contracts)])


def _messages_and_resources(addons: Path) -> list[str]:
    return [
        *profiles.render(addons),
        *profiles_fhir.render(addons),
        *profiles_fhir_out.render(addons),
        *profiles_served.render(addons),
    ]


DOCUMENTS = (
    Document(
        "procurement.md",
        ("integration_procurement", "integration_procurement_expiry", "integration_hr"),
    ),
    Document("ehr.md", profiles.ADDONS, _messages_and_resources),
)


def write(repository: Path) -> list[Path]:
    """Bring the documents up to date, and return their files."""
    found = []
    for document in DOCUMENTS:
        path = repository / "docs" / document.name
        path.write_text(replaced(path.read_text(), document.made(repository / "addons")))
        found.append(path)
    for path, text in fhir_statuses.written(repository / "docs", repository / "addons"):
        path.write_text(text)
        found.append(path)
    return found


def replaced(text: str, made: str) -> str:
    """``text`` with ``made`` between the markers.

    :raises ValueError: a marker is missing
    """
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the markers of the part that is made are missing")
    return f"{before}{BEGIN}\n\n{made}\n{END}{after}"

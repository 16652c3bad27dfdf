"""The tables of statuses over FHIR in the documents say what the addons do."""

from pathlib import Path

from setup import fhir_statuses

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_tables_are_up_to_date() -> None:
    """If it fails: ``make docs``."""
    found = list(fhir_statuses.written(REPOSITORY / "docs", REPOSITORY / "addons"))
    assert found
    for path, text in found:
        assert path.read_text() == text, path


def test_each_state_is_a_row() -> None:
    text = fhir_statuses.render(REPOSITORY / "addons")
    for row in ("`held` | `suspended`", "`cancel` | `abandoned`", "`reversed` | `cancelled`"):
        assert row in text

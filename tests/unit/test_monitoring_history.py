"""The proof of precision is worth something only if an installation learns from as much."""

from pathlib import Path
from xml.etree import ElementTree

from tests.unit.monitoring_feeds import HISTORY_DAYS

DATA = Path(__file__).parents[2] / "addons/integration_monitoring/data/integration_rollup_data.xml"


def test_minutes_are_kept_for_as_long_as_the_proof_has_learnt_from():
    term = ElementTree.parse(DATA).find(".//record[@id='rollup_term_minute']")
    assert int(term.findtext("field[@name='days']")) >= HISTORY_DAYS

"""Alert rules and dashboard for those who watch from outside."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.load_monitoring import load

metrics = load("metric_families")
DOCS = Path(__file__).resolve().parents[2] / "docs" / "monitoring"
RULES, PROOF = DOCS / "prometheus-rules.yml", DOCS / "prometheus-rules.test.yml"
DASHBOARD = DOCS / "grafana-dashboard.json"
SUFFIXES = re.compile(r"_(?:total|bucket|info)$")
NAME = re.compile(rf"{metrics.PREFIX}\w+")
RECORDED = re.compile(r"integration:\w+:\w+")


def promtool(*arguments):
    program = shutil.which("promtool")
    assert program, "promtool is missing: Debian package prometheus"
    return subprocess.run(
        [program, *arguments], cwd=DOCS, capture_output=True, text=True, check=False
    )


def expressions():
    return [
        target["expr"]
        for panel in json.loads(DASHBOARD.read_text())["panels"]
        for target in panel["targets"]
    ]


@pytest.mark.parametrize(
    "arguments", [("check", "rules", RULES.name), ("test", "rules", PROOF.name)], ids=str
)
def test_promtool_agrees(arguments):
    result = promtool(*arguments)
    assert result.returncode == 0, result.stdout + result.stderr


def test_each_alert_is_shown_to_fire_and_not_to_fire():
    proof = PROOF.read_text()
    for alert in re.findall(r"- alert: (\w+)", RULES.read_text()):
        fires = re.findall(rf"alertname: {alert}\n\s+exp_alerts:(.*)", proof)
        assert any("[]" not in rest for rest in fires), f"{alert} never fires in the proof"


def test_the_proof_can_fail(tmp_path):
    """A rule that is broken is found."""
    (tmp_path / PROOF.name).write_text(PROOF.read_text())
    (tmp_path / RULES.name).write_text(RULES.read_text().replace("> 900", "> 9000"))
    program = shutil.which("promtool")
    result = subprocess.run(
        [program, "test", "rules", PROOF.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    assert "IntegrationQueueOld" in result.stdout + result.stderr


def test_rules_and_dashboard_ask_for_what_is_told():
    told = {family.name for family in metrics.families(metrics.Readings(since=0, measured=1))}
    asked = NAME.findall("\n".join([RULES.read_text(), *expressions()]))
    assert asked
    # The label of a set of states has the name of its metric.
    assert {SUFFIXES.sub("", name) for name in asked} <= told


def test_the_dashboard_asks_for_what_the_rules_record():
    recorded = set(re.findall(r"record: (\S+)", RULES.read_text()))
    assert {name for one in expressions() for name in RECORDED.findall(one)} <= recorded


def test_panels_do_not_overlap():
    taken = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells

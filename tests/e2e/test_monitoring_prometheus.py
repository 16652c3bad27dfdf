"""The dashboard for Grafana, with the data of a real Prometheus that scrapes a real suite.

Grafana itself is not needed to know whether its panels would be empty: each of them is a query, a
legend made of labels, and a unit.
"""

import json
import math
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Suite, running_suite
from tests.e2e.deliveries import World
from tests.e2e.receivers import Answer, Receiver
from tests.harness import Database, wait_until
from tests.harness.prometheus import Prometheus, is_there, prometheus

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not is_there(), reason="there is no Prometheus: Debian package prometheus"),
]

DOCS = Path(__file__).resolve().parents[2] / "docs" / "monitoring"
DASHBOARD = json.loads((DOCS / "grafana-dashboard.json").read_text())
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"]}
#: Panels that show more than zero after the traffic of this test.
ALIVE = (
    "Waiting for a person",
    "Received a minute",
    "Failed attempts",
    "Latency, 95 of 100",
    "Failures by class",
    "Budgets left",
    "Dead letters and quarantine",
    "Duplicates a minute",
    "Bytes a second",
    "Lights",
    "Heartbeats",
)
LABEL = re.compile(r"{{\s*(\w+)\s*}}")


@dataclass
class Stage:
    """A suite with traffic, and the Prometheus that has watched it."""

    suite: Suite
    metrics: Prometheus


@pytest.fixture(scope="module")
def stage(database: Database) -> Iterator[Stage]:
    with running_suite(database, workers=4) as suite, Receiver() as receiver:
        call = suite.admin.call
        made = call("integration.metrics.token", "create", [{"name": "Prometheus"}])
        token = call("integration.metrics.token", "action_generate", made)["params"]["token"]
        with prometheus(
            f"127.0.0.1:{suite.server.port}",
            "/integration/metrics",
            token,
            DOCS / "prometheus-rules.yml",
        ) as metrics:
            _traffic(suite, receiver, metrics)
            yield Stage(suite, metrics)


def _traffic(suite: Suite, receiver: Receiver, metrics: Prometheus) -> None:
    """Orders that are taken and refused, and confirmations that come twice, in two waves.

    A rate begins with the second value of a counter, so the first wave has to be seen before.
    """
    world = World(suite)
    supplier = suite.office.supplier("Scraped")
    sending = suite.office.outbound(supplier, receiver.url, name="Orders to Scraped")
    for wave in (1, 2):
        for status in (202, 202, 422):
            receiver.answers.append(Answer(status))
            suite.office.confirm(suite.office.orders(supplier, 1))
            wait_until(lambda: not receiver.answers, what="a delivery")
        confirmation = world.order().confirmation()
        for _time in range(2):
            assert world.sender.deliver(confirmation, f"wave-{wave}").status_code < 300
        wait_until(
            lambda count=2 * wave: suite.ledger.states(sending.id).get("done") == count,
            what="orders",
        )
        for counter in ("attempt_failures_total", "duplicates_total", "messages_received_total"):
            wait_until(
                lambda name=counter, least=wave: _sum(metrics, name) >= least,
                120,
                what=f"{counter} of wave {wave}",
            )
    time.sleep(3)  # two scrapes more, and rules that have seen them


def _sum(metrics: Prometheus, name: str) -> float:
    found = metrics.get("query", query=f"sum(odoo_integration_{name})")["result"]
    return float(found[0]["value"][1]) if found else 0.0


def _expression(text: str) -> str:
    """An expression with the variables of the dashboard as Grafana fills them for “All”."""
    (variable,) = [one for one in DASHBOARD["templating"]["list"] if one["name"] == "interface"]
    return text.replace("$interface", variable["allValue"])


def _targets() -> list[Any]:
    return [
        pytest.param(title, target, id=f"{title} {target['refId']}")
        for title, panel in PANELS.items()
        for target in panel["targets"]
    ]


@pytest.mark.parametrize(("title", "target"), _targets())
def test_each_panel_has_data(stage: Stage, title: str, target: dict[str, Any]) -> None:
    series = stage.metrics.series(_expression(target["expr"]))
    values = [float(text) for one in series for _at, text in one["values"]]
    known = [value for value in values if not math.isnan(value)]
    assert known, "the panel would be empty"
    if title in ALIVE:
        assert max(known) > 0, "the panel would show nothing but zeros"
    if PANELS[title]["type"] != "stat":
        for label in LABEL.findall(target.get("legendFormat", "")):
            lacking = [one["metric"] for one in series if not one["metric"].get(label)]
            assert not lacking, f"the legend would lack {label}"
    named = [json.dumps(one["metric"], sort_keys=True) for one in series]
    assert len(named) == len(set(named))


def test_the_choice_of_interfaces_has_entries(stage: Stage) -> None:
    (variable,) = [one for one in DASHBOARD["templating"]["list"] if one["name"] == "interface"]
    metric, label = re.fullmatch(
        r"label_values\((\w+), (\w+)\)", variable["query"]["query"]
    ).groups()
    found = stage.metrics.get(f"label/{label}/values", **{"match[]": metric})
    assert len(found) >= 2


def test_what_is_marked_on_the_charts_can_be_asked(stage: Stage) -> None:
    for annotation in DASHBOARD["annotations"]["list"]:
        stage.metrics.series(_expression(annotation["expr"]))


def test_rules_are_evaluated_without_errors(stage: Stage) -> None:
    groups = stage.metrics.get("rules")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert rules
    assert not [rule["name"] for rule in rules if rule["health"] != "ok"]

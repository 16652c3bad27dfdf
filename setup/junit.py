"""Adding up what pytest reported."""

import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

# Property that addons/conftest.py gives to the tests that need an HTTP server.
HTTP_CASE = "http_case"


@dataclass(frozen=True)
class Totals:
    """What one or several pytest runs came to.

    :ivar http_cases: tests of Odoo's ``HttpCase`` that ran (tours are among them)
    :ivar skipped_http_cases: names of those that were skipped, with the reason
    """

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    http_cases: int = 0
    skipped_http_cases: tuple[str, ...] = ()

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.http_cases + other.http_cases,
            self.skipped_http_cases + other.skipped_http_cases,
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def read(report: Path) -> Totals:
    """Add up a JUnit XML file of pytest.

    A test that fails and whose teardown fails too appears twice; it is counted once.

    :raises FileNotFoundError: pytest did not live to write it
    """
    outcomes: dict[tuple[str, str], str] = {}
    http_cases: dict[tuple[str, str], str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        test = (case.get("classname", ""), case.get("name", ""))
        outcomes[test] = _worse(outcomes.get(test, "passed"), _outcome(case))
        if case.find(f"properties/property[@name='{HTTP_CASE}']") is not None:
            skipped = case.find("skipped")
            http_cases[test] = "" if skipped is None else skipped.get("message", "")
    count = Counter(outcomes.values())
    return Totals(
        passed=count["passed"],
        failed=count["failed"],
        skipped=count["skipped"],
        http_cases=sum(outcomes[test] != "skipped" for test in http_cases),
        skipped_http_cases=tuple(
            f"{'.'.join(test)}: {reason}"
            for test, reason in http_cases.items()
            if outcomes[test] == "skipped"
        ),
    )


def _outcome(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def _worse(one: str, other: str) -> str:
    order = ("passed", "skipped", "failed")
    return max(one, other, key=order.index)

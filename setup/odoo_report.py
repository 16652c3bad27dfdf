"""What Odoo's own test runner logged: which tests ran, which failed, which were skipped.

And whether a failure is known: ``odoo_known_failures/MODULE.txt`` lists the tests of a module that
fail without the suite, too, one a line::

    test_purchase:TestPurchase.test_one  # AssertionError: what it said
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_RECORD = re.compile(r"\S+ \S+ \d+ (?P<level>_?[A-Z]+) \S+ (?P<logger>[^\s:]+): (?P<text>.*)")
# Behind each text Odoo has a space, and may have figures.
_STARTED = re.compile(r"Starting (?P<test>\S+) \.\.\.(?: |$)")
_SKIPPED = re.compile(r"skipped (?P<test>\S+) : (?P<reason>.*)")
# A part of a test (`subTest`) is told apart by its arguments: the test counts.
_FAILED = re.compile(r"(?:FAIL|ERROR): (?:Subtest )?(?P<test>\w+\.\w+)(?: |$)")
# A class whose preparation fails has no test that would.
_CLASS_FAILED = re.compile(r"(?:FAIL|ERROR): (?P<step>\w+) \((?P<class>[\w.]+)\)(?: |$)")
_TOTAL = re.compile(r"\d+ failed, \d+ error\(s\) of (?P<count>\d+) tests when loading database")
_TESTS = re.compile(r"odoo\.addons\.\w+\.tests\.")
_LONGEST_REASON = 120


@dataclass(frozen=True)
class Report:
    """What the tests of one run came to. Tests are named ``file:Class.method``.

    :ivar started: the tests that began
    :ivar failed: what the log said of each test that failed: its traceback
    :ivar skipped: why each test or class was skipped
    :ivar complete: whether the runner lived to add up what it had run
    """

    started: frozenset[str] = frozenset()
    failed: Mapping[str, str] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    complete: bool = False

    @property
    def passed(self) -> frozenset[str]:
        """The tests that neither failed nor were skipped."""
        return self.started - self.failed.keys() - self.skipped.keys()


def read(log: str) -> Report:
    """Read a log of Odoo that was started with ``--test-enable``.

    A test that Odoo repeats because it failed counts as what it came to at last: Odoo itself logs
    the first failure as something less than an error.
    """
    started: set[str] = set()
    failed: dict[str, str] = {}
    skipped: dict[str, str] = {}
    complete = False
    for level, logger, text in _records(log):
        first = text.partition("\n")[0]
        if match := _STARTED.match(first):
            started.add(_name(logger, match["test"]))
        elif match := _SKIPPED.match(first):
            skipped[_name(logger, match["test"])] = match["reason"].strip()
        elif level == "ERROR" and (name := _failed_name(logger, first)):
            failed[name] = "\n".join(filter(None, [failed.get(name), text]))
        elif _TOTAL.match(first):
            complete = True
    return Report(frozenset(started), failed, skipped, complete)


@dataclass(frozen=True)
class Comparison:
    """A report next to the list of what fails without the suite.

    :ivar new: tests that failed and are not listed
    :ivar known: listed tests that failed
    :ivar mended: listed tests that passed
    :ivar missing: listed tests of which nothing was seen
    """

    new: tuple[str, ...]
    known: tuple[str, ...]
    mended: tuple[str, ...]
    missing: tuple[str, ...]

    @classmethod
    def of(cls, report: Report, listed: frozenset[str]) -> "Comparison":
        """Compare a report with the listed names, each part sorted."""
        seen = report.failed.keys() | report.passed
        return cls(
            new=tuple(sorted(report.failed.keys() - listed)),
            known=tuple(sorted(report.failed.keys() & listed)),
            mended=tuple(sorted(report.passed & listed)),
            missing=tuple(sorted(listed - seen)),
        )


def read_list(path: Path) -> frozenset[str]:
    """Return the names in a list of known failures.

    :raises FileNotFoundError: there is no such list
    """
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return frozenset(filter(None, lines))


def format_list(module: str, report: Report) -> str:
    """Return the text of a module's list of known failures, the reason behind each."""
    lines = [
        f"# Odoo's own tests of `{module}` that fail without the suite, too.",
        f'# Made by: make test-odoo MODULES="{module}" BASELINE=1',
    ]
    lines += [f"{name}  # {_reason(text)}" for name, text in sorted(report.failed.items())]
    return "\n".join(lines) + "\n"


def _records(log: str) -> Iterator[tuple[str, str, str]]:
    """Give level, logger and text of each record; a text goes on over lines that begin none."""
    current: list[str] = []
    level = logger = ""
    for line in log.splitlines():
        if match := _RECORD.match(line):
            if current:
                yield level, logger, "\n".join(current)
            level, logger, current = match["level"], match["logger"], [match["text"]]
        elif current:
            current.append(line)
    if current:
        yield level, logger, "\n".join(current)


def _failed_name(logger: str, text: str) -> str | None:
    if match := _CLASS_FAILED.match(text):
        module, _dot, name = _TESTS.sub("", match["class"]).rpartition(".")
        return f"{module}:{name}.{match['step']}"
    match = _FAILED.match(text)
    return _name(logger, match["test"]) if match else None


def _name(logger: str, test: str) -> str:
    return f"{_TESTS.sub('', logger)}:{test}"


def _reason(text: str) -> str:
    """Return the last line of a traceback that begins at the margin: the exception."""
    ends = [line for line in text.splitlines() if line and not line[0].isspace()]
    return ends[-1].strip()[:_LONGEST_REASON] if ends else ""

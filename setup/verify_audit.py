#!/usr/bin/env python3
"""Check an exported audit trail of the integration suite, without Odoo and without its database.

    python3 verify_audit.py audit-trail.jsonl --key-file audit-key --checkpoints checkpoints.jsonl

The standard library of Python 3.11 or newer is enough. Needs four files of
``addons/integration_core/tools``: in the repository, or in the folder of this script.

Exit code 0: intact. 1: broken; the first broken entry is named. 2: it could not be checked.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

INTACT, BROKEN, UNCHECKED = 0, 1, 2
_MODULES = ("audit_chain", "audit_checkpoint", "audit_verify", "audit_export")
_HERE = Path(__file__).resolve().parent
_FOLDERS = (_HERE, _HERE.parent / "addons" / "integration_core" / "tools")
_PACKAGE = "integration_audit_tools"


class Unchecked(Exception):
    """It could not be checked; the text says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Check one file and print what was found."""
    options = _options(arguments)
    try:
        return _check(options, *_tools())
    except (Unchecked, OSError, UnicodeDecodeError) as exc:
        print(f"NOT CHECKED: {exc}", file=sys.stderr)
        return UNCHECKED


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Check an exported audit trail without Odoo.",
        epilog="Exit code 0: intact; 1: broken; 2: it could not be checked.",
    )
    parser.add_argument("export", type=Path, help="the file that an auditor downloaded")
    parser.add_argument(
        "--key-file", required=True, help="the audit keys: id:base64key, one or more"
    )
    parser.add_argument(
        "--checkpoints", type=Path, help="the file of checkpoints, or one collected from syslog"
    )
    parser.add_argument(
        "--format", choices=("jsonl", "csv"), help="of the export; by default by its name"
    )
    return parser.parse_args(arguments)


def _check(
    options: argparse.Namespace, chain: Any, checkpoint: Any, verify: Any, export: Any
) -> int:
    try:
        keys = chain.read_keys(options.key_file)
        with _opened(options.export) as stream:
            as_csv = (options.format or options.export.suffix.lstrip(".")) == "csv"
            records = export.checked(export.read(stream, as_csv=as_csv), keys)
            head = export.header(records)
            points = _checkpoints(options, checkpoint, keys, str(head["database"]))
            points, later = export.known_then(head, points)
            report, problem = export.verify(records, keys, points)
    except (chain.AuditKeyError, export.ExportError) as exc:
        raise Unchecked(str(exc)) from None
    _print(options, head, report)
    if later:
        print(f"note: Checkpoints later than the export, not compared: {later}.")
    if problem:
        print(f"BROKEN: the export itself: {problem}")
    if not report.intact:
        print(f"BROKEN: {report.findings[0].sentence}")
    if problem or not report.intact:
        return BROKEN
    if options.checkpoints and not points:
        raise Unchecked(
            f"{options.checkpoints} has no checkpoint of database {head['database']} "
            "from before the export"
        )
    print("INTACT")
    return INTACT


def _checkpoints(
    options: argparse.Namespace, checkpoint: Any, keys: Any, database: str
) -> list[Any]:
    if not options.checkpoints:
        return []
    with _opened(options.checkpoints) as stream:
        # syslog puts its own head before each line
        lines = (text[text.find("{") :] if "{" in text else text for text in stream)
        return list(checkpoint.read_lines(lines, keys, database))


def _print(options: argparse.Namespace, head: Any, report: Any) -> None:
    print(f"{options.export}: database {head['database']}, exported {head.get('exported_at')}")
    print(f"{report.checked} seals checked, the last has number {report.head.sequence}")
    for remark in report.remarks:
        print(f"note: {remark.sentence}")
    for finding in report.findings:
        print(f"finding: {finding.sentence}")
    if report.count > len(report.findings):
        print(f"finding: and {report.count - len(report.findings)} more")


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    # newline="": line ends inside of cells are content
    with path.open(encoding="utf-8-sig", newline="") as stream:
        yield stream


def _tools() -> list[Any]:
    """The modules of the suite that know how; loaded by their path, for they need no Odoo."""
    for folder in _FOLDERS:
        if all((folder / f"{name}.py").is_file() for name in _MODULES):
            break
    else:
        raise Unchecked(f"{', '.join(_MODULES)} (.py) are missing; put them beside this script")
    spec = importlib.util.spec_from_loader(_PACKAGE, loader=None, is_package=True)
    assert spec is not None
    package = importlib.util.module_from_spec(spec)
    package.__path__ = [str(folder)]
    sys.modules[_PACKAGE] = package
    return [importlib.import_module(f"{_PACKAGE}.{name}") for name in _MODULES]


if __name__ == "__main__":
    sys.exit(main())

"""The script that checks an exported audit trail: a bare Python, no Odoo, good and bad files."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from setup import verify_audit
from setup.settings import REPOSITORY

SCRIPT = REPOSITORY / "setup" / "verify_audit.py"
TOOLS = REPOSITORY / "addons" / "integration_core" / "tools"
DATABASE = "5b1f0f0e-0000-4000-8000-000000000001"
KEY = "k1:" + "a2V5" * 11
chain, checkpoint, _verify, export = verify_audit._tools()
KEYS = chain.AuditKeys.parse(KEY)
Records = list[dict[str, Any]]


class Case:
    """An export, its key and its checkpoints in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key_file = folder / "key"
        self.key_file.write_text(KEY + "\n")
        self.checkpoints = folder / "checkpoints.jsonl"
        entries = [
            {
                "id": 100 + number,
                "occurred_at": f"2026-11-22T10:00:0{number}.000000",
                "actor_id": 2,
                "actor_login": "ana",
                "act": "change",
                "res_model": "integration.system",
                "res_id": number,
                "res_name": f'=1+1 "{number}"\r\nLager Süd',
                "company_id": None,
                "reason": "\\N",
                "changes": '{"name": ["a", "b"]}',
                "remote_address": "::1",
            }
            for number in range(1, 6)
        ]
        self.seals = chain.extend(KEYS, chain.GENESIS, entries, "2026-11-22T10:01:00.000000")
        header = {"type": "header", "database": DATABASE, "exported_at": "2026-11-22T11:00:00Z"}
        pairs = zip(entries, self.seals, strict=True)
        self.records: Records = [header, *(dict(export.sealed(s, e)) for e, s in pairs)]
        self.remember(self.seals[-1])

    def remember(
        self,
        seal: Any,
        database: str = DATABASE,
        time: str = "2026-11-22T10:05:00Z",
        kind: str = "checkpoint",
    ) -> str:
        point = checkpoint.Checkpoint(3, kind, database, time, seal.sequence, 5, seal.mac, "k1")
        # as a collector of syslog messages may have stored it
        line = f"<109>1 - host odoo 1 audit - {point.line(KEYS)}\n"
        self.checkpoints.write_text(line)
        return line

    def file(self, records: Records, name: str = "trail.jsonl", *, signed: bool = True) -> Path:
        """Write an export.

        :param signed: whoever made it has the key; else only the end of the true one is kept
        """
        end = [*export.complete(records if signed else self.records, KEYS)][-1]
        write = export.to_csv if name.endswith("csv") else export.to_json_lines
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as stream:
            stream.writelines(write([*records, end]))
        return path

    def check(self, path: Path, *more: str, script: Path = SCRIPT) -> tuple[int, str]:
        """Exit code and output of the script in a Python that knows nothing but its library."""
        found = subprocess.run(
            [sys.executable, "-I", "-S", script, path, "--key-file", self.key_file]
            + (list(more) or ["--checkpoints", str(self.checkpoints)]),
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={},
        )
        assert "Traceback" not in found.stderr
        return found.returncode, found.stdout + found.stderr


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


@pytest.mark.parametrize("name", ["trail.jsonl", "trail.csv"])
def test_an_intact_export(case: Case, name: str) -> None:
    code, text = case.check(case.file(case.records, name))
    assert code == 0, text
    assert "INTACT" in text
    assert "5 seals checked" in text
    assert "Checkpoints that agree: 1" in text


def _edit(place: int, **values: object) -> Callable[[Records], Records]:
    def edit(records: Records) -> Records:
        records[place] = {**records[place], **values}
        return records

    return edit


def _swap(records: Records) -> Records:
    records[2], records[4] = records[4], records[2]
    return records


TAMPERED: dict[str, tuple[Callable[[Records], Records], str]] = {
    "changed": (_edit(3, reason="other"), "Number 3 (entry 103) was changed"),
    "actor": (_edit(1, actor_login="bob"), "Number 1 (entry 101) was changed"),
    "deleted": (lambda records: records[:3] + records[4:], "Numbers 3 to 3 are missing"),
    "entry deleted": (_edit(2, type="deleted"), "Number 2 (entry 102) was deleted"),
    "end deleted": (lambda records: records[:4], "older than checkpoint 3"),
    "all deleted": (lambda records: records[:1], "older than checkpoint 3"),
    "reordered": (_swap, "BROKEN"),
    "renumbered": (_edit(2, seal_sequence=3), "Numbers 2 to 2 are missing"),
    "forged seal": (_edit(4, seal_mac="0" * 64), "seal of number 4 (entry 104) is not genuine"),
    "inserted": (
        lambda records: [
            *records,
            {"type": "unsealed", "id": 99, "occurred_at": "2026-11-22T10", "waiting": 0},
        ],
        "Entry 99 has no seal",
    ),
    "unknown key": (_edit(5, seal_key_id="k9"), "key “k9”, which is not configured"),
}


@pytest.mark.parametrize("name", ["trail.jsonl", "trail.csv"])
@pytest.mark.parametrize("kind", TAMPERED)
def test_a_database_that_was_tampered_with(case: Case, kind: str, name: str) -> None:
    tamper, expected = TAMPERED[kind]
    code, text = case.check(case.file(tamper([*case.records]), name))
    assert code == 1, text
    assert expected in text


def test_an_export_that_was_tampered_with(case: Case) -> None:
    """Hiding an entry needs no change of a seal: the end of the file tells."""
    withheld = [*case.records]
    withheld[2] = dict(export.sealed(case.seals[1], None, withheld=True))
    code, text = case.check(case.file(withheld, signed=False))
    assert code == 1
    assert "the export itself: it is not as it was exported" in text
    cut = case.file(case.records)
    cut.write_text("".join(cut.read_text().splitlines(keepends=True)[:-1]))
    code, text = case.check(cut)
    assert (code, "cut off" in text) == (1, True), text


def test_a_replaced_trail(case: Case) -> None:
    case.remember(case.seals[-1]._replace(mac="1" * 64))
    code, text = case.check(case.file(case.records))
    assert code == 1
    assert "Number 5 is not what checkpoint 3" in text


def test_checkpoints_later_than_the_export(case: Case) -> None:
    """They tell of what came after it, be it more of the trail or another one."""
    behind = case.seals[-1]._replace(sequence=9, mac="2" * 64)
    lines = [
        case.remember(case.seals[-1]),
        # Text would sort the first before the export's "2026-11-22T11:00:00Z".
        case.remember(behind, time="2026-11-22T11:00:00.000001Z"),
        case.remember(case.seals[2]._replace(mac="3" * 64), time="2026-11-23T08:00:00.000000Z"),
        case.remember(case.seals[0], time="2026-11-23T09:00:00Z", kind="restart"),
    ]
    case.checkpoints.write_text("".join(lines))
    for name in ("trail.jsonl", "trail.csv"):
        code, text = case.check(case.file(case.records, name))
        assert code == 0, text
        assert "later than the export, not compared: 3" in text
        assert "Checkpoints that agree: 1" in text
    code, text = case.check(case.file(case.records[:4]))
    assert (code, "older than checkpoint 3" in text) == (1, True), text
    case.remember(behind, time="2026-11-22T11:00:00Z")
    code, text = case.check(case.file(case.records))
    assert (code, "older than checkpoint 3" in text) == (1, True), "one of the same second counts"
    case.checkpoints.write_text(lines[1])
    code, text = case.check(case.file(case.records))
    assert (code, "from before the export" in text) == (2, True), text
    case.records[0].pop("exported_at")
    code, text = case.check(case.file(case.records))
    assert (code, "does not say when" in text) == (2, True), text


@pytest.mark.parametrize("name", ["trail.jsonl", "trail.csv"])
def test_an_export_to_which_records_were_added(case: Case, name: str) -> None:
    """Whoever reads the file sees them, so the verifier must not pass over them."""
    path = case.file(case.records, name)
    exported = path.read_bytes()
    lines = exported.splitlines(keepends=True)
    for added in (lines[-2], lines[-1], lines[-2] + lines[-1], b"what,ever\n"):
        path.write_bytes(exported + added)
        code, text = case.check(path)
        assert (code, "records were added behind its end" in text) == (1, True), text
        assert "INTACT" not in text


def test_an_export_that_was_given_another_date(case: Case) -> None:
    """Earlier, so that no checkpoint would count: its end tells."""
    earlier = [{**case.records[0], "exported_at": "2026-11-22T10:00:00Z"}, *case.records[1:4]]
    code, text = case.check(case.file(earlier, signed=False))
    assert (code, "it is not as it was exported" in text) == (1, True), text


def test_a_forged_checkpoint(case: Case) -> None:
    case.checkpoints.write_text(
        case.checkpoints.read_text().replace('"sequence": 5', '"sequence": 4')
    )
    code, text = case.check(case.file(case.records))
    assert (code, "checkpoint file is not genuine" in text) == (1, True), text


def test_what_cannot_be_checked(case: Case) -> None:
    path = case.file(case.records)
    case.remember(case.seals[-1], database="another")
    code, text = case.check(path)
    assert (code, "no checkpoint of database" in text) == (2, True), text
    for content in ("", "not JSON\n", json.dumps({"type": "entry"}) + "\n", '{"type": "header"}\n'):
        path.write_text(content)
        assert case.check(path)[0] == 2, content
    path = case.folder / "trail.csv"
    path.write_text("a,b,c\r\n1,2,3\r\n")
    assert case.check(path)[0] == 2
    assert case.check(case.folder / "none.jsonl")[0] == 2
    case.key_file.write_text("secret without a name")
    code, text = case.check(case.file(case.records))
    assert code == 2
    assert "secret" not in text


def test_without_checkpoints_it_says_what_is_not_proven(case: Case) -> None:
    code, text = case.check(case.file(case.records[:3]), "--format", "jsonl")
    assert code == 0
    assert "a deleted end of the trail would not be noticed" in text


def test_it_works_beside_its_four_files(case: Case, tmp_path: Path) -> None:
    """An auditor gets a folder, not the repository."""
    folder = tmp_path / "for the auditor"
    folder.mkdir()
    for name in verify_audit._MODULES:
        shutil.copy(TOOLS / f"{name}.py", folder)
    script = Path(shutil.copy(SCRIPT, folder))
    assert case.check(case.file(case.records), script=script)[0] == 0
    (folder / "audit_chain.py").unlink()
    code, text = case.check(case.file(case.records), script=script)
    assert (code, "put them beside this script" in text) == (2, True)

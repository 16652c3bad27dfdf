"""A superuser of the database against a running server: the auditor and his script find it."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.audit_trail import AuditTrail
from tests.e2e.office import Office
from tests.harness import Client, Database, RpcError, wait_until

# The scheduler is told of a changed time at once, and need not find it within a minute.
PROMPT = {"ODOO_NOTIFY_CRON_CHANGES": "1"}


class Auditor:
    """Works through the server as a browser does."""

    def __init__(self, client: Client, folder: Path) -> None:
        self.client = client
        self.folder = folder

    def verify(self) -> tuple[str, str]:
        """State of a verification and what it names first."""
        (trail,) = self.client.call("integration.audit.trail", "search", [])
        action = self.client.call("integration.audit.trail", "action_verify", [trail])
        (found,) = self.client.call(
            "integration.audit.verification",
            "read",
            [action["res_id"]],
            ["state", "first_finding", "problem"],
        )
        assert not found["problem"]
        return found["state"], found["first_finding"] or ""

    def export(self, file_format: str = "jsonl") -> Path:
        """Download an export as the dialog does."""
        wizard = self.client.call(
            "integration.audit.export",
            "create",
            {"file_format": file_format, "reason": "The auditors ask"},
        )
        action = self.client.call("integration.audit.export", "action_export", [wizard])
        answer = self.client.session.get(self.client.url + action["url"], timeout=60)
        assert answer.status_code == 200
        path = self.folder / f"trail.{file_format}"
        path.write_bytes(answer.content)
        return path


@pytest.fixture(scope="module")
def trail(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AuditTrail:
    return AuditTrail(database, tmp_path_factory.mktemp("audit"))


@pytest.fixture(scope="module")
def auditor(trail: AuditTrail, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Auditor]:
    with trail.database.server(
        job_runner=False, integration=trail.section, environ=PROMPT
    ) as server:
        admin = server.login()
        office = Office(admin.call, admin.call)
        office.user("aud", "integration_core.group_auditor")
        office.supplier("Audited")
        seal(trail, office)
        assert last_number(trail) > 5, "tests aim at numbers up to 5, and the end is another one"
        yield Auditor(server.login("aud", "aud"), tmp_path_factory.mktemp("exports"))
        assert server.errors() == []


def last_number(trail: AuditTrail) -> int:
    return trail.database.scalar("SELECT max(sequence) FROM integration_audit_seal") or 0


def seal(trail: AuditTrail, office: Office) -> None:
    """Let everything be sealed, and a checkpoint of the end be written.

    By nobody but the server's own scheduler, which would do it within five minutes.
    """
    trail.database.sql("DELETE FROM integration_audit_checkpoint")
    cron = office.ref("integration_core.ir_cron_audit_seal")

    def is_sealed() -> bool:
        covered = trail.database.scalar(
            "SELECT max(sequence) FROM integration_audit_checkpoint WHERE state = 'written'"
        )
        return trail.waiting() == 0 and covered == last_number(trail) > 0

    def hasten() -> bool:
        try:
            office.write("ir.cron", cron, nextcall="2020-01-01 00:00:00")
        except RpcError as error:
            assert "currently being executed" in error.message, error
        return wait_briefly(is_sealed)

    wait_until(hasten, timeout=150, what="the scheduled action that seals")


def wait_briefly(condition: Callable[[], bool]) -> bool:
    """Whether something is the case within five seconds."""
    with suppress(AssertionError):
        return wait_until(condition, timeout=5)
    return False


def test_an_intact_trail(trail: AuditTrail, auditor: Auditor) -> None:
    assert auditor.verify() == ("intact", "")
    for file_format in ("jsonl", "csv"):
        code, text = trail.check(auditor.export(file_format))
        assert code == 0, text
    exports = trail.database.sql(
        "SELECT actor_login, reason FROM integration_audit_entry WHERE act = 'export'"
    )
    assert exports == 2 * [{"actor_login": "aud", "reason": "The auditors ask"}]


def test_nobody_else_exports(trail: AuditTrail, auditor: Auditor) -> None:
    wizard = auditor.client.call(
        "integration.audit.export", "create", {"file_format": "csv", "reason": "mine"}
    )
    admin = Client.login(auditor.client.url, trail.database.name, "admin", "admin")
    url = f"{auditor.client.url}/integration_core/audit/export/{wizard}"
    assert admin.session.get(url, timeout=60).status_code == 403
    with pytest.raises(RpcError):
        admin.call("integration.audit.export", "create", {"reason": "mine"})


# Each is undone by the statements after it, so that all of them meet one intact trail. The sealed
# entry that they aim at is number 3.
KEEP = (
    "CREATE TABLE kept_seal AS SELECT * FROM integration_audit_seal WHERE sequence = 3",
    "CREATE TABLE kept_entry AS SELECT * FROM integration_audit_entry "
    "WHERE id = (SELECT entry_id FROM kept_seal)",
)
EXCHANGE = [
    "UPDATE integration_audit_seal SET sequence = -1 WHERE sequence = 3",
    "UPDATE integration_audit_seal SET sequence = 3 WHERE sequence = 5",
    "UPDATE integration_audit_seal SET sequence = 5 WHERE sequence = -1",
]
TAMPERED = {
    "changed": (
        [
            "UPDATE integration_audit_entry SET actor_login = 'bob' "
            "WHERE id = (SELECT id FROM kept_entry)"
        ],
        [
            "DELETE FROM integration_audit_entry WHERE id = (SELECT id FROM kept_entry)",
            "INSERT INTO integration_audit_entry SELECT * FROM kept_entry",
        ],
        "Number 3 (entry",
    ),
    "deleted": (
        ["DELETE FROM integration_audit_entry WHERE id = (SELECT id FROM kept_entry)"],
        ["INSERT INTO integration_audit_entry SELECT * FROM kept_entry"],
        "was deleted after it was sealed",
    ),
    "deleted with its seal": (
        [
            "DELETE FROM integration_audit_entry WHERE id = (SELECT id FROM kept_entry)",
            "DELETE FROM integration_audit_seal WHERE sequence = 3",
        ],
        [
            "INSERT INTO integration_audit_entry SELECT * FROM kept_entry",
            "INSERT INTO integration_audit_seal SELECT * FROM kept_seal",
        ],
        "Numbers 3 to 3 are missing",
    ),
    "inserted": (
        [
            "INSERT INTO integration_audit_entry (occurred_at, actor_id, act, res_model, res_id) "
            "VALUES (now(), 2, 'approve', 'integration.interface', 1)"
        ],
        [
            "DELETE FROM integration_audit_entry e WHERE NOT EXISTS "
            "(SELECT 1 FROM integration_audit_seal s WHERE s.entry_id = e.id)"
            " AND act = 'approve' AND actor_login IS NULL"
        ],
        "it was inserted past the trigger",
    ),
    "reordered": (EXCHANGE, EXCHANGE, "was sealed as number 5"),
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_tampering(trail: AuditTrail, auditor: Auditor, kind: str) -> None:
    tampering, undoing, expected = TAMPERED[kind]
    trail.database.sql("DROP TABLE IF EXISTS kept_entry, kept_seal")
    trail.tamper(*KEEP)
    trail.tamper(*tampering)
    state, first = auditor.verify()
    assert (state, expected in first) == ("broken", True), first
    code, text = trail.check(auditor.export())
    assert code == 1
    assert f"BROKEN: {first}" in text
    trail.tamper(*undoing)
    assert auditor.verify() == ("intact", "")


@pytest.mark.long
def test_the_end_is_cut_off(trail: AuditTrail, auditor: Auditor) -> None:
    """Last, for it cannot be undone: nobody else holds the key."""
    admin = Client.login(auditor.client.url, trail.database.name, "admin", "admin")
    # What is not covered by a checkpoint can be cut off unnoticed.
    seal(trail, Office(admin.call, admin.call))
    last = last_number(trail)
    trail.tamper(
        "DELETE FROM integration_audit_entry WHERE id IN (SELECT entry_id FROM "
        f"integration_audit_seal WHERE sequence > {last} - 2) OR id IN "
        "(SELECT id FROM integration_audit_unsealed)",
        f"DELETE FROM integration_audit_seal WHERE sequence > {last} - 2",
    )
    trail.database.sql("DELETE FROM integration_audit_unsealed")
    state, first = auditor.verify()
    assert state == "broken"
    if "older than checkpoint" not in first:
        assert "is not what checkpoint" in first  # the sealer has gone on meanwhile
    code, text = trail.check(auditor.export())
    assert code == 1
    assert "checkpoint" in text

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..tools import audit_export
from .audit_common import KEYS, AuditCase

TRAIL = "odoo.addons.integration_core.models.integration_audit_trail"


@tagged("post_install", "-at_install")
class TestAuditUi(AuditCase, HttpCase):
    """An auditor in his browser."""

    def setUp(self):
        super().setUp()
        groups = "integration_core.group_auditor"
        new_test_user(self.env, "tour.auditor", groups, password="tour.auditor")
        self.entries = self.act("Before", "After")
        self.seal()

    def test_verify_tour(self):
        self.start_tour("/odoo/integration-audit", "integration_core_audit", login="tour.auditor")
        found = self.env["integration.audit.verification"].search([], limit=1)
        self.assertEqual((found.state, found.user_id.login), ("intact", "tour.auditor"))

    @mute_logger(TRAIL)
    def test_broken_tour(self):
        self.tamper("DELETE FROM integration_audit_entry WHERE id = %s", [self.entries[0].id])
        tour = "integration_core_audit_broken"
        self.start_tour("/odoo/integration-audit", tour, login="tour.auditor")
        found = self.env["integration.audit.verification"].search([], limit=1)
        self.assertEqual((found.state, found.accept_reason), ("broken", "A failed restore"))

    def test_an_export_is_written_while_it_is_read(self):
        self.authenticate("tour.auditor", "tour.auditor")
        auditor = self.env["res.users"].search([("login", "=", "tour.auditor")])
        for file_format in ("jsonl", "csv"):
            wizard = (
                self.env["integration.audit.export"]
                .with_user(auditor)
                .create({"file_format": file_format, "reason": "Asked by the board"})
            )
            answer = self.url_open(wizard.action_export()["url"])
            self.assertEqual(answer.status_code, 200)
            self.assertIn("attachment", answer.headers["Content-Disposition"])
            lines = answer.content.decode().splitlines(keepends=True)
            records = audit_export.checked(
                audit_export.read(lines, as_csv=file_format == "csv"), KEYS
            )
            self.assertEqual(audit_export.header(records)["reason"], "Asked by the board")
            report, problem = audit_export.verify(records, KEYS, ())
            self.assertEqual((report.intact, problem), (True, ""))
            last = self.env["integration.audit.entry"].search([], limit=1)
            self.assertEqual(
                (last.act, last.actor_login, last.reason),
                ("export", "tour.auditor", "Asked by the board"),
            )

    def test_others_get_no_export(self):
        new_test_user(
            self.env,
            "tour.operator",
            "integration_core.group_administrator",
            password="tour.operator",
        )
        wizard = self.env["integration.audit.export"].create({"reason": "x"})
        self.authenticate("tour.operator", "tour.operator")
        with mute_logger("odoo.http"):
            answer = self.url_open(f"/integration_core/audit/export/{wizard.id}")
        self.assertEqual(answer.status_code, 403)

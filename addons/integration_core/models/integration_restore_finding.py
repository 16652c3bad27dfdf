from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import arming, outside, restore
from ..engine.cursors import insert_quietly


class IntegrationRestoreFinding(models.Model):
    """A message that this database and the outside know differently, after a restore or a copy.

    Found by ``engine.restore`` when an administrator is about to release traffic. Ids only.
    """

    _name = "integration.restore.finding"
    _description = "Message Lost or Repeated by a Restore"
    _log_access = False
    _order = "interface_id, kind, at, id"

    kind = fields.Selection(
        [
            ("delivered", "Waits here, the partner has it"),
            ("maybe", "Waits here, the partner may have it"),
            ("unknown", "Sent after the backup, not known here"),
            ("lost", "Received after the backup, not known here"),
        ],
        string="What is found",
        required=True,
        readonly=True,
    )
    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, index=True, ondelete="cascade"
    )
    system_id = fields.Many2one(related="interface_id.system_id", string="Partner system")
    company_id = fields.Many2one(related="interface_id.company_id")
    message_id = fields.Many2one("integration.message", readonly=True, ondelete="set null")
    uuid = fields.Char(string="Message id", readonly=True)
    key = fields.Char(
        string="Id at the partner", readonly=True, help="By this id the partner finds the message."
    )
    message_type = fields.Char(string="Type", readonly=True)
    at = fields.Datetime(string="When", readonly=True)
    suggestion = fields.Char(string="What to do", compute="_compute_suggestion")
    settled_at = fields.Datetime(string="Settled on", readonly=True)

    _uuid_unique = models.UniqueIndex("(uuid)")

    @api.depends("kind")
    def _compute_suggestion(self):
        texts = {
            "delivered": self.env._(
                "Release with “close what the partner has”. Sent again, it has the same id, by "
                "which the partner recognises it."
            ),
            "maybe": self.env._(
                "Ask the partner for this id. It is sent again under the same id, by which the "
                "partner recognises it; cancel it if he does not tell repeated messages."
            ),
            "unknown": self.env._(
                "Ask the partner for this id, and enter the document in Odoo once more."
            ),
            "lost": self.env._("Ask the partner to send it again."),
        }
        for finding in self:
            finding.suggestion = texts.get(finding.kind, "")

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise AccessError(self.env._("What was found is written by the examination only."))

    def write(self, vals):  # pylint: disable=method-required-super
        raise AccessError(self.env._("What was found does not change."))

    def action_settle(self):
        """The matter is settled with the partner."""
        self._settle("now() AT TIME ZONE 'UTC'")

    def action_unsettle(self):
        self._settle("NULL")

    def _settle(self, moment):
        self.check_access("read")
        if not self.env.user.has_group("integration_core.group_operator"):
            raise AccessError(self.env._("Only integration operators may do this."))
        # moment is one of two constants of this class
        self.env.cr.execute(  # pylint: disable=sql-injection
            f"UPDATE integration_restore_finding SET settled_at = {moment} WHERE id = ANY(%s)",  # noqa: S608
            [list(self.ids)],
        )
        self.invalidate_recordset(["settled_at"])

    def action_open_message(self):
        self.ensure_one()
        if not self.message_id:
            raise UserError(self.env._("This database does not know the message."))
        return self.message_id.get_formview_action()

    @api.model
    def _examine(self):
        """Replace what was found by what is found now.

        What is settled stays settled: an examination may be repeated at any time.
        """
        cr = self.env.cr
        self.env.flush_all()
        found = restore.examine(cr)
        cr.execute("SELECT uuid, settled_at FROM integration_restore_finding")
        settled = dict(cr.fetchall())
        cr.execute("DELETE FROM integration_restore_finding")
        rows = [
            (
                one.kind,
                one.interface_id,
                one.message_id,
                one.uuid,
                one.key,
                one.message_type,
                one.at,
                settled.get(one.uuid),
            )
            for one in found
        ]
        if rows:
            insert_quietly(
                cr,
                """
                INSERT INTO integration_restore_finding (
                    kind, interface_id, message_id, uuid, key, message_type, at, settled_at)
                VALUES %s
                """,
                rows,
                template="(%s, %s, %s, %s, %s, %s, %s, %s)",
            )
        self.invalidate_model()

    @api.model
    def _worth_examining(self) -> bool:
        """Whether the state of this database may be behind what partners know."""
        cr = self.env.cr
        verdict = arming.verdict(cr)
        if verdict.cause == "disarmed":
            # Held when the backup was taken, or held here; only the former may be behind.
            known, found = arming.released(cr), outside.read(cr.dbname)
            return bool(
                verdict.backup_at
                or verdict.differences
                or (found.token and found.token != known.token)
            )
        return verdict.cause in ("older", "copy", "no_file", "other_file")

import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..engine import arming, audit, outside
from ..engine.cursors import own_cursor
from ..mixins.revised import OPEN_STATES
from ..tools.arming import Cause

# Set when traffic is released; see tools.arming.
IDENTITY = ("database_uuid", "database_name", "database_oid", "system_identifier", "environment")


class IntegrationArming(models.Model):
    """For which database and environment traffic was released; one row at most.

    Written by the first activation of an interface, by :meth:`_release` and by the button that
    holds everything. Whether the release stands is decided by ``engine.arming``.
    """

    _name = "integration.arming"
    _description = "Release of Integration Traffic"
    _inherit = ["mail.thread", "mail.activity.mixin", "integration.reason.mixin"]
    _reason_acts = ("action_disarm",)

    armed = fields.Boolean(readonly=True, string="Traffic released")
    held_because = fields.Selection(
        [("neutralized", "Neutralized"), ("disarmed", "Held by an administrator")],
        readonly=True,
    )
    database_uuid = fields.Char(string="UUID of the database", readonly=True)
    database_name = fields.Char(string="Name of the database", readonly=True)
    database_oid = fields.Char(string="Number of the database", readonly=True)
    system_identifier = fields.Char(string="PostgreSQL cluster", readonly=True)
    environment = fields.Char(readonly=True)
    token = fields.Char(readonly=True, groups=fields.NO_ACCESS)
    mark = fields.Integer(readonly=True, help="Counts up once a minute, here and outside.")
    mark_at = fields.Datetime(string="Last mark", readonly=True)
    armed_at = fields.Datetime(string="Released on", readonly=True)
    armed_by_id = fields.Many2one("res.users", string="Released by", readonly=True)
    reason = fields.Char(readonly=True)

    held = fields.Boolean(compute="_compute_verdict")
    cause = fields.Selection(
        [
            ("never", "Nothing was released yet"),
            ("neutralized", "This is a neutralized copy"),
            ("disarmed", "An administrator holds all traffic"),
            ("older", "Restored from a backup"),
            ("copy", "This is a copy, or was restored into another database"),
            ("renamed", "The database was renamed"),
            ("environment", "The server belongs to another environment"),
            ("no_file", "The server lacks the file of this database"),
            ("other_file", "The server's file belongs to another release"),
        ],
        string="Why",
        compute="_compute_verdict",
    )
    explanation = fields.Text(compute="_compute_verdict")
    backup_at = fields.Datetime(
        string="State of about",
        compute="_compute_verdict",
        help="The last mark that the backup knows. What happened later is not in this database.",
    )
    difference_html = fields.Html(string="What differs", compute="_compute_verdict", sanitize=False)
    outside_text = fields.Char(string="Kept outside the database", compute="_compute_verdict")
    waiting_ids = fields.Many2many(
        "integration.interface",
        string="Interfaces that wait for their release",
        compute="_compute_waiting_ids",
    )

    _singleton = models.UniqueIndex("((true))", "Traffic was released by somebody else just now.")

    @api.depends_context("lang")
    def _compute_display_name(self):
        self.display_name = self.env._("Copies and restores")

    @api.depends("armed", "held_because", *IDENTITY)
    def _compute_verdict(self):
        self.env.flush_all()
        verdict = arming.verdict(self.env.cr)
        lines = [
            {
                "name": self._fields[one.name]._description_string(self.env),
                "released": one.released or self.env._("(none)"),
                "present": one.present or self.env._("(none)"),
            }
            for one in verdict.differences
        ]
        for record in self:
            record.held = verdict.held
            record.cause = verdict.cause
            record.backup_at = verdict.backup_at
            record.explanation = self._explanations()[verdict.cause] if verdict.cause else False
            record.difference_html = lines and self.env["ir.qweb"]._render(
                "integration_core.arming_differences", {"lines": lines}
            )
            record.outside_text = self._outside_text()

    @api.depends("armed")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_waiting_ids(self):
        waiting = self.env["integration.interface"].search([("awaits_release", "=", True)])
        for record in self:
            record.waiting_ids = waiting

    @api.model
    def _explanations(self):
        return {
            Cause.NEVER: self.env._("Traffic is released when the first interface is activated."),
            Cause.NEUTRALIZED: self.env._(
                "“odoo neutralize” was run on this database: its secrets are gone. Release traffic "
                "here only to test with partners' test systems."
            ),
            Cause.DISARMED: self.env._(
                "Partners are answered “503, try again later”; what is to be sent waits."
            ),
            Cause.OLDER: self.env._(
                "Outside the database there is proof of a later state. Look at what was lost and "
                "what could be repeated, then release one interface after the other."
            ),
            Cause.COPY: self.env._(
                "The traffic of another database was released, of which this one is a copy. Does "
                "the original still run? Then leave this one held."
            ),
            Cause.RENAMED: self.env._(
                "It is the same database under another name. Make sure that no other database has "
                "taken its place."
            ),
            Cause.ENVIRONMENT: self.env._(
                "Compare “environment” in the [integration] section of odoo.conf (or the variable "
                "INTEGRATION_ENVIRONMENT) with what was released. If the server is configured "
                "wrongly, correct it; traffic goes on by itself."
            ),
            Cause.NO_FILE: self.env._(
                "The server looks for the folder that “state_dir” in the [integration] section "
                "names. If it runs on several machines, they must share this folder. If this is a "
                "copy of the machine's disks, leave it held."
            ),
            Cause.OTHER_FILE: self.env._(
                "The folder that “state_dir” in the [integration] section names was written for "
                "another release of this database: one of the two was restored from a backup."
            ),
        }

    @api.model
    def _outside_text(self):
        place = outside.folder(self.env.cr.dbname)
        if place is None:
            return self.env._("Nothing: state_dir is “none”. A restore cannot be noticed by age.")
        found = outside.read(self.env.cr.dbname)
        if not found.token:
            return self.env._("%s: no file yet", place)
        return self.env._("%(place)s, written %(when)s UTC", place=place, when=found.at)

    # ------------------------------------------------------------------
    # closed to the ORM
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Traffic is released by the buttons only."))
        return super().create(vals_list)

    def write(self, vals):
        own = {name for name in vals if not name.startswith(("message_", "activity_"))}
        # su: actions write as superuser after their checks, and a remote call never is superuser
        if own and not self.env.su:
            raise AccessError(self.env._("Traffic is released by the buttons only."))
        res = super().write(vals)
        if own:
            self._changed()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was released is remembered."))

    def _changed(self):
        self.flush_model()
        arming.forget(self.env.cr.dbname)
        # The HTTP door keeps in its map whether traffic is released.
        self.env.registry.clear_cache()

    # ------------------------------------------------------------------
    # what the suite asks
    # ------------------------------------------------------------------

    @api.model
    def _current(self):
        """The one row, or an empty record."""
        return self.sudo().search([], limit=1)  # sudo: everybody's work depends on it

    @api.model
    def _armed(self) -> bool:
        """Whether traffic is released, as far as the database says."""
        return self._current().armed

    @api.model
    def _held(self) -> bool:
        """Whether work that reaches out, or forgets, must wait: for scheduled actions."""
        self.env.flush_all()
        return arming.is_held(self.env.cr)

    @api.model
    def _held_lately(self) -> bool:
        """As :meth:`_held`, some seconds old at most: for screens and for the HTTP door."""
        return arming.was_held(self.env.cr)

    # ------------------------------------------------------------------
    # releasing and holding
    # ------------------------------------------------------------------

    @api.model
    def _first_activation(self, interfaces):
        """Release traffic when the very first interface of a database is activated.

        Nothing else can be let loose by this: were there other open interfaces, the row of their
        release would have been taken away, and an administrator must look.
        """
        if self._current():
            return
        others = self.env["integration.interface"].sudo()  # sudo: those of all companies count
        if not others.search_count(
            [
                ("id", "not in", interfaces.ids),
                ("state", "in", OPEN_STATES),
                ("activated_at", "!=", False),
            ],
            limit=1,
        ):
            self._remember(self.env._("First activation of an interface"))

    @api.model
    def _remember(self, reason):
        """Bind the release to what this database and server are now; return the row."""
        present = arming.identity(self.env.cr)
        values = {
            "armed": True,
            "held_because": False,
            "token": secrets.token_hex(16),
            "mark": 0,
            "mark_at": False,
            "armed_at": fields.Datetime.now(),
            "armed_by_id": self.env.uid,
            "reason": reason,
            **{name: getattr(present, name) for name in IDENTITY},
        }
        current = self._current()
        if current:
            current.write(values)
        else:
            current = self.sudo().create(values)  # sudo: closed to people
            self._changed()
        self.env.flush_all()
        return current

    def action_ask_disarm(self):
        return self._ask_reason(
            "action_disarm",
            self.env._("Hold all traffic"),
            warning=self.env._(
                "Every interface stops at once: partners are answered “503, try again later”, and "
                "what is to be sent waits. You release it again, interface by interface."
            ),
        )

    def action_disarm(self, reason):
        """Hold everything at once, until an administrator releases it."""
        self._require_administrator()
        current = self._current()
        if not current.armed:
            raise UserError(self.env._("All traffic is held already."))
        current.write({"armed": False, "held_because": "disarmed", "reason": reason})
        audit.record(current, "disarm", reason=reason)

    @api.model
    def _require_administrator(self):
        if not self.env.su and not self.env.user.has_group("integration_core.group_administrator"):
            raise AccessError(self.env._("Only integration administrators may do this."))

    def action_release(self):
        """Open the dialog that shows what would leave, when its numbers are up to date."""
        self._require_administrator()
        self._examine()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_rearm"
        )

    def action_examine(self):
        """Look again at what was lost and what could be repeated, and show it."""
        self._require_administrator()
        self._examine()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_restore_finding"
        )

    @api.model
    def _examine(self):
        """Bring the findings up to date, in transactions of their own.

        Events that nobody has turned into messages yet come first: they would be missing.
        """
        self.env["integration.lane"]._dispatch_now()
        with own_cursor(self.env.registry) as cr:
            # sudo: nobody else writes the findings
            findings = self.env(cr=cr)["integration.restore.finding"].sudo()
            if findings._worth_examining():
                findings._examine()

    @api.model
    def action_open(self):
        """The screen, whether traffic was ever released or not."""
        self.check_access("read")
        current = self._current()
        if not current:
            raise UserError(self._explanations()[Cause.NEVER])
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Copies and restores"),
            "res_model": self._name,
            "res_id": current.id,
            "view_mode": "form",
        }

    @api.model
    def _arm_installation(self):
        """An installation that is at work arms itself when it is upgraded to this version."""
        cr = self.env.cr
        cr.execute(
            SQL(
                """
                SELECT (SELECT value FROM ir_config_parameter
                         WHERE key = 'database.is_neutralized'),
                       EXISTS (SELECT 1 FROM integration_interface
                                WHERE active AND state IN %s)
                """,
                OPEN_STATES,
            )
        )
        neutralized, at_work = cr.fetchone()
        if self._current() or not at_work:
            return
        row = self._remember(self.env._("Upgrade of an installation that was at work"))
        if neutralized:
            row.write({"armed": False, "held_because": "neutralized"})
        elif row.environment not in (False, "", "production"):
            row.write({"armed": False, "held_because": "disarmed"})

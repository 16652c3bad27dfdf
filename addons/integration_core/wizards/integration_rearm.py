from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import plaintext2html

from ..engine import arming, audit, replay_tasks, restore
from ..mixins.governed import ACTIVITY, ASKED
from ..mixins.revised import OPEN_STATES
from ..tools.arming import Cause

KEEP, SEND, SETTLE, CANCEL = "keep", "send", "settle", "cancel"


class IntegrationRearm(models.TransientModel):
    """Releases traffic: shows what differs and what would leave, asks why, interface by interface.

    While everything is held it binds the release to this database; what is not chosen stays held
    and is released later by the same dialog.
    """

    _name = "integration.rearm"
    _description = "Release Integration Traffic"

    held = fields.Boolean(default=lambda self: self._verdict().held, readonly=True)
    cause = fields.Selection(
        selection=lambda self: self.env["integration.arming"]._fields["cause"].selection,
        default=lambda self: self._verdict().cause,
        readonly=True,
    )
    explanation = fields.Text(compute="_compute_texts")
    difference_html = fields.Html(compute="_compute_texts", sanitize=False)
    backup_at = fields.Datetime(default=lambda self: self._verdict().backup_at, readonly=True)
    line_ids = fields.One2many(
        "integration.rearm.line", "rearm_id", default=lambda self: self._default_line_ids()
    )
    database_name = fields.Char(compute="_compute_texts")
    confirmation = fields.Char(
        string="Name of this database", help="Type it, so that it is this one that you release."
    )
    reason = fields.Text(help="Others will read it in the audit trail; the approvers get it now.")

    @api.model
    def _verdict(self):
        return arming.verdict(self.env.cr)

    @api.model
    def _default_line_ids(self):
        return [Command.create({"interface_id": interface.id}) for interface in self._candidates()]

    @api.model
    def _candidates(self):
        """Interfaces that the user may see and that a release concerns."""
        domain = [("state", "in", OPEN_STATES)]
        if not self._verdict().held:
            domain = [("awaits_release", "=", True), ("state", "!=", "retired")]
        return self.env["integration.interface"].search(domain, order="system_id, sequence, name")

    @api.depends("held")
    def _compute_texts(self):
        current = self.env["integration.arming"]._current()
        for rearm in self:
            rearm.explanation = current.explanation
            rearm.difference_html = current.difference_html
            rearm.database_name = self.env.cr.dbname

    # ------------------------------------------------------------------
    # releasing
    # ------------------------------------------------------------------

    def action_confirm(self):
        self.ensure_one()
        armings = self.env["integration.arming"]
        armings._require_administrator()
        self._check_entered()
        chosen = self.line_ids.filtered(lambda line: line.choice != KEEP)
        verdict = self._verdict()
        if not verdict.held and not chosen:
            raise UserError(self.env._("Choose what becomes of at least one interface."))
        if verdict.held:
            self._bind(verdict)
        for line in chosen:
            line._release(self.reason)
        current = armings._current()
        self._tell_approvers(current, chosen)
        current._changed()
        chosen.interface_id._wake()
        return {"type": "ir.actions.client", "tag": "reload"}

    def _check_entered(self):
        if (self.confirmation or "").strip() != self.env.cr.dbname:
            raise UserError(
                self.env._(
                    "Type the name of this database, “%s”, to confirm that it is this one.",
                    self.env.cr.dbname,
                )
            )
        if not (self.reason or "").strip():
            raise UserError(self.env._("Give a reason that others will understand."))

    def _bind(self, verdict):
        """Release the database; each interface that was ever active waits for its own release."""
        armings = self.env["integration.arming"]
        changes = {one.name: (one.released, one.present) for one in verdict.differences}
        changes["cause"] = (str(verdict.cause), "")
        current = armings._remember(self.reason)
        # sudo: interfaces of all companies, whoever releases; closed column
        everyone = self.env["integration.interface"].sudo().with_context(active_test=False)
        everyone.search(
            [("activated_at", "!=", False), ("awaits_release", "=", False)]
        ).awaits_release = True
        audit.record(current, "rearm", reason=self.reason, changes=changes)
        # What was begun before may have been done already, or be wanted no more.
        # sudo: tasks of all companies, whoever releases
        replay_tasks.pause_all(self.env["base"].sudo().env, "release")
        if verdict.cause is Cause.NEUTRALIZED:
            self._restart_crons()

    def _restart_crons(self):
        """Neutralization stops all scheduled actions; without its watchdog the suite stands."""
        # sudo: scheduled actions are the machinery's, not the user's
        data = self.env["ir.model.data"].sudo()
        ours = data.search([("model", "=", "ir.cron"), ("module", "=like", "integration_%")])
        # sudo: as above
        crons = self.env["ir.cron"].sudo().with_context(active_test=False)
        crons.browse(ours.mapped("res_id")).exists().filtered(
            lambda cron: not cron.active
        ).active = True

    def _tell_approvers(self, current, chosen):
        """Who releases traffic acts alone; the approvers learn of it at once."""
        names = ", ".join(chosen.interface_id.mapped("display_name")) or self.env._("none yet")
        text = self.env._(
            "%(user)s released traffic in the database “%(database)s”. Interfaces: %(interfaces)s. "
            "Reason: %(reason)s",
            user=self.env.user.name,
            database=self.env.cr.dbname,
            interfaces=names,
            reason=self.reason,
        )
        # sudo: activities and notes of others
        current.sudo().message_post(body=plaintext2html(text))
        group = self.env.ref("integration_core.group_approver").sudo()
        people = group.all_user_ids.filtered(lambda u: u.active and u != self.env.user)
        for user in people[:ASKED]:
            # sudo: as above
            current.sudo().activity_schedule(
                ACTIVITY,
                user_id=user.id,
                summary=self.env._("Traffic was released: please check"),
                note=plaintext2html(text),
            )


class IntegrationRearmLine(models.TransientModel):
    """What becomes of one interface."""

    _name = "integration.rearm.line"
    _description = "Release of an Interface"

    rearm_id = fields.Many2one("integration.rearm", required=True, ondelete="cascade")
    interface_id = fields.Many2one("integration.interface", required=True, readonly=True)
    system_id = fields.Many2one(related="interface_id.system_id", string="Partner")
    direction = fields.Selection(related="interface_id.direction")
    waiting_count = fields.Integer(string="Waits", compute="_compute_counts")
    delivered_count = fields.Integer(string="Partner has it", compute="_compute_counts")
    maybe_count = fields.Integer(string="May have it", compute="_compute_counts")
    lost_count = fields.Integer(string="Lost here", compute="_compute_counts")
    choice = fields.Selection(
        [
            (KEEP, "Keep held"),
            (SEND, "Release all that waits"),
            (SETTLE, "Close what the partner has, release the rest"),
            (CANCEL, "Cancel all that waits, then release"),
        ],
        string="What becomes of it",
        required=True,
        default=KEEP,
    )

    @api.depends("interface_id")
    def _compute_counts(self):
        counts = self._counts(self.interface_id.ids)
        for line in self:
            found = counts.get(line.interface_id.id, (0, 0, 0, 0))
            line.waiting_count, line.delivered_count, line.maybe_count, line.lost_count = found

    @api.model
    def _counts(self, interface_ids):
        """Numbers of messages by interface, from the ledger and from what was found."""
        self.env.cr.execute(
            """
            SELECT i.id,
                   (SELECT count(*) FROM integration_message m
                     WHERE m.interface_id = i.id AND m.state = ANY(%s)
                       AND m.held_reason IS DISTINCT FROM 'parked'),
                   count(*) FILTER (WHERE f.kind = 'delivered'),
                   count(*) FILTER (WHERE f.kind = 'maybe'),
                   count(*) FILTER (WHERE f.kind IN ('unknown', 'lost'))
              FROM integration_interface i
              LEFT JOIN integration_restore_finding f
                     ON f.interface_id = i.id AND f.settled_at IS NULL
             WHERE i.id = ANY(%s) GROUP BY i.id
            """,
            [restore.WAITING, list(interface_ids)],
        )
        return {row[0]: row[1:] for row in self.env.cr.fetchall()}

    def _require_held(self, interface):
        """What somebody else released meanwhile is live traffic, which nobody cancels like this.

        :raises UserError: the dialog is out of date
        """
        interface.lock_for_update(allow_referencing=True)
        interface.invalidate_recordset(["awaits_release"])
        if not interface.awaits_release:
            raise UserError(
                self.env._(
                    "“%s” was released meanwhile. Open the dialog again.", interface.display_name
                )
            )

    def _release(self, reason):
        self.ensure_one()
        # The user must see the interface; counts and choice came from a form.
        interface = self.interface_id
        interface.check_access("write")
        cr = self.env.cr
        self.env.flush_all()
        self._require_held(interface)
        restore.free_claimed(cr, interface.id)
        closed = []
        if self.choice == SETTLE:
            closed = restore.close_delivered(
                cr, interface.id, self.env._("The partner has it already. %s", reason)
            )
        elif self.choice == CANCEL:
            closed = restore.close_all(
                cr, interface.id, reason, self.env._("Not sent from a copy or a restored database.")
            )
        self.env.invalidate_all()
        # sudo: the column is closed to writes of people; the right was checked above
        interface.sudo().awaits_release = False
        labels = dict(self._fields["choice"]._description_selection(self.env))
        audit.record(
            interface,
            "rearm",
            reason=reason,
            changes={
                "awaits_release": ("✓", "✗"),
                "choice": ("", labels[self.choice]),
                "cancelled": ("", str(len(closed))),
            },
        )

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import plaintext2html

from ..engine import audit
from ..mixins.governed import IntegrationGoverned, lifecycle

MAX_DAYS = 365
# The owner hears of the end so many days before.
NOTICE_DAYS = 14
# What the review is about.
FIXED = frozenset({"rule", "interface_id", "contract_version_id", "reason", "valid_until"})


class IntegrationWaiver(models.Model):
    """Leave to break a rule for a time, with a reason, given by a second person.

    An addon adds a rule with ``selection_add`` and names its subject in ``_subject_fields``.
    Whoever enforces the rule asks :meth:`_covers`; :meth:`_stop` ends what the waiver allowed.
    """

    _name = "integration.waiver"
    _description = "Integration Waiver"
    _inherit = ["integration.governed"]
    _order = "valid_until, id"
    _check_company_auto = True

    _audit_excluded = (*IntegrationGoverned._audit_excluded, "alerted")
    _closed_fields = frozenset({"alerted"})
    _reason_acts = ("action_send_back", "action_revoke")

    rule = fields.Selection(
        [
            ("plaintext", "Unencrypted connection (http://)"),
            ("contract_break", "Contract version that breaks its consumers"),
        ],
        required=True,
        default="plaintext",
        tracking=True,
        help="Unencrypted: what is sent can be read on its way. Clinical content never may. "
        "Breaking version: it may be approved although interfaces that follow it would break. When "
        "the waiver ends, those go on, but no further interface may use the version until an "
        "approver confirms that its consumers have moved.",
    )
    interface_id = fields.Many2one(
        "integration.interface",
        index=True,
        ondelete="cascade",
        tracking=True,
        help="Which interface may break the rule.",
    )
    contract_version_id = fields.Many2one(
        "integration.contract.version",
        string="Contract version",
        index="btree_not_null",
        ondelete="cascade",
        tracking=True,
        help="Which version may break its consumers.",
    )
    company_id = fields.Many2one(related="interface_id.company_id", store=True)
    reason = fields.Text(
        required=True, help="Why the rule cannot be kept, and what limits the damage meanwhile."
    )
    valid_until = fields.Date(
        string="Valid until",
        required=True,
        tracking=True,
        default=lambda self: fields.Date.today() + timedelta(days=90),
        help="Last day (UTC), at most 365 days ahead. The owner is reminded 14 days before; "
        "the day after, what the waiver allowed ends.",
    )
    state = lifecycle(
        ("expired", "Expired"),
        ("revoked", "Revoked"),
    )
    alerted = fields.Boolean(readonly=True, copy=False)

    @api.depends("rule", "interface_id", "contract_version_id")
    def _compute_display_name(self):
        names = dict(self._fields["rule"]._description_selection(self.env))
        for waiver in self:
            subject = waiver._subject().display_name
            waiver.display_name = ": ".join(filter(None, (subject, names.get(waiver.rule))))

    @api.model
    def _subject_fields(self) -> dict[str, str]:
        """The field that holds the subject of each rule."""
        return {"plaintext": "interface_id", "contract_break": "contract_version_id"}

    def _subject(self):
        self.ensure_one()
        return self[self._subject_fields().get(self.rule, "interface_id")]

    @api.model
    def _covers(self, rule, subject) -> bool:
        """Whether an approved waiver that has not expired allows ``subject`` to break ``rule``."""
        # sudo: rules are enforced whoever acts; the answer is yes or no
        return bool(
            self.sudo().search_count(
                [
                    ("rule", "=", rule),
                    (self._subject_fields()[rule], "=", subject.id),
                    ("state", "=", "approved"),
                    ("valid_until", ">=", fields.Date.today()),
                ],
                limit=1,
            )
        )

    # ------------------------------------------------------------------
    # consistency
    # ------------------------------------------------------------------

    @api.constrains("rule", "interface_id", "contract_version_id")
    def _check_subject(self):
        for waiver in self:
            if not waiver._subject():
                raise ValidationError(self.env._("Say what the waiver is for."))
            others = set(self._subject_fields().values()) - {self._subject_fields()[waiver.rule]}
            if any(waiver[name] for name in others):
                raise ValidationError(self.env._("A waiver is for one thing only."))
            if waiver.rule == "plaintext" and waiver.interface_id.data_class == "clinical":
                raise ValidationError(
                    self.env._("Clinical content always travels encrypted; no waiver changes that.")
                )

    @api.constrains("valid_until")
    def _check_valid_until(self):
        latest = fields.Date.today() + timedelta(days=MAX_DAYS)
        for waiver in self:
            if waiver.valid_until and waiver.valid_until > latest:
                raise ValidationError(self.env._("A waiver ends within %s days.", MAX_DAYS))

    def write(self, vals):
        if FIXED & set(vals) and any(waiver.state != "draft" for waiver in self):
            raise UserError(
                self.env._("A waiver does not change once it was submitted. Ask for another one.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        if any(waiver.state != "draft" for waiver in self):
            raise UserError(self.env._("A waiver that was submitted is kept. Revoke it instead."))

    # ------------------------------------------------------------------
    # lifecycle
    # ------------------------------------------------------------------

    def action_submit(self):
        self._require_time_left()
        return super().action_submit()

    def action_approve(self):
        self._require_time_left()
        self._check_subject()  # an interface may have become clinical since
        res = super().action_approve()
        for waiver in self:
            audit.record(waiver._subject(), "waive", reason=waiver.reason)
        self.contract_version_id._settle_ended_waiver()
        return res

    def _require_time_left(self):
        if any(waiver.valid_until < fields.Date.today() for waiver in self):
            raise UserError(self.env._("The last day of this waiver has passed already."))

    def action_ask_revoke(self):
        return self._ask_reason(
            "action_revoke",
            self.env._("Revoke"),
            warning=self.env._(
                "Unencrypted sending stops at once. Consumers of a version that breaks them go on, "
                "but no further interface may use it."
            ),
        )

    def action_revoke(self, reason):
        """End it before its time; by an administrator or an approver."""
        self._governance_require_reason(reason)
        self.check_access("read")
        if not self.env.user.has_groups(
            "integration_core.group_administrator,integration_core.group_approver"
        ):
            raise AccessError(self.env._("Only administrators and approvers revoke waivers."))
        self._governance_require("approved", self.env._("Only an approved waiver is revoked."))
        self.sudo().state = "revoked"  # sudo: the state is closed to writes of people
        audit.record(self, "revoke", reason=reason)
        for waiver in self.sudo():  # sudo: approvers do not write on interfaces
            waiver.message_post(body=self.env._("Revoked: %s", reason))
            waiver._stop(self.env._("the waiver was revoked: %s", reason))

    # ------------------------------------------------------------------
    # the end
    # ------------------------------------------------------------------

    @api.model
    def _cron_waivers(self):
        """Remind of waivers that end soon, and end those whose last day has passed."""
        today = fields.Date.today()
        over = self.search([("state", "=", "approved"), ("valid_until", "<", today)])
        for waiver in over:
            waiver.state = "expired"
            audit.record(waiver, "expire")
            waiver._stop(self.env._("the waiver expired on %s", waiver.valid_until))
        soon = self.search(
            [
                ("state", "=", "approved"),
                ("valid_until", "<=", today + timedelta(days=NOTICE_DAYS)),
                ("alerted", "=", False),
            ]
        )
        for waiver in soon:
            waiver.alerted = True
            waiver._remind()

    def _owner(self):
        """Who has to act when the waiver ends."""
        self.ensure_one()
        return self.interface_id.owner_id or self.submitted_by_id

    def _remind(self):
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=self.valid_until,
            user_id=self._owner().id,
            summary=self.env._("This waiver ends on %s", self.valid_until),
            note=plaintext2html(self._ending_text()),
        )

    def _ending_text(self):
        if self.rule == "contract_break":
            return self.env._(
                "Have all consumers moved by then, or ask for another waiver. Else no further "
                "interface may use this version."
            )
        return self.env._("Keep the rule by then, or ask for another waiver. Else it stops.")

    def _stop(self, why):
        """End what the waiver allowed; as superuser."""
        self.ensure_one()
        interface = self.interface_id
        if self.rule == "plaintext" and interface and not interface._plaintext_allowed():
            interface._pause_by_system(self.env._("Unencrypted sending is not allowed: %s.", why))
        elif self.rule == "contract_break":
            self.contract_version_id._waiver_ended(why[:1].upper() + why[1:], self._owner())

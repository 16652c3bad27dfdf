from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, plaintext2html

from ..engine import audit, documents

ACTIVITY = "integration_core.mail_activity_approval"
ALERT = "mail.mail_activity_data_warning"
# Written by actions only, which leave an audit entry of their own.
CLOSED = (
    "state",
    "submitted_by_id",
    "submitted_at",
    "approved_by_id",
    "approved_at",
    "author_ids",
)
# More people are not asked by an activity; the others find the request in Governance.
ASKED = 100


def lifecycle(*further, **attributes):
    """The field ``state`` of what is governed: the three steps, and the model's own after them.

    The ORM lets a model add to the selection of a mixin only with rules for the uninstallation of
    what it adds; this is one definition all the same.
    """
    return fields.Selection(
        [
            ("draft", "Draft"),
            ("in_review", "In review"),
            ("approved", "Approved"),
            *further,
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
        **attributes,
    )


def touch(records):
    """Write rows without changing them: a transaction that changes them as well collides."""
    records.env.flush_all()
    records.env.cr.execute(
        SQL(
            "UPDATE %s SET write_date = write_date WHERE id = ANY(%s)",
            SQL.identifier(records._table),
            records.ids,
        )
    )


class IntegrationGoverned(models.AbstractModel):
    """What needs the approval of a second person: draft, in review, approved.

    A model that inherits this has a ``state`` field with these three values among others, and calls
    the ``_governance_…`` methods from its own actions. Who wrote or submitted something does not
    approve it, whatever his roles. Installation data, which comes from the superuser, needs none.
    """

    _name = "integration.governed"
    _description = "Governed by Four Eyes"
    _inherit = [
        "integration.closed.columns",
        "integration.audited",
        "integration.reason.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]

    _audit_excluded = CLOSED
    _reason_acts = ("action_send_back",)
    # In these, people are asked to approve it.
    _approvable_states: tuple[str, ...] = ("in_review",)

    submitted_by_id = fields.Many2one(
        "res.users",
        string="Submitted by",
        readonly=True,
        copy=False,
        help="Who asked for the approval. He cannot give it himself.",
    )
    submitted_at = fields.Datetime(string="Submitted on", readonly=True, copy=False)
    approved_by_id = fields.Many2one(
        "res.users",
        string="Approved by",
        readonly=True,
        copy=False,
        help="The second person, who is neither the submitter nor an author.",
    )
    approved_at = fields.Datetime(string="Approved on", readonly=True, copy=False)
    author_ids = fields.Many2many(
        "res.users",
        string="Written by",
        readonly=True,
        copy=False,
        help="Who wrote what is to be approved. None of them may approve it.",
    )
    may_approve = fields.Boolean(compute="_compute_may_approve")

    @api.depends_context("uid")
    @api.depends("state", "submitted_by_id", "author_ids")
    def _compute_may_approve(self):
        approver = self.env.user.has_group("integration_core.group_approver")
        for one in self:
            one.may_approve = (
                approver
                and one.state in self._approvable_states
                and not one._governance_own_request()
            )

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._governance_remember_author()
        return records

    def write(self, vals):
        res = super().write(vals)
        if self._audited_names(vals):
            self.filtered(lambda one: one.state == "draft")._governance_remember_author()
        return res

    def _closed_names(self):
        return super()._closed_names() | set(CLOSED)

    def _governance_require_reason(self, reason):
        if not (reason or "").strip():
            raise UserError(self.env._("Give a reason that others will understand."))

    def _governance_remember_author(self):
        # Actions write as superuser what is nobody's text.
        if self.env.su or self.env.uid == SUPERUSER_ID:
            return
        new = self.filtered(lambda one: self.env.user not in one.author_ids)
        # sudo: people do not choose whether they count as authors
        new.sudo().write({"author_ids": [fields.Command.link(self.env.uid)]})

    def _governance_own_request(self) -> bool:
        self.ensure_one()
        return self.env.uid == self.submitted_by_id.id or self.env.user in self.author_ids

    # ------------------------------------------------------------------
    # for the actions of the models
    # ------------------------------------------------------------------

    def _governance_submit(self):
        """From draft to in review: locked, and the approvers are asked.

        :raises UserError: it is not a draft
        """
        self.check_access("write")
        self._governance_require("draft", self.env._("Only a draft can be submitted for review."))
        # sudo: these columns are closed to writes of people; rights were checked above
        self.sudo().write(
            {
                "state": "in_review",
                "submitted_by_id": self.env.uid,
                "submitted_at": fields.Datetime.now(),
                "approved_by_id": False,
                "approved_at": False,
            }
        )
        audit.record(self, "submit")
        for one in self:
            one._governance_ask_approvers()

    def _governance_approve(self):
        """From in review to approved, by a second person.

        :raises UserError: the user may not approve it, or it is not in review
        """
        self.check_access("read")
        self._governance_require("in_review", self.env._("Only what is in review can be approved."))
        self._governance_check_approver()
        # sudo: an approver decides, but does not configure
        self.sudo().write(
            {
                "state": "approved",
                "approved_by_id": self.env.uid,
                "approved_at": fields.Datetime.now(),
                "author_ids": [fields.Command.clear()],
            }
        )
        audit.record(self, "approve")
        self._governance_settle()

    def _governance_send_back(self, reason):
        """From in review to draft, by an approver or by the person who submitted it."""
        self._governance_require_reason(reason)
        self.check_access("read")
        self._governance_require(
            "in_review", self.env._("Only what is in review can be sent back.")
        )
        for one in self:
            if one.submitted_by_id != self.env.user:
                self._governance_require_role()
        # sudo: an approver decides, but does not configure
        self.sudo().write({"state": "draft"})
        audit.record(self, "send_back", reason=reason)
        for one in self.sudo():  # sudo: as above, for the chatter
            one.message_post(body=self.env._("Sent back: %s", reason))
        self._governance_settle()

    def _governance_check_approver(self):
        if self.env.uid == SUPERUSER_ID:
            return  # installation data
        self._governance_require_role()
        for one in self:
            if one._governance_own_request():
                raise UserError(
                    self.env._(
                        "You wrote or submitted “%s” yourself. Another approver must decide.",
                        one.display_name,
                    )
                )

    def _governance_require_role(self):
        if self.env.uid == SUPERUSER_ID:
            return
        if not self.env.user.has_group("integration_core.group_approver"):
            raise UserError(
                self.env._("Only people with the role “Approver” of Integrations may decide this.")
            )

    def _governance_require(self, state, sentence):
        # Two people decide one after the other; messages that refer to the record go on.
        self.lock_for_update(allow_referencing=True)
        self.invalidate_recordset(["state"])
        if any(one.state != state for one in self):
            raise UserError(sentence)

    # ------------------------------------------------------------------
    # actions that every governed model has
    # ------------------------------------------------------------------

    def action_submit(self):
        self._governance_submit()

    def action_approve(self):
        self._governance_approve()

    def action_send_back(self, reason):
        """Return it to its author with a reason."""
        self._governance_send_back(reason)

    def action_ask_send_back(self):
        return self._ask_reason(
            "action_send_back", self.env._("Send back"), confirm=self.env._("Send back to draft")
        )

    # ------------------------------------------------------------------
    # asking people
    # ------------------------------------------------------------------

    def _governance_ask_approvers(self):
        self.ensure_one()
        people = self._governance_approvers() - self.env.user
        # sudo: authors are for the engine; activities are for others
        one = self.sudo()
        for user in (people - one.author_ids)[:ASKED]:
            one.activity_schedule(
                ACTIVITY,
                user_id=user.id,
                summary=self.env._(
                    "Please review: %(name)s (%(kind)s)", name=self.display_name, kind=self._kind()
                ),
                note=plaintext2html(self.env._("Submitted by %s.", self.env.user.name)),
            )

    def _kind(self) -> str:
        """What this is, within a sentence."""
        return documents.short_kind_name(self.env, self._name).lower()

    def _governance_approvers(self):
        """Everybody who may approve in the company of this record."""
        self.ensure_one()
        company = self.company_id if "company_id" in self._fields else None
        # sudo: whoever asks need not be able to read users
        people = self.env.ref("integration_core.group_approver").sudo().all_user_ids
        return people.filtered(
            lambda user: user.active and (not company or company in user.company_ids)
        )

    def _governance_settle(self):
        """The question is answered: its activities go, for all who were asked."""
        # sudo: activities of others
        self.sudo().activity_unlink([ACTIVITY])

    def _governance_alert(self, summary, text, people):
        """Ask people to act on what went wrong; :meth:`_governance_settle_alert` ends it."""
        self.ensure_one()
        for user in people.filtered("active")[:ASKED]:
            # sudo: activities for others
            self.sudo().activity_schedule(
                ALERT, user_id=user.id, summary=summary, note=plaintext2html(text)
            )

    def _governance_settle_alert(self):
        # sudo: activities of others
        self.sudo().activity_unlink([ALERT])

from odoo import api, fields, models
from odoo.exceptions import AccessError, LockError, UserError

from ..engine import audit, documents, duplicates, operations
from ..tools.acts import Act


class IntegrationDuplicate(models.Model):
    """A message may be about a record that exists, under another identifier; a person decides.

    Written by the engine and by the acts below, as superuser; people only read.
    """

    _name = "integration.duplicate"
    _description = "Possible Duplicate"
    _inherit = ["integration.reason.mixin", "integration.duplicate.comparison"]
    _log_access = False
    _order = "id desc"
    _rec_name = "external_id"
    _reason_acts = ("action_keep_apart", "action_ask_again")

    message_id = fields.Many2one(
        "integration.message", required=True, readonly=True, index=True, ondelete="cascade"
    )
    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, index=True, ondelete="restrict"
    )
    system_id = fields.Many2one(
        "integration.system",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="Whose message it is.",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    res_model = fields.Char(string="Document model", required=True, readonly=True)
    model_label = fields.Char(string="Kind of record", compute="_compute_model_label")
    external_id = fields.Char(
        string="External identifier",
        required=True,
        readonly=True,
        help="How the system calls what it sent.",
    )
    opened_at = fields.Datetime(string="Since", required=True, readonly=True)
    candidate_ids = fields.One2many(
        "integration.duplicate.candidate", "duplicate_id", string="Similar records", readonly=True
    )
    message_state = fields.Selection(related="message_id.state", string="State of the message")
    reason_why = fields.Char(related="message_id.error_message", string="What was noticed")
    decision = fields.Selection(
        [("link", "It is a record that exists"), ("apart", "It is a record of its own")],
        readonly=True,
    )
    decided_at = fields.Datetime(readonly=True)
    decided_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    reason = fields.Char(string="Why", readonly=True, help="In the words of whoever decided.")
    is_open = fields.Boolean(compute="_compute_is_open", search="_search_is_open")
    may_ask_again = fields.Boolean(compute="_compute_may_ask_again")

    _message_unique = models.UniqueIndex("(message_id)")
    _apart_idx = models.Index("(system_id, res_model, external_id) WHERE decision = 'apart'")

    @api.depends("res_model")
    @api.depends_context("lang")
    def _compute_model_label(self):
        for one in self:
            one.model_label = documents.kind_name(self.env, one.res_model)

    @api.depends("decision", "message_id.state", "message_id.error_code")
    def _compute_is_open(self):
        for one in self:
            one.is_open = (
                not one.decision
                and one.message_id.state == "quarantined"
                and one.message_id.error_code == duplicates.POSSIBLE
            )

    @api.depends("decision", "message_id.state")
    def _compute_may_ask_again(self):
        """Kept apart, but it did not get through: nothing came of the decision yet."""
        for one in self:
            failed = one.message_id.state in ("retry", "quarantined", "dead")
            one.may_ask_again = one.decision == "apart" and failed

    @api.model
    def _search_is_open(self, operator, value):
        if operator != "in":
            return NotImplemented
        found = fields.Domain(
            [
                ("decision", "=", False),
                ("message_id.state", "=", "quarantined"),
                ("message_id.error_code", "=", duplicates.POSSIBLE),
            ]
        )
        wanted = set(value)
        if wanted >= {True, False}:
            return fields.Domain.TRUE
        return found if True in wanted else ~found

    # ------------------------------------------------------------------
    # for the engine and for handlers
    # ------------------------------------------------------------------

    @api.model
    def _ask(self, plan, message_id, suspicion):
        """Write down what a person has to decide about a message, instead of what was asked before.

        :param plan: the interface's :class:`engine.conversion.Plan`
        :param suspicion: :class:`engine.duplicates.PossibleDuplicate`
        """
        values = {
            "message_id": message_id,
            "interface_id": plan.interface_id,
            "system_id": plan.system_id,
            "company_id": plan.company_id,
            "res_model": suspicion.res_model,
            "external_id": suspicion.external_id,
            "opened_at": fields.Datetime.now(),
            "decision": False,
            "decided_at": False,
            "decided_by_id": False,
            "candidate_ids": [
                fields.Command.clear(),
                *(
                    fields.Command.create({"res_model": suspicion.res_model, "res_id": res_id})
                    for res_id in suspicion.candidates
                ),
            ],
        }
        known = self.search([("message_id", "=", message_id)])
        if known:
            known.write(values)
        else:
            self.create([values])

    @api.model
    def _kept_apart(self, system_id, model, external_ids):
        """Those of a system's identifiers that a person declared to name records of their own.

        :return: a set of identifiers
        """
        # sudo: what was decided is no secret to the interface that brought the question
        found = self.sudo().search_fetch(
            [
                ("system_id", "=", system_id),
                ("res_model", "=", model),
                ("external_id", "in", list(external_ids)),
                ("decision", "=", "apart"),
            ],
            ["external_id"],
        )
        return set(found.mapped("external_id"))

    # ------------------------------------------------------------------
    # deciding
    # ------------------------------------------------------------------

    def action_ask_keep_apart(self):
        return self._ask_reason(
            "action_keep_apart",
            self.env._("Create as a record of its own"),
            warning=self.env._(
                "The message is handled again and creates a new record beside the similar ones."
            ),
        )

    def action_keep_apart(self, reason):
        """It is a record of its own; by a data steward."""
        self._decide("apart", reason)
        audit.record(self, "keep_apart", reason=reason)
        self._go_on(reason)

    def action_ask_ask_again(self):
        return self._ask_reason(
            "action_ask_again",
            self.env._("Take the decision back"),
            warning=self.env._(
                "The message is handled again; if it still looks like a duplicate, it asks anew."
            ),
        )

    def action_ask_again(self, reason):
        """It was wrong to keep it apart, and nothing came of that yet; by a data steward."""
        self._lock_for_steward(reason)
        if not self.may_ask_again:
            raise UserError(
                self.env._("The decision has had its effect, or was taken back: look again.")
            )
        nothing = dict.fromkeys(("decision", "decided_at", "decided_by_id", "reason"), False)
        self.sudo().write(nothing)  # sudo: closed to writes of people
        audit.record(self, "ask_again", reason=reason)
        self._go_on(reason)

    def _link_to(self, record, reason):
        """It is ``record``: the system knows that by another identifier from now on."""
        self._decide("link", reason)
        record.check_access("write")
        self.env["integration.record.link"]._link(
            self.system_id.id, record, self.external_id, alias=True
        )
        changes = {"record": ("", f"{record._name},{record.id}")}
        audit.record(self, "link", reason=reason, changes=changes)
        self._go_on(reason)

    def _decide(self, decision, reason):
        self._lock_for_steward(reason)
        if not self.is_open:
            raise UserError(
                self.env._("There is nothing to decide any more: look at the message again.")
            )
        # sudo: closed to writes of people
        self.sudo().write(
            {
                "decision": decision,
                "decided_at": fields.Datetime.now(),
                "decided_by_id": self.env.uid,
                "reason": reason,
            }
        )

    def _lock_for_steward(self, reason):
        """Let nobody else decide meanwhile.

        :raises AccessError: the user is no data steward
        :raises UserError: no reason is given, or somebody is deciding right now
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("integration_core.group_steward"):
            raise AccessError(
                self.env._(
                    "Only people with the role “Data steward” of Integrations decide about "
                    "possible duplicates."
                )
            )
        if not (reason or "").strip():
            raise UserError(self.env._("Give a reason that others will understand."))
        try:
            # sudo: closed to writes of people, also to their locks
            self.sudo().lock_for_update()
        except LockError as exc:
            raise UserError(
                self.env._("Somebody else is deciding this at this very moment. Look again.")
            ) from exc
        self.invalidate_recordset()

    def _go_on(self, reason):
        """Let the message be handled once more."""
        self.env.flush_all()
        operations.operate(self.message_id, Act.RETRY, reason)

    def action_open_message(self):
        self.ensure_one()
        return self.message_id.get_formview_action()

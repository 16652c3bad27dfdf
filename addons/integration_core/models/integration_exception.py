from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import documents, routes, sync

ACTIVITY = "integration_core.mail_activity_exception"


class IntegrationException(models.Model):
    """A business exception: what a partner says does not fit what Odoo knows; a person decides.

    The message that brought it is done: it arrived, was understood and was recorded here. Nothing
    of the deviation has been written on the document; what acceptance would write waits in
    ``proposal``. (A message that cannot be handled at all is quarantined instead, and one that
    contradicts a system of record becomes an ``integration.conflict``.)

    An addon adds a kind to the selection and defines for it, with the rights of whoever decides:

    * ``_accept_<kind>()``: write what was proposed;
    * ``_reject_<kind>()`` (optional): what else has to happen when the document stays as it is;
    * in ``_verdict_labels()`` (optional): what the buttons say of this kind.
    """

    _name = "integration.exception"
    _description = "Business Exception"
    _order = "state, id desc"
    _check_company_auto = True

    name = fields.Char(
        string="What differs", required=True, readonly=True, help="In one sentence, for people."
    )
    kind = fields.Selection([("other", "Other")], required=True, readonly=True, default="other")
    area = fields.Selection(
        [("master", "Master data")],
        required=True,
        readonly=True,
        default="master",
        help="Whose business it is: decides who sees it and who may decide.",
    )
    key = fields.Char(
        readonly=True, help="Which part of the document it is about, such as an order line."
    )
    res_model = fields.Char(string="Document model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Document id", model_field="res_model", required=True, readonly=True
    )
    document_name = fields.Char(string="Document", compute="_compute_document_name")
    model_label = fields.Char(string="Kind of document", compute="_compute_document_name")
    line_ids = fields.One2many(
        "integration.exception.line", "exception_id", string="Differences", readonly=True
    )
    proposal = fields.Json(readonly=True, help="What acceptance writes, as its kind defines it.")
    state = fields.Selection(
        [
            ("open", "To be decided"),
            ("accepted", "Accepted"),
            ("rejected", "Rejected"),
            ("void", "No longer needed"),
        ],
        required=True,
        readonly=True,
        default="open",
    )
    user_id = fields.Many2one(
        "res.users", string="Responsible", ondelete="set null", help="Who has the task to decide."
    )
    system_id = fields.Many2one(
        "integration.system", string="Said by", readonly=True, ondelete="set null", index=True
    )
    message_id = fields.Many2one(
        "integration.message",
        readonly=True,
        ondelete="set null",
        index=True,
        groups="integration_core.group_observer",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    decided_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    decided_at = fields.Datetime(readonly=True)
    accept_label = fields.Char(compute="_compute_labels")
    reject_label = fields.Char(compute="_compute_labels")
    note = fields.Char(string="Why", help="In the words of whoever decides.")

    _open_unique = models.UniqueIndex("(res_model, res_id, kind, key) WHERE state = 'open'")
    _document_idx = models.Index("(res_model, res_id)")

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "lang")
    def _compute_document_name(self):
        names = documents.readable_names(self)
        for one in self:
            one.document_name = names.get((one.res_model, one.res_id), False)
            one.model_label = documents.kind_name(self.env, one.res_model)

    @api.depends("kind")
    @api.depends_context("lang")
    def _compute_labels(self):
        labels = self._verdict_labels()
        usual = (
            self.env._("Accept what the partner says"),
            self.env._("Keep the document as it is"),
        )
        for one in self:
            one.accept_label, one.reject_label = labels.get(one.kind, usual)

    @api.model
    def _verdict_labels(self):
        """What the two buttons say of kinds that the usual words do not fit.

        :return: ``{kind: (accept, reject)}``, translated
        """
        return {}

    # ------------------------------------------------------------------
    # raised by handlers
    # ------------------------------------------------------------------

    @api.model
    def _raise_for(self, received, record, kind, name, *, area, key="", lines=(), **values):
        """Write down that a message deviates from ``record``, and give somebody the task.

        An open exception of the same kind about the same part is overtaken by this one.

        :param received: :class:`..engine.inbound.Received` of the handler; ``None`` outside one
        :param record: the document
        :param name: one sentence for a person, translated
        :param area: value of the selection; decides who may decide
        :param key: which part of the document, such as the id of a line
        :param lines: ``(label, ours, theirs)`` texts for people
        :param values: further fields, such as ``proposal`` and ``user_id``
        :return: the exception
        """
        # sudo: the service user that handles the message needs no right on decisions of people
        raised = self.sudo()
        raised._of(record).filtered(lambda one: (one.kind, one.key) == (kind, key))._void()
        exception = raised.create(
            {
                "kind": kind,
                "name": name,
                "area": area,
                "key": key,
                "res_model": record._name,
                "res_id": record.id,
                # sudo: whose document it is, and nothing else of it
                "company_id": (record.sudo().company_id or self.env.company).id,
                "system_id": received.system_id if received else False,
                "message_id": received.id if received else False,
                "line_ids": [
                    fields.Command.create({"label": label, "ours": ours, "theirs": theirs})
                    for label, ours, theirs in lines
                ],
                **values,
            }
        )
        exception._ask()
        exception._tell_status("conflict", name)
        return exception.sudo(self.env.su)

    @api.model
    def _of(self, record):
        """The open exceptions of documents."""
        return self.search(
            [
                ("res_model", "=", record._name),
                ("res_id", "in", record.ids),
                ("state", "=", "open"),
            ]
        )

    @api.model
    def _settle(self, record, kinds=()):
        """What was to be decided about documents is not any more: they were cancelled, say, or the
        partner now says what they say.

        :param kinds: only exceptions of these kinds
        """
        # sudo: as in _raise_for
        found = self.sudo()._of(record)
        if kinds:
            found = found.filtered(lambda one: one.kind in kinds)
        found._void()

    def _void(self):
        if self:
            self.write({"state": "void"})
            self._tell_status("synchronised", None)
            self._settle_tasks()

    def _tell_status(self, state, reason):
        """The document shows that somebody has to decide, and that he has."""
        for one in self.filtered("message_id"):
            if state == "synchronised" and self._of(one._document()):
                continue  # another part of the document waits still
            place = (one.res_model, one.res_id, one.message_id.interface_id.id)
            if state == "synchronised":
                # Whatever message the row speaks of: a newer one may have left less to decide.
                sync.settle(self.env.cr, *place)
                one._confirm()
            else:
                sync.upsert(self.env.cr, [(*place, state, reason, one.message_id.id)])
        self.env["integration.record.sync"].invalidate_model()
        self.env["integration.record.sync"]._touched_changed()

    def _confirm(self):
        """With the last decision the document may be what the message was to confirm."""
        message = self.message_id
        handler = routes.handler_of(message.interface_id, message.message_type)
        document = self._document().exists()
        if handler is not None and document and handler._confirms(document):
            sync.confirm(self.env.cr, self.res_model, self.res_id, self.system_id.id)

    # ------------------------------------------------------------------
    # the task
    # ------------------------------------------------------------------

    def _ask(self):
        """One task for each document, however much there is to decide about it."""
        for one in self.filtered("user_id"):
            document = one._document()
            kind = self.env.ref(ACTIVITY)
            if "activity_ids" not in document._fields or document.activity_ids.filtered(
                lambda activity, kind=kind: activity.activity_type_id == kind
            ):
                continue
            document.with_context(mail_activity_quick_update=True).activity_schedule(
                ACTIVITY, user_id=one.user_id.id, summary=one.name
            )

    def _settle_tasks(self):
        """Close the tasks of documents of which nothing waits any more."""
        for one in self:
            document = one._document().exists()
            if document and "activity_ids" in document._fields and not self._of(document):
                document.activity_feedback([ACTIVITY])

    def _document(self):
        """The document, with the rights of the present user."""
        self.ensure_one()
        return self.env[self.res_model].browse(self.res_id)

    # ------------------------------------------------------------------
    # decisions
    # ------------------------------------------------------------------

    def action_accept(self):
        """Write what the partner says."""
        self._decide("accepted")

    def action_reject(self):
        """Leave the document as it is."""
        self._decide("rejected")

    def _decide(self, verdict):
        for one in self:
            one._check_decidable()
            # A name chosen by an addon's selection, never by a user.
            act = f"_{verdict.removesuffix('ed')}_{one.kind}"
            if verdict == "accepted" or hasattr(one, act):
                getattr(one, act)()
        # sudo: the fields of a decision are closed, whoever may decide; checked above
        decided = self.sudo()
        decided.write(
            {
                "state": verdict,
                "decided_by_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
            }
        )
        for one in decided:
            one._tell_status("synchronised", None)
        decided._settle_tasks()
        self._tell_chatter(verdict)

    def _accept_other(self):
        """Somebody has seen it. There is nothing to write."""

    def _check_decidable(self):
        """:raises UserError, AccessError: not open any more, or not for this user"""
        self.ensure_one()
        self.check_access("read")
        self._lock()
        if self.state != "open":
            raise UserError(self.env._("Somebody has decided “%s” already.", self.name))
        document = self._document().exists()
        if not document:
            raise UserError(self.env._("The document is gone, so there is nothing to decide."))
        self._check_document(document)

    def _check_document(self, document):
        """Who may write on a document decides about it; a kind may ask for something else.

        :raises AccessError: this user may not
        """
        document.check_access("write")

    def _lock(self):
        """Of two who decide at once, the second is told."""
        # sudo: a lock needs the right to write, which nobody has but by deciding
        self.sudo().lock_for_update()
        self.invalidate_recordset(["state"])

    def _tell_chatter(self, verdict):
        """What was decided stands in the document's history, without a value."""
        for one in self:
            document = one._document()
            if "message_ids" not in document._fields:
                continue
            text = (
                self.env._("Accepted: %s", one.name)
                if verdict == "accepted"
                else self.env._("Rejected: %s", one.name)
            )
            document.message_post(body=f"{text} {one.note or ''}".strip())

    def write(self, vals):
        """People choose who decides and say why; all else comes from messages and buttons."""
        if not self.env.su and set(vals) - {"note", "user_id"}:
            raise AccessError(self.env._("Use the buttons to decide."))
        return super().write(vals)

    # ------------------------------------------------------------------
    # where it leads to
    # ------------------------------------------------------------------

    def action_open_document(self):
        self.ensure_one()
        return self._document().get_formview_action()

    @api.model
    def _open_of(self, record):
        """Action: the exceptions of a document."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_exception"
        )
        action["domain"] = [("res_model", "=", record._name), ("res_id", "in", record.ids)]
        action["context"] = {"search_default_open": 1}
        return action

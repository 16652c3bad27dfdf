from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import documents, payloads, pieces
from ..engine.sealed_columns import SealedColumn, ensure_key_column
from ..tools import data_classes
from .integration_payload import DATA_CLASSES


class IntegrationEvent(models.Model):
    """A business event: the outbox row that commits together with the change that it tells of.

    Carries the attributes of a CloudEvents 1.0 event (https://cloudevents.io) and a canonical JSON
    snapshot of the record. Written by ``engine.capture``, fanned out by ``engine.dispatcher``.
    """

    _name = "integration.event"
    _description = "Integration Event"
    _inherit = ["integration.revealed", "integration.unexported"]
    _order = "id desc"
    _rec_name = "uuid"
    # Not the subject: it is content, and whether something is found would tell of it.
    _rec_names_search = ["uuid", "type_id"]
    _log_access = False

    uuid = fields.Char(string="Event id", required=True, readonly=True)
    tx = fields.Char(string="Transaction", required=True, readonly=True)
    type_id = fields.Many2one(
        "integration.event.type", required=True, readonly=True, index=True, ondelete="restrict"
    )
    type_code = fields.Char(string="Type code", required=True, readonly=True)
    res_model = fields.Char(string="Document model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Document id", model_field="res_model", required=True, readonly=True
    )
    subject = fields.Char(
        string="Name at the time",
        readonly=True,
        groups="integration_core.group_content_viewer",
        help="Name of the document when the event happened.",
    )
    document_name = fields.Char(
        string="Name of the document",
        compute="_compute_document_name",
        help="Name of the document now, for those who may read the document.",
    )
    document_label = fields.Char(
        string="Document",
        compute="_compute_document_label",
        help="Name of the document, or its kind for those who may not read it.",
    )
    occurred_at = fields.Datetime(
        string="Happened", required=True, readonly=True, help="When the change was saved."
    )
    company_id = fields.Many2one(
        "res.company",
        readonly=True,
        help="Whose interfaces get the event. Empty: the document belongs to no company, and every "
        "subscriber gets it.",
    )
    acting_company_id = fields.Many2one(
        "res.company",
        string="Company of the cause",
        readonly=True,
        help="Company of the user, or of the system, that caused the event. When the document "
        "belongs to no company, only people of this company see the event itself; others see the "
        "messages of their own interfaces.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        readonly=True,
        ondelete="set null",
        help="Whom the document concerns; decides which systems get the event.",
    )
    data = fields.Text(
        readonly=True,
        groups="integration_core.group_content_viewer",
        help="What the event carries; empty if that is private, and so is encrypted.",
    )
    data_class = fields.Selection(
        DATA_CLASSES,
        string="Data class",
        readonly=True,
        help="The strictest class of the interfaces that took this kind of event when it happened.",
    )
    body = fields.Binary(attachment=False, readonly=True, groups=fields.NO_ACCESS)
    encoding = fields.Char(readonly=True, help="As of payloads.")
    problem = fields.Char(
        readonly=True,
        help="Why the content could not be taken. Retry the message when this is mended: the "
        "content is then taken anew.",
    )
    correlation_id = fields.Char(
        required=True,
        readonly=True,
        help="Shared by everything that one cause gave rise to, here and at partners.",
    )
    trace_parent = fields.Char(string="W3C traceparent", readonly=True)
    causation_id = fields.Char(
        readonly=True, help="Id of the message, or of the earlier event, that caused this one."
    )
    cause_system_id = fields.Many2one(
        "integration.system",
        string="Caused by system",
        readonly=True,
        ondelete="set null",
        help="The system whose message caused the change. The event is not sent back to it.",
    )
    depth = fields.Integer(
        string="Causation depth",
        readonly=True,
        help="How many messages caused each other until this event. Beyond 8 it is a loop between "
        "systems, and nothing is sent.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Caused by",
        readonly=True,
        ondelete="set null",
        help="Who made the change.",
    )
    dispatched_at = fields.Datetime(
        string="Handed out",
        readonly=True,
        help="When one message for each subscribed interface was made of it.",
    )
    purged_at = fields.Datetime(
        string="Content removed",
        readonly=True,
        help="When retention removed the content: all messages of the event had lost theirs.",
    )
    mute_id = fields.Many2one(
        "integration.event.mute",
        string="Caught up after",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="It happened while events were muted, and was told afterwards with the content of "
        "that moment.",
    )
    message_ids = fields.One2many("integration.message", "event_id")
    message_count = fields.Integer(string="Messages", compute="_compute_message_count")
    model_missing = fields.Boolean(compute="_compute_model_missing")
    cause_message_id = fields.Many2one(
        "integration.message",
        string="Caused by message",
        compute="_compute_cause",
        help="The received message whose handling changed the document.",
    )
    cause_event_id = fields.Many2one(
        "integration.event",
        string="Replaces",
        compute="_compute_cause",
        help="The earlier event whose content could not be sent and was taken anew.",
    )

    _content_fields = frozenset({"data", "subject", "body"})
    _sealed_columns = (
        SealedColumn(
            column="body",
            key_column="sealed_key",
            context=f"'integration.payload|' || t.uuid || '|{payloads.EVENT}'",
            computed=True,
        ),
    )

    _tx_unique = models.UniqueIndex("(tx, type_id, res_model, res_id)")
    _uuid_unique = models.UniqueIndex("(uuid)")
    _outbox_idx = models.Index("(id) WHERE dispatched_at IS NULL")
    _record_idx = models.Index("(res_model, res_id)")

    def init(self):
        ensure_key_column(
            self.env.cr, self._table, "body", "sealed_key", "encoding LIKE '%aes256gcm%'"
        )

    @api.depends("type_id", "subject")
    @api.depends_context("uid", "lang")
    def _compute_display_name(self):
        """The document's name is content: it may be a patient's.

        The role decides, and not the rights of the environment: the name of a linked record is
        always read as superuser, for whoever may read the record with the link.
        """
        named = self.env.user.has_group("integration_core.group_content_viewer")
        for event in self:
            if named and event.subject:
                event.display_name = f"{event.type_id.name}: {event.subject}"
            else:
                event.display_name = event._public_name()

    def _public_name(self):
        """A name without content, for texts that observers and operators read."""
        return " ".join(filter(None, (self.type_id.name, (self.uuid or "")[:8])))

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_document_name(self):
        names = documents.readable_names(self)
        for event in self:
            event.document_name = names.get((event.res_model, event.res_id), False)

    @api.depends("document_name", "res_model")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_document_label(self):
        for event in self:
            kind = documents.kind_name(self.env, event.res_model)
            event.document_label = event.document_name or kind or False

    def _content_pieces(self):
        stored = self._stored()
        # sudo: which rights content needs is not a question of those on event types
        return [
            pieces.Piece(
                record=event.with_env(self.env),
                stage=payloads.EVENT,
                data_class=event._effective_class(),
                content_type="application/json",
                size=len(stored[event.id][1] or (stored[event.id][0] or "").encode()),
                created_at=event.occurred_at,
                opener=partial(payloads.open_event, *stored[event.id], event.uuid),
            )
            for event in self.sudo()
            if stored[event.id][0] is not None or stored[event.id][1] is not None
        ]

    def _content_size(self):
        self.env.cr.execute(
            """
            SELECT coalesce(sum(coalesce(octet_length(body), octet_length(data))), 0)
              FROM integration_event WHERE id = ANY(%s)
            """,
            [self.ids],
        )
        return self.env.cr.fetchone()[0]

    def _effective_class(self) -> str:
        """How sensitive the content is: the stricter of when it was written and of today."""
        self.ensure_one()
        return data_classes.strictest((self.data_class, self.type_id._trigger().data_class))

    def _stored(self) -> dict[int, tuple[str | None, bytes | None, str | None]]:
        """Clear text, or ciphertext and encoding, by id; the ORM would take bytes for base64."""
        self.env.cr.execute(
            "SELECT id, data, body, encoding FROM integration_event WHERE id = ANY(%s)", [self.ids]
        )
        return {
            row[0]: (row[1], None if row[2] is None else bytes(row[2]), row[3])
            for row in self.env.cr.fetchall()
        }

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_message_count(self):
        counts = dict(
            self.env["integration.message"]._read_group(
                [("event_id", "in", self.ids)], ["event_id"], ["__count"]
            )
        )
        for event in self:
            event.message_count = counts.get(event, 0)

    @api.depends("res_model")
    def _compute_model_missing(self):
        for event in self:
            event.model_missing = event.res_model not in self.env

    @api.depends("causation_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_cause(self):
        uuids = [uuid for uuid in self.mapped("causation_id") if uuid]
        messages = self.env["integration.message"].search([("uuid", "in", uuids)])
        events = self.search([("uuid", "in", uuids)])
        by_message = {message.uuid: message for message in messages}
        by_event = {event.uuid: event for event in events}
        for event in self:
            event.cause_message_id = by_message.get(event.causation_id)
            event.cause_event_id = by_event.get(event.causation_id)

    def action_open_document(self):
        self.ensure_one()
        if self.model_missing:
            raise UserError(self.env._("The documents “%s” are not installed.", self.res_model))
        record = self.env[self.res_model].browse(self.res_id).exists()
        if not record:
            raise UserError(self.env._("The document was deleted."))
        return record.get_formview_action()

    def action_open_correlated(self):
        """All messages that have the same cause."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_message"
        )
        action["domain"] = [("correlation_id", "=", self.correlation_id)]
        action["context"] = {}
        return action

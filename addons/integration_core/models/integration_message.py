from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import documents, own_events
from ..engine.ledger_fields import LedgerMany2one
from ..engine.snapshots import Snapshot, rfc3339
from ..tools import states

STATES = [
    ("received", "Received"),
    ("queued", "Queued"),
    ("processing", "Processing"),
    ("waiting", "Waiting for acknowledgement"),
    ("retry", "Waiting for retry"),
    ("held", "Held"),
    ("done", "Done"),
    ("quarantined", "Quarantined"),
    ("dead", "Dead letter"),
    ("filtered", "Filtered"),
    ("cancelled", "Cancelled"),
]
HELD_REASONS = [
    ("paused", "The interface is paused"),
    ("inactive", "The interface is not active"),
    ("parked", "Parked by an operator"),
    ("unreleased", "Not released since a copy or a restore"),
]
ERROR_CLASSES = [
    ("transient", "Transient"),
    ("throttled", "Throttled"),
    ("permanent", "Permanent"),
    ("contract", "Contract violation"),
    ("mapping", "Mapping"),
    ("conflict", "Conflict"),
    ("unknown_outcome", "Unknown outcome"),
    ("configuration", "Configuration"),
]
FAULTS = [("partner", "Partner"), ("own", "Ours")]


class IntegrationMessage(models.Model):
    """The ledger: the only home of message state, whatever the transport.

    Rows are inserted and moved from state to state by ``engine.ledger`` alone, which checks each
    move against the transition table (``tools.states``). The ORM reads.
    """

    _name = "integration.message"
    _description = "Integration Message"
    _inherit = [
        "integration.message.screen",
        "integration.message.unmapped",
        "integration.message.kept",
        "integration.message.parts",
        "integration.revealed",
        "integration.unexported",
    ]
    _order = "id desc"
    _rec_name = "uuid"
    _log_access = False  # a thousand rows a second: no author and date columns nobody reads

    uuid = fields.Char(string="Message id", required=True, readonly=True)
    interface_id = LedgerMany2one(
        "integration.interface", required=True, readonly=True, ondelete="restrict"
    )
    system_id = fields.Many2one(related="interface_id.system_id")
    company_id = LedgerMany2one("res.company", required=True, readonly=True)
    direction = fields.Selection(
        [("outbound", "Outbound"), ("inbound", "Inbound")], required=True, readonly=True
    )
    state = fields.Selection(STATES, required=True, readonly=True)
    held_reason = fields.Selection(HELD_REASONS, string="Held because", readonly=True)
    message_type = fields.Char(
        string="Message type",
        readonly=True,
        help="What it tells: the code of the event, or of the contract of the handler.",
    )
    external_key = fields.Char(
        string="Idempotency key", readonly=True, help="Id of the message at its sender."
    )
    wire_id = fields.Char(
        string="Id on the wire",
        readonly=True,
        help="What the partner calls the message, where its protocol has ids of its own, such as "
        "the control id of HL7. Repetitions carry the same.",
    )
    partition_key = fields.Char(
        string="Ordering key", readonly=True, help="Messages of one key keep their order."
    )
    partition_hash = fields.Integer(readonly=True, aggregator=None)
    correlation_id = fields.Char(
        string="Correlation id",
        readonly=True,
        help="Shared by everything that belongs to the same business case, in all systems.",
    )
    trace_parent = fields.Char(string="W3C traceparent", readonly=True)
    causation_id = fields.Char(
        string="Causation id", readonly=True, help="Message or event that caused this one."
    )
    depth = fields.Integer(
        string="Causation depth",
        readonly=True,
        aggregator=None,
        help="How many messages caused one another before this one. Chains deeper than 8 are "
        "stopped.",
    )
    sequence_number = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Counts what is sent through the interface, without gaps: a partner that misses a "
        "number misses a message. Repetitions and replays carry the number of the first.",
    )
    event_id = fields.Many2one("integration.event", readonly=True, ondelete="restrict")
    res_model = fields.Char(string="Document model", readonly=True)
    res_id = fields.Many2oneReference(string="Document id", model_field="res_model", readonly=True)
    priority = fields.Integer(readonly=True, aggregator=None, help="Lower goes first.")
    available_at = fields.Datetime(string="Next attempt", readonly=True)
    attempts = fields.Integer(
        readonly=True, aggregator=None, help="How often it was tried to send or handle it."
    )
    error_class = fields.Selection(ERROR_CLASSES, string="Class of error", readonly=True)
    error_code = fields.Char(string="Error code", readonly=True)
    error_message = fields.Char(string="Error", readonly=True)
    error_fingerprint = fields.Char(string="Error fingerprint", readonly=True)
    error_title = fields.Char(
        string="Kind of error",
        readonly=True,
        help="The error without anything individual: equal for failures of one kind.",
    )
    fault = fields.Selection(
        FAULTS,
        readonly=True,
        help="On whose side the cause lies. Partner: talk to the other side. Ours: mend our "
        "set-up, document or mapping.",
    )
    created_at = fields.Datetime(string="Created", required=True, readonly=True)
    finished_at = fields.Datetime(string="Finished", readonly=True)
    claim_token = fields.Char(readonly=True, groups=fields.NO_ACCESS)
    lease_until = fields.Datetime(readonly=True, groups=fields.NO_ACCESS)
    original_id = fields.Many2one(
        "integration.message",
        string="Replay of",
        readonly=True,
        ondelete="restrict",
        help="The message that this one repeats.",
    )
    replay_ids = fields.One2many("integration.message", "original_id", string="Replays")
    # For filters only: which bulk tasks it was in, and of which it is the result.
    replay_item_ids = fields.One2many("integration.replay.item", "message_id")
    replay_result_ids = fields.One2many("integration.replay.item", "result_id")
    # Written by each replay, so that two of them at once collide (see engine.replay).
    replayed_at = fields.Datetime(string="Last replay", readonly=True)
    resolution = fields.Char(readonly=True, help="Why a person closed this message.")
    attempt_ids = fields.One2many("integration.attempt", "message_id")
    payload_ids = fields.One2many("integration.payload", "message_id")
    mute_id = fields.Many2one(related="event_id.mute_id", string="Caught up after")
    document_name = fields.Char(compute="_compute_document_name", string="Name of the document")
    runbook = fields.Html(related="interface_id.runbook")
    manual_fallback = fields.Html(related="interface_id.manual_fallback")

    _uuid_unique = models.UniqueIndex("(uuid)")
    # The indexes are partial: what is finished costs nothing when work is claimed or counted.
    _queued_idx = models.Index("(interface_id, priority, id) WHERE state = 'queued'")
    _retry_idx = models.Index("(interface_id, available_at) WHERE state = 'retry'")
    _waiting_idx = models.Index("(interface_id, available_at) WHERE state = 'waiting'")
    _wire_idx = models.Index("(wire_id) WHERE wire_id IS NOT NULL")
    _lease_idx = models.Index("(interface_id, lease_until) WHERE state = 'processing'")
    _held_idx = models.Index("(interface_id, held_reason, id) WHERE state = 'held'")
    _key_idx = models.Index(
        "(interface_id, partition_key, id) WHERE state IN "
        "('received', 'queued', 'processing', 'waiting', 'retry', 'held', 'quarantined', 'dead')"
    )
    _unmapped_idx = models.Index(
        "(interface_id, id) WHERE state = 'quarantined' AND error_code = 'missing_value'"
    )
    _attention_idx = models.Index("(interface_id, id) WHERE state IN ('quarantined', 'dead')")
    # Apart, so that many of the one kind do not hide how many there are of the other; and of those
    # that were given up, since when.
    _quarantined_idx = models.Index("(interface_id, id) WHERE state = 'quarantined'")
    _dead_idx = models.Index("(interface_id, available_at) WHERE state = 'dead'")
    _done_idx = models.Index("(interface_id, finished_at) WHERE state = 'done'")
    # Retention takes what is finished from the old end; done messages have their index above.
    _closed_idx = models.Index(
        "(interface_id, finished_at) WHERE state IN ('filtered', 'cancelled')"
    )
    _suspect_idx = models.Index(
        "(interface_id) WHERE state = 'queued' AND error_code = 'worker_lost'"
    )
    _correlation_idx = models.Index("(correlation_id)")
    # Tiny, and all that "the last hour" needs in a table that grows at its end.
    _created_idx = models.Index("USING brin (created_at)")
    _document_idx = models.Index("(res_model, res_id) WHERE res_id IS NOT NULL")
    _event_idx = models.Index("(event_id) WHERE event_id IS NOT NULL")
    _original_idx = models.Index("(original_id) WHERE original_id IS NOT NULL")
    # A failed replay is retried, not replayed beside another one.
    _open_replay_unique = models.UniqueIndex(
        "(original_id) WHERE original_id IS NOT NULL "
        "AND state NOT IN ('done', 'filtered', 'cancelled')",
        "A replay of this message is under way already. Look at it before you replay again.",
    )

    @api.model
    def _trace_ways(self, text):
        """What a text that a person knows may be, for addons that know more kinds of numbers.

        Looked for with the rights of the reader, so that nobody learns of a number what he could
        not learn without.

        :return: list of ``(what was recognised, domain of messages)``
        """
        return []

    @api.model
    def _get_selectable_states(self):
        return [state.value for state in states.State]

    @api.depends("kind_name", "uuid")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for message in self:
            message.display_name = " ".join(
                filter(None, (message.kind_name, (message.uuid or "")[:8]))
            )

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_document_name(self):
        names = documents.readable_names(self)
        for message in self:
            message.document_name = names.get((message.res_model, message.res_id), False)

    def _content_pieces(self):
        """What was received or sent; as long as nothing was sent, what the event carries."""
        pieces = self.payload_ids._pieces()
        # sudo: the content of a message is for those who may read the message
        for message in self.sudo().filtered("event_id"):
            if "sent" not in message.payload_ids.mapped("kind"):
                pieces += [
                    replace(piece, record=message.with_env(self.env))
                    for piece in message.event_id._content_pieces()
                ]
        return pieces

    def _content_size(self):
        self.env.cr.execute(
            """
            SELECT coalesce((SELECT sum(size) FROM integration_payload
                              WHERE message_id = ANY(%(ids)s)), 0)
                   + coalesce((SELECT sum(coalesce(octet_length(e.body), octet_length(e.data)))
                                 FROM integration_message m JOIN integration_event e
                                   ON e.id = m.event_id
                                WHERE m.id = ANY(%(ids)s)
                                  AND NOT EXISTS (SELECT 1 FROM integration_payload p
                                                   WHERE p.message_id = m.id
                                                     AND p.kind = 'sent')), 0)
            """,
            {"ids": self.ids},
        )
        return self.env.cr.fetchone()[0]

    def _integration_snapshots(self, contract_code):
        """What is told of a message that was given up: nothing of its content.

        A fetch that is tried again asks for what it asked for before.
        """
        if contract_code == own_events.FETCH:
            return {}
        if contract_code != own_events.EXHAUSTED:
            return super()._integration_snapshots(contract_code)
        return {
            message.id: Snapshot(
                {
                    "message_id": message.uuid,
                    "event_id": message.external_key,
                    "event_type": message.message_type,
                    "interface": message.interface_id.name,
                    "system": message.system_id.code,
                    "attempts": message.attempts,
                    "created_at": rfc3339(message.created_at),
                    "http_status": message.attempt_ids[-1:].http_status or None,
                    "error_class": message.error_class or None,
                    "error_code": message.error_code or None,
                    "fault": message.fault or None,
                },
                message.company_id.id,
                message.uuid,
            )
            for message in self
        }

    # ------------------------------------------------------------------
    # the ORM reads only
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise AccessError(self.env._("Messages are written by the integration engine only."))

    def write(self, vals):  # pylint: disable=method-required-super
        raise AccessError(self.env._("Messages are written by the integration engine only."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_retention(self):
        raise UserError(self.env._("Messages are kept as evidence. Cancel or resolve it instead."))

    # ------------------------------------------------------------------
    # where it leads to
    # ------------------------------------------------------------------

    def action_open_document(self):
        self.ensure_one()
        if self.res_model not in self.env or not self.res_id:
            raise UserError(self.env._("This message belongs to no document yet."))
        record = self.env[self.res_model].browse(self.res_id)
        return record.get_formview_action()

    def action_open_correlated(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_message"
        )
        action["domain"] = [("correlation_id", "=", self.correlation_id)]
        action["context"] = {}
        return action

    def action_open_replays(self):
        self.ensure_one()
        found = self.search([("original_id", "=", self.id)], limit=2)
        if len(found) == 1:
            return found.get_formview_action()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_message"
        )
        action["domain"] = [("original_id", "=", self.id)]
        action["context"] = {}
        return action

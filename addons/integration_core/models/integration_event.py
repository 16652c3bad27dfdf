from odoo import api, fields, models


class IntegrationEvent(models.Model):
    """A business event: the outbox row that commits together with the change that it tells of.

    Carries the attributes of a CloudEvents 1.0 event (https://cloudevents.io) and a canonical JSON
    snapshot of the record. Written by ``engine.capture``, fanned out by ``engine.dispatcher``.
    """

    _name = "integration.event"
    _description = "Integration Event"
    _order = "id desc"
    _rec_name = "uuid"
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
    subject = fields.Char(readonly=True, help="Name of the document when the event happened.")
    occurred_at = fields.Datetime(required=True, readonly=True)
    company_id = fields.Many2one(
        "res.company", readonly=True, help="Empty: the document belongs to no company."
    )
    partner_id = fields.Many2one(
        "res.partner",
        readonly=True,
        ondelete="set null",
        help="Whom the document concerns; decides which systems get the event.",
    )
    data = fields.Text(readonly=True, groups="integration_core.group_content_viewer")
    problem = fields.Char(
        readonly=True,
        help="Why the content could not be taken. Retry the message when this is mended: the "
        "content is then taken anew.",
    )
    correlation_id = fields.Char(required=True, readonly=True)
    trace_parent = fields.Char(string="W3C traceparent", readonly=True)
    causation_id = fields.Char(readonly=True)
    cause_system_id = fields.Many2one("integration.system", readonly=True, ondelete="set null")
    depth = fields.Integer(readonly=True)
    user_id = fields.Many2one("res.users", string="Caused by", readonly=True, ondelete="set null")
    dispatched_at = fields.Datetime(readonly=True)
    message_ids = fields.One2many("integration.message", "event_id")

    _tx_unique = models.UniqueIndex("(tx, type_id, res_model, res_id)")
    _uuid_unique = models.UniqueIndex("(uuid)")
    _outbox_idx = models.Index("(id) WHERE dispatched_at IS NULL")
    _record_idx = models.Index("(res_model, res_id)")

    @api.depends("type_id", "subject")
    def _compute_display_name(self):
        for event in self:
            event.display_name = ": ".join(filter(None, (event.type_id.name, event.subject)))

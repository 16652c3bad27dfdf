import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine import documents
from .integration_audit_entry import ACTS

# Acts by which a person came to know content.
LOOKS = ("reveal", "view", "export")


class IntegrationAccess(models.Model):
    """Who saw content, when and why: audit entries beside the message and document they are about.

    A view of the database over the audit trail; nothing is stored here. It answers two questions:
    who has seen the content of this message, document or business case, and what has this person
    seen.
    """

    _name = "integration.access"
    _description = "Access to Content"
    _order = "occurred_at desc, id desc"
    _rec_name = "content_name"
    _auto = False
    _log_access = False

    occurred_at = fields.Datetime(string="When", readonly=True)
    # No relation in the audit trail: a deleted user must not change it.
    actor_id = fields.Integer(string="User id", readonly=True, aggregator=None)
    actor_login = fields.Char(string="Who", readonly=True)
    act = fields.Selection(ACTS, string="What", readonly=True)
    reason = fields.Char(string="Why", readonly=True)
    remote_address = fields.Char(string="From address", readonly=True)
    content_model = fields.Char(readonly=True)
    content_id = fields.Many2oneReference(
        string="Message or event id", model_field="content_model", readonly=True, aggregator=None
    )
    content_name = fields.Char(string="Content of", readonly=True)
    content = fields.Char(
        string="Stages", compute="_compute_content", help="Which parts of the content were seen."
    )
    changes = fields.Text(readonly=True)
    interface_id = fields.Many2one("integration.interface", readonly=True)
    system_id = fields.Many2one("integration.system", readonly=True)
    res_model = fields.Char(string="Document model", readonly=True)
    res_id = fields.Many2oneReference(
        string="Document id", model_field="res_model", readonly=True, aggregator=None
    )
    document_key = fields.Char(string="Document", readonly=True, help="Model and id.")
    document_name = fields.Char(
        string="Document name",
        compute="_compute_document_name",
        help="For those who may read the document.",
    )
    correlation_id = fields.Char(string="Business case", readonly=True, help="Correlation id.")
    company_id = fields.Many2one("res.company", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT a.id, a.occurred_at, a.actor_id, a.actor_login, a.act, a.reason,
                   a.remote_address, a.changes, a.company_id,
                   a.res_model AS content_model, a.res_id AS content_id,
                   a.res_name AS content_name,
                   m.interface_id, i.system_id,
                   coalesce(m.res_model, e.res_model) AS res_model,
                   coalesce(m.res_id, e.res_id) AS res_id,
                   coalesce(m.res_model, e.res_model) || ',' || coalesce(m.res_id, e.res_id)
                       AS document_key,
                   coalesce(m.correlation_id, e.correlation_id) AS correlation_id
              FROM integration_audit_entry a
              LEFT JOIN integration_message m
                ON a.res_model = 'integration.message' AND m.id = a.res_id
              LEFT JOIN integration_interface i ON i.id = m.interface_id
              LEFT JOIN integration_event e
                ON a.res_model = 'integration.event' AND e.id = a.res_id
             WHERE a.act IN %s AND a.res_model IN ('integration.message', 'integration.event')
            """,
            LOOKS,
        )

    @api.depends("changes")
    def _compute_content(self):
        for access in self:
            told = json.loads(access.changes or "{}")
            after = [told[name][1] for name in ("content", "scope", "records") if name in told]
            access.content = ", ".join(after)

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_document_name(self):
        names = documents.readable_names(self)
        for access in self:
            access.document_name = names.get((access.res_model, access.res_id), False)

    def action_open_content(self):
        """Open the message or event that was looked at."""
        self.ensure_one()
        record = self.env[self.content_model].browse(self.content_id).exists()
        if not record:
            raise UserError(
                self.env._("It has been purged; only the record of who saw it is left.")
            )
        return record.get_formview_action()

    def action_open_same_document(self):
        """Everybody who saw content about the same document."""
        self.ensure_one()
        if not self.document_key:
            raise UserError(self.env._("This message belonged to no document."))
        return self._screen([("document_key", "=", self.document_key)])

    def action_open_same_case(self):
        """Everybody who saw content of the same business case, in all systems."""
        self.ensure_one()
        return self._screen([("correlation_id", "=", self.correlation_id)])

    def action_open_same_person(self):
        """Everything that the same person saw."""
        self.ensure_one()
        return self._screen([("actor_id", "=", self.actor_id)])

    @api.model
    def _screen(self, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_access"
        )
        return {**action, "domain": domain, "context": {}}

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .integration_record_sync import SYNC_STATES, status_rows, worst_state

STATUS = "integration_sync_state"


class IntegrationSyncMixin(models.AbstractModel):
    """Sync status on a business document.

    Never a stored column: the engine would write on the business record, and every delivery would
    compete with its users. It can be searched, sorted and grouped by all the same, and a list
    costs one statement. Interfaces of companies that the user does not work in do not count.
    """

    _name = "integration.sync.mixin"
    _description = "Integration Sync Status of a Document"

    integration_sync_state = fields.Selection(
        SYNC_STATES,
        string="Sync status",
        compute="_compute_integration_sync",
        compute_sudo=True,  # whoever may read the document may know whether it got through
        search="_search_integration_sync_state",
        groups="base.group_user",
        help="Whether other systems have this document as it stands here; the worst state if "
        "several interfaces send it.",
    )
    integration_sync_reason = fields.Char(
        string="Sync detail",
        compute="_compute_integration_sync",
        compute_sudo=True,
        groups="base.group_user",
    )
    integration_message_count = fields.Integer(
        string="Messages of interfaces",
        compute="_compute_integration_message_count",
        groups="integration_core.group_observer",
    )

    @api.depends_context("allowed_company_ids", "uid")
    def _compute_integration_sync(self):
        worst = {row["res_id"]: row for row in self._integration_worst_sync()}
        words = self.env["integration.record.sync"]._words
        for record in self:
            row = worst.get(record._origin.id, {})
            record.integration_sync_state = row.get("state", False)
            record.integration_sync_reason = words(row).reason if row.get("reason") else False

    def _integration_worst_sync(self) -> list[dict]:
        """The row of each record's worst interface, in one statement."""
        self.env.cr.execute(
            SQL(
                "SELECT DISTINCT ON (s.res_id) s.res_id, s.state, s.reason, "
                "e.state AS message_state, e.held_reason, e.error_class, e.error_code %s "
                "AND s.res_id = ANY(%s) ORDER BY s.res_id, %s, s.changed_at DESC",
                status_rows(self),
                list(self._origin.ids),
                worst_state(),
            )
        )
        return self.env.cr.dictfetchall()

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_integration_message_count(self):
        counts = {
            (model, res_id): count
            for model, ids in self._integration_sync_documents().items()
            for res_id, count in self.env["integration.message"]._read_group(
                [("res_model", "=", model), ("res_id", "in", ids)], ["res_id"], ["__count"]
            )
        }
        for record in self:
            record.integration_message_count = sum(
                counts.get((model, res_id), 0)
                for model, ids in record._integration_sync_documents().items()
                for res_id in ids
            )

    # ------------------------------------------------------------------
    # searching, sorting, grouping
    # ------------------------------------------------------------------

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr == STATUS:
            self._check_field_access(self._fields[STATUS], "read")
            return self._integration_sync_sql(alias)
        return super()._field_to_sql(alias, field_expr, query)

    @api.model
    def _integration_sync_sql(self, alias) -> SQL:
        """The worst state of a row of the query, NULL for a document that nobody was told of."""
        return SQL(
            "(SELECT s.state %s AND s.res_id = %s ORDER BY %s LIMIT 1)",
            status_rows(self),
            SQL.identifier(alias, "id"),
            worst_state(),
        )

    @api.model
    def _search_integration_sync_state(self, operator, value):
        if operator != "in":
            return NotImplemented  # the ORM derives the other operators from this one
        wanted = tuple(state for state in value if state)
        domain = Domain.FALSE
        if wanted:
            domain |= Domain.custom(
                to_sql=lambda model, alias, _query: SQL(
                    # the first condition only narrows down, so that an index can serve it
                    "(%s IN (SELECT s.res_id %s AND s.state IN %s) AND %s IN %s)",
                    SQL.identifier(alias, "id"),
                    status_rows(model),
                    wanted,
                    model._integration_sync_sql(alias),
                    wanted,
                )
            )
        if len(wanted) < len(value):  # "not set" was asked for as well
            domain |= Domain.custom(
                to_sql=lambda model, alias, _query: SQL(
                    "NOT EXISTS (SELECT %s AND s.res_id = %s)",
                    status_rows(model),
                    SQL.identifier(alias, "id"),
                )
            )
        return domain

    # ------------------------------------------------------------------
    # buttons
    # ------------------------------------------------------------------

    def action_open_integration_messages(self):
        """The messages of this document, for those who may see messages."""
        self.ensure_one()
        return self.env["integration.record.sync"].open_messages(self._name, self.id)

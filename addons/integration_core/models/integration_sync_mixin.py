from odoo import api, fields, models
from odoo.tools import SQL

from .integration_record_sync import SEVERITY, SYNC_STATES


class IntegrationSyncMixin(models.AbstractModel):
    """Sync status on a business document.

    Never a stored column: the engine would write on the business record, and every delivery would
    compete with its users.
    """

    _name = "integration.sync.mixin"
    _description = "Integration Sync Status of a Document"

    integration_sync_state = fields.Selection(
        SYNC_STATES,
        string="Sync status",
        compute="_compute_integration_sync",
        compute_sudo=True,  # whoever may read the document may know whether it got through
        search="_search_integration_sync_state",
    )
    integration_sync_reason = fields.Char(
        string="Sync detail", compute="_compute_integration_sync", compute_sudo=True
    )

    def _compute_integration_sync(self):
        worst = self._integration_worst_sync()
        for record in self:
            state, reason = worst.get(record.id, (False, False))
            record.integration_sync_state = state
            record.integration_sync_reason = reason

    def _integration_worst_sync(self):
        """``{record id: (state, reason)}``, the worst state over all interfaces, one query."""
        self.env.cr.execute(
            """
            SELECT DISTINCT ON (res_id) res_id, state, reason FROM integration_record_sync
             WHERE res_model = %s AND res_id = ANY(%s)
             ORDER BY res_id, array_position(%s::varchar[], state)
            """,
            [self._name, [i for i in self.ids if i], SEVERITY],
        )
        return {row[0]: (row[1], row[2]) for row in self.env.cr.fetchall()}

    @api.model
    def _search_integration_sync_state(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        wanted = [state for state in value if state]
        condition = SQL("s.worst IN %s", tuple(wanted)) if wanted else SQL("FALSE")
        if len(wanted) < len(value):  # "not set" was asked for as well
            condition = SQL("(%s OR s.worst IS NULL)", condition)
        if operator == "not in":
            condition = SQL("(%s) IS NOT TRUE", condition)
        return [("id", "in", SQL("(%s)", self._integration_sync_select(condition)))]

    @api.model
    def _integration_sync_select(self, condition):
        return SQL(
            """
            SELECT r.id FROM %s r LEFT JOIN (
                SELECT res_id, (array_agg(state ORDER BY array_position(%s::varchar[], state)))[1]
                       AS worst
                  FROM integration_record_sync WHERE res_model = %s GROUP BY res_id
            ) s ON s.res_id = r.id WHERE %s
            """,
            SQL.identifier(self._table),
            SEVERITY,
            self._name,
            condition,
        )

    def action_open_integration_messages(self):
        """The messages of this document, for those who may see messages."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_message"
        )
        action["domain"] = [("res_model", "=", self._name), ("res_id", "=", self.id)]
        action["context"] = {}
        return action

from odoo import api, fields, models, tools
from odoo.models import BaseModel
from odoo.tools import SQL

SYNC_STATES = [
    ("pending", "Pending"),
    ("sent", "Sent"),
    ("waiting", "Waiting for confirmation"),
    ("synchronised", "Synchronised"),
    ("failed", "Failed"),
    ("conflict", "Conflict"),
    ("cancelled", "Cancelled"),
]
# Worst first: a record that takes part in several interfaces shows the first that applies.
SEVERITY = ["failed", "conflict", "pending", "sent", "waiting", "synchronised", "cancelled"]

# What is known about a record, and goes with it.
OF_RECORDS = ("integration_record_sync", "integration_record_link")


def status_rows(model: BaseModel) -> SQL:
    """``FROM … WHERE``: status rows ``s`` of a model's records, as far as its user's companies go.

    Beside them ``e``, the error of the message that a row speaks of.

    :param model: any recordset of the model; its environment says which companies
    """
    return SQL(
        "FROM %s s JOIN integration_interface i ON i.id = s.interface_id "
        "LEFT JOIN integration_message e ON e.id = s.message_id WHERE i.company_id = ANY(%s)",
        model._integration_sync_table(),
        list(model.env.companies.ids),
    )


def worst_state() -> SQL:
    """Sort key of status rows ``s``: the worst state first."""
    return SQL("array_position(%s::varchar[], s.state)", SEVERITY)


class IntegrationRecordSync(models.Model):
    """What became of a record at an interface, for those who work with the record."""

    _name = "integration.record.sync"
    _description = "Integration Sync Status"
    _log_access = False
    _order = "changed_at desc, id desc"
    _rec_name = "state"

    res_model = fields.Char(string="Document model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Document id", model_field="res_model", required=True, readonly=True
    )
    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, index=True, ondelete="cascade"
    )
    state = fields.Selection(SYNC_STATES, required=True, readonly=True)
    reason = fields.Char(readonly=True)
    message_id = fields.Many2one(
        "integration.message", readonly=True, index=True, ondelete="set null"
    )
    changed_at = fields.Datetime(required=True, readonly=True)

    _record_unique = models.UniqueIndex("(res_model, res_id, interface_id)")
    # What people look for is rare: the filters of documents must not read all that went well.
    _trouble_idx = models.Index(
        "(res_model, state, res_id) WHERE state NOT IN ('synchronised', 'cancelled')"
    )

    # ------------------------------------------------------------------
    # models that an interface touches: their forms show the status widget
    # ------------------------------------------------------------------

    @api.model
    @tools.ormcache(cache="templates")  # lives and dies with the views that are built from it
    def _touched_models(self) -> frozenset[str]:
        """Names of models with an event type that an interface takes, a status row or a link."""
        return self._read_touched_models()

    @api.model
    def _read_touched_models(self) -> frozenset[str]:
        # The two tables may be large; each step of a recursive query jumps to the next model.
        self.env.cr.execute(
            """
            WITH RECURSIVE synced(model) AS (
                (SELECT min(res_model) FROM integration_record_sync)
                UNION ALL
                SELECT (SELECT min(res_model) FROM integration_record_sync WHERE res_model > model)
                  FROM synced WHERE model IS NOT NULL
            ), linked(model) AS (
                (SELECT min(res_model) FROM integration_record_link)
                UNION ALL
                SELECT (SELECT min(res_model) FROM integration_record_link WHERE res_model > model)
                  FROM linked WHERE model IS NOT NULL
            )
            SELECT model FROM synced WHERE model IS NOT NULL
            UNION SELECT model FROM linked WHERE model IS NOT NULL
            UNION SELECT t.model_name FROM integration_event_type t
                    JOIN integration_event_type_integration_interface_rel r
                      ON r.integration_event_type_id = t.id
                   WHERE t.trigger <> 'engine'
            """
        )
        return frozenset(row[0] for row in self.env.cr.fetchall())

    @api.model
    def _touched_changed(self):
        """Rebuild views if models came or went; call it after what may have changed the set."""
        if self._touched_models() != self._read_touched_models():
            self.env.registry.clear_cache("templates")

    @api.model
    def _forget(self, model, ids):
        """Status and external identifiers go with their records.

        Below the ORM: whoever may delete the records need not have rights on these.
        """
        for table in OF_RECORDS:
            self.env.cr.execute(
                SQL(
                    "DELETE FROM %s WHERE res_model = %s AND res_id = ANY(%s)",
                    SQL.identifier(table),
                    model,
                    list(ids),
                )
            )
        self.env["integration.record.link"].invalidate_model()

    @api.autovacuum
    def _gc_dangling(self):
        """Forget what belongs to records that disappeared without the ORM's knowledge."""
        for name in self._read_touched_models():
            if name in self.env and self.env[name]._auto and not self.env[name]._abstract:
                for table in OF_RECORDS:
                    self._delete_dangling(table, self.env[name])
        self.env["integration.record.link"].invalidate_model()

    def _delete_dangling(self, table, model):
        self.env.cr.execute(
            SQL(
                "DELETE FROM %s s WHERE s.res_model = %s "
                "AND NOT EXISTS (SELECT FROM %s r WHERE r.id = s.res_id)",
                SQL.identifier(table),
                model._name,
                SQL.identifier(model._table),
            )
        )

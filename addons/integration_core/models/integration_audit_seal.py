from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..engine import audit_triggers


class IntegrationAuditSeal(models.Model):
    """The link of an audit entry in the hash chain. Written by ``engine.audit_sealer`` only.

    Insert-only by trigger, as the entries. What the columns mean is told in
    ``tools/audit_chain.py``; the key lies outside the database.
    """

    _name = "integration.audit.seal"
    _description = "Integration Audit Seal"
    _order = "sequence desc"
    _rec_name = "sequence"
    _log_access = False

    sequence = fields.Integer(
        string="Number", required=True, readonly=True, help="Its place in the chain, from 1."
    )
    # An integer, not a relation: deleting an entry (a superuser can) must not touch its seal.
    entry_id = fields.Integer(string="Entry id", required=True, readonly=True)
    previous_mac = fields.Char(string="MAC before", required=True, readonly=True)
    content_mac = fields.Char(
        string="MAC of the entry", required=True, readonly=True, help="Covers every column of it."
    )
    mac = fields.Char(required=True, readonly=True, help="Covers the seal itself.")
    key_id = fields.Char(required=True, readonly=True)
    sealed_at = fields.Datetime(string="Sealed on", required=True, readonly=True)

    _sequence_uniq = models.UniqueIndex("(sequence)")
    _entry_uniq = models.UniqueIndex("(entry_id)")

    def init(self):
        audit_triggers.append_only(self.env.cr, self._table)

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise AccessError(self.env._("Seals are made by the sealer only."))

    def write(self, vals):  # pylint: disable=method-required-super
        raise AccessError(self.env._("Seals do not change."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("Seals are kept."))

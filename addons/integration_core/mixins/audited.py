from odoo import api, models

from ..engine import audit

MASKED = ("•••", "•••")
# Kept by Odoo itself and telling nothing.
IGNORED = frozenset({"write_uid", "write_date", "create_uid", "create_date"})


class IntegrationAudited(models.AbstractModel):
    """Configuration whose every change leaves an audit entry in the same transaction.

    ``_audit_excluded`` names fields that only actions write which leave an entry of their own,
    such as a lifecycle state. ``_audit_parent`` names the field to the record of which a line is a
    part: an entry about the line belongs to the company of that record.
    """

    _name = "integration.audited"
    _description = "Integration Configuration with Audit"

    _audit_excluded: tuple[str, ...] = ()
    _audit_parent = ""

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        audit.record(records._audited(), "create")
        return records

    def write(self, vals):
        names = self._audited_names(vals)
        before = audit.readable(self._audited(), names)
        res = super().write(vals)
        if names:
            changes = audit.differences(before, audit.readable(self._audited(), names))
            audit.record(self.browse(changes), "change", changes=self._audit_masked(changes))
        return res

    def _audit_masked(self, changes):
        """``changes`` without values that not everybody who reads the audit trail may read.

        The address of an inbound interface, for example, ends with a secret. That it changed is
        told, and not from what to what.
        """
        return {
            record_id: {
                name: MASKED if self._fields[name].groups else pair for name, pair in fields.items()
            }
            for record_id, fields in changes.items()
        }

    def unlink(self):
        self._audit_deleted_along()
        audit.record(self._audited(), "delete")
        return super().unlink()

    def _audit_deleted_along(self):
        """Tell of the parts of these records, which the database deletes along without a word."""
        if not self:
            return  # records may be parts of their own kind
        for model, name in self._audited_parts():
            # sudo: parts that the user may not see, or that are archived, go as well
            every = self.env[model].sudo().with_context(active_test=False)
            parts = every.search([(name, "in", self.ids)])
            parts._audit_deleted_along()
            audit.record(parts._audited(), "delete")

    @api.model
    def _audited_parts(self):
        """``[(model, field)]`` of audited records that cannot be without a record of this model."""
        return [
            (name, field.name)
            for name, model in sorted(self.env.registry.items())
            if issubclass(model, self.env.registry["integration.audited"]) and not model._abstract
            for field in model._fields.values()
            if field.type == "many2one"
            and field.store
            and field.comodel_name == self._name
            and field.ondelete == "cascade"
        ]

    def _audited(self):
        """Those of these records that count; a model may leave out its working copies."""
        return self

    @api.model
    def _audited_names(self, vals):
        """Fields of ``vals`` whose change is recorded.

        Lines are records of their own, and secrets have fields that nobody may read.
        """
        return [
            name
            for name in vals
            if (field := self._fields.get(name))
            and field.store
            and field.type not in ("one2many", "binary")
            and field.groups != "."
            and name not in IGNORED
            and name not in self._audit_excluded
            and not name.startswith(("message_", "activity_"))
        ]

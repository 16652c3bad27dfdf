from odoo import api, models

from ..engine import audit


class IntegrationWatched(models.AbstractModel):
    """Settings of Odoo that protect the suite: their changes by people are in the audit trail.

    Whoever administers Odoo may weaken a record rule or switch off a scheduled action; that cannot
    be prevented, but it is told. What addons bring while they are installed is not: it is code.
    A model names in ``_watched_fields`` what counts, and in :meth:`_watched` which records.
    """

    _name = "integration.watched"
    _description = "Settings That Protect Integrations"

    _watched_fields: tuple[str, ...] = ()

    def _watched(self):
        """Those of these records that concern the suite."""
        raise NotImplementedError

    @api.model
    def _is_watching(self):
        # Not the context's install_mode: that could be sent by anybody.
        return self.pool.ready

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        if self._is_watching():
            audit.record(records._watched(), "create")
        return records

    def write(self, vals):
        names = [name for name in self._watched_fields if name in vals]
        watched = self._watched() if names and self._is_watching() else self.browse()
        if not watched:
            return super().write(vals)
        before = audit.readable(watched, names)
        res = super().write(vals)
        changes = audit.differences(before, audit.readable(watched, names))
        audit.record(self.browse(changes), "change", changes=changes)
        return res

    def unlink(self):
        if self._is_watching():
            audit.record(self._watched(), "delete")
        return super().unlink()

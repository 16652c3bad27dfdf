from odoo import api, models
from odoo.fields import Domain

from ..engine.readiness import MAX_RECORDS, Checked


class IntegrationReadinessCheck(models.AbstractModel):
    """Checks of records before an interface goes live; addons extend :meth:`_checks`.

    A check is a method that takes the interface and returns a list of
    :class:`..engine.readiness.Checked`. It runs as superuser in the interface's company: what it
    finds are names of records, which are shown to those only who may read them.
    """

    _name = "integration.readiness.check"
    _description = "Integration Readiness Checks"

    @api.model
    def _checks(self) -> dict[str, tuple[str, ...]]:
        """Names of methods by code of the contract that they concern."""
        return {}

    @api.model
    def _checked(self, title, advice, model, domain, *, severity="blocks", detail=None):
        """The result of a check that a domain states.

        :param domain: matches the records that are not fit
        :param detail: ``detail(record)``: what is wrong with this one
        """
        records = self.env[model].search(Domain(domain), limit=MAX_RECORDS)
        total = len(records)
        if total == MAX_RECORDS:
            total = self.env[model].search_count(Domain(domain))
        details = {record.id: detail(record) for record in records} if detail else {}
        return Checked(title, advice, severity, records, total, details)

    @api.model
    def _duplicates(self, title, advice, model, domain, field, *, severity="blocks"):
        """The result of a check that no two records have the same value."""
        groups = self.env[model]._read_group(
            Domain(domain) & Domain(field, "not in", (False, "")),
            [field],
            ["id:recordset"],
            having=[("__count", ">", 1)],
            order=field,
        )
        records, details = self.env[model], {}
        for value, twins in groups:
            if len(records) < MAX_RECORDS:
                records |= twins
                details.update(dict.fromkeys(twins.ids, str(value)))
        total = sum(len(twins) for _value, twins in groups)
        return Checked(title, advice, severity, records, total, details)

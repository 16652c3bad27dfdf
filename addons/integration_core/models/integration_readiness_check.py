from odoo import api, models
from odoo.fields import Domain

from ..engine import routing_claims
from ..engine.readiness import EVERY, MAX_RECORDS, Checked


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
        """Names of methods by code of the contract that they concern.

        Those under :data:`..engine.readiness.EVERY` look at each interface.
        """
        return {EVERY: ("_check_routing_claims",)}

    @api.model
    def _check_routing_claims(self, interface):
        """No type of messages is claimed by two rules, of which one gets nothing."""
        if not interface.routing_id:
            return []
        routing = interface.routing_id
        told = [
            self.env._(
                "%(type)s: “%(winner)s” wins, and “%(other)s” of “%(routing)s” gets none of them.",
                type=claim.other.message_type,
                winner=claim.winner._as_text(),
                other=claim.other._as_text(),
                routing=claim.other.routing_id.display_name,
            )
            for claim in routing_claims.find(routing)
        ]
        found = routing if told else routing.browse()
        return [
            Checked(
                self.env._("No type of messages is claimed by two rules"),
                self.env._(
                    "A type has one rule: what is there first keeps it when the rules of another "
                    "routing are added, and of two patterns the longer one wins. Make a new "
                    "version of the routing with the rule that you mean. If messages of both kinds "
                    "come, let them come over two interfaces, or choose a handler that decides by "
                    "the content where there is one."
                ),
                "advice",
                found,
                len(found),
                {routing.id: " ".join(told)},
            )
        ]

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

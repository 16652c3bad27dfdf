from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.states import ATTENTION, TERMINAL

#: A replay of a part is not one more part.
_PARTS = Domain("direction", "=", "inbound") & Domain("original_id", "=", False)


class IntegrationMessageParts(models.AbstractModel):
    """A message that listed many things, and what became of each (see ``engine.parts``)."""

    _name = "integration.message.parts"
    _description = "Message: the parts of a list"

    part_count = fields.Integer(
        compute="_compute_parts", string="Rows", help="Messages into which this list was split."
    )
    part_failed_count = fields.Integer(
        compute="_compute_parts", string="Failed", help="Rows that wait for somebody to mend them."
    )
    part_open_count = fields.Integer(
        compute="_compute_parts", string="Under way", help="Rows that are not finished."
    )

    @api.depends("state")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_parts(self):
        groups = self._read_group(
            Domain.OR(one._parts_domain() for one in self) if self else Domain.FALSE,
            ["causation_id", "state"],
            ["__count"],
        )
        counts = {}
        for causation_id, state, count in groups:
            counts.setdefault(causation_id, {})[state] = count
        for message in self:
            found = counts.get(message.uuid, {})
            message.part_count = sum(found.values())
            message.part_failed_count = sum(found.get(state.value, 0) for state in ATTENTION)
            message.part_open_count = message.part_count - sum(
                found.get(state.value, 0) for state in ATTENTION | TERMINAL
            )

    def _parts_domain(self):
        """The parts of this message; the correlation id is what the database finds them by."""
        self.ensure_one()
        if self.causation_id or self.direction != "inbound":
            return Domain.FALSE  # a part, and what is sent, is never split
        return (
            Domain("correlation_id", "=", self.correlation_id)
            & Domain("causation_id", "=", self.uuid)
            & Domain("interface_id", "=", self.interface_id.id)
            & _PARTS
        )

    def action_open_parts(self):
        """Show the rows of a list, those that failed first."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_message"
        )
        domain = list(self._parts_domain())
        failed = {"search_default_quarantined": 1, "search_default_dead": 1}
        context = failed if self.part_failed_count else {}
        return {**action, "domain": domain, "context": context}

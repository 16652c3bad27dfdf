from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

from ..engine import routing_claims
from ..mixins.governed import lifecycle
from ..tools import routing


class IntegrationRouting(models.Model):
    """What is done with each type of message of an interface that receives several.

    Its rules name a handler, a mapping and a wire contract for a type, or for all types that begin
    alike. What no rule names is quarantined, so that nothing is dropped without a decision.
    """

    _name = "integration.routing"
    _description = "Integration Routing"
    _inherit = ["integration.versioned"]
    _order = "name, version desc, id"

    _version_key = "code"
    _version_content = frozenset({"code", "name", "line_ids"})
    _version_action = "integration_core.action_integration_routing"

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(
        required=True,
        help="Short name, such as “hl7_v2_standard”, by which packages and data files know it. All "
        "versions have the same.",
    )
    description = fields.Text()
    active = fields.Boolean(default=True)
    previous_id = fields.Many2one(
        "integration.routing",
        string="Made from",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The version of which this one is a changed copy.",
    )
    state = lifecycle(
        ("retired", "Retired"),
        help="Only an approved routing can serve an interface.",
    )
    line_ids = fields.One2many("integration.routing.line", "routing_id", string="Rules", copy=True)
    take_from_id = fields.Many2one(
        "integration.routing",
        string="Add the rules of",
        store=False,
        domain="[('state', '!=', 'retired')]",
        help="Adds the rules of another routing, for the types that have none here yet.",
    )
    interface_ids = fields.One2many(
        "integration.interface",
        "routing_id",
        string="Used by",
        readonly=True,
        context={"active_test": False},
    )

    _version_unique = models.Constraint(
        "UNIQUE(code, version)",
        "There is a routing with this code already. Open it and make a new version of it, or "
        "choose another code.",
    )

    @api.constrains("code")
    def _check_code(self):
        for record in self:
            if record.code != (record.code or "").strip():
                raise ValidationError(self.env._("The code must not begin or end with a space."))

    @api.onchange("take_from_id")
    def _onchange_take_from_id(self):
        if not self.take_from_id:
            return None
        left_out = self._take_rules(self.take_from_id)
        self.take_from_id = False
        if not left_out:
            return None
        return {
            "warning": {
                "title": self.env._("Some rules were not added"),
                "message": self.env._(
                    "There are rules here for these types already, which keep them: %s. If "
                    "messages of both kinds come, see “Check readiness” of the interface.",
                    ", ".join(left_out),
                ),
            }
        }

    def _take_rules(self, other) -> list[str]:
        """Add the rules of another routing; what has a rule here already keeps it.

        :return: types of rules that were not added, and would have had another handler
        """
        mine = {line.message_type: line for line in self.line_ids}
        left_out = [
            line.message_type
            for line in other.line_ids
            if line.message_type in mine and routing_claims.differs(mine[line.message_type], line)
        ]
        known = mine.keys()
        last = max(self.line_ids.mapped("sequence"), default=0)
        self.line_ids = [
            Command.create({**values, "routing_id": self.id, "sequence": last + 10 * place})
            for place, values in enumerate(other.line_ids.copy_data(), 1)
            if values["message_type"] not in known
        ]
        return left_out

    def copy_data(self, default=None):
        return [
            {**vals, "code": f"{record.code}_copy", **(default or {})}
            for record, vals in zip(self, super().copy_data(default), strict=True)
        ]

    def _as_text(self):
        return "\n".join(line._as_text() for line in self.line_ids)

    # ------------------------------------------------------------------
    # lifecycle
    # ------------------------------------------------------------------

    def action_submit(self):
        for record in self:
            if not record.line_ids:
                raise ValidationError(
                    self.env._(
                        "“%s” has no rule: every message would be quarantined. Add the types of "
                        "messages first.",
                        record.display_name,
                    )
                )
        return super().action_submit()

    def _used_domain(self):
        return [("routing_id", "in", self.ids)]

    # ------------------------------------------------------------------
    # what the engine asks
    # ------------------------------------------------------------------

    def _rules(self):
        """The rules, to be found by message type (:class:`tools.routing.Table`)."""
        self.ensure_one()
        return routing.Table({line.message_type: line for line in self.line_ids})

    def _routes(self):
        """How messages are handled by the rules that handle any."""
        return [route for line in self.line_ids if (route := line._route())]

    def _missing(self) -> list[str]:
        """Sentences about what is needed before an interface can use this routing."""
        self.ensure_one()
        missing = []
        if self.state != "approved":
            missing.append(self.env._("The routing “%s” is not approved.", self.display_name))
        return missing + [sentence for line in self.line_ids for sentence in line._missing()]

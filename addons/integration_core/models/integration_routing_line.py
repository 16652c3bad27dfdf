from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine.routes import Route
from ..mixins.governed import touch
from ..tools import routing

HANDLE, FILTER = "handle", "filter"
# What says how messages are handled.
HANDLING = ("handler", "mapping_id", "contract_version_id")


class IntegrationRoutingLine(models.Model):
    """A rule of a routing: what is done with messages of one type, or of types that begin alike."""

    _name = "integration.routing.line"
    _description = "Integration Routing Rule"
    _inherit = ["integration.audited"]
    _order = "sequence, id"

    routing_id = fields.Many2one(
        "integration.routing", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10, help="Order on the screen. The most specific rule wins.")
    message_type = fields.Char(
        string="Message type",
        required=True,
        help="A type such as “ADT^A01”, the beginning of types such as “ADT^*”, or “*” for all "
        "others. The most specific rule that fits is used.",
    )
    action = fields.Selection(
        [(HANDLE, "Handle"), (FILTER, "Keep, do nothing")],
        required=True,
        default=HANDLE,
        help="Keep, do nothing: the message is stored and counts as filtered. Types without a rule "
        "are quarantined.",
    )
    handler = fields.Selection(
        selection="_selection_handler", help="What Odoo does with a message of this type."
    )
    mapping_id = fields.Many2one(
        "integration.mapping",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('state', '!=', 'retired')]",
        help="Turns the partner's shape into canonical JSON. Empty: nothing to turn.",
    )
    contract_version_id = fields.Many2one(
        "integration.contract.version",
        string="Wire contract",
        index="btree_not_null",
        ondelete="restrict",
        help="Shape of what the partner sends. Empty: with a mapping nothing is checked before it; "
        "without one, the contract of the handler.",
    )
    note = fields.Char(help="Why this is so, or what is peculiar about it.")

    _type_unique = models.Constraint(
        "UNIQUE(routing_id, message_type)", "There is a rule for this message type already."
    )

    @api.model
    def _selection_handler(self):
        return self.env["integration.interface"]._selection_handler()

    @api.depends("message_type")
    def _compute_display_name(self):
        for line in self:
            line.display_name = line.message_type

    # ------------------------------------------------------------------
    # consistency
    # ------------------------------------------------------------------

    @api.onchange("action")
    def _onchange_action(self):
        if self.action == FILTER:
            self.update(dict.fromkeys(HANDLING, False))

    @api.constrains("message_type")
    def _check_message_type(self):
        for line in self:
            if not routing.is_pattern(line.message_type or ""):
                raise ValidationError(
                    self.env._(
                        "“%s” is no message type. Enter one without spaces, such as “ADT^A01”, or "
                        "its beginning with one * at the end, such as “ADT^*”.",
                        line.message_type,
                    )
                )

    @api.constrains("action", *HANDLING)
    def _check_handling(self):
        for line in self:
            if line.action == HANDLE and not line.handler:
                raise ValidationError(
                    self.env._(
                        "What should Odoo do with “%s”? Choose a handler, or “Keep, do nothing”.",
                        line.message_type,
                    )
                )
            if line.action == FILTER and any(line[name] for name in HANDLING):
                raise ValidationError(
                    self.env._(
                        "“%s” is kept and nothing else, so it has no handler, mapping or contract.",
                        line.message_type,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._touch_routing()
        return lines

    def write(self, vals):
        self._touch_routing()
        res = super().write(vals)
        if "routing_id" in vals:
            self._touch_routing()
        return res

    def unlink(self):
        self._touch_routing()
        return super().unlink()

    def _touch_routing(self):
        """Rules are content of their routing: locked with it, and their author is its author."""
        self.routing_id._raise_unless_draft()
        touch(self.routing_id)
        self.routing_id._governance_remember_author()

    def _as_text(self):
        """The rule in one line, for a comparison."""
        if self.action == FILTER:
            told = self.env._("keep, do nothing")
        else:
            parts = (
                dict(self._selection_handler()).get(self.handler, self.handler),
                self.mapping_id.display_name,
                self.contract_version_id.display_name,
            )
            told = " · ".join(part for part in parts if part)
        return f"{self.message_type}: {told}" + (f" ({self.note})" if self.note else "")

    # ------------------------------------------------------------------
    # what the engine asks
    # ------------------------------------------------------------------

    def _route(self):
        """How messages are handled (:class:`..engine.routes.Route`); ``None`` if they are not."""
        self.ensure_one()
        if self.action == FILTER:
            return None
        return Route(self.handler, self.mapping_id, self.contract_version_id)

    def _missing(self) -> list[str]:
        """Sentences about what is needed before this rule can work."""
        self.ensure_one()
        if self.action == FILTER:
            return []
        model = self.env.get(self.handler)
        contract = self.env["integration.contract"]
        if model is not None:
            contract = contract.search([("code", "=", model._contract)], limit=1)
        wire = self.contract_version_id
        problems = [
            (
                model is None,
                self.env._("Rule “%s”: the handler is not installed.", self.message_type),
            ),
            (
                model is not None and not contract.current_version_id,
                self.env._(
                    "Rule “%(rule)s”: the contract “%(contract)s” of the handler has no approved "
                    "version.",
                    rule=self.message_type,
                    contract=contract.display_name or (model._contract if model else ""),
                ),
            ),
            (
                self.mapping_id and self.mapping_id.state != "approved",
                self.env._(
                    "Rule “%(rule)s”: the mapping “%(mapping)s” is not approved.",
                    rule=self.message_type,
                    mapping=self.mapping_id.display_name,
                ),
            ),
            (
                wire and wire.state != "approved",
                self.env._(
                    "Rule “%(rule)s”: the wire contract “%(contract)s” is not approved.",
                    rule=self.message_type,
                    contract=wire.display_name,
                ),
            ),
        ]
        return [sentence for missing, sentence in problems if missing]

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError


class IntegrationEventType(models.Model):
    """Catalogue entry: what happens in Odoo that other systems may want to know."""

    _name = "integration.event.type"
    _description = "Integration Event Type"
    _inherit = ["integration.audited"]
    _order = "code"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True, help="Such as “procurement.purchase_order.confirmed”; partners see it."
    )
    description = fields.Text(translate=True)
    active = fields.Boolean(default=True)
    # A name, not a foreign key: uninstalling the model's addon must not take the catalogue along.
    model_name = fields.Char(string="Model", required=True)
    trigger = fields.Selection(
        [("created", "Created"), ("reaches", "Field reaches value")],
        required=True,
        default="reaches",
    )
    field_name = fields.Char(string="Field")
    field_value = fields.Char(string="Value")
    contract_id = fields.Many2one(
        "integration.contract",
        required=True,
        ondelete="restrict",
        help="Shape of the snapshot that the event carries.",
    )
    interface_ids = fields.Many2many("integration.interface", string="Subscribed interfaces")
    event_ids = fields.One2many("integration.event", "type_id")

    _code_unique = models.Constraint("UNIQUE(code)", "Another event type has this code already.")

    @api.constrains("model_name", "trigger", "field_name", "field_value")
    def _check_trigger(self):
        for event_type in self:
            model = self.env.get(event_type.model_name)
            if model is None or model._abstract:
                raise ValidationError(self.env._("There is no model “%s”.", event_type.model_name))
            if event_type.trigger != "reaches":
                continue
            field = model._fields.get(event_type.field_name or "")
            if (
                field is None
                or not field.store
                or not field.column_type
                or field.translate
                or field.company_dependent
            ):
                raise ValidationError(
                    self.env._(
                        "“%(field)s” is not a field of %(model)s that is stored once, for all "
                        "languages and companies.",
                        field=event_type.field_name,
                        model=event_type.model_name,
                    )
                )
            if not event_type.field_value:
                raise ValidationError(self.env._("Say which value the field must reach."))

    @api.model_create_multi
    def create(self, vals_list):
        types = super().create(vals_list)
        self._triggers_changed()
        return types

    def write(self, vals):
        res = super().write(vals)
        self._triggers_changed()
        return res

    def unlink(self):
        res = super().unlink()
        self._triggers_changed()
        return res

    def _triggers_changed(self):
        # Flushed first: the flush asks for triggers, and would cache the old ones again.
        self.env.flush_all()
        self.env.registry.clear_cache()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_history(self):
        if self.sudo().event_ids:  # sudo: history of other companies counts as well
            raise UserError(
                self.env._("This event type has a history that must be kept. Archive it instead.")
            )

    @api.model
    @tools.ormcache()
    def _triggers(self):
        """``{model: ((type id, trigger, field, value), …)}`` of types with a subscriber.

        One cached map without arguments: models without events pay a dictionary look-up.
        """
        # sudo: capturing must not depend on the rights of the user who changes a record
        self.env.cr.execute(
            """
            SELECT t.model_name, t.id, t.trigger, t.field_name, t.field_value
              FROM integration_event_type t
             WHERE t.active AND EXISTS (
                   SELECT 1 FROM integration_event_type_integration_interface_rel r
                     JOIN integration_interface i ON i.id = r.integration_interface_id
                    WHERE r.integration_event_type_id = t.id AND i.active
                      AND i.activated_at IS NOT NULL AND i.state <> 'retired')
            """
        )
        triggers = {}
        for model, *rest in self.env.cr.fetchall():
            triggers.setdefault(model, []).append(tuple(rest))
        return {model: tuple(rows) for model, rows in triggers.items()}

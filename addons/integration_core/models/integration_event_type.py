from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError

from ..engine import disclosure, triggers, uses
from ..tools import closed_models, field_paths

# Watching these would make the engine tell of its own work, without an end.
OWN_MACHINERY = ("integration.", "queue.job", "bus.", "ir.cron")
# What an interface was approved with.
LOCKED = frozenset(
    {
        "active",
        "code",
        "condition",
        "contract_id",
        "field_ids",
        "field_name",
        "field_value",
        "fire_existing",
        "mapping_id",
        "model_name",
        "partner_field",
        "repeat_field_name",
        "trigger",
    }
)
# What its definer must be allowed to read.
RIGHTS = frozenset({"model_name", "condition", "trigger", "field_name", "repeat_field_name"})
# What the engine remembers of a scheduled condition.
BOOKKEEPING = frozenset({"checked_at", "check_position", "check_started_at", "primed", "problem"})


class IntegrationEventType(models.Model):
    """Catalogue entry: what happens in Odoo that other systems may want to know."""

    _name = "integration.event.type"
    _description = "Integration Event Type"
    _inherit = [
        "integration.event.type.schedule",
        "integration.event.type.screen",
        "mail.thread",
        "mail.activity.mixin",
        "integration.closed.columns",
        "integration.audited",
    ]
    _order = "code"

    _closed_fields = BOOKKEEPING  # the engine writes them below the ORM

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True,
        help="Name of the event for partners, such as “procurement.purchase_order.confirmed”: "
        "area, document and what happened to it. It should never change.",
    )
    description = fields.Text(translate=True)
    active = fields.Boolean(default=True)
    owner_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        help="Is told when a scheduled condition can no longer be checked.",
    )
    # A name, not a foreign key: uninstalling the model's addon must not take the catalogue along.
    model_name = fields.Char(
        string="Document", required=True, help="Kind of documents that the event tells of."
    )
    trigger = fields.Selection(
        [
            ("created", "A document is created"),
            ("reaches", "A field reaches a value"),
            ("changed", "A document changes"),
            ("deleted", "A document is deleted"),
            ("scheduled", "A document begins to match a condition"),
            ("engine", "The integration engine tells of its own work"),
        ],
        string="Happens when",
        required=True,
        default="reaches",
        help="The first four are noticed at once, in the transaction of the change. A document "
        "changes when the content of its event does, with its lines; what is related, such as the "
        "name of a product, is not the document. A condition is checked at intervals, for what "
        "becomes true by the passing of time. Event types of the engine come with the addon.",
    )
    field_name = fields.Char(
        string="Field",
        help="A field with one value for all languages and companies: a selection, a yes or no, a "
        "text, a number, a date, or a link to one other document.",
    )
    field_value = fields.Char(
        string="Value",
        help="The event happens when the field gets this value and had another one before, and "
        "when a document is created with it.",
    )
    condition = fields.Char(
        default="[]",
        help="Only documents that match take part. Looked at once, when the change is saved; a "
        "document that changes must have matched before, too. Dates may be relative, such as "
        "“today -3d”.",
    )
    field_ids = fields.One2many(
        "integration.event.field",
        "type_id",
        string="Content",
        copy=True,
        help="Fields of the document that the event carries. Leave it empty for documents whose "
        "content an addon defines for the contract, such as purchase orders.",
    )
    partner_field = fields.Char(
        string="Concerns",
        help="Field that leads to the contact whom the event concerns. A system that belongs to a "
        "contact then gets the events of this contact only. Empty: every subscriber of the same "
        "company gets every event.",
    )
    contract_id = fields.Many2one(
        "integration.contract",
        required=True,
        ondelete="restrict",
        help="Shape of what the event carries; checked whenever an event is sent. Empty: a "
        "contract with the code of this event type is made for you.",
    )
    mapping_id = fields.Many2one(
        "integration.mapping",
        string="Canonical mapping",
        ondelete="restrict",
        help="Turns the content listed here into the shape of the contract, when an event is sent. "
        "Empty: the content already has that shape.",
    )
    interface_ids = fields.Many2many("integration.interface", string="Subscribers", copy=False)
    event_ids = fields.One2many("integration.event", "type_id")

    _code_unique = models.Constraint("UNIQUE(code)", "Another event type has this code already.")

    # ------------------------------------------------------------------
    # consistency
    # ------------------------------------------------------------------

    @api.constrains("model_name", "trigger")
    def _check_model(self):
        for event_type in self:
            name = event_type.model_name
            event_type._model()
            if event_type.trigger == "engine":
                continue  # told by the engine itself, and never of its own telling
            if name.startswith(OWN_MACHINERY):
                raise ValidationError(
                    self.env._(
                        "“%s” belongs to the machinery that sends events. It cannot have events "
                        "itself.",
                        name,
                    )
                )
            if closed_models.is_closed(name):
                raise ValidationError(
                    self.env._("“%s” is no business document. It cannot have events.", name)
                )

    def _model(self):
        """The model that this type watches.

        :raises ValidationError: there is none of which records could be created.
        """
        model = self.env.get(self.model_name or "")
        if model is None or model._abstract or model._transient or not model._auto:
            raise ValidationError(self.env._("There is no model “%s”.", self.model_name))
        return model

    def _require_rights(self):
        """Whoever lets documents out must be allowed to see them himself.

        Not a constraint: those run as superuser.
        """
        for event_type in self:
            model = event_type._model()
            model.check_access("read")
            condition = triggers.parse_domain(event_type.condition)
            model._search(condition, limit=1)
            for path in filter(None, event_type.field_ids.mapped("path")):
                disclosure.check_path(model, path)
            try:
                disclosure.check_condition(model, condition)
                if event_type.trigger == "reaches":
                    disclosure.check_watched(model, event_type.field_name)
            except field_paths.PathError as exc:
                raise ValidationError(
                    self.env._("Events cannot depend on this: %s.", str(exc))
                ) from exc

    @api.constrains("model_name", "trigger", "field_name", "field_value")
    def _check_trigger(self):
        for event_type in self.filtered(lambda t: t.trigger == "reaches"):
            model = event_type._model()
            if not triggers.is_watchable(model, event_type.field_name):
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
            field = model._fields[event_type.field_name]
            if not self._is_value_of(model, field, event_type.field_value):
                raise ValidationError(
                    self.env._(
                        "“%(value)s” can never be the value of “%(field)s”. Choose one from the "
                        "list.",
                        value=event_type.field_value,
                        field=field._description_string(self.env),
                    )
                )

    @api.model
    def _is_value_of(self, model, field, value):
        if field.type == "selection":
            return value in field.get_values(self.env)
        if field.type == "boolean":
            return value in ("True", "False")
        if field.type in ("integer", "many2one"):
            return value == str(int(value)) if value.lstrip("-").isdecimal() else False
        if field.type == "date":
            return bool(_as_date(value))
        return True

    @api.constrains("model_name", "trigger", "condition")
    def _check_condition(self):
        for event_type in self:
            model = event_type._model()
            try:
                domain = triggers.parse_domain(event_type.condition)
                domain.validate(model)
                model._search(domain, limit=1)
            except (ValueError, TypeError, KeyError) as exc:
                raise ValidationError(
                    self.env._(
                        "The condition cannot be used: %s. It may hold fixed values and relative "
                        "dates, but nothing that has to be calculated.",
                        exc,
                    )
                ) from exc
            if event_type.trigger == "scheduled" and domain.is_true():
                raise ValidationError(
                    self.env._("Say which condition documents must begin to match.")
                )

    @api.constrains("model_name", "field_ids", "trigger")
    def _check_fields(self):
        self.field_ids._check_path()

    @api.constrains("model_name", "partner_field")
    def _check_partner_field(self):
        for event_type in self.filtered("partner_field"):
            model = event_type._model()
            for name in event_type.partner_field.split("."):
                field = model._fields.get(name)
                if field is None or field.type != "many2one" or not field.store:
                    break
                model = self.env[field.comodel_name]
            else:
                if model._name == "res.partner":
                    continue
            raise ValidationError(
                self.env._("“%s” does not lead to one contact.", event_type.partner_field)
            )

    # ------------------------------------------------------------------
    # what was approved does not change
    # ------------------------------------------------------------------

    def _raise_if_in_use(self):
        """What an interface was approved with does not change under it, but for what an update of
        the addon brings: that is told by the registry, not by a context that anybody can send."""
        if not self.env.registry.ready:
            return
        used = uses.approved_interfaces(self.env, [("event_type_ids", "in", self.ids)], limit=1)
        if used:
            raise UserError(
                self.env._(
                    "“%s” was approved with this event type. Copy the event type, change the copy "
                    "and let the interface subscribe to it; then archive this one.",
                    used.display_name,
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_engine(vals)
            self._check_subscribers(vals)
            self._without_defaults(vals)
            if not vals.get("contract_id") and vals.get("code"):
                vals["contract_id"] = self._contract_for(vals).id
        types = super().create(vals_list)
        types._require_rights()
        types._triggers_changed()
        return types

    @api.model
    def _contract_for(self, vals):
        """The contract with the code of a new event type; made if there is none."""
        contracts = self.env["integration.contract"]
        return contracts.search([("code", "=", vals["code"])], limit=1) or contracts.create(
            {"name": vals.get("name") or vals["code"], "code": vals["code"]}
        )

    def write(self, vals):
        if any(event_type.trigger != vals.get("trigger") for event_type in self):
            self._check_engine(vals)
        self._check_subscribers(vals)
        changed = LOCKED & set(vals)
        if changed and any(self._differs(name, vals[name]) for name in changed):
            self._raise_if_in_use()
        res = super().write(vals)
        if RIGHTS & changed:
            self._require_rights()
        if changed or "interface_ids" in vals:
            self._triggers_changed()
        return res

    def _differs(self, name, value):
        """Whether writing ``value`` would change anything; forms send more than what changed."""
        field = self._fields[name]
        if field.type == "one2many":
            return bool(value)
        return any(
            field.convert_to_cache(value, record) != field.convert_to_cache(record[name], record)
            for record in self
        )

    def _check_engine(self, vals):
        # su: an installation; what nobody tells of would never happen
        if vals.get("trigger") == "engine" and not self.env.su:
            raise UserError(
                self.env._("Event types of the engine come with the addon. Choose another trigger.")
            )

    def _check_subscribers(self, vals):
        # su: an installation; a person subscribes on the interface, where it is approved
        if "interface_ids" in vals and vals["interface_ids"] and not self.env.su:
            raise UserError(self.env._("Choose the event type on the form of the interface."))

    def _without_defaults(self, vals):
        """Leave no room for defaults, of a caller's context or stored, where people may not write.

        What a copy or an import says of the checks of another event type is not true of this one.
        """
        if not self.env.su:
            vals["interface_ids"] = []
            for name in BOOKKEEPING:
                vals.pop(name, None)

    def unlink(self):
        res = super().unlink()
        self._triggers_changed()
        return res

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        if "code" not in (default or {}):
            for event_type, vals in zip(self, vals_list, strict=True):
                vals["code"] = f"{event_type.code}.copy"
        return vals_list

    def _triggers_changed(self):
        # Flushed first: the flush asks for triggers, and would cache the old ones again.
        self.env.flush_all()
        self.env.registry.clear_cache()
        self.env["integration.record.sync"]._touched_changed()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_history(self):
        if self.sudo().event_ids:  # sudo: history of other companies counts as well
            raise UserError(
                self.env._("This event type has a history that must be kept. Archive it instead.")
            )
        self._raise_if_in_use()

    @api.model
    @tools.ormcache()
    def _watched(self):
        """``{model: engine.triggers.Watch}`` of usable types with a subscriber.

        One cached map without arguments: models without events pay a dictionary look-up.
        """
        return triggers.active(self.env)

    def _trigger(self):
        """This type as the engine sees it, whether it has a subscriber or not."""
        self.ensure_one()
        return triggers.of_type(self.env, self.id)


def _as_date(value):
    try:
        return fields.Date.to_date(value)
    except ValueError:
        return None

import json

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..engine import (
    changes,
    conversion,
    disclosure,
    documents,
    snapshot_schema,
    snapshots,
    trials,
    triggers,
)
from ..tools import canonical_json, errors, field_paths, schema_infer

RECENT = 10


class IntegrationEventTypeScreen(models.AbstractModel):
    """What the form of an event type shows, and trying it on a document."""

    _name = "integration.event.type.screen"
    _description = "Integration Event Type: Screen"

    model_label = fields.Char(string="Kind of document", compute="_compute_model_label")
    model_missing = fields.Boolean(compute="_compute_model_label")
    model_readable = fields.Boolean(
        compute="_compute_model_readable", help="Whether the user may read such documents at all."
    )
    happens = fields.Char(string="When", compute="_compute_happens")
    faults = fields.Text(
        compute="_compute_faults", help="Why events of this type cannot happen or be sent."
    )
    contract_pending = fields.Boolean(
        compute="_compute_contract_pending", help="No version of the contract is approved."
    )
    has_subscriber = fields.Boolean(compute="_compute_has_subscriber")
    locked = fields.Boolean(
        compute="_compute_locked", help="An interface was approved with what is defined here."
    )
    # what a subscriber has to know: the catalogue
    catalogue_version_id = fields.Many2one(
        "integration.contract.version",
        compute="_compute_catalogue",
        string="Contract in force",
        help="Which version of the contract schema and example are of.",
    )
    catalogue_schema = fields.Text(
        compute="_compute_catalogue",
        string="Schema",
        help="JSON Schema of what the event carries, as it is in force.",
    )
    catalogue_example = fields.Text(
        compute="_compute_catalogue",
        string="Example",
        help="What an event may look like. It is made up, and no document of this hospital.",
    )
    event_count = fields.Integer(string="Fired so far", compute="_compute_event_count")
    recent_event_ids = fields.Many2many(
        "integration.event", string="Recent events", compute="_compute_recent_event_ids"
    )

    @api.depends("model_name")
    def _compute_model_label(self):
        for event_type in self:
            name = event_type.model_name
            event_type.model_missing = bool(name) and name not in self.env
            event_type.model_label = documents.short_kind_name(self.env, name) or False

    @api.depends("model_name")
    @api.depends_context("uid")
    def _compute_model_readable(self):
        for event_type in self:
            model = self.env.get(event_type.model_name or "")
            event_type.model_readable = model is None or model.has_access("read")

    @api.depends("model_name", "trigger", "field_name", "field_value", "repeat_field_name")
    def _compute_happens(self):
        names = dict(self._fields["trigger"]._description_selection(self.env))
        for event_type in self:
            if event_type.trigger == "reaches":
                field, value = event_type._readable_target()
                event_type.happens = self.env._(
                    "%(field)s becomes “%(value)s”", field=field, value=value
                )
                if event_type.repeat_field_name:
                    event_type.happens = self.env._(
                        "%(happens)s, or “%(field)s” changes then",
                        happens=event_type.happens,
                        field=event_type._readable_field(event_type.repeat_field_name),
                    )
            else:
                event_type.happens = names.get(event_type.trigger)

    def _readable_target(self):
        """Field and value of the trigger as a person reads them."""
        model = self.env.get(self.model_name or "")
        field = model._fields.get(self.field_name or "") if model is not None else None
        if field is None:
            return self.field_name or "", self.field_value or ""
        value = self.field_value
        if field.type == "selection":
            value = dict(field._description_selection(self.env)).get(value, value)
        elif field.type == "boolean":
            value = self.env._("Yes") if value == "True" else self.env._("No")
        return self._readable_field(self.field_name), value or ""

    def _readable_field(self, name):
        model = self.env.get(self.model_name or "")
        field = model._fields.get(name or "") if model is not None else None
        return name if field is None else field._description_string(self.env)

    @api.depends(
        "model_name",
        "trigger",
        "field_name",
        "repeat_field_name",
        "field_ids.path",
        "mapping_id.state",
    )
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_faults(self):
        for event_type in self:
            event_type.faults = "\n".join(event_type._find_faults()) or False

    def _find_faults(self):
        """Sentences about what keeps this type from working."""
        self.ensure_one()
        if not self.model_name:
            return []
        if self.model_missing:
            return [
                self.env._(
                    "The documents “%s” are not installed. No event happens until their addon is "
                    "installed again.",
                    self.model_name,
                )
            ]
        model = self.env[self.model_name]
        found = []
        if (
            self.trigger == "reaches"
            and self.field_name
            and not triggers.is_watchable(model, self.field_name)
        ):
            found.append(self.env._("The field “%s” cannot be watched any more.", self.field_name))
        again = self.repeat_field_name
        if (
            self.trigger == "reaches"
            and again
            and not triggers.is_watchable(model, again, triggers.REPEATABLE)
        ):
            found.append(self.env._("The field “%s” cannot be watched any more.", again))
        for path in self.field_ids.mapped("path"):
            fault = self._path_fault(model, path)
            if fault:
                found.append(fault)
        if self.mapping_id and self.mapping_id.state != "approved":
            found.append(
                self.env._("The mapping “%s” is not approved.", self.mapping_id.display_name)
            )
        return found

    def _path_fault(self, model, path):
        try:
            disclosure.check_path(model, path or "")
        except field_paths.PathError as exc:
            return self.env._(
                "“%(path)s” cannot be part of an event: %(reason)s.", path=path, reason=str(exc)
            )
        except AccessError:
            return None  # others may
        return None

    @api.depends("contract_id.current_version_id")
    def _compute_contract_pending(self):
        for event_type in self:
            contract = event_type.contract_id
            event_type.contract_pending = bool(contract) and not contract.current_version_id

    @api.depends("interface_ids.state", "interface_ids.active")
    def _compute_has_subscriber(self):
        # sudo: subscribers of other companies count as well
        for event_type in self.sudo():
            event_type.has_subscriber = any(
                interface.activated_at and interface.state != "retired"
                for interface in event_type.interface_ids
            )

    @api.depends("contract_id.version_ids.state")
    def _compute_catalogue(self):
        for event_type in self:
            version = event_type.contract_id.current_version_id
            event_type.catalogue_version_id = version
            event_type.catalogue_schema = version.schema
            event_type.catalogue_example = version.example

    @api.depends("interface_ids.state")
    def _compute_locked(self):
        # sudo: subscribers of other companies count as well
        for event_type in self.sudo():
            interfaces = event_type.with_context(active_test=False).interface_ids
            event_type.locked = any(interface.state != "draft" for interface in interfaces)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_event_count(self):
        counts = dict(
            self.env["integration.event"]._read_group(
                [("type_id", "in", self.ids)], ["type_id"], ["__count"]
            )
        )
        for event_type in self:
            event_type.event_count = counts.get(event_type, 0)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_recent_event_ids(self):
        for event_type in self:
            event_type.recent_event_ids = self.env["integration.event"].search(
                [("type_id", "=", event_type.id)], limit=RECENT
            )

    def action_open_events(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_event"
        )
        action["domain"] = [("type_id", "=", self.id)]
        action["context"] = {}
        return action

    # ------------------------------------------------------------------
    # try
    # ------------------------------------------------------------------

    def try_on(self, record_id):
        """What an event of a document would carry, without making one.

        The document is read with the rights of the person who tries, and nothing is stored.

        :return: ``snapshot`` and ``canonical`` as text, ``violations`` of the contract,
            ``problem`` (text, or false), ``matches`` (whether the condition holds) and
            ``contract`` (name of the version that it was checked against, or false)
        :raises UserError: the user has tried out too much of late
        """
        self.ensure_one()
        self.check_access("read")
        with trials.charged(self.env):
            return self._try_on(record_id)

    def _try_on(self, record_id):
        record, snapshot = self._example(record_id)
        result = {
            "snapshot": _pretty(snapshot.data),
            "canonical": False,
            "violations": [],
            "problem": snapshot.problem or False,
            "matches": self._matches(record),
            "contract": False,
        }
        try:
            canonical = self._canonical(snapshot.data)
        except errors.MappingError as exc:
            return result | {"problem": exc.message}
        version = self._version_to_check()
        return result | {
            "canonical": _pretty(canonical) if self.mapping_id else False,
            "contract": version.display_name,
            "violations": version._validator().violations(canonical) if version else [],
        }

    def _example(self, record_id):
        """A document, and its snapshot with the rights of the person who asks."""
        if self.model_name not in self.env:
            raise UserError(self.env._("The documents “%s” are not installed.", self.model_name))
        record = self.env[self.model_name].browse(record_id).exists()
        record.check_access("read")
        try:
            snapshot = snapshots.strict(self._trigger(), record).get(record.id)
            if snapshot and self.trigger == "changed":
                snapshot = changes.example(snapshot)
        except (snapshots.SnapshotError, field_paths.PathError) as exc:
            raise UserError(str(exc)) from exc
        if snapshot is None:
            raise UserError(self.env._("This document does not take part in events of this type."))
        return record, snapshot

    def _matches(self, record):
        domain = triggers.parse_domain(self.condition)
        found = record.with_context(active_test=self.trigger == "scheduled").search_count(
            domain & Domain("id", "=", record.id)
        )
        return bool(found)

    def _canonical(self, data):
        if not self.mapping_id:
            return data
        # As it is when it comes back from the outbox.
        value = canonical_json.loads(canonical_json.dumps(data))
        step = conversion.canonical_step(self, {"company": self.env.company.id})
        return step.apply(value, fields.Datetime.now())

    def _version_to_check(self):
        """The approved version of the contract, or the one that is being written."""
        contract = self.contract_id
        return contract.current_version_id or contract.version_ids[:1]

    def write_contract(self, record_id):
        """Write a draft of the contract that fits this event type, and open the contract.

        From the definitions of the listed fields, or, where an addon or a mapping makes the
        content, from the shape of an example. No value of the example gets into it.
        """
        self.ensure_one()
        with trials.charged(self.env):
            return self._write_contract(record_id)

    def _write_contract(self, record_id):
        _record, snapshot = self._example(record_id)
        paths = self.field_ids.mapped("path")
        if paths and not self.mapping_id:
            schema = snapshot_schema.of_paths(self.env[self.model_name], paths)
        else:
            schema = schema_infer.infer(self._canonical(snapshot.data))
        if self.trigger == "changed" and not self.mapping_id:
            schema = snapshot_schema.with_changes(schema)
        versions = self.contract_id.version_ids
        draft = versions.filtered(lambda version: version.state == "draft")[:1]
        text = json.dumps(schema, indent=2, ensure_ascii=False)
        if draft:
            draft.write({"schema": text, "example": False})
        else:
            number = max((version._semver() for version in versions), default=None)
            draft = versions.create(
                {
                    "contract_id": self.contract_id.id,
                    "version": f"{number[0]}.{number[1] + 1}.0" if number else "1.0.0",
                    "schema": text,
                }
            )
        return self.contract_id.get_formview_action()


def _pretty(value):
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)

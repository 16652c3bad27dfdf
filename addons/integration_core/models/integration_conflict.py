from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import documents, owned_values

ACTIVITY = "integration_core.mail_activity_conflict"
STATES = [
    ("open", "To be decided"),
    ("decided", "Decided, being applied"),
    ("settled", "Settled"),
    ("void", "No longer needed"),
]


class IntegrationConflict(models.Model):
    """A message of one system would change data that another system owns; a person decides.

    Holds no values: those of both sides are kept with the content of the message (see
    ``engine.conflicts``), and read by :meth:`compare`. Written by the engine and by
    :meth:`decide`; the ORM reads.
    """

    _name = "integration.conflict"
    _description = "Integration Conflict"
    _inherit = ["integration.conflict.decision"]
    _log_access = False
    _order = "id desc"

    message_id = fields.Many2one(
        "integration.message", required=True, readonly=True, index=True, ondelete="cascade"
    )
    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, index=True, ondelete="restrict"
    )
    system_id = fields.Many2one(
        related="interface_id.system_id", string="Written by", help="Whose message it is."
    )
    ownership_id = fields.Many2one(
        "integration.ownership", readonly=True, index=True, ondelete="restrict"
    )
    owner_system_id = fields.Many2one(
        related="ownership_id.system_id", string="Owned by", help="The system of record."
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Data steward", readonly=True, ondelete="set null"
    )
    kind = fields.Selection(
        [
            ("write", "Change of a record"),
            ("create", "New record"),
            ("delete", "Deletion of a record"),
        ],
        required=True,
        readonly=True,
    )
    res_model = fields.Char(string="Document model", required=True, readonly=True)
    res_id = fields.Many2oneReference(string="Document id", model_field="res_model", readonly=True)
    state = fields.Selection(STATES, required=True, readonly=True)
    opened_at = fields.Datetime(string="Since", required=True, readonly=True)
    asked_again = fields.Boolean(
        readonly=True, help="It was decided before, but a value has changed meanwhile."
    )
    decided_at = fields.Datetime(readonly=True)
    decided_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    closed_at = fields.Datetime(readonly=True)
    reason = fields.Char(string="Why", readonly=True, help="In the words of whoever decided.")
    line_ids = fields.One2many("integration.conflict.line", "conflict_id", readonly=True)
    model_label = fields.Char(string="Kind of record", compute="_compute_names")
    document_name = fields.Char(string="Record", compute="_compute_document_name")
    new_count = fields.Integer(
        compute="_compute_names", help="How many new records of its kind the message would create."
    )
    field_labels = fields.Char(string="Fields", compute="_compute_names")
    age = fields.Char(compute="_compute_age")
    message_state = fields.Selection(related="message_id.state", string="State of the message")

    _place_unique = models.UniqueIndex("(message_id, kind, res_model, res_id)")
    _open_idx = models.Index("(company_id, id) WHERE state = 'open'")
    _document_idx = models.Index("(res_model, res_id)")

    @api.depends("res_model", "line_ids.field_name", "line_ids.key")
    def _compute_names(self):
        for conflict in self:
            model = self.env.get(conflict.res_model)
            conflict.model_label = documents.kind_name(self.env, conflict.res_model)
            names = dict.fromkeys(filter(None, conflict.line_ids.mapped("field_name")))
            conflict.field_labels = ", ".join(
                owned_values.label(self.env, model, name) if model is not None else name
                for name in names
            )
            numbers = {line._point().number for line in conflict.line_ids}
            conflict.new_count = len(numbers) if conflict.kind == "create" else 0

    @api.depends("res_model", "res_id")
    @api.depends_context("uid")
    def _compute_document_name(self):
        names = documents.readable_names(self)
        for conflict in self:
            conflict.document_name = names.get((conflict.res_model, conflict.res_id), False)

    @api.depends("model_label", "new_count")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for conflict in self:
            kind = kinds.get(conflict.kind)
            if conflict.new_count > 1:
                kind = self.env._("%s new records", conflict.new_count)
            conflict.display_name = f"{kind}: {conflict.model_label}"

    @api.depends("opened_at", "closed_at")
    def _compute_age(self):
        now = fields.Datetime.now()
        for conflict in self:
            hours = int(((conflict.closed_at or now) - conflict.opened_at).total_seconds() // 3600)
            if hours >= 48:
                conflict.age = self.env._("%s days", hours // 24)
            elif hours >= 1:
                conflict.age = self.env._("%s h", hours)
            else:
                conflict.age = self.env._("less than an hour")

    # ------------------------------------------------------------------
    # written by the engine
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Conflicts are written by the integration engine only."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("Use the buttons to decide a conflict."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Conflicts go with their message, when retention removes it."))

    @api.model
    def _open(self, plan, message_id, by_place):
        """Write down, or open again, what is disputed about a message.

        :param plan: the interface's :class:`engine.conversion.Plan`
        :param by_place: disputes by kind, model and record id, with the decisions that stand
        """
        found = self.browse()
        for place, asked in by_place.items():
            values = self._values_of(plan, message_id, place, asked)
            known = self.search(
                [
                    (name, "=", values[name])
                    for name in ("message_id", "kind", "res_model", "res_id")
                ]
            )
            if known:
                known.write({**values, "asked_again": known.state == "decided"})
            else:
                known = self.create([values])
            found |= known
        found._ask_stewards()

    def _values_of(self, plan, message_id, place, asked):
        """An open conflict about one place, as it is written.

        :param place: kind, model and record id
        :param asked: disputes, each with the decision that stands, if there is one
        """
        kind, model, res_id = place
        first = next(dispute for dispute, decision in asked if not decision)
        owner = self.env["integration.ownership"].browse(first.rule.id)
        lines = [
            {"field_name": one.point.name, "key": one.point.key, "decision": decision}
            for one, decision in asked
        ]
        return {
            "message_id": message_id,
            "interface_id": plan.interface_id,
            "ownership_id": owner.id,
            "company_id": plan.company_id,
            "user_id": owner.steward_id.id,
            "kind": kind,
            "res_model": model,
            "res_id": res_id,
            "state": "open",
            "opened_at": fields.Datetime.now(),
            "decided_at": False,
            "decided_by_id": False,
            "closed_at": False,
            "line_ids": [fields.Command.clear(), *map(fields.Command.create, lines)],
        }

    def _ask_stewards(self):
        """One open task an ownership, however many conflicts there are."""
        waiting = defaultdict(lambda: self.browse())
        for conflict in self:
            waiting[conflict.ownership_id] |= conflict
        kind = self.env.ref(ACTIVITY)
        for owned in waiting:
            if owned.activity_ids.filtered(lambda activity: activity.activity_type_id == kind):
                continue
            steward = owned.steward_id
            if not steward.active or steward._is_superuser():
                steward = waiting[owned][0].interface_id.owner_id
            owned.activity_schedule(
                ACTIVITY,
                user_id=steward.id,
                summary=self.env._("Decide conflicts: %s", owned.display_name),
                note=self.env._(
                    "Another system would change what this one owns. Open Integrations / "
                    "To decide / Conflicts, compare both values and decide."
                ),
            )

    def _settle_tasks(self):
        """Close the tasks of ownerships of which nothing waits any more."""
        for owned in self.ownership_id:
            if not self.search_count(
                [("ownership_id", "=", owned.id), ("state", "=", "open")], limit=1
            ):
                owned.activity_feedback([ACTIVITY])

    # ------------------------------------------------------------------
    # where it leads to
    # ------------------------------------------------------------------

    def action_open_document(self):
        self.ensure_one()
        if self.res_model not in self.env or not self.res_id:
            raise UserError(self.env._("This conflict is about no record that exists."))
        return self.env[self.res_model].browse(self.res_id).get_formview_action()

    def action_open_message(self):
        self.ensure_one()
        return self.message_id.get_formview_action()

    @api.model
    def open_of(self, res_model, res_id):
        """Action: the conflicts about a document."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_conflict"
        )
        action["domain"] = [("res_model", "=", res_model), ("res_id", "=", res_id)]
        action["context"] = {}
        return action

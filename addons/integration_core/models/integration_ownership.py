from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, UserError, ValidationError

from ..engine import audit, disclosure, owned_rules, owned_scope, owned_values, triggers
from ..mixins.governed import IntegrationGoverned, touch
from ..tools import closed_models, field_paths
from ..tools.ownership import Rule, shared_fields
from .integration_event_type import OWN_MACHINERY

# What an approver approved; it changes by another ownership.
FIXED = frozenset(
    {
        "system_id",
        "model_name",
        "scope",
        "field_ids",
        "owns_existence",
        "condition",
        "valid_from",
        "valid_until",
        "on_conflict",
    }
)


class IntegrationOwnership(models.Model):
    """A system is the system of record for fields of a kind of documents, in its company."""

    _name = "integration.ownership"
    _description = "Integration Master-Data Ownership"
    _inherit = ["integration.governed", "integration.ownership.screen"]
    _order = "model_name, system_id, id"
    _check_company_auto = True

    _reason_acts = (*IntegrationGoverned._reason_acts, "action_end")

    system_id = fields.Many2one(
        "integration.system",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        help="Where these data are kept. Other systems and people do not change them in Odoo.",
    )
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    active = fields.Boolean(default=True)
    # A name, not a foreign key: uninstalling the model's addon must not take this along.
    model_name = fields.Char(
        string="Document", required=True, tracking=True, help="Kind of records that are owned."
    )
    scope = fields.Selection(
        [("fields", "These fields"), ("all", "All data of the record")],
        string="What is owned",
        required=True,
        default="fields",
        tracking=True,
        help="All data: every stored field, also those that come later; not the conversation in "
        "the chatter, and not the lines, which are records of their own.",
    )
    field_ids = fields.One2many(
        "integration.ownership.field", "ownership_id", string="Fields", copy=True
    )
    owns_existence = fields.Boolean(
        string="Only this system creates and deletes",
        tracking=True,
        help="Without this, others may create records and fill in what is owned; from then on the "
        "values come from this system.",
    )
    condition = fields.Char(
        default="[]",
        help="Only records that match; others do not change what would take a record out of it. "
        "Empty: all records of the system's company, and those that all companies share.",
    )
    valid_from = fields.Date(string="From", help="First day (UTC). Empty: from the approval on.")
    valid_until = fields.Date(string="Until", help="Last day (UTC). Empty: until it is ended.")
    on_conflict = fields.Selection(
        [
            ("park", "Ask a person"),
            ("refuse", "Refuse the message"),
        ],
        string="When another system writes",
        required=True,
        default="park",
        tracking=True,
        help="Ask: the message waits as a conflict, with both values side by side, until somebody "
        "keeps the value in Odoo or takes that of the message. Refuse: it ends in quarantine.",
    )
    steward_id = fields.Many2one(
        "res.users",
        string="Data steward",
        tracking=True,
        default=lambda self: self.env.user,
        help="Is asked to decide conflicts.",
    )
    note = fields.Text(string="Why", help="What others should know about this ownership.")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("in_review", "In review"),
            ("approved", "In force"),
            ("ended", "Ended"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    conflict_ids = fields.One2many("integration.conflict", "ownership_id")

    # ------------------------------------------------------------------
    # consistency
    # ------------------------------------------------------------------

    def _model(self):
        """The model whose records are owned.

        :raises ValidationError: there is none.
        """
        self.ensure_one()
        model = self.env.get(self.model_name or "")
        if model is None or model._abstract or model._transient or not model._auto:
            raise ValidationError(self.env._("There is no kind of record “%s”.", self.model_name))
        return model

    @api.constrains("model_name")
    def _check_model(self):
        for one in self:
            name = one.model_name
            one._model()
            if name.startswith(OWN_MACHINERY) or closed_models.is_closed(name):
                raise ValidationError(
                    self.env._("“%s” is no business document. No system owns it.", name)
                )

    def _require_rights(self):
        """Whoever writes a condition learns by what it covers what it asks for.

        Not a constraint: those run as superuser.
        """
        for one in self:
            model = one._model()
            domain = triggers.parse_domain(one.condition)
            if domain.is_true():
                continue  # asks for nothing
            model._search(domain, limit=1)
            try:
                disclosure.check_condition(model, domain)
            except field_paths.PathError as exc:
                raise ValidationError(
                    self.env._("The condition cannot ask for this: %s.", str(exc))
                ) from exc

    @api.constrains("valid_from", "valid_until")
    def _check_period(self):
        for one in self:
            if one.valid_from and one.valid_until and one.valid_from > one.valid_until:
                raise ValidationError(self.env._("The last day is before the first."))

    @api.constrains("model_name", "condition")
    def _check_condition(self):
        for one in self:
            model = one._model()
            try:
                domain = triggers.parse_domain(one.condition)
                domain.validate(model)
                model.browse().filtered_domain(domain)
                model._search(domain, limit=1)
            except (ValueError, TypeError, KeyError) as exc:
                raise ValidationError(
                    self.env._(
                        "The condition cannot be used: %s. It may hold fixed values and relative "
                        "dates, but nothing that has to be calculated.",
                        exc,
                    )
                ) from exc

    @api.constrains("model_name")
    def _check_fields(self):
        """Fields that were listed for another kind of record."""
        self.field_ids._check_name()

    @api.model_create_multi
    def create(self, vals_list):
        found = super().create(vals_list)
        found._require_rights()
        if any(one.state == "approved" for one in found):  # installation data
            found._rules_changed()
        return found

    def write(self, vals):
        # su: actions
        if (FIXED | {"active"}) & set(vals) and not self.env.su:
            self._require_draft(archiving="active" in vals)
        res = super().write(vals)
        if {"model_name", "condition"} & set(vals):
            self._require_rights()
        if (FIXED | {"state", "active"}) & set(vals):
            self._rules_changed()
        return res

    def _require_draft(self, archiving=False):
        """What others review or have approved does not change.

        :raises UserError: it is not a draft.
        """
        allowed = ("draft", "ended") if archiving else ("draft",)
        # su: the superuser's installation data
        if not self.env.su and any(one.state not in allowed for one in self):
            raise UserError(
                self.env._(
                    "An ownership does not change once it was submitted: it decides who may write. "
                    "End it, and copy it for another one; or have it sent back."
                )
            )
        touch(self)

    def unlink(self):
        res = super().unlink()
        self._rules_changed()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        if any(one.state != "draft" for one in self):
            raise UserError(self.env._("An ownership that was submitted is kept. End it instead."))

    # ------------------------------------------------------------------
    # lifecycle
    # ------------------------------------------------------------------

    def action_submit(self):
        for one in self:
            one._require_fields()
            one._raise_if_overlapping()
        return super().action_submit()

    def action_approve(self):
        # Two approvals at once must not both pass the check: they collide on these rows.
        touch(self._neighbours(("in_review", "approved")) | self)
        for one in self:
            one._check_model()
            one._require_fields()
            one._raise_if_overlapping()
        return super().action_approve()

    def _require_fields(self):
        self.ensure_one()
        if self.scope == "fields" and not self.field_ids:
            raise UserError(self.env._("List the fields that the system owns, or choose all data."))
        # sudo: whether the system is archived is no secret
        if not self.sudo().system_id.active:
            raise UserError(self.env._("The system is archived. It cannot own anything."))

    def action_ask_end(self):
        return self._ask_reason(
            "action_end",
            self.env._("End"),
            warning=self.env._(
                "From now on people and other systems may change these data in Odoo. Conflicts "
                "that wait can be retried then."
            ),
        )

    def action_end(self, reason):
        """End it; by an administrator or an approver."""
        self._governance_require_reason(reason)
        self.check_access("read")
        if not self.env.user.has_groups(
            "integration_core.group_administrator,integration_core.group_approver"
        ):
            raise AccessError(self.env._("Only administrators and approvers end an ownership."))
        self._governance_require(
            "approved", self.env._("Only an ownership that is in force can be ended.")
        )
        # sudo: the state is closed to writes of people
        self.sudo().write({"state": "ended", "valid_until": fields.Date.today()})
        audit.record(self, "retire", reason=reason)
        for one in self.sudo():  # sudo: approvers do not write on configuration
            one.message_post(body=self.env._("Ended: %s", reason))

    # ------------------------------------------------------------------
    # overlaps
    # ------------------------------------------------------------------

    def _neighbours(self, states):
        """Other ownerships of the same kinds of documents and companies, in these states."""
        # sudo: what the user may not see counts as well
        return self.sudo().search(
            [
                ("state", "in", states),
                ("model_name", "in", self.mapped("model_name")),
                ("company_id", "in", self.company_id.ids),
                ("id", "not in", self.ids),
            ],
            order="id",
        )

    def _raise_if_overlapping(self):
        """Two systems cannot both be right about one field.

        :raises UserError: an ownership in force names a field of the same records.
        """
        self.ensure_one()
        mine = self._rule()
        for other in self._neighbours(("approved",)):
            theirs = other._rule()
            if other.system_id == self.system_id or not mine.meets(theirs):
                continue
            count = self._count_in_both(mine, theirs)
            if count:
                both = shared_fields(mine, theirs)
                raise UserError(
                    self.env._(
                        "%(other)s owns “%(fields)s” of the same records (%(count)s of them) "
                        "already. A field has one owner: end that ownership, choose other fields, "
                        "another period, or a condition that tells the records apart.",
                        other=other.system_id.display_name,
                        fields=self._labels(both) or self.env._("creation and deletion"),
                        count=count,
                    )
                )

    def _count_in_both(self, mine: Rule, theirs: Rule) -> int:
        """Records that both cover. Two that cover all records overlap even if there are none."""
        # sudo: records that the user may not see are owned as well
        model = self._model().sudo().with_context(active_test=False)
        domains = [triggers.parse_domain(rule.condition) for rule in (mine, theirs)]
        count = model.search_count(domains[0] & domains[1])
        return count or int(any(domain.is_true() for domain in domains) or domains[0] == domains[1])

    # ------------------------------------------------------------------
    # for the engine
    # ------------------------------------------------------------------

    def _rule(self) -> Rule:
        """This ownership as writes are checked against it."""
        self.ensure_one()
        condition = self.condition if self.condition not in (False, "", "[]") else None
        return Rule(
            id=self.id,
            system_id=self.system_id.id,
            company_id=self.company_id.id,
            model=self.model_name,
            fields=None if self.scope == "all" else frozenset(self.field_ids.mapped("name")),
            existence=bool(self.owns_existence),
            condition=condition,
            valid_from=self.valid_from or None,
            valid_until=self.valid_until or None,
            parks=self.on_conflict == "park",
            decided_by=owned_scope.deciders(self.env[self.model_name], condition)
            if self.model_name in self.env
            else frozenset(),
        )

    @api.model
    @tools.ormcache()
    def _rules(self):
        """What ownership has to say, by model: ``{model: tools.ownership.RuleBook}``.

        One cached map without arguments: models that it does not concern pay a dictionary look-up.
        """
        # sudo: rules are enforced whoever writes
        found = self.sudo().search([("state", "=", "approved")], order="id")
        return owned_rules.books(
            self.env, [one._rule() for one in found if one.model_name in self.env]
        )

    def _rules_changed(self):
        """Drop what workers remember: the rules, and the forms that show them."""
        self.env.flush_all()
        self.env.registry.clear_cache()
        self.env.registry.clear_cache("templates")

    def _labels(self, names) -> str:
        """Names of fields as people read them, joined."""
        self.ensure_one()
        model = self.env.get(self.model_name)
        if "*" in names or model is None:
            return self.env._("all data") if "*" in names else ", ".join(sorted(names))
        record = model.browse()
        return "”, “".join(sorted(owned_values.label(self.env, record, name) for name in names))

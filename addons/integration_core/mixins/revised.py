import hashlib
import json

from odoo import api, fields, models
from odoo.exceptions import UserError

from .emergencies import CLOSED_RELEASE
from .governed import CLOSED, touch

# Set by actions alone, which check what they must; a form or a remote call may not write them.
PROTECTED = frozenset(
    {
        "state",
        "activated_at",
        "deprecated_at",
        "processing_paused",
        "pause_reason",
        "endpoint_disabled",
        "blocked_reason",
        "receiving_stopped",
        "awaits_release",
        "revision_of_id",
        "token",
        "former_address_digest",
        "former_address_until",
        "former_address_used_at",
        "public_id",
    }
)
# Context of a write that another person has approved.
APPROVED = "integration_approved_change"
# Only these states carry traffic; a deprecated interface does so with a warning and a sunset date.
OPEN_STATES = ("active", "deprecated")

# Not part of what is proposed: bookkeeping of the record itself.
NOT_PROPOSED = PROTECTED | {
    "active",
    "company_id",
    "lock_version",
    "sequence",
    "deprecated_at",
    "sunset_date",
}

# What may change without changing how an interface works.
POLICY_LABELS = frozenset({"name", "active", "company_id", *models.MAGIC_COLUMNS})
EVENT_DEFINITION = (
    "code",
    "condition",
    "contract_id",
    "field_name",
    "field_value",
    "fire_existing",
    "mapping_id",
    "model_name",
    "partner_field",
    "repeat_field_name",
    "trigger",
)


def _values(records, names) -> list[list]:
    """Ids and columns of records, to compare them with what they are later."""
    columns = [name for name in names if records._fields[name].column_type]
    return [
        [one.id, *(str(one._fields[name].convert_to_write(one[name], one)) for name in columns)]
        for one in records
    ]


class IntegrationRevised(models.AbstractModel):
    """An approved interface changes by proposals that a second person approves.

    A proposal is a copy of the interface, archived, so that it is edited in the same form and
    carries no traffic. ``integration.revision`` holds what is proposed and what was in force.
    """

    _name = "integration.interface.revised"
    _description = "Interface with Revisions"
    _inherit = ["integration.governed"]

    _closed_fields = PROTECTED
    _reason_acts = (
        "action_send_back",
        "action_emergency_activation",
        "action_release_emergency",
        "action_end_former_address",
    )
    _audit_excluded = (
        *CLOSED,
        "processing_paused",
        "endpoint_disabled",
        "receiving_stopped",
        "awaits_release",
        "token",
        "former_address_until",
        "former_address_used_at",
        "activated_at",
        "deprecated_at",
        "lock_version",
        *CLOSED_RELEASE,
    )

    revision_ids = fields.One2many("integration.revision", "interface_id", string="Revisions")
    revision_of_id = fields.Many2one(
        "integration.interface",
        string="Proposed change of",
        readonly=True,
        copy=False,
        index=True,
        ondelete="cascade",
    )
    proposal_revision_id = fields.Many2one(
        "integration.revision",
        compute="_compute_revisions",
        help="The proposal that is edited here.",
    )
    open_revision_id = fields.Many2one(
        "integration.revision",
        compute="_compute_revisions",
        string="Open proposal",
        help="A change that waits for its approval or its time.",
    )
    revision_count = fields.Integer(compute="_compute_revisions")
    lock_version = fields.Integer(
        default=0,
        copy=False,
        readonly=True,
        help="Counts saves, so that two people who edit at once do not overwrite each other.",
    )

    @api.depends("revision_ids.state", "revision_of_id.revision_ids.proposal_id")
    def _compute_revisions(self):
        # sudo: who may read the interface may know that it is being changed
        for interface in self.sudo():
            own = interface.revision_ids
            interface.revision_count = len(own)
            interface.open_revision_id = own.filtered(lambda r: r._is_open())[:1]
            interface.proposal_revision_id = interface.revision_of_id.revision_ids.filtered(
                lambda revision, interface=interface: revision.proposal_id == interface
            )

    # ------------------------------------------------------------------
    # two people at one form
    # ------------------------------------------------------------------

    def write(self, vals):
        if "lock_version" in vals:
            vals = self._check_lock_version(dict(vals))
        if "active" in vals and not self.env.su:
            self._check_archiving()
        return super().write(vals)

    def _check_archiving(self):
        if any(interface.revision_of_id for interface in self):
            raise UserError(self.env._("A proposal is no interface of its own."))
        if any(interface.state in OPEN_STATES for interface in self):
            raise UserError(
                self.env._("Retire an interface that carries traffic before you archive it.")
            )

    def _check_lock_version(self, vals):
        """Compare the version that the form had loaded with the stored one, and count on.

        :raises UserError: somebody else saved in the meantime
        """
        loaded = vals.pop("lock_version")
        for interface in self:
            if interface.lock_version != loaded:
                raise UserError(
                    self.env._(
                        "%(user)s has changed “%(interface)s” while you were editing it. Discard "
                        "your changes to see the new state, then make them again.",
                        user=interface.write_uid.name,
                        interface=interface.display_name,
                    )
                )
        if vals:
            vals["lock_version"] = loaded + 1
        return vals

    # ------------------------------------------------------------------
    # configuration as data
    # ------------------------------------------------------------------

    def _proposable_names(self) -> list[str]:
        """Fields that a proposal may change: what an administrator can edit in the form."""
        return sorted(
            name
            for name, field in self._fields.items()
            if field.store
            and field.copy
            and not field.compute
            and not field.related
            and field.type not in ("one2many", "binary")
            and name not in NOT_PROPOSED
            and name not in models.MAGIC_COLUMNS
            and not name.startswith(("message_", "activity_"))
        )

    def _governed_names(self) -> list[str]:
        return [
            name
            for name in self._proposable_names()
            if getattr(self._fields[name], "governed", False)
        ]

    def _configuration(self) -> dict:
        """The proposable fields as JSON values: ids for relations, text for the rest."""
        self.ensure_one()
        return json.loads(
            json.dumps(
                {
                    name: self[name].ids
                    if self._fields[name].type == "many2many"
                    else self._fields[name].convert_to_write(self[name], self)
                    for name in self._proposable_names()
                },
                default=str,
            )
        )

    def _write_approved(self, config: dict):
        """Write fields of :meth:`_configuration` although the interface is approved.

        :raises UserError: a record that they refer to does not exist any more
        """
        self.ensure_one()
        vals = {}
        for name, value in config.items():
            field = self._fields.get(name)
            if field is None:
                continue  # of an addon that was uninstalled
            if field.relational and value:
                wanted = value if isinstance(value, list) else [value]
                # sudo: records of the configuration, whoever applies it
                found = self.env[field.comodel_name].sudo().browse(wanted).exists()
                if len(found) != len(wanted):
                    raise UserError(
                        self.env._(
                            "What “%s” referred to does not exist any more.",
                            field._description_string(self.env),
                        )
                    )
                value = [fields.Command.set(found.ids)] if isinstance(value, list) else found.id
            elif field.type == "many2many":
                value = [fields.Command.clear()]
            vals[name] = value
        # sudo: callers checked that a second person approved, or that this is an emergency
        self.sudo().with_context(**{APPROVED: True}).write(vals)
        self._wake()

    def _fingerprint(self) -> str:
        """Of the content of policy and event types, which have no versions of their own.

        They are locked while they are in use, and free afterwards: a revision that comes back
        would bring along what nobody approved.
        """
        self.ensure_one()
        policy = self.policy_id
        content = [
            _values(policy, sorted(set(policy._fields) - POLICY_LABELS)),
            _values(self.event_type_ids.sorted("id"), EVENT_DEFINITION),
            _values(self.event_type_ids.field_ids.sorted("id"), ("path",)),
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def _touch_references(self):
        """Write the rows that an approval relies on, so that an edit under way collides with it.

        In REPEATABLE READ a lock alone would let both commit: the edit, which saw the record as
        free, and the approval, which saw it unchanged.
        """
        for records in (
            self.policy_id,
            self.event_type_ids,
            self.mapping_id,
            self.contract_version_id,
            self.routing_id,
            self.routing_id.line_ids.mapping_id,
            self.routing_id.line_ids.contract_version_id,
            self.system_id,
        ):
            touch(records)

    def _audited(self):
        # A proposal is a working copy; what becomes of it is told by its revision.
        return self.filtered(lambda interface: not interface.revision_of_id)

    # ------------------------------------------------------------------
    # actions
    # ------------------------------------------------------------------

    def action_ask_emergency_activation(self):
        return self._ask_reason(
            "action_emergency_activation",
            self.env._("Activate in an emergency"),
            confirm=self.env._("Activate now"),
            warning=self.env._(
                "The interface carries traffic at once, without a second person. The approvers "
                "are told. It becomes a draft again in 24 hours unless one of them approves it."
            )
            + f" {self._emergency_warning()}",
        )

    def action_emergency_activation(self, reason):
        """Activate a draft without approval, for at most 24 hours (break-glass)."""
        self.ensure_one()
        self.check_access("write")
        self._governance_require_reason(reason)
        if self.state != "draft" or self.revision_of_id:
            raise UserError(self.env._("Only a draft is activated like this."))
        self._require_emergency_allowed()
        self._require_complete()
        self._set_lifecycle("active", emergency=True)
        # sudo: the whole configuration, whichever fields the user may read
        config = json.dumps(self.sudo()._configuration())
        revision = self.env["integration.revision"]._new(
            self,
            state="draft",
            base=config,
            proposed=config,
            summary=self.env._("Activated in an emergency"),
            # sudo: authors may be of other companies
            author_ids=[fields.Command.set(self.sudo().author_ids.ids)],
        )
        revision._begin_emergency(reason)
        self._wake()

    def action_propose_change(self):
        """Open the proposal for this interface, a new one unless there is one already."""
        self.ensure_one()
        if self.state not in (*OPEN_STATES, "approved"):
            raise UserError(
                self.env._("A draft is changed directly. Proposals are for what is approved.")
            )
        self.check_access("write")
        revision = self.open_revision_id or self.env["integration.revision"]._propose(self)
        return revision.action_open_proposal()

    def action_open_revisions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_revision"
        )
        action["domain"] = [("interface_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_open_open_revision(self):
        return self.open_revision_id.get_formview_action()

    def action_open_proposal_revision(self):
        return self.proposal_revision_id.get_formview_action()

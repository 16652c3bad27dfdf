import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import audit
from ..mixins.governed import IntegrationGoverned
from ..tools import three_way

OPEN = ("draft", "in_review", "approved")
IN_FORCE = ("in_force", "emergency")
BOOKKEEPING = ("base", "proposed", "differences", "fingerprint", "proposal_id")
# What people write in a draft; everything else is for the actions.
TEXTS = frozenset({"summary", "planned_at", "notice"})


class IntegrationRevision(models.Model):
    """A change of an approved interface: what, why, who approved it, when it came into force.

    The interface stays as it is until the revision is applied. Applying writes only what the
    proposal changed, and refuses when somebody else changed the same in the meantime.
    """

    _name = "integration.revision"
    _description = "Integration Interface Revision"
    _inherit = ["integration.governed"]
    _order = "interface_id, number desc"
    _check_company_auto = True

    _approvable_states = ("in_review", "emergency")

    # Whose fields the entries of a revision name.
    _audit_fields_of = "integration.interface"
    # Bookkeeping in JSON; what it says is told in words when the proposal is submitted.
    _audit_excluded = (*IntegrationGoverned._audit_excluded, *BOOKKEEPING)

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="interface_id.company_id", store=True, index=True)
    system_id = fields.Many2one(related="interface_id.system_id")
    number = fields.Integer(required=True, readonly=True)
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("in_review", "In review"),
            ("approved", "Approved, waits for its time"),
            ("in_force", "In force"),
            ("emergency", "Emergency, in force until approved"),
            ("superseded", "Superseded"),
            ("rolled_back", "Rolled back"),
            ("discarded", "Discarded"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    summary = fields.Char(string="What and why", help="What approvers and consumers should know.")
    planned_at = fields.Datetime(
        string="Comes into force",
        copy=False,
        help="Empty: as soon as it is approved.",
    )
    notice = fields.Text(
        string="Notice to the consumers",
        help="What changes for those who depend on this interface. The owners of the interface "
        "and of the system get it when the change is approved.",
    )
    proposal_id = fields.Many2one(
        "integration.interface", readonly=True, copy=False, index="btree_not_null"
    )
    base = fields.Text(readonly=True, help="JSON: the configuration that the proposal began with.")
    proposed = fields.Text(readonly=True, help="JSON: the configuration that is proposed.")
    differences = fields.Text(readonly=True, help="JSON: what changed, as a person reads it.")
    fingerprint = fields.Char(
        readonly=True, copy=False, help="Of what the configuration referred to, as it was then."
    )
    applied_at = fields.Datetime(
        string="In force since",
        readonly=True,
        copy=False,
        help="When this configuration came into force.",
    )
    emergency_reason = fields.Char(
        string="Why it was an emergency",
        readonly=True,
        copy=False,
        help="Why it could not wait for an approval.",
    )
    expires_at = fields.Datetime(
        string="Rolls back on",
        readonly=True,
        copy=False,
        help="An emergency change that nobody approves until then is rolled back.",
    )
    rollback_of_id = fields.Many2one(
        "integration.revision", string="Return to", readonly=True, copy=False
    )

    _number_unique = models.Constraint(
        "UNIQUE(interface_id, number)", "This revision exists already."
    )
    _one_open = models.UniqueIndex(
        "(interface_id) WHERE state IN ('draft', 'in_review', 'approved')",
        "A colleague has just proposed a change of this interface. Open that one.",
    )

    has_changes = fields.Boolean(compute="_compute_diff")
    diff_html = fields.Html(string="What changes", compute="_compute_diff", sanitize=False)

    @api.depends("differences", "state", "proposal_id")
    def _compute_diff(self):
        for revision in self:
            lines = json.loads(revision.differences or "[]")
            if revision.state == "draft" and revision.proposal_id:
                # sudo: who may read the revision may see what it proposes
                proposal = revision.proposal_id.sudo()
                lines = revision.sudo()._readable_differences(proposal, sorted(revision._changes()))
            revision.has_changes = bool(lines)
            revision.diff_html = lines and self.env["ir.qweb"]._render(
                "integration_core.revision_differences",
                {"lines": lines, "open": revision._is_open()},
            )

    @api.depends("interface_id.name", "number")
    def _compute_display_name(self):
        for revision in self:
            revision.display_name = self.env._(
                "%(interface)s, revision %(number)s",
                interface=revision.interface_id.name,
                number=revision.number,
            )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Use “Propose a change” on the interface."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            own = {name for name in vals if not name.startswith(("message_", "activity_"))}
            if own - TEXTS:
                raise AccessError(self.env._("The state is set by the buttons only."))
            if own and any(revision.state != "draft" for revision in self):
                raise UserError(self.env._("What is under review does not change."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Revisions are kept. Discard a proposal instead."))

    def _is_open(self) -> bool:
        return self.state in OPEN

    # ------------------------------------------------------------------
    # what is proposed
    # ------------------------------------------------------------------

    @api.model
    def _propose(self, interface):
        """A new draft revision with an editable copy of ``interface``; rights were checked."""
        self._require_no_emergency(interface)
        # sudo: the columns are closed to writes of people
        proposal = (
            interface.sudo()
            .with_context(mail_create_nolog=True)
            .copy({"active": False, "name": interface.name, "revision_of_id": interface.id})
        )
        base = interface._configuration()
        return self._new(interface, state="draft", base=json.dumps(base), proposal_id=proposal.id)

    @api.model
    def _require_no_emergency(self, interface):
        """A change on top of one that nobody approved would smuggle that one in."""
        # sudo: as in _in_force_of
        if self._in_force_of(interface).filtered(lambda one: one.state == "emergency"):
            raise UserError(
                self.env._(
                    "An emergency change of “%s” waits for its approval. Have it approved, or roll "
                    "it back, before the next change.",
                    interface.display_name,
                )
            )

    @api.model
    def _new(self, interface, **values):
        # sudo: numbers count on whoever proposes; the columns are closed to writes of people
        last = self.sudo().search([("interface_id", "=", interface.id)], limit=1)
        # sudo: as above
        revision = self.sudo().create(
            {"interface_id": interface.id, "number": (last.number or 0) + 1, **values}
        )
        audit.record(revision.sudo(False), "propose")
        return revision.sudo(False)

    @api.model
    def _approved_as_a_whole(self, interface):
        """Remember a configuration that was approved with the interface itself."""
        interface = interface.sudo()  # sudo: approvers do not write interfaces
        self._in_force_of(interface).state = "superseded"
        config = json.dumps(interface._configuration())
        return self._new(
            interface,
            state="in_force",
            base=config,
            proposed=config,
            summary=self.env._("Approved as a whole"),
            submitted_by_id=interface.submitted_by_id.id,
            submitted_at=interface.submitted_at,
            approved_by_id=self.env.uid,
            approved_at=fields.Datetime.now(),
            applied_at=fields.Datetime.now(),
            fingerprint=interface._fingerprint(),
        )

    @api.model
    def _in_force_of(self, interface):
        # sudo: what is in force does not depend on who asks; callers close it, a closed column
        return self.sudo().search([("interface_id", "=", interface.id), ("state", "in", IN_FORCE)])

    def _changes(self) -> dict:
        """What the proposal changes: new value by field name."""
        self.ensure_one()
        base = json.loads(self.base or "{}")
        if self.state == "draft" and self.proposal_id:
            # sudo: the whole proposal, whichever fields the reader may see
            proposed = self.proposal_id.sudo()._configuration()
        else:
            proposed = json.loads(self.proposed or "{}")
        return three_way.changes(base, proposed)

    def _freeze(self):
        """Keep what the copy says now: this, and nothing later, is what people approve."""
        for revision in self:
            # sudo: as in _changes; callers checked who submits
            proposal = revision.proposal_id.sudo()
            changed = sorted(revision._changes())
            if not changed:
                raise UserError(self.env._("The proposal changes nothing yet. Edit it first."))
            proposal._require_complete()
            # sudo: closed columns
            revision.sudo().write(
                {
                    "proposed": json.dumps(proposal._configuration()),
                    "differences": json.dumps(
                        revision._readable_differences(proposal, changed), ensure_ascii=False
                    ),
                    "author_ids": [fields.Command.link(one) for one in proposal.author_ids.ids],
                }
            )
            audit.record(revision, "change", changes=revision._audit_changes())

    def _readable_differences(self, proposal, names) -> list[dict]:
        """``[{field, before, after}]`` as a person reads them."""
        old = audit.readable(self.interface_id, names)[self.interface_id.id]
        new = audit.readable(proposal, names)[proposal.id]
        return [
            {
                "field": proposal._fields[name]._description_string(self.env),
                "name": name,
                "before": audit.cut(old[name]),
                "after": audit.cut(new[name]),
                "governed": bool(getattr(proposal._fields[name], "governed", False)),
            }
            for name in names
        ]

    # ------------------------------------------------------------------
    # coming into force
    # ------------------------------------------------------------------

    def _apply(self):
        """Write the change to the interface.

        :raises UserError: the interface changed meanwhile, or would be incomplete
        """
        self.ensure_one()
        interface = self.interface_id
        self._require_no_emergency(interface)
        changed = self._changes()
        # sudo: as in _changes
        present = interface.sudo()._configuration()
        clash = three_way.collisions(json.loads(self.base), present, changed)
        if clash:
            raise UserError(
                self.env._(
                    "“%(interface)s” has been changed since this was proposed: %(fields)s. "
                    "Discard this proposal and propose the change again.",
                    interface=interface.display_name,
                    fields=", ".join(
                        interface._fields[name]._description_string(self.env) for name in clash
                    ),
                )
            )
        # Since it was frozen, something that it begins to use may have come to its end.
        self.proposal_id.sudo()._require_complete()  # sudo: whoever applies it
        interface._write_approved(changed)
        interface.sudo()._require_complete()  # sudo: as above
        self._in_force_of(interface).state = "superseded"
        # sudo: closed columns; callers checked who may
        self.sudo().write(
            {
                "applied_at": fields.Datetime.now(),
                # sudo: as above
                "fingerprint": interface.sudo()._fingerprint(),
            }
        )
        self._drop_proposal()

    def _drop_proposal(self):
        # Never an interface of its own, whatever the column says.
        # sudo: people do not delete what has a history, and a proposal is none
        proposals = self.sudo().proposal_id.filtered("revision_of_id")
        proposals.write({"state": "draft"})
        proposals.unlink()

    def _planned_later(self) -> bool:
        return bool(self.planned_at and self.planned_at > fields.Datetime.now())

    @api.model
    def _hours_of_emergency(self):
        return timedelta(hours=24)

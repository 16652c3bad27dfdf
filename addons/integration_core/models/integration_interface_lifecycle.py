from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine import audit, keys, settings
from ..mixins.revised import OPEN_STATES
from ..tools import data_classes

# The steps of the lifecycle, and the audit entry that each leaves.
ACTS = {"active": "activate", "deprecated": "deprecate", "retired": "retire", "draft": "reopen"}
# Review and approval are steps of ``integration.governed``.
TRANSITIONS = {
    "draft": {"retired"},
    "in_review": set(),
    "approved": {"active", "draft", "retired"},
    "active": {"deprecated", "retired"},
    "deprecated": {"active", "retired"},
    "retired": {"draft"},
}
# Steps of an emergency, which ``integration.revision`` takes.
EMERGENCY = {("draft", "active"), ("active", "draft"), ("deprecated", "draft")}


class IntegrationInterface(models.Model):
    """Lifecycle and operation of an interface: review, activation, pause, stop."""

    _inherit = "integration.interface"

    missing = fields.Text(
        string="Still missing",
        compute="_compute_missing",
        compute_sudo=True,
        help="What is needed before the interface can be submitted.",
    )
    activated_at = fields.Datetime(readonly=True, copy=False, help="First activation.")

    def action_submit(self):
        if self.revision_of_id:
            return self.proposal_revision_id.action_submit()
        self._require_complete()
        self.sudo()._touch_references()  # sudo: rows are written, nothing changes
        return self._governance_submit()

    def action_approve(self):
        self._require_no_proposal()
        interfaces = self.sudo()  # sudo: an approver need not read all that it refers to
        interfaces._require_complete()
        interfaces._touch_references()
        self._governance_approve()
        for interface in self:
            self.env["integration.revision"]._approved_as_a_whole(interface)

    def action_send_back(self, reason):
        self._require_no_proposal()
        return super().action_send_back(reason)

    def _require_no_proposal(self):
        if any(interface.revision_of_id for interface in self):
            raise UserError(
                self.env._("This is a proposal. Its revision is submitted, approved and sent back.")
            )

    def action_activate(self):
        self._require_complete()
        self._set_lifecycle("active")
        self._wake()

    def action_deprecate(self):
        self._set_lifecycle("deprecated")

    def action_retire(self):
        self._set_lifecycle("retired")

    def action_back_to_draft(self):
        """Change freely what carries no traffic; what carries traffic changes by proposals."""
        if any(interface.state in OPEN_STATES for interface in self):
            raise UserError(
                self.env._("An interface that carries traffic is changed by “Propose a change”.")
            )
        if any(interface.open_revision_id for interface in self):
            raise UserError(self.env._("Discard the open proposal first."))
        self._set_lifecycle("draft")
        # sudo: closed columns. From here on nobody has approved what it says; see retention_clocks.
        self.sudo().write({"approved_by_id": False, "approved_at": False})

    def _set_lifecycle(self, target, emergency=False):
        self._require_no_proposal()
        names = dict(self._fields["state"]._description_selection(self.env))
        for interface in self:
            exceptional = emergency and (interface.state, target) in EMERGENCY
            if target not in TRANSITIONS[interface.state] and not exceptional:
                raise UserError(
                    self.env._(
                        "“%(interface)s” is %(state)s and cannot become %(target)s.",
                        interface=interface.display_name,
                        state=names[interface.state].lower(),
                        target=names[target].lower(),
                    )
                )
        self.check_access("write")
        # sudo: the state is closed to writes of people; the step was checked above
        interfaces = self.sudo()
        interfaces.write({"state": target})
        if target == "active":
            self.env["integration.arming"]._first_activation(self)
            # From here on the interface takes events; see engine.dispatcher.
            first = interfaces.filtered(lambda i: not i.activated_at)
            first.activated_at = fields.Datetime.now()
            if set(self.mapped("data_class")) & data_classes.PRIVATE:
                keys.remember(self.env.cr)
        elif target == "deprecated":
            interfaces.deprecated_at = fields.Datetime.now()
        audit.record(self, ACTS[target])

    def _compute_missing(self):
        for interface in self:
            draft = interface.state == "draft"
            lines = interface._missing_for_traffic() if draft else []
            interface.missing = "\n".join(f"• {line}" for line in lines) or False

    def _require_complete(self):
        """Raise with a list of everything that is missing before traffic can flow."""
        for interface in self:
            missing = interface._missing_for_traffic()
            if missing:
                raise ValidationError(
                    self.env._(
                        "“%(interface)s” is not complete:\n%(missing)s",
                        interface=interface.display_name,
                        missing="\n".join(f"• {line}" for line in missing),
                    )
                )

    def _missing_for_traffic(self) -> list[str]:
        """Sentences about what is missing; transports extend this with rules of their own."""
        self.ensure_one()
        return [
            *self._missing_fields(),
            *self._missing_approvals(),
            *self._missing_leave(),
            *self._missing_by_ended_waivers(),
        ]

    def _missing_fields(self) -> list[str]:
        """What nobody has chosen yet, or has chosen as it cannot be."""
        inbound = self.direction == "inbound"
        problems = [
            (
                self.data_class in data_classes.PRIVATE and settings.optional_key_ring() is None,
                self.env._(
                    "The server has no key ring, and without one confidential and clinical content "
                    "is refused. Have its administrator configure one."
                ),
            ),
            (self.transport == "none", self.env._("No transport is chosen.")),
            (
                not inbound and not self.event_type_ids and not self._fetches(),
                self.env._("No event type is sent."),
            ),
            (
                self._receives_messages() and not self.handler and not self.routing_id,
                self.env._(
                    "No handler is chosen: what should Odoo do with a message? Choose one, or a "
                    "routing if messages are of several types."
                ),
            ),
            (inbound and not self.user_id, self.env._("No service user is chosen.")),
            (
                self.user_id and self.user_id._is_superuser(),
                self.env._(
                    "The service user is the superuser, who may do everything. Choose another."
                ),
            ),
        ]
        return [
            self.env._("%s is empty.", field._description_string(self.env))
            for name, field in self._fields.items()
            if getattr(field, "required_if_transport", None) == self.transport and not self[name]
        ] + [sentence for missing, sentence in problems if missing]

    def _receives_messages(self) -> bool:
        """Whether messages arrive here; a transport may have interfaces that are only read."""
        self.ensure_one()
        return self.direction == "inbound"

    def _missing_approvals(self) -> list[str]:
        """What the interface refers to and nobody has approved yet."""
        missing = [
            self.env._("The mapping “%s” of an event type is not approved.", mapping.display_name)
            for mapping in self.event_type_ids.mapping_id.filtered(lambda m: m.state != "approved")
        ]
        if self.mapping_id and self.mapping_id.state != "approved":
            missing.append(
                self.env._("The mapping “%s” is not approved.", self.mapping_id.display_name)
            )
        wire = self.contract_version_id
        if wire and wire.state != "approved":
            missing.append(
                self.env._(
                    "The wire contract “%s” is not approved. Have it approved, or choose another "
                    "version.",
                    wire.display_name,
                )
            )
        return missing

    # ------------------------------------------------------------------
    # operation
    # ------------------------------------------------------------------

    def action_pause(self):
        """Hold processing; messages are still accepted."""
        self._require_operator()
        # sudo: an operator may pause, but not change the configuration of an interface
        self.sudo().write({"processing_paused": True})
        audit.record(self, "pause")
        self._wake()

    def action_resume(self):
        self._require_operator()
        self._require_leave()
        # sudo: as in action_pause
        self.sudo().write(
            {
                "processing_paused": False,
                "receiving_stopped": False,
                "pause_reason": False,
                "endpoint_disabled": False,
            }
        )
        self._endpoint_resumed()
        audit.record(self, "resume")
        self._wake()

    def action_stop_receiving(self):
        """Answer 503 with Retry-After; the partner keeps its messages."""
        self._require_operator()
        if any(interface.direction != "inbound" for interface in self):
            raise UserError(self.env._("Only inbound interfaces receive."))
        # sudo: as in action_pause
        self.sudo().write({"receiving_stopped": True})
        audit.record(self, "stop_receiving")

    def _require_operator(self):
        self.check_access("read")
        if not self.env.user.has_group("integration_core.group_operator"):
            raise UserError(self.env._("Only integration operators may pause or resume."))

    def _wake(self):
        """Let the drains look at these interfaces once this transaction is committed."""
        self.env["integration.lane"]._wake_after_commit(self.ids)

    # ------------------------------------------------------------------
    # what the kanban shows
    # ------------------------------------------------------------------

    queued_count = fields.Integer(string="On the way", compute="_compute_traffic")
    failed_count = fields.Integer(string="Failed", compute="_compute_traffic")
    last_success = fields.Datetime(
        string="Last success",
        compute="_compute_traffic",
        help="When the last message was delivered or handled.",
    )
    breaker_state = fields.Selection(
        [
            ("closed", "Closed"),
            ("open", "Open"),
            ("half_open", "Half-open"),
            ("forced_open", "Forced open"),
            ("disabled", "Disabled"),
        ],
        compute="_compute_breaker_state",
        string="Circuit breaker",
        help="Open: the partner failed too often, so it is not called for a while. Half-open: "
        "a few messages try whether it is back. Forced open: an operator stopped the "
        "calls.",
    )
    light = fields.Selection(
        [
            ("ok", "Running"),
            ("failing", "Failing"),
            ("paused", "Paused"),
            ("endpoint_disabled", "Disabled"),
            ("unreleased", "Held: copy or restore"),
            ("off", "Not active"),
        ],
        compute="_compute_light",
        string="Health",
        help="Failing: messages wait for a person, or the circuit breaker is open. Disabled: the "
        "partner took nothing for too long.",
    )

    def _compute_traffic(self):
        counts = self._traffic_counts() if self.ids else {}
        for interface in self:
            row = counts.get(interface.id, (0, 0, None))
            interface.queued_count, interface.failed_count, interface.last_success = row

    def _traffic_counts(self):
        """``{interface id: (queued, failed, last success)}`` from the ledger's partial indexes."""
        self.env.cr.execute(
            """
            SELECT i.id,
                   (SELECT count(*) FROM integration_message m WHERE m.interface_id = i.id
                       AND m.state IN ('received', 'queued', 'processing', 'waiting', 'retry',
                                       'held')),
                   (SELECT count(*) FROM integration_message m WHERE m.interface_id = i.id
                       AND m.state IN ('quarantined', 'dead')),
                   (SELECT m.finished_at FROM integration_message m WHERE m.interface_id = i.id
                       AND m.state = 'done' ORDER BY m.finished_at DESC LIMIT 1)
              FROM integration_interface i WHERE i.id = ANY(%s)
            """,
            [list(self.ids)],
        )
        return {
            row[0]: (row[1], row[2], row[3] and row[3].replace(microsecond=0))
            for row in self.env.cr.fetchall()
        }

    def _compute_breaker_state(self):
        # sudo: the breaker's own table is not for people; its state is part of the interface
        states = {
            breaker.interface_id.id: breaker.state
            for breaker in self.env["integration.breaker"]
            .sudo()
            .search([("interface_id", "in", self.ids)])
        }
        for interface in self:
            interface.breaker_state = states.get(interface.id, "closed")

    traffic_held = fields.Boolean(
        compute="_compute_traffic_held",
        help="All traffic of this database, or that of this interface, waits for its release.",
    )

    @api.depends("state", "awaits_release", "active")
    def _compute_traffic_held(self):
        held = self.env["integration.arming"]._held_lately()
        for interface in self:
            interface.traffic_held = interface._is_open() and (held or interface.awaits_release)

    @api.depends(
        "state",
        "processing_paused",
        "endpoint_disabled",
        "receiving_stopped",
        "active",
        "blocked_reason",
        "traffic_held",
    )
    def _compute_light(self):
        for interface in self:
            if not interface._is_open():
                interface.light = "off"
            elif interface.traffic_held:
                interface.light = "unreleased"
            elif interface.endpoint_disabled:
                interface.light = "endpoint_disabled"
            elif interface.processing_paused or interface.receiving_stopped:
                interface.light = "paused"
            elif (
                interface.blocked_reason
                or interface.failed_count
                or interface.breaker_state not in ("closed", "disabled")
            ):
                interface.light = "failing"
            else:
                interface.light = "ok"

    def action_open_arming(self):
        return self.env["integration.arming"].action_open()

    def action_open_messages(self):
        return self._open_messages("integration_core.action_integration_message")

    def action_open_failed(self):
        return self._open_messages("integration_core.action_integration_message_dead")

    def action_open_bulk(self):
        """Ask for a bulk retry of what the badge counts and its list shows."""
        self.ensure_one()
        return self.env["integration.replay.task"]._propose(self._failed_domain(), "retry")

    def _failed_domain(self):
        """What failed and waits for a person, as a domain of messages."""
        return [("interface_id", "in", self.ids), ("state", "in", ["quarantined", "dead"])]

    def _open_messages(self, xmlid):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        failed = xmlid.endswith("_dead")
        action["domain"] = self._failed_domain() if failed else [("interface_id", "=", self.id)]
        action["context"] = {"dead_letters": True} if failed else {}
        return action

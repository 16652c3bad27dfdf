import ipaddress

import jmespath

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..mixins.governed import lifecycle
from ..mixins.revised import APPROVED, OPEN_STATES
from ..tools import net_guard


class IntegrationInterface(models.Model):
    """One flow between Odoo and a system: what travels, how, under whose responsibility.

    Transports add their fields to this one model and mark them with three field attributes:
    ``required_if_transport="code"`` (a value is needed before the interface can be approved),
    ``governed=True`` (the value may not change while the interface is approved) and
    ``of_environment=True`` (the value is of this place, so packages leave it out).
    """

    _name = "integration.interface"
    _description = "Integration Interface"
    _inherit = [
        "integration.interface.addressed",
        "integration.interface.classified",
        "integration.interface.emergencies",
        "integration.interface.revised",
        "integration.interface.waived",
        "integration.interface.blocked",
        "integration.interface.filtered",
        "integration.interface.prepared",
        "integration.interface.endpoint",
        "integration.interface.published",
        "integration.door",
    ]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    sequence = fields.Integer(default=10)
    system_id = fields.Many2one(
        "integration.system",
        required=True,
        index=True,
        # No check_company: the company is the system's, and a new interface has none to compare.
        ondelete="restrict",
        tracking=True,
        governed=True,
        help="Whom Odoo exchanges messages with.",
    )
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    direction = fields.Selection(
        [("outbound", "Outbound"), ("inbound", "Inbound")],
        required=True,
        default="outbound",
        tracking=True,
        governed=True,
        help="Outbound: Odoo sends what happened to its documents. Inbound: Odoo receives and "
        "does something with it.",
    )
    transport = fields.Selection(
        [("none", "None")],
        required=True,
        default="none",
        tracking=True,
        governed=True,
        help="How messages travel. Transports come with their own addons.",
    )
    active = fields.Boolean(default=True)

    # what travels
    event_type_ids = fields.Many2many(
        "integration.event.type",
        string="Event types",
        governed=True,
        help="Business events that are sent through this interface.",
    )
    event_filter = fields.Text(
        string="Filter",
        governed=True,
        help="JMESPath over an event, which has data (its canonical content), type, subject, time "
        "and id, such as “to_number(data.total) > `1000`”. Only events for which it is true are "
        "sent; the others are kept as filtered messages. Empty: all are sent.",
    )
    handler = fields.Selection(
        selection="_selection_handler",
        governed=True,
        help="What Odoo does with a received message.",
    )
    contract_version_id = fields.Many2one(
        "integration.contract.version",
        string="Wire contract",
        governed=True,
        ondelete="restrict",
        help="Shape of what the partner sends or gets. Empty: the canonical contract of the "
        "event or of the handler.",
    )
    mapping_id = fields.Many2one(
        "integration.mapping",
        governed=True,
        ondelete="restrict",
        domain="[('state', '!=', 'retired')]",
        help="Turns the partner's shape into canonical JSON or back. Empty: nothing to turn.",
    )
    policy_id = fields.Many2one(
        "integration.policy",
        required=True,
        governed=True,
        ondelete="restrict",
        check_company=True,
        default=lambda self: self.env.ref("integration_core.policy_default", False),
        help="How patient the interface is: time limits, retries, order, how much at once.",
    )
    credential_id = fields.Many2one(
        "integration.credential",
        governed=True,
        ondelete="restrict",
        check_company=True,
        help="With which secret messages are signed or verified.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Service user",
        governed=True,
        ondelete="restrict",
        help="Received messages are handled with the rights of this user. "
        "Give it as few rights as the handler needs.",
    )
    ordering_key_path = fields.Char(
        string="Ordering key",
        governed=True,
        help="JMESPath to the value in a received body that names what the message is about, such "
        "as “order_no”. Messages with the same value are handled in the order of arrival.",
    )
    awaits_confirmation = fields.Boolean(
        string="Awaits confirmation",
        governed=True,
        help="The partner confirms by a message of its own: after delivery the document shows "
        "“waiting for confirmation” until that message has been handled.",
    )
    echo_allowed = fields.Boolean(
        string="Return the system's own changes",
        governed=True,
        help="By default an event that was caused by a message of this system is not sent back "
        "to it.",
    )

    # address
    url = fields.Char(
        string="URL",
        tracking=True,
        governed=True,
        help="Where messages are sent. It begins with https:// unless a waiver allows otherwise.",
    )
    allowed_networks = fields.Char(
        governed=True,
        tracking=True,
        help="Private networks that this interface may reach, such as “10.20.0.0/16”. Public "
        "addresses need no entry; every other private address is refused.",
    )
    disable_after_hours = fields.Integer(
        string="Disable after hours of failure",
        default=120,
        governed=True,
        help="When the partner has taken nothing for so long, in spite of all attempts, the "
        "interface is paused. Its owner is told at 50, 70 and 90 percent of the time, and then. "
        "0: never.",
    )

    # classification
    criticality = fields.Selection(
        [("low", "Low"), ("medium", "Medium"), ("high", "High"), ("vital", "Vital")],
        required=True,
        default="medium",
        tracking=True,
        help="How bad a failure is. Vital: patients are at risk.",
    )
    latency_class = fields.Selection(
        [
            ("realtime", "Real time"),
            ("near_realtime", "Near real time"),
            ("batch", "Batch"),
        ],
        required=True,
        default="near_realtime",
        governed=True,
        help="Decides the queue channel and the priority.",
    )
    data_class = fields.Selection(
        [
            ("public", "Public"),
            ("internal", "Internal"),
            ("confidential", "Confidential"),
            ("clinical", "Clinical"),
        ],
        required=True,
        default="internal",
        tracking=True,
        governed=True,
        help="Confidential and clinical content is encrypted at rest, masked on screen and "
        "revealed for a reason. Clinical content also travels over TLS only, and an interface that "
        "has carried some stays clinical.",
    )
    expected_per_day = fields.Integer(
        string="Expected messages per day",
        help="On an ordinary day. Tells operators what is normal.",
    )
    peak_per_minute = fields.Integer(
        string="Peak messages per minute",
        help="In the busiest minute. Tells whether policy and partner can cope.",
    )
    failure_impact = fields.Text(help="What stops working when this interface fails.")
    rto_minutes = fields.Integer(
        string="Recovery time objective (minutes)",
        help="How long the interface may be down before people must use the manual fallback.",
    )
    rpo_minutes = fields.Integer(
        string="Recovery point objective (minutes)",
        help="How much of the latest data may be lost in a disaster. 0: nothing.",
    )
    runbook = fields.Html(help="Shown to the operator beside each failure.")
    manual_fallback = fields.Html(help="How people go on working while the interface is down.")

    # governance
    state = lifecycle(
        ("active", "Active"),
        ("deprecated", "Deprecated"),
        ("retired", "Retired"),
    )
    deprecated_at = fields.Datetime(readonly=True, copy=False)
    sunset_date = fields.Date(
        copy=False, help="From this day on a deprecated interface is to be gone."
    )
    owner_id = fields.Many2one(
        "res.users",
        required=True,
        default=lambda self: self.env.user,
        tracking=True,
        help="Who decides about this interface and is asked to act when it fails or a deadline"
        " ends.",
    )
    migration_wave = fields.Char(help="When this interface replaces an older one, in your plan.")
    legacy_interface = fields.Char(
        string="Replaces",
        help="The older interface that is switched off when this one is live.",
    )
    processing_paused = fields.Boolean(readonly=True, copy=False, tracking=True)
    receiving_stopped = fields.Boolean(readonly=True, copy=False, tracking=True)
    awaits_release = fields.Boolean(
        readonly=True,
        copy=False,
        help="Its traffic is held since the database was copied or restored.",
    )

    @api.model
    def _valid_field_parameter(self, field, name):
        ours = ("required_if_transport", "governed", "of_environment")
        return name in ours or super()._valid_field_parameter(field, name)

    @api.model
    def _selection_handler(self):
        return sorted(
            (name, self.env._(model._description))
            for name, model in self.env.registry.items()
            if issubclass(model, self.env.registry["integration.handler"])
            and model._contract  # what handlers share has none
        )

    # ------------------------------------------------------------------
    # consistency
    # ------------------------------------------------------------------

    @api.constrains("ordering_key_path")
    def _check_ordering_key_path(self):
        for interface in self.filtered("ordering_key_path"):
            try:
                jmespath.compile(interface.ordering_key_path)
            except jmespath.exceptions.JMESPathError as exc:
                raise ValidationError(
                    self.env._("Ordering key: this is not a JMESPath expression. %s", exc)
                ) from exc

    @api.constrains("allowed_networks")
    def _check_allowed_networks(self):
        for interface in self:
            try:
                interface._allowed_networks()
            except ValueError as exc:
                raise ValidationError(
                    self.env._("Allowed networks: %(reason)s", reason=str(exc))
                ) from exc

    def _allowed_networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        self.ensure_one()
        return tuple(net_guard.parse_networks(self.allowed_networks or ""))

    @api.model_create_multi
    def create(self, vals_list):
        interfaces = super().create(vals_list)
        interfaces._configuration_changed()
        return interfaces

    def write(self, vals):
        self._check_governed(vals)
        res = super().write(vals)
        self._configuration_changed()
        return res

    def _check_governed(self, vals):
        governed = [name for name in vals if getattr(self._fields.get(name), "governed", False)]
        locked = self.filtered(lambda i: i.state != "draft")
        # su: a revision writes what a second person approved; a remote call never is superuser
        if not governed or not locked or (self.env.su and self.env.context.get(APPROVED)):
            return
        changed = [
            self._fields[name]._description_string(self.env)
            for name in governed
            if any(
                interface._fields[name].convert_to_write(interface[name], interface)
                != interface._fields[name].convert_to_write(
                    interface._fields[name].convert_to_record(
                        interface._fields[name].convert_to_cache(vals[name], interface), interface
                    ),
                    interface,
                )
                for interface in locked
            )
        ]
        if changed:
            raise UserError(
                self.env._(
                    "“%(interface)s” is under review or approved, so %(fields)s cannot change. "
                    "Use “Propose a change”: another person approves it, and the interface goes "
                    "on as it is until then.",
                    interface=locked[0].display_name,
                    fields=", ".join(changed),
                )
            )

    def _configuration_changed(self):
        """Workers keep the inbound door's specification and the triggers of events in their cache;
        drop both on all of them.

        The change is flushed first: the flush itself asks for triggers, and would otherwise cache
        those from before the change again.
        """
        self.env.flush_all()
        self.env.registry.clear_cache()
        self.env["integration.record.sync"]._touched_changed()
        self.env["integration.lane"]._ensure_lanes(self)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_history(self):
        # sudo: whoever may delete interfaces must be told of messages and revisions unseen by him
        messages = self.env["integration.message"].sudo()
        known = messages.search_count([("interface_id", "in", self.ids)], limit=1)
        # sudo: as above
        if known or self.sudo().filtered(lambda i: i.state != "draft" or i.revision_ids):
            self._raise_keep_history(self)

    def _raise_keep_history(self, records):
        if self:
            raise UserError(
                self.env._(
                    "“%s” has a history that must be kept. Archive it instead.",
                    records[:1].display_name,
                )
            )

    # ------------------------------------------------------------------
    # what the engine asks
    # ------------------------------------------------------------------

    def _is_open(self) -> bool:
        """Whether it is to carry traffic, wherever its traffic is released."""
        self.ensure_one()
        return self.active and self.state in OPEN_STATES

    def _carries_traffic(self) -> bool:
        """Whether it carries traffic here: a copy of a database carries none."""
        return (
            self._is_open() and not self.awaits_release and self.env["integration.arming"]._armed()
        )

    def _transport(self):
        """The transport model of this interface (see ``integration.transport``)."""
        self.ensure_one()
        return self.env[f"integration.transport.{self.transport}"]

    def _lane_count(self) -> int:
        self.ensure_one()
        return 1 if self.policy_id.ordering == "strict" else self.policy_id.lanes

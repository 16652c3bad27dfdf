from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.integration_core.engine import arming
from odoo.addons.integration_core.tools import errors, net_guard

from ..engine import probing
from ..engine.probing import Target

_ADMINISTRATORS = "integration_core.group_administrator"


class IntegrationProbe(models.Model):
    """Looks from time to time whether a partner's endpoint can be reached, traffic or not.

    It carries no message. After some failures in a row the incident of the interface says so; see
    ``integration.watch.setting`` for how many.
    """

    _name = "integration.probe"
    _description = "Probe of a Partner's Endpoint"
    _inherit = ["integration.closed.columns", "integration.audited"]
    _order = "interface_id, id"
    _rec_name = "interface_id"

    interface_id = fields.Many2one(
        "integration.interface",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('direction', '=', 'outbound')]",
    )
    company_id = fields.Many2one(related="interface_id.company_id", store=True, index=True)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [
            ("connect", "Open a connection"),
            ("request", "Ask for a page"),
        ],
        string="How",
        required=True,
        default="connect",
        help="Open a connection: the server is there, over TLS with a valid certificate. Ask for a "
        "page: the service answers as well, with any status below 500.",
    )
    method = fields.Selection(
        [("HEAD", "HEAD"), ("GET", "GET"), ("OPTIONS", "OPTIONS")], required=True, default="HEAD"
    )
    url = fields.Char(
        string="Other address",
        groups=_ADMINISTRATORS,
        help="Such as the partner's own health page. Empty: the address of the interface.",
    )
    every_minutes = fields.Integer(string="Every (minutes)", required=True, default=1)
    state = fields.Selection(
        [("new", "Not probed yet"), ("ok", "Answers"), ("failing", "Does not answer")],
        required=True,
        readonly=True,
        default="new",
        copy=False,
    )
    tried_at = fields.Datetime(string="Last probe", readonly=True, copy=False)
    success_at = fields.Datetime(string="Last answer", readonly=True, copy=False)
    failing_since = fields.Datetime(string="Failing since", readonly=True, copy=False)
    failures = fields.Integer(string="Failures in a row", readonly=True, copy=False)
    milliseconds = fields.Integer(string="Took (ms)", readonly=True, copy=False, aggregator="avg")
    code = fields.Char(string="Error code", readonly=True, copy=False)
    error = fields.Char(readonly=True, copy=False)
    next_at = fields.Datetime(string="Next", readonly=True, copy=False)

    _closed_fields = frozenset(
        {
            *("state", "tried_at", "success_at", "failing_since", "failures", "milliseconds"),
            *("code", "error", "next_at"),
        }
    )
    _audit_excluded = tuple(sorted(_closed_fields))

    @api.constrains("every_minutes")
    def _check_every_minutes(self):
        if any(not 1 <= one.every_minutes <= 1440 for one in self):
            raise ValidationError(self.env._("Probe it every 1 to 1440 minutes."))

    @api.constrains("interface_id", "kind", "url")
    def _check_address(self):
        for one in self:
            if one.interface_id.direction != "outbound":
                raise ValidationError(
                    self.env._("Only an outbound interface has a partner to probe.")
                )
            if one.url:
                try:
                    plain = net_guard.stays_on_this_machine(one.url)
                    net_guard.check_url(one.url.strip(), allow_plaintext=plain)
                except errors.IntegrationError as exc:
                    raise ValidationError(self.env._("Address: %s", exc.message)) from exc
            elif one.kind == "request" and not (one.interface_id.url or "").startswith("http"):
                raise ValidationError(
                    self.env._("The interface has no web address: open a connection instead.")
                )

    @api.model
    def _cron_probe(self):
        """Probe those whose time has come."""
        probing.run(self.env.registry)

    def _targets(self):
        """What these probes look at; those whose interface has no address are left out."""
        return [
            Target(
                one.id,
                one.kind,
                (one.url or one.interface_id.url or "").strip(),
                one.method,
                net_guard.parse_networks(one.interface_id.allowed_networks or ""),
            )
            for one in self
            if one.url or one.interface_id.url
        ]

    def action_probe_now(self):
        """Probe it now, and say how it went."""
        self.ensure_one()
        self.check_access("write")
        if arming.is_held(self.env.cr):
            raise UserError(self.env._("This is a copy: it calls nobody until it is armed."))
        # sudo: addresses are for administrators, whose right to write was checked above
        targets = self.sudo()._targets()
        if not targets:
            raise UserError(self.env._("The interface has no address yet."))
        outcome = probing.attempt(targets[0])
        self.env.flush_all()
        probing.keep(self.env.cr, outcome)
        self.invalidate_recordset()
        good = not outcome.code
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if good else "danger",
                "message": self.env._("The partner answered in %s ms.", outcome.milliseconds)
                if good
                else outcome.text,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.integration_core.engine import arming
from odoo.addons.integration_core.tools import errors, net_guard
from odoo.addons.integration_core.tools.tls import TlsOptions

from ..engine import probing
from ..engine.probing import Target

_ADMINISTRATORS = "integration_core.group_administrator"
#: A probe by request does not make a second connection each time, to look at the certificate.
LOOK_AGAIN = timedelta(hours=1)


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
    certificate_ends_at = fields.Datetime(
        string="Certificate ends",
        readonly=True,
        copy=False,
        help="Of the partner, as the last probe over TLS has seen it. It is told ahead, as the end "
        "of our own secrets and certificates is.",
    )
    certificate_seen_at = fields.Datetime(string="Certificate seen", readonly=True, copy=False)
    certificate_days = fields.Integer(
        string="Days left", compute="_compute_certificate_days", aggregator=None
    )
    next_at = fields.Datetime(string="Next", readonly=True, copy=False)

    _closed_fields = frozenset(
        {
            *("state", "tried_at", "success_at", "failing_since", "failures", "milliseconds"),
            *("code", "error", "next_at", "certificate_ends_at", "certificate_seen_at"),
        }
    )
    _audit_excluded = tuple(sorted(_closed_fields))

    @api.depends("certificate_ends_at")
    def _compute_certificate_days(self):
        now = fields.Datetime.now()
        for one in self:
            one.certificate_days = (
                (one.certificate_ends_at - now).days if one.certificate_ends_at else 0
            )

    def write(self, vals):
        res = super().write(vals)
        if {"url", "interface_id"} & set(vals):
            # sudo: what was seen at another address is closed to people, and void
            self.sudo().write({"certificate_ends_at": False, "certificate_seen_at": False})
        return res

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
        return [one._target() for one in self if one.url or one.interface_id.url]

    def _target(self):
        interface = self.interface_id
        url = (self.url or interface.url or "").strip()
        # Our certificate and the partner's authority are for the server that gets messages.
        same = probing.place(url) == probing.place(interface.url or "")
        seen = self.certificate_seen_at
        return Target(
            self.id,
            self.kind,
            url,
            self.method,
            net_guard.parse_networks(interface.allowed_networks or ""),
            tls=interface._transport()._probe_tls(interface) if same else TlsOptions(),
            looks_at_certificate=not seen or seen < fields.Datetime.now() - LOOK_AGAIN,
        )

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

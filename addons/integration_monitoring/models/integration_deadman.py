from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.integration_core.engine import audit
from odoo.addons.integration_core.tools import errors, net_guard

from ..engine import deadman

_ADMINISTRATORS = "integration_core.group_administrator"


class IntegrationDeadman(models.Model):
    """A sign of life that goes out while the suite works, so that its absence is noticed elsewhere.

    None goes out while the job runner or the collection of rollups stands still, nor from a copy
    whose traffic is held.
    """

    _name = "integration.deadman"
    _description = "Sign of Life"
    _inherit = ["integration.closed.columns", "integration.audited"]
    _order = "name, id"

    name = fields.Char(required=True, help="Who waits for it, such as “Monitoring of the clinic”.")
    active = fields.Boolean(default=True)
    url = fields.Char(
        string="Address",
        required=True,
        groups=_ADMINISTRATORS,
        help="Where it is sent. It begins with https://; its path may be a secret.",
    )
    method = fields.Selection(
        [("GET", "GET"), ("POST", "POST"), ("HEAD", "HEAD")], required=True, default="GET"
    )
    allowed_networks = fields.Char(
        string="Allowed networks",
        groups=_ADMINISTRATORS,
        help="Private networks that it may reach, such as “10.20.0.0/16”. Public addresses need no "
        "entry; every other private address is refused.",
    )
    every_minutes = fields.Integer(
        string="Every (minutes)",
        required=True,
        default=5,
        help="Whoever waits for it should be alarmed after twice this time.",
    )
    credential_id = fields.Many2one(
        "integration.credential",
        ondelete="restrict",
        groups=_ADMINISTRATORS,
        domain=lambda self: [("kind", "in", deadman.CREDENTIALS)],
        help="A login, a bearer token or a key in a header, if the other side asks for one.",
    )
    state = fields.Selection(
        [
            ("new", "Not sent yet"),
            ("ok", "Arrives"),
            ("failing", "Does not arrive"),
            ("withheld", "Withheld"),
        ],
        required=True,
        readonly=True,
        default="new",
        copy=False,
    )
    reason = fields.Char(string="Code", readonly=True, copy=False)
    error = fields.Char(readonly=True, copy=False)
    explanation = fields.Char(string="Why", compute="_compute_explanation")
    tried_at = fields.Datetime(string="Last attempt", readonly=True, copy=False)
    success_at = fields.Datetime(string="Last success", readonly=True, copy=False)
    failed_since = fields.Datetime(string="Missing since", readonly=True, copy=False)
    next_at = fields.Datetime(string="Next", readonly=True, copy=False)

    _closed_fields = frozenset(
        {"state", "reason", "error", "tried_at", "success_at", "failed_since", "next_at"}
    )
    _audit_excluded = tuple(sorted(_closed_fields))

    @api.depends("state", "reason", "error")
    @api.depends_context("lang")
    def _compute_explanation(self):
        reasons = {
            "held": self.env._("All traffic of this database is held: it may be a copy."),
            "job_runner_down": self.env._("The job runner was not seen at work."),
            "rollup_down": self.env._("The collection of rollups was not seen at work."),
        }
        for one in self:
            one.explanation = reasons.get(one.reason) or one.error or one.reason

    @api.constrains("url", "allowed_networks")
    def _check_url(self):
        for one in self:
            try:
                plain = net_guard.stays_on_this_machine(one.url or "")
                net_guard.check_url((one.url or "").strip(), allow_plaintext=plain)
                net_guard.parse_networks(one.allowed_networks or "")
            except errors.IntegrationError as exc:
                raise ValidationError(self.env._("Address: %s", exc.message)) from exc
            except ValueError as exc:
                raise ValidationError(self.env._("Allowed networks: %s", exc)) from exc

    @api.constrains("every_minutes")
    def _check_every_minutes(self):
        for one in self:
            if not 1 <= one.every_minutes <= 1440:
                raise ValidationError(self.env._("Send it every 1 to 1440 minutes."))

    @api.constrains("credential_id")
    def _check_credential(self):
        for one in self:
            if one.credential_id and one.credential_id.kind not in deadman.CREDENTIALS:
                raise ValidationError(
                    self.env._(
                        "Use a credential with a login, a bearer token or a key in a header."
                    )
                )

    @api.model
    def _cron_deadman(self):
        """Send the signs of life whose time has come."""
        deadman.run(self.env.registry)

    def _ping(self):
        """What is to be sent.

        :raises errors.ConfigurationError: the credential is not usable
        """
        self.ensure_one()
        return deadman.Ping(
            self.id,
            self.method,
            self.url.strip(),
            deadman.headers(self.credential_id),
            net_guard.parse_networks(self.allowed_networks or ""),
        )

    def action_send_now(self):
        """Send it now, if the suite works.

        :raises UserError: it is withheld, or did not arrive
        """
        self.ensure_one()
        self.check_access("write")
        why = deadman.reason(self.env.cr)
        if why:
            raise UserError(self.new({"reason": why}).explanation)
        try:
            deadman.send(self._ping())
        except errors.IntegrationError as exc:
            raise UserError(exc.message) from exc
        audit.record(self, "test")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("It arrived."),
            },
        }

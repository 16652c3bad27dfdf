import hmac
import secrets
from collections import defaultdict
from datetime import timedelta
from hashlib import sha256

from odoo import api, fields, models

from odoo.addons.integration_core.engine import audit
from odoo.addons.integration_core.engine.cursors import own_cursor

_BYTES = 32
# A scrape comes every few seconds; when it came last is of interest to the quarter of an hour.
_NOTED_EVERY = timedelta(minutes=15)
_SHOWN = 8


class IntegrationMetricsToken(models.Model):
    """Lets one monitoring system read ``/integration/metrics`` until a day, and nothing else.

    Only a digest of the token is kept. It is random, so the digest needs no salt, and a digest that
    is looked up by equality tells by its timing nothing about the token.
    """

    _name = "integration.metrics.token"
    _description = "Access Token for Metrics"
    _inherit = ["integration.audited"]
    _order = "expires_on desc, id desc"

    name = fields.Char(
        required=True, help="Who reads with it, such as the name of the Prometheus server."
    )
    active = fields.Boolean(default=True, help="Archive it to withdraw it at once.")
    company_ids = fields.Many2many(
        "res.company",
        string="Companies",
        help="Only interfaces of these companies are told. Empty: of all.",
    )
    expires_on = fields.Date(
        string="Valid until",
        required=True,
        default=lambda self: fields.Date.today() + timedelta(days=365),
    )
    hint = fields.Char(string="Begins with", readonly=True, copy=False)
    digest = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    last_used_at = fields.Datetime(string="Last used", readonly=True, copy=False)
    state = fields.Selection(
        [("none", "No token yet"), ("valid", "Valid"), ("soon", "Ends soon"), ("over", "Over")],
        compute="_compute_state",
    )

    _digest_unique = models.UniqueIndex("(digest) WHERE digest IS NOT NULL")

    @api.depends("expires_on", "hint")
    def _compute_state(self):
        today = fields.Date.today()
        for token in self:
            if not token.hint:
                token.state = "none"
            elif token.expires_on < today:
                token.state = "over"
            else:
                soon = token.expires_on < today + timedelta(days=30)
                token.state = "soon" if soon else "valid"

    def action_generate(self):
        """Make a new token, which is shown once; the one before it ends at once."""
        self.ensure_one()
        self.check_access("write")
        plain = secrets.token_urlsafe(_BYTES)
        # sudo: the digest is not for people; who may write the record was checked above
        self.sudo().write({"digest": _digest(plain), "hint": plain[:_SHOWN], "last_used_at": False})
        audit.record(self, "generate")
        # An argument of the dialog: a secret is never a field of a record.
        return {
            "type": "ir.actions.client",
            "tag": "integration_monitoring.show_token",
            "params": {"token": plain, "name": self.name},
            "context": {},
        }

    def _audited_names(self, vals):
        # When it was last used is no configuration, and the digest is nobody's business.
        ignored = {"last_used_at", "digest", "hint"}
        return [name for name in super()._audited_names(vals) if name not in ignored]

    @api.model
    def _admitted(self, plain):
        """The valid token that ``plain`` is, or none.

        :param plain: as it came with the request
        """
        digest = _digest(plain)
        # sudo: whoever asks has no user; the token is the proof
        found = self.sudo().search([("digest", "=", digest)], limit=1)
        if not found or not hmac.compare_digest(found.digest, digest):
            return self.browse()
        if found.expires_on < fields.Date.today():
            return self.browse()
        found._note_use()
        return found

    def _note_use(self):
        last = self.last_used_at
        if last and fields.Datetime.now() - last < _NOTED_EVERY:
            return
        # On a cursor of its own: the scrape itself is read-only.
        with own_cursor(self.env.registry) as cr:
            cr.execute(
                """
                UPDATE integration_metrics_token SET last_used_at = now() AT TIME ZONE 'UTC'
                 WHERE id = %s
                """,
                [self.id],
            )

    # ------------------------------------------------------------------
    # what other parts of monitoring add to a scrape
    # ------------------------------------------------------------------

    @api.model
    def _breaches(self, company_ids):
        """Business documents that are late: ``{name of the rule: count}``.

        Rules of one name count together.
        """
        mine = [("company_id", "in", [False, *company_ids])] if company_ids else []
        rules = self.env["integration.business.rule"].search(mine)
        late = [("rule_id", "in", rules.ids), ("state", "!=", "healed")]
        if company_ids:
            late.append(("company_id", "in", [False, *company_ids]))
        counts = dict(
            self.env["integration.business.breach"]._read_group(late, ["rule_id"], ["__count"])
        )
        found = defaultdict(int)
        for rule in rules:
            found[rule.name] += counts.get(rule, 0)
        return dict(found)

    @api.model
    def _probes(self, interface_ids):
        """Whether the last probe of a partner succeeded: ``{interface id: success}``.

        Of several probes all have to.
        """
        probes = self.env["integration.probe"].search(
            [("interface_id", "in", list(interface_ids)), ("state", "!=", "new")]
        )
        return {
            interface.id: all(one.state == "ok" for one in of_it)
            for interface, of_it in probes.grouped("interface_id").items()
        }

    @api.model
    def _budgets(self, interface_ids):
        """What is left of budgets: ``{interface id: {kind of objective: share}}``."""
        found = defaultdict(dict)
        objectives = self.env["integration.slo"].search(
            [("interface_id", "in", list(interface_ids))]
        )
        for one in objectives:
            found[one.interface_id.id][one.kind] = one.remaining / 100
        return dict(found)


def _digest(plain):
    return sha256(plain.encode()).hexdigest()

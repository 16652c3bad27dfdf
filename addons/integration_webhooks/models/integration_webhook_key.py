from odoo import api, fields, models

from odoo.addons.integration_core.engine import arming
from odoo.addons.integration_core.engine.cursors import commit
from odoo.addons.integration_core.tools import net_guard

from ..engine import key_fetching
from ..tools.key_texts import accept_certificate, accept_key_set

ACCEPT = {"jwks": accept_key_set, "certificate": accept_certificate}


class IntegrationWebhookKey(models.Model):
    """A public key, or a set of them, that a sender publishes at an address.

    Written by :mod:`..engine.key_fetching` alone, and read into the specification of the door.
    """

    _name = "integration.webhook.key"
    _description = "Public Key of a Webhook Sender"
    _log_access = False
    _rec_name = "url"
    _order = "interface_id, kind, url"

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [("jwks", "Key set (JWKS)"), ("certificate", "Certificate")], required=True, readonly=True
    )
    url = fields.Char(string="Address", required=True, readonly=True)
    content = fields.Text(readonly=True, help="What was published there. It is not secret.")
    fetched_at = fields.Datetime(string="Fetched", readonly=True)
    tried_at = fields.Datetime(string="Last try", readonly=True)
    wanted_at = fields.Datetime(string="Asked for", readonly=True)
    error = fields.Char(readonly=True, help="Why the last try failed.")

    _address_unique = models.UniqueIndex("(interface_id, kind, url)")

    @api.model
    def _cron_fetch(self):
        """Fetch what is wanted or old. The network is called between transactions only."""
        key_fetching.forget_failed(self.env.cr)
        wanted = [] if arming.was_held(self.env.cr) else self._due()
        commit(self.env.cr)  # a cron has nothing of a caller in its transaction
        key_fetching.run(self, wanted)

    @api.model
    def _due(self) -> list[key_fetching.Wanted]:
        self._add_key_sets()
        before = fields.Datetime.now() - key_fetching.REFRESH
        domain = [
            "|",
            ("wanted_at", "!=", False),
            "&",
            ("kind", "=", "jwks"),
            "|",
            ("tried_at", "=", False),
            ("tried_at", "<", before),
        ]
        found = self.search(domain, order="wanted_at, tried_at", limit=key_fetching.BATCH)
        return [key._wanted() for key in found if key.interface_id._may_greet()]

    @api.model
    def _add_key_sets(self):
        """Rows for the addresses that interfaces name, and none for those they no longer name."""
        named = {
            (interface.id, interface.jwks_url.strip())
            for interface in self.env["integration.interface"].search(
                [("jwks_url", "!=", False), ("revision_of_id", "=", False)]
            )
        }
        known = self.search([("kind", "=", "jwks")])
        stale = known.filtered(lambda key: (key.interface_id.id, key.url) not in named)
        missing = named - {(key.interface_id.id, key.url) for key in known}
        stale.unlink()
        self.create([{"interface_id": one, "kind": "jwks", "url": url} for one, url in missing])

    def _wanted(self) -> key_fetching.Wanted:
        self.ensure_one()
        interface = self.interface_id
        return key_fetching.Wanted(
            id=self.id,
            url=self.url,
            networks=interface._allowed_networks(),
            # What verifies comes over https; programs on the same machine are the exception.
            allow_plaintext=net_guard.stays_on_this_machine(self.url),
            timeouts=key_fetching.timeouts(interface.policy_id),
            accept=ACCEPT[self.kind],
        )

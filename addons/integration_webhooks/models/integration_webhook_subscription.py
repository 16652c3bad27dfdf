from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.integration_core.engine import arming, audit
from odoo.addons.integration_core.engine.cursors import commit, own_cursor

from ..engine import key_fetching

ACTIVITY = "integration_webhooks.mail_activity_subscription"
CRON = "integration_webhooks.ir_cron_confirm_subscriptions"
#: Requests to confirm one interface that wait for a person at most.
MOST = 20


class IntegrationWebhookSubscription(models.Model):
    """A sender asks whether it may deliver, and waits for a call to an address of its own.

    A person decides, because the call binds us to whatever topic the sender named. It is made by a
    cron, between transactions.
    """

    _name = "integration.webhook.subscription"
    _description = "Subscription to Confirm"
    _inherit = ["integration.audited"]
    _audit_parent = "interface_id"
    # Decisions leave entries of their own, and the address carries a token of the sender.
    _audit_excluded = ("url", "state", "asked_at", "confirmed_at", "error")
    _order = "id desc"
    _rec_name = "topic"

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, ondelete="cascade", index=True
    )
    topic = fields.Char(required=True, readonly=True, help="What the sender wants to deliver.")
    url = fields.Char(
        string="Confirmation address",
        readonly=True,
        groups="integration_core.group_administrator",
        help="Calling it confirms the subscription. It was found to be an address of the provider.",
    )
    state = fields.Selection(
        [
            ("asked", "Waiting for a decision"),
            ("confirming", "Being confirmed"),
            ("confirmed", "Confirmed"),
            ("failed", "Failed"),
            ("declined", "Declined"),
        ],
        required=True,
        readonly=True,
        default="asked",
    )
    asked_at = fields.Datetime(string="Asked", readonly=True)
    confirmed_at = fields.Datetime(string="Confirmed", readonly=True)
    error = fields.Char(readonly=True, help="Why the call failed.")

    _topic_unique = models.UniqueIndex("(interface_id, topic)")

    @api.model
    def _ask(self, interface, topic, url):
        """Note that a sender asks, and tell the owner once.

        :param interface: as superuser; its door has verified the request
        """
        known = self.search([("interface_id", "=", interface.id), ("topic", "=", topic)])
        if known.state == "confirmed" or known.state == "confirming":
            return
        if not known and self.search_count([("interface_id", "=", interface.id)]) >= MOST:
            return
        values = {"url": url, "state": "asked", "asked_at": fields.Datetime.now(), "error": False}
        if known:
            known.write(values)
        else:
            self.create({"interface_id": interface.id, "topic": topic, **values})
        if not interface.activity_search([ACTIVITY]):
            interface.activity_schedule(
                ACTIVITY,
                user_id=interface.owner_id.id,
                note=self.env._("“%s” asks to be confirmed.", topic),
            )

    def action_confirm(self):
        """Let the sender's address be called, beside this transaction."""
        self._require_decision()
        # sudo: the state is closed to writes of people; who may decide was checked
        self.sudo().write({"state": "confirming"})
        audit.record(self, "confirm")
        self.env.ref(CRON).sudo()._trigger()  # sudo: whoever may decide lets it run

    def action_decline(self):
        """Do not call it: the sender stays unsubscribed."""
        self._require_decision()
        # sudo: as in action_confirm
        self.sudo().write({"state": "declined"})
        audit.record(self, "cancel")
        self._close_activities()

    def _require_decision(self):
        self.interface_id.check_access("write")
        self.check_access("read")
        if any(one.state not in ("asked", "failed") for one in self):
            raise UserError(self.env._("This was decided already."))
        if any(not one.interface_id._may_greet() for one in self):
            raise UserError(
                self.env._("Approve the interface first, and release its traffic if it is held.")
            )

    def _close_activities(self):
        for interface in self.interface_id:
            waiting = self.search_count(
                [("interface_id", "=", interface.id), ("state", "=", "asked")], limit=1
            )
            if not waiting:
                # sudo: activities of the owner are closed by whoever decides
                interface.sudo().activity_feedback([ACTIVITY])

    @api.model
    def _cron_confirm(self):
        """Call what was decided. The network is called between transactions only."""
        found = self.search([("state", "=", "confirming")], limit=key_fetching.BATCH)
        wanted = []
        if not arming.was_held(self.env.cr):
            wanted = [one._wanted() for one in found if one.interface_id._may_greet()]
        commit(self.env.cr)  # a cron has nothing of a caller in its transaction
        for one in wanted:
            fetched = key_fetching.fetch(one)
            with own_cursor(self.env.registry) as cr:
                self.with_env(self.env(cr=cr)).browse(one.id)._confirmed(fetched.error)

    def _wanted(self):
        return key_fetching.Wanted(
            id=self.id,
            url=self.url,
            networks=(),
            allow_plaintext=False,
            timeouts=key_fetching.timeouts(self.interface_id.policy_id),
            accept=lambda _body: "",
        )

    def _confirmed(self, error):
        if error:
            self.write({"state": "failed", "error": error})
            return
        self.write({"state": "confirmed", "confirmed_at": fields.Datetime.now(), "error": False})
        self._close_activities()

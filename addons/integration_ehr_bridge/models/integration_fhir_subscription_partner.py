import base64

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.integration_core.engine import audit
from odoo.addons.integration_core.engine.cursors import own_cursor
from odoo.addons.integration_core.tools import errors, keyring, net_guard

from ..engine import fhir_subscriber
from ..tools import http_proof
from ..tools.fhir import subscribing
from ..tools.fhir.subscribing import OFF, Wish

#: What the partner's server says of a subscription, as states here.
STATES = {"requested": "requested", "active": "active", "error": "error", "off": "off"}


class IntegrationFhirSubscription(models.Model):
    """A subscription that was created from here: it can be looked at, requested anew, and ended."""

    _inherit = "integration.fhir.subscription"

    criteria = fields.Char(
        readonly=True, help="What is told, as a search; with a topic: which of what it tells."
    )
    topic_url = fields.Char(
        string="Topic asked for", readonly=True, help="Empty: plain R4, which does not count."
    )
    content = fields.Selection(
        [
            ("full-resource", "The resources"),
            ("id-only", "Their names"),
            ("empty", "That there is something"),
        ],
        string="Notifications carry",
        readonly=True,
    )
    partner_error = fields.Char(
        string="Error there", readonly=True, help="What the partner's server says of it."
    )
    looked_at = fields.Datetime(
        string="Looked at", readonly=True, help="When the partner's server was asked last."
    )
    asked_for = fields.Boolean(compute="_compute_asked_for", help="Created from here.")

    @api.depends("criteria", "topic_url")
    def _compute_asked_for(self):
        for one in self:
            one.asked_for = bool(one.criteria or one.topic_url)

    # ------------------------------------------------------------------
    # by people
    # ------------------------------------------------------------------

    def action_look(self):
        """Ask the partner's server what it says of the subscription."""
        self.ensure_one()
        self._require_administrator()
        said = self._tried(lambda server: fhir_subscriber.look(server, self.reference))
        self._heard(self.interface_id, said)

    def action_request(self):
        """Have it requested anew, as it was: servers give up after some trouble."""
        self._put("requested")

    def action_end(self):
        """Have the partner's server tell nothing more."""
        self._put(OFF)

    def _put(self, status):
        self.ensure_one()
        self._require_administrator()
        if not self.asked_for:
            raise UserError(
                self.env._(
                    "This subscription was created at the partner's server. Have it changed there."
                )
            )
        wish = self._wish(self.interface_id, self)
        wanted = subscribing.asked(wish, status, self.reference)
        said = self._tried(lambda server: fhir_subscriber.replace(server, self.reference, wanted))
        audit.record(self.interface_id, "subscribe", changes={"status": (self.state, status)})
        self._heard(self.interface_id, said)

    @api.model
    def _subscribe(self, interface, values):
        """Have a subscription created at the server that an interface reads from.

        The server is asked within the request of the person who waits, before anything is written.

        :param values: ``criteria``, ``topic_url``, ``content`` and ``heartbeat``
        """
        self._require_administrator()
        wanted = subscribing.asked(self._wish(interface, values))
        said = self._tried(lambda server: fhir_subscriber.create(server, wanted), interface)
        audit.record(interface, "subscribe", changes={"status": ("", said.status)})
        self._heard(interface, said, values)

    # ------------------------------------------------------------------
    # with the server
    # ------------------------------------------------------------------

    def _require_administrator(self):
        if not self.env.user.has_group("integration_core.group_administrator"):
            raise AccessError(self.env._("Only integration administrators may do this."))

    def _tried(self, act, interface=None):
        """What the server says.

        :raises UserError: it cannot be asked, or refuses
        """
        interface = interface or self.interface_id
        # sudo: an administrator asks; the source is of the same system
        source = interface.sudo().fhir_poll_interface_id
        if not source:
            raise UserError(
                self.env._(
                    "Say first through which interface the partner's server is asked: “Polls "
                    "through” on the page “Polling”."
                )
            )
        if not interface._carries_traffic() or not source._carries_traffic():
            raise UserError(
                self.env._(
                    "“%(interface)s” and “%(source)s” have to be active, and not held: a partner "
                    "is not to tell what nobody takes.",
                    interface=interface.display_name,
                    source=source.display_name,
                )
            )
        try:
            return act(self.env["integration.transport.fhir"]._server(source))
        except errors.IntegrationError as exc:
            raise UserError(exc.message) from None

    @api.model
    def _wish(self, interface, values):
        """What is asked for; ``values`` is a record or a dictionary with its members."""
        # sudo: the address and what the partner proves itself with are told to the partner alone
        mine = interface.sudo()
        headers = self._headers(mine)
        address = mine.fhir_poll_interface_id.url or ""
        secure = address.lower().startswith("https:")
        if headers and address and not secure and not net_guard.stays_on_this_machine(address):
            raise UserError(
                self.env._(
                    "The server would be told over http:// what it proves itself with, for all on "
                    "the way to read. Have its address begin with https://, or let it prove itself "
                    "by a certificate."
                )
            )
        return Wish(
            endpoint=mine.fhir_url,
            criteria=values["criteria"] or "",
            headers=headers,
            topic=values["topic_url"] or "",
            content=values["content"] or "full-resource",
            heartbeat=values["heartbeat"] or 0,
        )

    @api.model
    def _headers(self, interface):
        """How the partner's server proves itself to us, as ``channel.header``.

        :raises UserError: it has nothing to prove itself with
        """
        if interface.hl7_proof == "certificate":
            return ()
        credential, now = interface.credential_id, fields.Datetime.now()
        every = credential._sealed() if credential else ()
        sealed = next((one for one in every if one.valid_at(now)), None)
        if sealed is None or credential.kind not in http_proof.KINDS:
            raise UserError(self.env._("The partner has nothing to prove itself with."))
        try:
            secret = sealed.open()
        except keyring.KeyRingError as exc:
            raise UserError(exc.message) from None
        if credential.kind == "header":
            return (f"{credential.header_name}: {secret}",)
        if credential.kind == "bearer":
            return (f"Authorization: Bearer {secret}",)
        pair = base64.b64encode(f"{sealed.login}:{secret}".encode()).decode()
        return (f"Authorization: Basic {pair}",)

    @api.model
    def _heard(self, interface, said, values=None):
        """Write down what the server says; it may have told us something meanwhile."""
        known = {
            "partner_error": said.error or False,
            "looked_at": fields.Datetime.now(),
            "state": STATES.get(said.status, "requested"),
        }
        for name in ("criteria", "topic_url", "content") if values else ():
            known[name] = values[name]
        heartbeat = (values or {}).get("heartbeat") or 0
        with own_cursor(self.env.registry) as cr:
            # sudo: nobody may write what partners tell; who may ask is checked before
            own = self.with_env(self.env(cr=cr, su=True))
            cr.execute(
                "INSERT INTO integration_fhir_subscription (interface_id, company_id, reference, "
                "state, heartbeat, create_date, create_uid) VALUES (%s, %s, %s, 'requested', %s, "
                "now() AT TIME ZONE 'UTC', %s) ON CONFLICT (interface_id, reference) DO NOTHING",
                [interface.id, interface.company_id.id, said.name, heartbeat, self.env.uid],
            )
            row = own.search([("interface_id", "=", interface.id), ("reference", "=", said.name)])
            if row.state == "active" and known["state"] == "requested":
                known.pop("state")  # its handshake came before the answer
            if values:
                known["heartbeat"] = heartbeat
            row.write(known)
        self.env.invalidate_all()

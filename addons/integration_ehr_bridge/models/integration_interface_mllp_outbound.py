from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core.tools import errors, http_auth
from odoo.addons.integration_core.tools.tls import TlsOptions, context_for

from ..tools.sending import address
from ..tools.sending.connection import Target

MAX_CONNECTIONS = 16


class IntegrationInterface(models.Model):
    """MLLP that leaves: the address, TLS, and how many connections there may be."""

    # A file of its own: what both HL7 transports share is in the other one.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    mllp_connections = fields.Integer(
        string="Connections",
        default=1,
        governed=True,
        help="How many may be open at once, over all workers. One: messages arrive one after the "
        "other, and whichever worker sends takes the connection over. Several: only for a partner "
        "that accepts them, and without a strict order.",
    )
    mllp_ca = fields.Text(
        string="Authority of the listener",
        governed=True,
        of_environment=True,
        help="PEM certificates of the authority that the partner's certificate leads to, besides "
        "the public ones.",
    )
    mllp_connection_ids = fields.One2many("integration.mllp.connection", "interface_id")

    @api.constrains("mllp_connections")
    def _check_mllp_connections(self):
        if any(not 1 <= one.mllp_connections <= MAX_CONNECTIONS for one in self):
            raise ValidationError(
                self.env._("An interface has 1 to %s connections.", MAX_CONNECTIONS)
            )

    @api.constrains("mllp_ca")
    def _check_mllp_ca(self):
        for interface in self.filtered("mllp_ca"):
            try:
                context_for(TlsOptions(extra_ca_pem=interface.mllp_ca))
            except errors.ConfigurationError as exc:
                raise ValidationError(
                    self.env._("Authority of the listener: paste its certificates in PEM.")
                ) from exc

    # ------------------------------------------------------------------
    # the way
    # ------------------------------------------------------------------

    def _sends_mllp(self) -> bool:
        self.ensure_one()
        return self.transport == "mllp" and self.direction == "outbound"

    def _mllp_target(self, proofs=()) -> Target:
        """Where and how to connect.

        :param proofs: of the credential, the version in use first
        :raises errors.IntegrationError: the address cannot be used
        """
        self.ensure_one()
        found = address.parse(self.url or "")
        if not found.secure and not self._plaintext_allowed():
            refused = address.AddressRefused(self._plaintext_text(), code="plaintext_refused")
            raise refused
        mine = [one.tls() for one in proofs if isinstance(one, http_auth.ClientCertificate)]
        policy = self.policy_id
        return Target(
            address=found,
            tls=replace(mine[0] if mine else TlsOptions(), extra_ca_pem=self.mllp_ca or ""),
            networks=self._allowed_networks(),
            connect_timeout=policy.connect_timeout,
            read_timeout=policy.read_timeout,
            total_timeout=policy.total_timeout,
        )

    def _sends_plaintext(self):
        if not self._sends_mllp():
            return super()._sends_plaintext()
        return (self.url or "").strip().lower().startswith(address.PLAIN)

    def _plaintext_allowed(self):
        if (
            self._sends_mllp()
            and self.data_class != "clinical"
            and address.stays_on_this_machine(self.url or "")
        ):
            return True
        return super()._plaintext_allowed()

    def _plaintext_text(self):
        if not self._sends_mllp():
            return super()._plaintext_text()
        if self.data_class == "clinical":
            return self.env._("Clinical content needs an address that begins with mllps://.")
        return self.env._(
            "The address does not begin with mllps://, so all that is sent can be read on its way. "
            "Enter an mllps address, or have a waiver approved in Governance / Waivers."
        )

    # ------------------------------------------------------------------
    # before traffic
    # ------------------------------------------------------------------

    def _missing_of_hl7_content(self):
        missing = super()._missing_of_hl7_content()
        if self.transport != "mllp" or not self.url:
            return missing
        try:
            secure = address.parse(self.url).secure
        except errors.IntegrationError as exc:
            return [*missing, exc.message]
        if not secure and (self.credential_id or self.mllp_ca):
            missing.append(
                self.env._(
                    "A client certificate or a private authority has no effect on an address "
                    "without mllps://."
                )
            )
        return missing

    def _missing_of_hl7_order(self):
        missing = super()._missing_of_hl7_order()
        if self.transport != "mllp":
            return missing
        policy = self.policy_id
        if policy.ordering == "strict" and self.mllp_connections > 1:
            missing.append(
                self.env._(
                    "The policy “%s” keeps a strict order, which several connections cannot. "
                    "Allow one connection, or choose another policy.",
                    policy.name,
                )
            )
        elif policy.ordering != "strict" and policy.lanes > self.mllp_connections:
            missing.append(
                self.env._(
                    "The policy “%(policy)s” has %(lanes)s lanes that work at once, for "
                    "%(connections)s connections. Choose a policy with fewer lanes, or allow as "
                    "many connections.",
                    policy=policy.name,
                    lanes=policy.lanes,
                    connections=self.mllp_connections,
                )
            )
        return missing

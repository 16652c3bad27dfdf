from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.integration_core.tools import errors, net_guard
from odoo.addons.integration_core.tools.tls import TlsOptions, context_for

from ..tools.fhir import address
from ..tools.fhir.conditional import Interaction, Rules

#: How we may prove ourselves; without any, the network has to do.
CREDENTIAL_KINDS = ("private_key_jwt", "oauth2", "mtls", "bearer", "basic", "header")


class IntegrationInterface(models.Model):
    """FHIR R4 that leaves, or is read: the server, and how resources are sent to it."""

    # One form, and a file for each of its concerns.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    fhir_purpose = fields.Selection(
        [("send", "Sends resources"), ("read", "Reads resources")],
        string="FHIR purpose",
        default="send",
        required=True,
        governed=True,
        tracking=True,
        help="Reads: inbound interfaces of the same system poll through it, and fetch what they "
        "were notified of. Nothing is sent.",
    )
    fhir_interaction = fields.Selection(
        [
            ("conditional_create", "Create, unless it is there"),
            ("update", "Update what the server has of ours, create it first"),
            ("conditional_update", "Update what has its identifier, create it otherwise"),
            ("create", "Create each time"),
            ("transaction", "Transaction Bundles that the mapping writes"),
        ],
        string="How resources are sent",
        default="conditional_create",
        required=True,
        governed=True,
        help="By an identifier the server recognises what it has already (If-None-Exist, "
        "conditional update), so a repetition makes no second one. Ids and versions that it gives "
        "are remembered. A mapping may say otherwise: it then makes an entry with a request, "
        "or a transaction Bundle.",
    )
    fhir_match_version = fields.Boolean(
        string="Only over the known version",
        default=True,
        governed=True,
        help="An update names the version that we made last (If-Match). When somebody else has "
        "changed the resource since, the server refuses, and a person decides.",
    )
    fhir_types = fields.Char(
        string="Resource types",
        governed=True,
        help="What is sent through this interface, such as “SupplyRequest, Task”. Nothing else "
        "leaves, and the connection test asks whether the server takes them.",
    )
    fhir_certificate_id = fields.Many2one(
        "integration.credential",
        string="Client certificate",
        governed=True,
        ondelete="restrict",
        check_company=True,
        of_environment=True,
        domain="[('kind', '=', 'mtls')]",
        help="For servers that want a certificate on the connection besides the credential.",
    )
    fhir_ca = fields.Text(
        string="Authority of the server",
        governed=True,
        of_environment=True,
        help="PEM certificates of the authority that the server's certificate leads to, besides "
        "the public ones. The token address is checked by the same.",
    )

    @api.constrains("fhir_types")
    def _check_fhir_types(self):
        for interface in self:
            for name in interface._fhir_type_names():
                if not address.is_type(name):
                    raise ValidationError(
                        self.env._("“%s” is not the name of a resource type.", name[:64])
                    )

    @api.constrains("fhir_ca")
    def _check_fhir_ca(self):
        for interface in self.filtered("fhir_ca"):
            try:
                context_for(TlsOptions(extra_ca_pem=interface.fhir_ca))
            except errors.ConfigurationError as exc:
                raise ValidationError(
                    self.env._("Authority of the server: paste its certificates in PEM.")
                ) from exc

    # ------------------------------------------------------------------
    # what the transport asks
    # ------------------------------------------------------------------

    def _speaks_fhir(self) -> bool:
        """Whether it asks a FHIR server."""
        self.ensure_one()
        return self.transport == "fhir" and self.direction == "outbound"

    def _fhir_type_names(self) -> list[str]:
        self.ensure_one()
        return [name for name in (self.fhir_types or "").replace(",", " ").split() if name]

    def _fhir_sending_rules(self) -> Rules:
        """What holds for all that is sent (:class:`tools.fhir.conditional.Rules`)."""
        self.ensure_one()
        return Rules(
            Interaction(self.fhir_interaction or "conditional_create"),
            match_version=self.fhir_match_version,
            types=frozenset(self._fhir_type_names()),
        )

    def _fetches(self):
        return super()._fetches() or (self._speaks_fhir() and self.fhir_purpose == "read")

    def _sending_credentials(self):
        found = super()._sending_credentials()
        # Whoever changes to another transport need not empty what belongs to this one.
        return found | self.fhir_certificate_id if self._speaks_fhir() else found

    # ------------------------------------------------------------------
    # before traffic
    # ------------------------------------------------------------------

    def _missing_for_traffic(self):
        missing = super()._missing_for_traffic()
        if self._speaks_fhir():
            # sudo: an approver asks as well, who may not read credentials
            interface = self.sudo()
            missing += interface._missing_of_fhir_base()
            missing += interface._missing_of_fhir_credential()
            missing += interface._missing_of_fhir_content()
        return missing

    def _missing_of_fhir_base(self) -> list[str]:
        if not self.url:
            return [self.env._("URL is empty: enter the base address of the FHIR server.")]
        try:
            address.base_of(self.url)
        except errors.IntegrationError as exc:
            return [exc.message]
        return []

    def _missing_of_fhir_credential(self) -> list[str]:
        credential, missing = self.credential_id, []
        kinds = dict(credential._fields["kind"]._description_selection(self.env))
        if credential and credential.kind not in CREDENTIAL_KINDS:
            missing.append(
                self.env._(
                    "A FHIR server cannot work with a credential of the kind “%(kind)s”. Choose "
                    "one of: %(kinds)s.",
                    kind=kinds[credential.kind],
                    kinds=", ".join(kinds[kind] for kind in CREDENTIAL_KINDS),
                )
            )
        if self.fhir_certificate_id and credential.kind == "mtls":
            missing.append(self.env._("A connection has one client certificate only."))
        secure = (self.url or "").lower().startswith("https:")
        if (
            self._sending_credentials()
            and not secure
            and not net_guard.stays_on_this_machine(self.url or "")
        ):
            missing.append(
                self.env._(
                    "The credential is sent along, so the address must begin with https://. No "
                    "waiver changes that."
                )
            )
        return missing

    def _missing_of_fhir_content(self) -> list[str]:
        if self.fhir_purpose == "read":
            if self.event_type_ids or self.event_filter or self.mapping_id:
                return [
                    self.env._(
                        "It reads resources, so nothing is sent. Remove events, filter and mapping."
                    )
                ]
            return []
        missing = []
        if not self.mapping_id:
            missing.append(
                self.env._("Mapping is empty: it writes the resource, or the transaction Bundle.")
            )
        if not self._fhir_type_names():
            missing.append(
                self.env._("Resource types is empty: name what is sent through this interface.")
            )
        return missing

    # ------------------------------------------------------------------
    # by people
    # ------------------------------------------------------------------

    def action_test_fhir_connection(self):
        """Ask the server what it is and can do, and show it.

        :raises UserError: the user is no operator of integrations, or it asks no FHIR server
        """
        self.ensure_one()
        self._require_operator()
        if not self._speaks_fhir():
            raise UserError(self.env._("Only an outbound FHIR interface has a server to ask."))
        check = self.env["integration.fhir.check"]._check(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Connection"),
            "res_model": "integration.fhir.check",
            "res_id": check.id,
            "view_mode": "form",
            "target": "new",
        }

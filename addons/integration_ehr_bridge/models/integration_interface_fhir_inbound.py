from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core.engine import routes
from odoo.addons.integration_core.tools.codecs import Codec

from ..tools import http_proof
from ..tools.fhir.arriving import Rules
from ..tools.fhir.capability_statement import Served
from ..tools.fhir.limits import ENTRIES, FHIR, MAX_ENTRIES

_EXAMPLE = """curl -X POST {url} \\
  -H 'Content-Type: application/fhir+json' {proof} \\
  -d '{{"resourceType": "Bundle", "type": "batch"}}'
"""


class IntegrationInterface(models.Model):
    """FHIR that arrives: its address, what is taken there, and how the partner proves itself."""

    # One form, and a file for each of its concerns.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    transport = fields.Selection(selection_add=[("fhir", "FHIR R4")], ondelete={"fhir": "set none"})
    body_codec = fields.Selection(
        selection_add=[("fhir", "FHIR R4")], ondelete={"fhir": "set default"}
    )
    fhir_url = fields.Char(
        string="FHIR address",
        compute="_compute_fhir_url",
        groups="integration_core.group_administrator",
        help="Give this address to the partner: as the endpoint of its subscriptions, and as the "
        "base to which it posts Bundles. Its last part is secret.",
    )
    fhir_max_entries = fields.Integer(
        string="Entries of a Bundle",
        default=ENTRIES,
        required=True,
        governed=True,
        help="A Bundle with more is refused as a whole, and nothing of it is stored.",
    )
    fhir_profiles = fields.Text(
        string="Only these profiles",
        governed=True,
        help="Canonical URLs, one a line. A resource that claims profiles (meta.profile), and none "
        "of these, waits for a person. Empty: whatever they claim.",
    )
    fhir_base = fields.Char(
        string="Partner's FHIR address",
        governed=True,
        of_environment=True,
        help="Base of the partner's own server. References that name it in full mean the same as "
        "those that leave it out. Empty: what Bundles say of it.",
    )
    fhir_subscription_ids = fields.One2many(
        "integration.fhir.subscription", "interface_id", string="Subscriptions"
    )
    fhir_example = fields.Text(
        string="A request to try",
        compute="_compute_fhir_example",
        groups="integration_core.group_administrator",
        help="A Bundle without entries: its answer tells whether address and proof are right, and "
        "nothing is stored.",
    )
    fhir_taken = fields.Char(
        string="Resources taken",
        compute="_compute_fhir_taken",
        help="The types that a rule of the routing names. A resource of another type is refused: "
        "its content is not stored.",
    )

    @api.depends("token", "transport", "direction")
    def _compute_fhir_url(self):
        for interface in self:
            interface.fhir_url = (
                f"{interface.get_base_url()}/integration/fhir/{interface.token}"
                if interface._receives_fhir()
                else False
            )

    @api.depends("transport", "direction", "routing_id.line_ids.message_type", "handler")
    def _compute_fhir_taken(self):
        for interface in self:
            interface.fhir_taken = (
                ", ".join(sorted(interface._fhir_patterns()))
                if interface._receives_fhir()
                else False
            )

    @api.depends("fhir_url", "credential_id.kind", "hl7_proof")
    def _compute_fhir_example(self):
        for interface in self:
            interface.fhir_example = (
                _EXAMPLE.format(url=interface.fhir_url, proof=interface._fhir_example_proof())
                if interface.fhir_url
                else False
            )

    def _fhir_example_proof(self) -> str:
        """How the partner proves itself, as an option of curl; without a secret."""
        if self.hl7_proof == "certificate":
            return "--cert client.pem"
        credential = self.credential_id
        shown = {
            "basic": "--user LOGIN:PASSWORD",
            "bearer": "-H 'Authorization: Bearer TOKEN'",
            "header": f"-H '{credential.header_name or 'HEADER'}: KEY'",
        }
        return shown.get(credential.kind, "")

    @api.depends("fhir_subscription_ids.state")
    def _compute_light(self):
        res = super()._compute_light()
        for interface in self:
            states = set(interface.fhir_subscription_ids.mapped("state"))
            if interface.light == "ok" and states & {"silent", "error"}:
                interface.light = "failing"
        return res

    @api.onchange("transport", "direction")
    def _onchange_fhir(self):
        if self._receives_fhir() and self.state == "draft":
            self.body_codec = "fhir"
            self.data_class = "clinical"

    @api.constrains("fhir_max_entries")
    def _check_fhir_max_entries(self):
        for interface in self:
            if not 1 <= interface.fhir_max_entries <= MAX_ENTRIES:
                raise ValidationError(self.env._("A Bundle has 1 to %s entries.", MAX_ENTRIES))

    def _receives_fhir(self) -> bool:
        return self.transport == "fhir" and self.direction == "inbound"

    def _fhir_patterns(self) -> list[str]:
        """Types of resources that are taken, as a routing writes them."""
        if self.routing_id:
            return self.routing_id.line_ids.mapped("message_type")
        return ["*"] if routes.of_interface(self) else []

    # ------------------------------------------------------------------
    # what the door asks
    # ------------------------------------------------------------------

    def _codec(self):
        return Codec((FHIR,)) if self.body_codec == "fhir" else super()._codec()

    def _inbound_spec(self):
        spec = super()._inbound_spec()
        if not self._receives_fhir():
            return spec
        return spec | {
            "fhir_rules": self._fhir_rules(),
            "fhir_polled": frozenset(self._fhir_polled_types()),
            "http_proof": self._hl7_proof(),
        }

    def _fhir_polled_types(self) -> set[str]:
        """Types of resources that the partner is asked for."""
        return set()

    def _fhir_rules(self) -> Rules:
        """What decides about each resource that arrives."""
        self.ensure_one()
        return Rules(
            patterns=frozenset(self._fhir_patterns()),
            profiles=frozenset((self.fhir_profiles or "").split()),
            entries=self.fhir_max_entries,
            bases=(self.fhir_base.rstrip("/") + "/",) if self.fhir_base else (),
        )

    @api.model
    def _fhir_taken_served(self, spec):
        taken = super()._fhir_taken_served(spec)
        patterns = sorted(spec["fhir_rules"].patterns)
        if not patterns:
            return taken
        names = [name for name in patterns if not name.endswith("*")]
        # Types that a pattern takes have no entry each: no list of them would be whole.
        wider = [name for name in patterns if name not in names]
        return replace(
            taken,
            resources=(
                *taken.resources,
                *(Served(name, reads=False, creates=("create", "update")) for name in names),
            ),
            interactions=(*taken.interactions, "transaction", "batch"),
            remarks=(
                *taken.remarks,
                "What is sent is stored before it is answered, and handled after that, one "
                "resource by one: all or none of a transaction is its storing, and a resource of "
                "it may still be put aside for a person. Bundles of type message, history and "
                "collection are taken as well, and notifications of subscriptions. Versions are "
                "told by meta.versionId; If-Match is refused.",
                *([f"Types that match {', '.join(wider)} are taken as well."] if wider else ()),
            ),
        )

    # ------------------------------------------------------------------
    # before traffic
    # ------------------------------------------------------------------

    def _missing_for_traffic(self):
        missing = super()._missing_for_traffic()
        if self._receives_fhir():
            # sudo: an approver asks as well, who may not read credentials
            missing += self.sudo()._missing_fhir()
        return missing

    def _missing_fhir(self) -> list[str]:
        missing = []
        if self._fhir_patterns() and self.body_codec != "fhir":
            missing.append(self.env._("The format of bodies must be FHIR R4."))
        if self.hl7_proof == "certificate":
            return missing + self._missing_hl7_certificate()
        return missing + self._missing_of_proof()

    def _missing_of_proof(self) -> list[str]:
        if self.credential_id.kind in http_proof.KINDS:
            return []
        return [
            self.env._(
                "The partner has nothing to prove itself with. Choose a credential: login and "
                "password, a bearer token, or a key in a header. A FHIR server is told of it in "
                "channel.header of its subscription."
            )
        ]

    # ------------------------------------------------------------------
    # what polls are asked for
    # ------------------------------------------------------------------

    def _fhir_poll_wanted(self):
        """Something may have been missed: what reads the partner is to look at once.

        Called when a notification says that there is something without saying what, when the
        counter of a subscription has a gap, and when a subscription is silent. Where nothing polls,
        nothing is done: the form of the subscription says what may be missing.
        """

from odoo import models

from ..engine.mllp_sender import MllpSender, Partner


class IntegrationTransportMllp(models.AbstractModel):
    """Delivers messages to an MLLP listener, over a connection that outlives the drain."""

    _name = "integration.transport.mllp"
    _inherit = "integration.transport"
    _description = "MLLP Transport"

    def _sender(self, interface):
        # sudo: the drain runs as superuser anyway; secrets stay inside the returned object
        interface = interface.sudo()
        proofs = interface.credential_id._proofs()[:1] if interface.credential_id else []
        target = interface._mllp_target(proofs)
        for credential in interface._sending_credentials():
            credential._note_sending()
        strict = interface.policy_id.ordering == "strict"
        return MllpSender(
            self.env.registry,
            Partner(
                interface_id=interface.id,
                system_id=interface.system_id.id,
                url=interface.url,
                target=target,
                header=interface._hl7_header_rules(),
                expected=interface._hl7_expectations(),
                connections=1 if strict else interface.mllp_connections,
            ),
        )

    def _private_authority(self, interface):
        return interface.mllp_ca or ""

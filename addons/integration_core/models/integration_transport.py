from contextlib import suppress
from dataclasses import replace

from odoo import models

from ..tools import errors, http_auth
from ..tools.tls import TlsOptions


class IntegrationTransport(models.AbstractModel):
    """How messages leave. A transport inherits this model under
    ``integration.transport.<code>`` and adds ``<code>`` to the interface's ``transport`` field.
    """

    _name = "integration.transport"
    _description = "Integration Transport"

    #: whether a test message, which is about no document, can be sent to its partners
    _sends_tests = False

    def _sender(self, interface):
        """What sends the messages of ``interface``, without an Odoo cursor.

        Called once a batch while a cursor is open; everything that sending needs (address,
        secrets, timeouts) is read here. The result is called from several threads.

        :return: an :class:`engine.deliveries.Sender`
        :raises tools.errors.ConfigurationError: the interface cannot send as it is set up
        """
        raise NotImplementedError

    def _batch_size(self, _interface):
        """How many messages a request may carry: as many as that are claimed for a connection.

        Above 1, :meth:`_sender` returns an :class:`engine.deliveries.BatchSender`.
        """
        return 1

    def _probe_tls(self, interface):
        """How a connection that carries no message is secured: as those of messages are.

        A certificate of ours that cannot be opened is left out: the partner is there all the same,
        and that nothing can be sent is told elsewhere. This is no use of the credential.

        :return: a :class:`tools.tls.TlsOptions`; it holds a private key, and is not to be stored
        """
        # sudo: secrets stay inside the returned object
        credentials = interface.sudo()._sending_credentials()
        found = TlsOptions()
        for credential in credentials.filtered(lambda one: one.kind == "mtls")[:1]:
            with suppress(errors.IntegrationError):
                proof = credential._proofs()[0]
                if isinstance(proof, http_auth.ClientCertificate):
                    found = proof.tls()
        # sudo: authorities are no secret, but belong to what administrators alone read
        return replace(found, extra_ca_pem=self._private_authority(interface.sudo()))

    def _private_authority(self, _interface):
        """PEM of authorities that messages trust besides the public ones; empty: none."""
        return ""

    def _learned(self, interface, message, learned):
        """Take note of what an answer told (:attr:`engine.deliveries.Outcome.learned`).

        Called in the transaction that records the attempt, in a savepoint of its own.

        :raises tools.errors.IntegrationError: it contradicts what is known; the message fails by it
        """


class IntegrationTransportNone(models.AbstractModel):
    """The transport of an interface that has none: such an interface cannot be approved."""

    _name = "integration.transport.none"
    _inherit = "integration.transport"
    _description = "No Transport"

    def _sender(self, interface):
        # An active interface gets here when the addon of its transport was uninstalled.
        error = errors.ConfigurationError(
            "The interface has no transport; its addon may have been uninstalled.",
            code="no_transport",
        )
        # Its messages wait for the addon, or for whoever withdraws them.
        error.holds = True
        raise error

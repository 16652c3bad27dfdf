from odoo import models

from ..tools import errors


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

from odoo import models


class IntegrationHandler(models.AbstractModel):
    """What Odoo does with a received message of one kind.

    A handler inherits this model, names the contract of the canonical JSON that it accepts, and
    defines ``_process``. It runs in a savepoint with the rights of the interface's service user.
    It must not commit and must not call out.
    """

    _name = "integration.handler"
    _description = "Integration Handler"

    # Code of the contract that incoming data is validated against before ``_process`` sees it.
    _contract: str | None = None

    # Whether applying a message twice leaves what applying it once leaves (an upsert by a key of
    # the message, say). Only then may an operator replay a message that has had its effect. A
    # handler that adds, posts or sends something each time is not repeatable.
    _repeatable: bool = False

    # Whether only the latest state of a thing counts: where content is fetched, a fetch that has
    # not begun then serves all notifications of that thing. A handler that does something for each
    # notification says no.
    _latest_suffices: bool = False

    # Whether each message is about one thing, so that one which lists several (in a format that
    # can be taken apart) becomes a message for each of them. A list that is applied as a whole or
    # not at all says no.
    _splits: bool = False

    # Names of handlers in whose place it serves: it looks at the content of a message, and lets the
    # one take it that the content is for.
    _serves: tuple[str, ...] = ()

    # How many messages `_process_batch` takes at once; 1: the handler has none.
    _batch_size: int = 1

    def _failed(self, results):
        """Take note of attempts that failed, whoever's they were; what they had done is undone.

        For addons that know what an error waits for. It runs as superuser in the transaction that
        records the attempts.

        :param results: :class:`..engine.ledger.Result`, each with an error
        """

    def _concerns(self, data):
        """Whether a message says anything that this handler is for.

        A type of messages may carry very different things, and their sender cannot always tell
        them apart. What concerns nobody is kept, counts as filtered, and no handler gets it.

        :param data: as of ``_process``; nothing may be looked up for the answer
        """
        return True

    def _confirms(self, record):
        """Whether the message that touched ``record`` confirms what was sent about it."""
        return False

    def _process(self, received, data):
        """Apply one message.

        :param received: :class:`..engine.inbound.Received`, facts about the message
        :param data: canonical JSON that satisfies the handler's contract
        :return: the record that was touched, or an empty recordset
        :raises tools.errors.IntegrationError: typed; its class decides between retry and
            quarantine, and its text tells the operator what to do
        """
        raise NotImplementedError

    def _process_batch(self, messages):
        """Apply consecutive messages at once; for handlers with a ``_batch_size``.

        Its effect must be that of ``_process`` message by message. It runs in one savepoint. If it
        raises anything, all of it is undone, smaller batches are tried, and at last ``_process``
        gets each message by itself. So it may give up as soon as something is not as usual.

        A record may be meant by several of the messages: the later one wins.

        :param messages: ``[(received, data)]`` as of ``_process``, in the order of their arrival
        :return: for each of them, in the same order, the record that it touched, or an empty
            recordset
        """
        raise NotImplementedError

    def _along_with(self, record):
        """Further records that ``_process_batch`` touches together with ``record``.

        Events of records are due to the message that touched them. What a batch does to records
        that it neither returns nor names here must not make events, or its messages are handled
        one by one.

        :return: recordsets
        """
        return ()

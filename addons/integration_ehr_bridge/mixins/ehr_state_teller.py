from odoo import models

from odoo.addons.integration_core.engine.inbound_run import NoConcernError
from odoo.addons.integration_core.tools import errors

#: What versions of a record can say of it, whatever its system calls that.
COUNTS, NOTHING, PENDING = "counts", "nothing", "pending"


class EhrStateTeller(models.AbstractModel):
    """Handlers of records which tell the handler of events what has happened.

    What was used, ordered or charged is an event: it happens once, and may be taken back once. Of
    a record of it each version says whether it stands. So a version is told to the handler of the
    events in its words, if it says anything new, and that handler alone changes anything.
    """

    _name = "ehr.state.teller"
    _inherit = "ehr.state.handler"
    _description = "Clinical feed: records as they stand, told as events"

    #: Of :mod:`..models.ehr_record`.
    _record_kind = ""
    #: The handler of the events.
    _told_to = ""

    def _process(self, received, data):
        book = self._book([(received, data)])
        record = self._stand(book, received, data, book.version(received, data, self._now()))
        book.store()
        return record

    def _stand(self, book, received, data, version):
        known = self._known(book, received, data)
        status = data["status"]
        if status == PENDING:
            raise self._not_yet(known)
        if status == COUNTS:
            record = self._count(book, received, data, known)
        else:
            # What never counted is not taken back. That it is to count no more is remembered: a
            # version of before may still come.
            record = self._take_back(book, received, data, known) if known else known
        book.note(data["record"], self._record_kind, record or None, version=version)
        return record

    def _count(self, book, received, data, known):
        """It stands: tell it, if it was not told before.

        :param known: what was told of it before
        """
        raise NotImplementedError

    def _take_back(self, book, received, data, known):
        """It does not stand any more: take back what is left of it."""
        raise NotImplementedError

    def _named(self, received, number):
        """What is known under a number of the system; empty for nothing."""
        raise NotImplementedError

    def _known(self, book, received, data):
        """What was told of a record before.

        :raises errors.ConflictError: ``number_changed``, ``number_of_other_record``
        """
        row = book.known(data["record"])
        before = row and row.record and row.record.exists()
        found = self._named(received, data["number"])
        if before and before != found:
            raise errors.ConflictError(
                "The record has another number than it had when it was handled. Nothing was "
                "changed. Ask the sender: let him take back the record and make another one, then "
                "cancel this message.",
                code="number_changed",
            )
        if found and not before:
            self._require_own(data, found)
        return found

    def _require_own(self, data, found):
        """Two records are two things, also when their system gives them one number."""
        rows = self.env["ehr.record"].search_fetch(
            [("res_model", "=", found._name), ("res_id", "=", found.id)], ["kind"]
        )
        if rows.filtered(lambda row: row.kind == self._record_kind):
            raise errors.ConflictError(
                "Another record with the same number was handled before. Nothing was changed. Ask "
                "the sender whether it is the same thing: if it is not, let him number them apart; "
                "then cancel this message.",
                code="number_of_other_record",
            )

    def _not_yet(self, known):
        """Why a record that is yet to stand changes nothing."""
        if known:
            return errors.ConflictError(
                "What was handled before is said not to have happened yet. Nothing was changed. "
                "Ask the sender: let him cancel the record if it does not stand, then cancel this "
                "message.",
                code="status_went_back",
            )
        return NoConcernError(
            errors.ConflictError(
                "It has not happened yet by its status. Nothing was changed: a later version says "
                "when it has.",
                code="not_yet",
            )
        )

    def _require_standing(self, stands):
        """What was taken back cannot be told again under its number.

        :raises errors.ConflictError: ``taken_back``
        """
        if not stands:
            raise errors.ConflictError(
                "What was taken back before is said to stand again. Nothing was changed. Ask the "
                "sender to send it under a new number, then cancel this message.",
                code="taken_back",
            )

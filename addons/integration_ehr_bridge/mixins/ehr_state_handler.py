from odoo import models

from ..engine.state_book import StateBook
from ..tools import state_versions


class EhrStateHandler(models.AbstractModel):
    """What handlers of records as they stand share: each version says all that holds by then.

    Versions come late and repeatedly. One that is older than what was handled changes nothing, and
    its message says so.
    """

    _name = "ehr.state.handler"
    _description = "Clinical feed: records as they stand"

    #: Which kinds of further names its references have, see :func:`..tools.state_versions.alias`.
    _aliased = ()

    def _process_batch(self, messages):
        book = self._book(messages)
        now = self._now()
        touched = [
            self._stand(book, received, data, book.version(received, data, now))
            for received, data in messages
        ]
        book.store()
        return touched

    def _book(self, messages):
        documents = [data for _received, data in messages]
        return StateBook(self.env, messages[0][0].system_id, documents, self._aliases(documents))

    def _aliases(self, documents):
        """Further names by which these documents, and their references, mean records."""
        found = set()

        def look(value):
            if isinstance(value, dict):
                number = value.get("number") or ("record" in value and value.get("code"))
                if isinstance(number, str):
                    by = value.get("assigner") or ""
                    found.update(state_versions.alias(kind, number, by) for kind in self._aliased)
                value = list(value.values())
            if isinstance(value, list):
                for one in value:
                    look(one)

        look(documents)
        return found

    def _stand(self, book, received, data, version):
        """Apply one version.

        :param version: :class:`..tools.state_versions.Version`, newer than what is known
        :return: the record in Odoo; empty if there is none
        """
        raise NotImplementedError

from odoo import models

from odoo.addons.integration_core.tools import errors, moments

from ..tools import census_told

#: What an action says of whether something is in use; others leave that to the record.
_ACTIVE = {"deactivate": False, "delete": False, "reactivate": True}
#: Errors of a record that say all there is to say.
_PLAIN = (errors.ConflictError, errors.ContractError, errors.MappingError)


class IntegrationHandlerEhrList(models.AbstractModel):
    """Master data of a clinical system, many records at once.

    What holds by now is applied together or not at all.

    Nothing is deleted that others may refer to: a record that is deleted there is archived here.
    What a record does not say stays as it is, and what is older than what is known changes nothing.
    What takes effect later waits for its time, together with all that takes effect then
    (:mod:`.ehr_coming`).
    """

    _name = "integration.handler.ehr_list"
    _inherit = "integration.handler.ehr"
    _description = "Clinical master data: list of records"

    #: What the list is of: a kind of ``ehr.coming``.
    _list_of = None

    def _process(self, received, data):
        due, later = [], {}
        for numbered in enumerate(data["records"], 1):
            at = self._later(numbered[1])
            (later.setdefault(at, []) if at else due).append(numbered)
        touched = self._apply_all(received, due)
        coming = self.env["ehr.coming"]
        kept = [
            coming._keep(self._list_of, received, numbered, at)
            for at, numbered in sorted(later.items())
        ]
        return kept[0] if not due and len(kept) == 1 else touched

    def _apply_all(self, received, numbered):
        """Apply records together or not at all.

        :param numbered: pairs of position in the list and record
        :return: the record in Odoo if it was one alone
        :raises errors.IntegrationError: one of them cannot be applied
        """
        touched = []
        for position, record in numbered:
            try:
                touched.append(self._apply(received, record))
            except _PLAIN as exc:
                if type(exc) not in _PLAIN:
                    raise  # what a person decides elsewhere has an error of its own
                raise type(exc)(
                    f"Record {position} of the list: {exc.message} Nothing of the list that "
                    "takes effect at this time was applied.",
                    code=exc.code,
                ) from exc
        return touched[0] if len(touched) == 1 else None

    def _apply(self, received, record):
        """Apply one record.

        :return: the record in Odoo; empty if there is none and none is needed
        :raises errors.IntegrationError: it cannot be applied
        """
        raise NotImplementedError

    def _later(self, record):
        """When a record takes effect, naive UTC, if that is yet to come; else ``None``."""
        text = record.get("effective_at")
        at = moments.read_moment(text).replace(microsecond=0) if text else None
        return at if at and at > self._now() + census_told.AHEAD else None

    def _since(self, received, record):
        """Since when a record holds, naive UTC; since it arrived if it does not say so.

        So what waited for a person, or is replayed, overrides nothing that was told since.
        """
        if text := record.get("effective_at"):
            return census_told.read_moment(text, self._now())
        # sudo: the service user needs no right on messages to know when this one arrived
        message = self.env["integration.message"].sudo().browse(received.arrived)
        return (message.created_at or self._now()).replace(microsecond=0)

    def _said(self, record, fields):
        """Values of those members that a record names; what is null is emptied.

        :param fields: member to field
        """
        said = {field: record[name] or False for name, field in fields.items() if name in record}
        action = record["action"]
        if action in _ACTIVE:
            said["active"] = _ACTIVE[action]
        elif "active" in record:
            said["active"] = record["active"]
        return said

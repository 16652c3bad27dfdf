from odoo import models

from odoo.addons.integration_core.tools import errors

from ..tools import census_told

#: What an action says of whether something is in use; others leave that to the record.
_ACTIVE = {"deactivate": False, "delete": False, "reactivate": True}
#: Errors of a record that say all there is to say.
_PLAIN = (errors.ConflictError, errors.ContractError, errors.MappingError)


class IntegrationHandlerEhrList(models.AbstractModel):
    """Master data of a clinical system, many records at once: applied together or not at all.

    Nothing is deleted that others may refer to: a record that is deleted there is archived here.
    What a record does not say stays as it is, and what is older than what is known changes nothing.
    """

    _name = "integration.handler.ehr_list"
    _inherit = "integration.handler.ehr"
    _description = "Clinical master data: list of records"

    def _process(self, received, data):
        touched = []
        for position, record in enumerate(data["records"], 1):
            try:
                touched.append(self._apply(received, record))
            except _PLAIN as exc:
                if type(exc) not in _PLAIN:
                    raise  # what a person decides elsewhere has an error of its own
                raise type(exc)(
                    f"Record {position} of the list: {exc.message} Nothing of the list was "
                    "applied.",
                    code=exc.code,
                ) from exc
        return touched[0] if len(data["records"]) == 1 else touched[0].browse()

    def _apply(self, received, record):
        """Apply one record.

        :return: the record in Odoo; empty if there is none and none is needed
        :raises errors.IntegrationError: it cannot be applied
        """
        raise NotImplementedError

    def _since(self, record):
        """Since when a record holds, naive UTC; from now on if it does not say so.

        :raises errors.ConflictError: ``effective_later``: it does not hold yet
        """
        if not (text := record.get("effective_at")):
            return self._now()
        try:
            return census_told.read_moment(text, self._now())
        except errors.ConflictError as exc:
            if exc.code != "in_future":
                raise
            raise errors.ConflictError(
                "It takes effect at a later time. Retry this message when that has come.",
                code="effective_later",
            ) from None

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

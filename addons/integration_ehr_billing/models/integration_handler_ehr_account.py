from odoo import models
from odoo.fields import Command

from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_ehr_bridge.tools import clinical

from ..tools import accounts

#: What an event makes of an account; the others say nothing of it.
_STATUS = {"open": "open", "close": "closed"}
#: Codes that are taken over as they are: member of the contract to field.
_PLAIN = {"payer": "payer_code", "plan": "plan_code"}


class IntegrationHandlerEhrAccount(models.AbstractModel):
    """Patient accounts as the system that keeps them tells of them: who pays, and until when.

    Facts have a clock each, so that a late message completes what is known and overrides nothing
    newer.
    """

    _name = "integration.handler.ehr_account"
    _inherit = "integration.handler.ehr"
    _description = "Patient account: opened, changed, closed"

    _contract = "ehr.account"
    _batch_size = 200

    def _process_batch(self, messages):
        documents = [data for _received, data in messages]
        self.env["ehr.payer"]._require_known({one.get("payer") for one in documents} - {None})
        visits = self.env["ehr.encounter"]._resolve(
            [key for one in documents if (key := clinical.pair(one.get("visit")))]
        )
        keys = [self._key(visits, one) for one in documents]
        known = self.env["ehr.account"]._resolve(keys)
        return [
            self._apply(known, visits, key, *message)
            for key, message in zip(keys, messages, strict=True)
        ]

    def _key(self, visits, data):
        """The account that is meant.

        :raises errors.MappingError: ``unknown_visit``, if it has the number of a visit
        """
        self._identifier(data["account"], "account")
        key = accounts.named(data)
        if key == clinical.pair(data.get("visit")) and key not in visits:
            raise errors.MappingError(
                "The account has the number of a visit that Odoo does not know (PV1-19). Handle "
                "the message that admits it first, then retry.",
                code="unknown_visit",
            )
        return tuple(key)

    def _apply(self, known, visits, key, received, data):
        if key not in known:
            known[key] = self.env["ehr.account"]._open(*key)
        account = known[key]
        at = self._moment(data)
        account._hear(self._facts(data), at, received.arrived)
        values = {}
        if not account.last_event_at or at > account.last_event_at:
            values["last_event_at"] = at
        visit = visits.get(clinical.pair(data.get("visit")))
        if visit and visit not in account.encounter_ids:
            values["encounter_ids"] = [Command.link(visit.id)]
        if values:
            account.write(values)
        return account

    def _facts(self, data):
        said = {field: data[name] or False for name, field in _PLAIN.items() if name in data}
        if status := _STATUS.get(data["event"]):
            said["status"] = status
        if "procedures" in data:
            said["procedure_codes"] = " ".join(data["procedures"]) or False
        return said

from dataclasses import replace

from odoo import models
from odoo.fields import Domain

from odoo.addons.integration_ehr_bridge.engine import state_meaning
from odoo.addons.integration_ehr_bridge.tools import census_told

from ..engine import usage_return
from ..engine.usage_book import UsageBook
from ..tools.usage import RETURN, USE, Key, Told

#: Of a record there is one line.
LINE = "1"
#: What a line says as its record does.
_PLAIN = ("order", "item", "quantity", "unit", "lot", "expiry", "consumed_at")


class IntegrationHandlerEhrConsumptionState(models.AbstractModel):
    """Dispenses by systems that keep each as a record.

    One that stands is usage of goods, and handled as such; when it does not stand any more, all
    that is left of it goes back.
    """

    _name = "integration.handler.ehr_consumption_state"
    _inherit = ["ehr.state.teller", "integration.handler.ehr"]
    _description = "Dispense as it stands: take from stock, or put back"

    _contract = "ehr.consumption_state"
    _aliased = ("place",)
    _record_kind = "dispense"
    _told_to = "integration.handler.ehr_consumption"

    def _named(self, received, number):
        return self.env["ehr.consumption"].search(
            Domain("system_id", "=", received.system_id)
            & Domain("company_id", "=", self.env.company.id)
            & Domain("action", "=", USE)
            & Domain("number", "=", number)
            & Domain("line", "=", LINE)
        )

    def _count(self, book, received, data, known):
        self._require_standing(not known or known._kept() > 0)
        visit = state_meaning.visit(book, data.get("visit"))
        state_meaning.require_patient(book, visit, data.get("patient"))
        state_meaning.require_no_record_number(
            visit, data.get("patient"), data["number"], data.get("order")
        )
        line = {name: data[name] for name in _PLAIN if name in data}
        told = {
            "visit": state_meaning.named_visit(visit, data.get("visit")),
            "location": state_meaning.place(book, data.get("place")),
            "lines": [
                {
                    **line,
                    "action": USE,
                    "source": "dispense",
                    "number": data["number"],
                    "line": LINE,
                }
            ],
        }
        return self.env[self._told_to]._process(received, told)

    def _take_back(self, book, received, data, known):
        if not known._kept():
            return known
        told = Told(
            key=Key(RETURN, known.number, LINE),
            source=known.source,
            item="",  # what the dispense says, and all that is left of it
            quantity="",
            unit="",
            lot="",
            expiry=None,
            used_at=census_told.read_moment(data["recorded_at"], self._now()),
            place=None,
            stock="",
            visit=None,
            order=known.order_number or "",
            original=Key(USE, known.number, LINE),
        )
        usages = UsageBook(self.env[self._told_to], received, [told])
        if told.key in usages.known:
            # A part came back under the number of the dispense.
            told = self._numbered_apart(told, data)
        usage_return.put_back_all(usages, told, known, received)
        return known

    def _numbered_apart(self, told, data):
        key = told.key._replace(line=f"{LINE}/{data.get('version') or data['recorded_at']}"[:64])
        return replace(told, key=key)

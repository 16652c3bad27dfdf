from odoo import fields, models
from odoo.fields import Domain

from odoo.addons.integration_core.tools import errors

from ..engine import usage_return, usage_stock
from ..engine.usage_book import UsageBook
from ..tools import usage


class IntegrationHandlerEhrConsumption(models.AbstractModel):
    """What was used for a patient or on a ward is taken from stock, what comes back is put back.

    A line that is known already changes nothing if it says the same, and is a conflict if not.
    """

    _name = "integration.handler.ehr_consumption"
    _inherit = "integration.handler.procurement"
    _description = "Usage: take from stock, with lot and cost centre"

    _contract = "ehr.consumption"
    # A line is known by its number: told again, it changes nothing.
    _repeatable = True
    _latest_suffices = False
    _batch_size = 200

    def _concerns(self, data):
        return bool(data.get("lines"))

    def _company_domain(self):
        return Domain("company_id", "in", (False, self.env.company.id))

    def _process(self, received, data):
        return self._process_batch([(received, data)])[0]

    def _process_batch(self, messages):
        now = fields.Datetime.now()
        told = [
            (number, received, line)
            for number, (received, data) in enumerate(messages)
            for line in usage.read_lines(data, now)
        ]
        book = UsageBook(self, messages[0][0], [line for _number, _received, line in told])
        records = self._apply(book, told)
        touched = [self.env["ehr.consumption"]] * len(messages)
        for (number, _received, _line), record in zip(told, records, strict=True):
            touched[number] |= record
        # A message touches one record, as far as the engine is concerned: the first line.
        return [found[:1].with_context(ehr_consumption_ids=found.ids) for found in touched]

    def _along_with(self, record):
        found = record.browse(record.env.context.get("ehr_consumption_ids", record.ids))
        moves = found.move_id
        receipts = found.receipt_id
        return (
            found,
            moves,
            moves.picking_id,
            receipts,
            receipts.move_ids,
            found.kit_picking_id,
            found.kit_picking_id.move_ids,
            moves.account_move_id,
        )

    # ------------------------------------------------------------------
    # lines
    # ------------------------------------------------------------------

    def _apply(self, book, told):
        """The records of lines, in their order. What is to be taken waits to be taken at once."""
        records = [None] * len(told)
        waiting = {}
        for place, (_number, received, line) in enumerate(told):
            if line.key in waiting or line.original in waiting:
                self._book(book, waiting, records)
            if known := book.known.get(line.key):
                records[place] = self._same(book, known, line)
            elif line.action == usage.RETURN:
                records[place] = self._give_back(book, waiting, records, line, received)
            else:
                waiting[line.key] = (place, book.usage(line, received))
        self._book(book, waiting, records)
        return records

    def _give_back(self, book, waiting, records, line, received):
        original = book.known.get(line.original)
        of_kit = bool(original and original.kit_picking_id)
        if of_kit:
            self._book(book, waiting, records)
        book.known[line.key] = usage_return.give_back(book, line, received)
        if of_kit:
            book.kits_changed()
        return book.known[line.key]

    def _book(self, book, waiting, records):
        if not waiting:
            return
        taken = usage_stock.book(self, [one for _place, one in waiting.values()])
        for (key, (place, _one)), record in zip(waiting.items(), taken, strict=True):
            records[place] = book.known[key] = record
        waiting.clear()

    def _same(self, book, known, line):
        """What is known already, if the message says it again.

        :raises errors.ConflictError: it says something else
        """
        product = book.product(line)
        unit = book.unit(product, line.unit)
        same = (
            known.product_id == product
            and known.uom_id.compare(
                unit._compute_quantity(float(line.quantity), known.uom_id, round=False),
                known.quantity,
            )
            == 0
            and (not line.lot or book.lot(product, line, giving_back=True) == known.lot_id)
            and known.used_at == line.used_at
            and book.is_visit_of(known, line)
        )
        if not same and line.action == usage.RETURN:
            raise errors.ConflictError(
                "A return with this number was booked already, and it said something else. If "
                "another part comes back, let the sender give that return a number of its own and "
                "name the dispense as its parent (HL7 v2: ORC-3 and ORC-8); then cancel this "
                "message.",
                code="returned_again",
            )
        if not same:
            raise errors.ConflictError(
                "A line with this number was booked already, and it said something else. Ask the "
                "sender which is right; let him give back the first and send the other under a "
                "number of its own, then cancel this message.",
                code="usage_differs",
            )
        return known

from odoo import fields, models
from odoo.fields import Domain

from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_ehr_bridge.engine import content_marks
from odoo.addons.integration_ehr_bridge.tools import clinical
from odoo.addons.integration_ehr_bridge.tools.state_versions import UnknownReferenceError

from ..tools import requisition_state
from ..tools.requisition import Key
from .ehr_requisition import CLOSED
from .integration_handler_ehr_general_order import TESTS


class IntegrationHandlerEhrRequisitionState(models.AbstractModel):
    """Orders of supplies of systems that keep each order as a record.

    What a version says beside those before it is an order, a change or a cancellation, and handled
    as if a message had said it (:mod:`..tools.requisition_state`). One record is one line.
    """

    _name = "integration.handler.ehr_requisition_state"
    _inherit = ["ehr.state.handler", "integration.handler.ehr_requisition"]
    _description = "Order of supplies as it stands"

    _contract = "ehr.requisition_state"
    _aliased = ("place",)

    def _process(self, received, data):
        book = self._book([(received, data)])
        version = book.version(received, data, fields.Datetime.now())
        self._require_no_record_number(book, data)
        kit, request = self._kit(book, data)
        if kit or request:
            touched = self._stand_as_kit(received, book, data, kit, request)
        else:
            touched = self._stand(book, received, data)
        told = {
            "status": requisition_state.status(data),
            "digest": content_marks.mark(
                self.env["ehr.requisition.line"], requisition_state.digest(data)
            ),
        }
        book.note(data["record"], "order", touched or None, version=version, told=told)
        book.store()
        self._tell_problems(received, data, told["status"])
        return touched

    def _tell_problems(self, received, data, status):
        """Whoever ordered is told of what is wrong with the order, and of what is not any more."""
        problems = self.env["ehr.supply.problem"]
        problems._handled(received.system_id, data["record"], self.env.company)
        problems._look_soon()
        if status in requisition_state.OVER:
            self._lines_of_record(received, data).order_over = True

    def _lines_of_record(self, received, data):
        return self.env["ehr.requisition.line"].search(
            Domain("company_id", "=", self.env.company.id)
            & Domain("system_id", "=", received.system_id)
            & Domain("order_record", "=", data["record"])
        )

    def _stand(self, book, received, data, version=None):
        order = data["order"]
        lines = self._lines(received, Key(order.get("assigner") or "", order["number"], ""))
        self._require_own(received, data, lines)
        asked = self._asked(book, data, lines)
        if asked is None:
            return lines.requisition_id[:1]
        meant = {}
        if requisition_state.status(data) == requisition_state.ACTIVE:
            meant = self._meant(received, book, data)
        document = requisition_state.as_requisition(data, asked, meant)
        more = {name: data[name] for name in ("record", "priority", "deliver_from") if name in data}
        # pylint: disable-next=super-method-mismatch
        return super()._process(received, document | more)

    def _asked(self, book, data, lines):
        """What is asked for, as ``ehr.requisition`` names it; ``None``: nothing."""
        known = book.known(data["record"])
        told = known.told if known else None
        same = bool(told) and content_marks.is_marked(
            self.env["ehr.requisition.line"], told["digest"], requisition_state.digest(data)
        )
        return requisition_state.action(
            requisition_state.status(data),
            told and told["status"],
            known=bool(lines),
            open_=any(line.state not in CLOSED for line in lines),
            same=same,
        )

    def _require_own(self, received, data, lines):
        """:raises errors.ConflictError: ``order_reused``, ``number_changed``"""
        if any(line.order_record not in (False, data["record"]) for line in lines):
            raise errors.ConflictError(
                "Two orders of a system have the same number. Ask the sender which is right, then "
                "cancel this message; or let the mapping take another identifier.",
                code="order_reused",
            )
        if self._lines_of_record(received, data) - lines:
            raise errors.ConflictError(
                "An order has another number than it had when it was handled. Nothing was changed. "
                "Ask the sender: let him cancel the order and make another one, then cancel this "
                "message.",
                code="number_changed",
            )

    def _require_no_record_number(self, book, data):
        """Numbers of orders stand in clear, so none of the patient may be one.

        :raises errors.ContractError: ``number_is_record_number``
        """
        patient = data.get("patient") or {}
        known = book.find(patient, "patient") if patient else None
        who = known.record if known and known.record else self.env["ehr.patient"]
        for number in (data["order"]["number"], data.get("group")):
            if number and (number == patient.get("number") or (who and who._has_number(number))):
                raise errors.ContractError(
                    "An order has the record number of the patient as its own number, which would "
                    "stand in clear. Ask the sender for the right number, or let the mapping take "
                    "it from another identifier, then retry.",
                    code="number_is_record_number",
                )

    # ------------------------------------------------------------------
    # what references mean
    # ------------------------------------------------------------------

    def _meant(self, received, book, data):
        """What the references of an order mean, as members of ``ehr.requisition``.

        :raises errors.IntegrationError: one of them is not known, or not the only one
        """
        found = {}
        if place := data.get("deliver_to"):
            found |= self._place(received, book, place)
        if visit := self._visit_meant(book, data, bool(place)):
            found["visit"] = visit
        return found

    def _place(self, received, book, reference):
        """Where it is to go: the code of a supply route, or a place of the census."""
        code = reference.get("number")
        mine = Domain("company_id", "=", self.env.company.id)
        routes = self.env["ehr.supply.route"]
        if code and routes._by_code(mine, received.system_id, code):
            return {"deliver_to": code}
        known = book.find(reference, "place")
        if known and known.record and known.record._name == "ehr.location":
            place = known.record
            return {"location": {name: place[name] for name in clinical.PLACE if place[name]}}
        if code:
            return {"deliver_to": code}  # which is not known, and the error says what to do
        raise UnknownReferenceError("place")

    def _visit_meant(self, book, data, has_place):
        """The visit that is named, or the one that the patient is there for.

        :raises errors.ConflictError: the patient has none, or several, and no place is named
        """
        if named := data.get("visit"):
            if named.get("number"):
                return clinical.identifier(named["number"], named.get("assigner"))
            visit = book.meant(named, "visit")
        elif data.get("patient"):
            visit = self._present(book, data["patient"])
            if len(visit) != 1:
                if has_place:
                    return None
                raise errors.ConflictError(
                    "An order is for a patient who has no visit at present, or several, and names "
                    "neither a visit nor a place. Ask the sender for one of them, or retry when "
                    "the admission has come.",
                    code="unknown_visit",
                )
        else:
            return None
        return clinical.identifier(visit.visit_number, visit.visit_assigner)

    def _present(self, book, reference):
        patient = book.patients([reference])[id(reference)]
        return self.env["ehr.encounter"].search(
            Domain("company_id", "=", self.env.company.id)
            & Domain("patient_id", "=", patient.id)
            & Domain("state", "=", "present"),
            limit=2,
        )

    # ------------------------------------------------------------------
    # what orders by messages do not have
    # ------------------------------------------------------------------

    def _order_values(self, received, data, number, route, entries, visit):
        values = super()._order_values(received, data, number, route, entries, visit)
        return values | {"urgent": data.get("priority") == "urgent"}

    def _line_values(self, received, order, place, key, one, data):
        values = super()._line_values(received, order, place, key, one, data)
        return values | {"order_record": data["record"]}

    def _change(self, received, data, line, one, visit):
        refusal = super()._change(received, data, line, one, visit)
        line.order_record = data["record"]
        if one["action"] == "change" and not refusal:
            self._hurry(line.requisition_id, data.get("priority") == "urgent")
        return refusal

    def _hurry(self, order, urgent):
        if order.urgent != urgent:
            order.urgent = urgent
            moves = order.line_ids._open_moves()
            moves.picking_id.priority = "1" if urgent else "0"

    def _route_of_change(self, received, data, line, one):
        """A version says where all of it goes."""
        if one.get("deliver_to") or data.get("location"):
            return self._route(received, one, data, line.requisition_id.encounter_id)
        return line.requisition_id.route_id

    def _route(self, received, one, data, visit):
        route = super()._route(received, one, data, visit)
        if source := data.get("deliver_from"):
            self._require_source(received, route, source)
        return route

    def _require_source(self, received, route, reference):
        """:raises errors.ConflictError: it is to come from elsewhere than the route says"""
        codes = [reference[name] for name in ("number", "record") if reference.get(name)]
        found = self.env["stock.location"]
        for code in codes:
            found |= self.env["integration.record.link"]._find_record(
                received.system_id, "stock.location", code
            ) or found.search(
                Domain("barcode", "=", code)
                & Domain("usage", "=", "internal")
                & Domain("company_id", "=", self.env.company.id),
                limit=1,
            )
        source = route.source_location_id
        if not any(
            source.parent_path.startswith(one.parent_path)
            or one.parent_path.startswith(source.parent_path)
            for one in found
        ):
            raise errors.ConflictError(
                "An order is to come from a store that Odoo does not know, or that does not supply "
                "its place. Enter the code as barcode of the stock location or in a record link, "
                "or correct the supply route, then retry; or let the mapping pass it over.",
                code="source_differs",
            )

    # ------------------------------------------------------------------
    # kits
    # ------------------------------------------------------------------

    def _kit(self, book, data):
        """The kit that is meant, and the request for one that the record made; empty for none."""
        kits, requests = self.env["ehr.case.kit"], self.env["ehr.kit.request"]
        known = book.known(data["record"])
        before = known.record if known and known.record else requests
        if before and before._name != requests._name:
            return kits, requests  # goods, and they do not become a kit
        if not data.get("kit") or not data.get("items"):
            return kits, before
        found = kits._for_codes(self.env.company, data["items"], "test")
        kit = next((found[code, 0] for code in data["items"] if (code, 0) in found), kits)
        return kit, before

    def _stand_as_kit(self, received, book, data, kit, request):
        """Let a kit be taken, or what was taken be given back."""
        status = requisition_state.status(data)
        cancels = status in ("cancelled", "mistaken")
        if status != requisition_state.ACTIVE and not (cancels and request):
            return request
        meant = {} if cancels else self._meant(received, book, data)
        code = kit.code or (request.code if cancels else data["items"][0])
        document = requisition_state.as_test(data, cancels, code, meant)
        return self.env[TESTS]._process(received, document)

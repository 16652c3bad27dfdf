from contextlib import suppress

from odoo import models
from odoo.fields import Domain

from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_ehr_bridge.engine import content_marks
from odoo.addons.integration_ehr_bridge.tools import clinical
from odoo.addons.integration_ehr_bridge.tools.census_told import read_identifier, read_place
from odoo.addons.integration_ehr_bridge.tools.numbers import same

from ..engine.requisition_supply import Supply
from ..tools import requisition
from ..tools.requisition import Key


class IntegrationHandlerEhrRequisition(models.AbstractModel):
    """Orders of supplies, from whatever kind of message: new ones, changes, cancellations.

    A line is known by its system, the number of its order and its position in it. All lines of one
    message are handled or none.
    """

    _name = "integration.handler.ehr_requisition"
    _inherit = "integration.handler.procurement"
    _description = "Requisition: order, change or cancel supplies"

    _contract = "ehr.requisition"
    # A new line is known by its key; a change says what is to be, not by how much.
    _repeatable = True

    def _process(self, received, data):
        at = clinical.moment(data["sent_at"])
        entries = [(self._key(one), one) for one in data["orders"]]
        if requisition.repeated([key for key, _one in entries]):
            # Which one is not said: nobody knows what senders write there.
            raise errors.ContractError(
                "A position of an order is in the message twice. Ask the sender to number the "
                "positions of an order (RQD-1), then cancel this message.",
                code="duplicate_line",
            )
        visit = self._visit(data)
        fresh = [entry for entry in entries if self._is_new(received, entry, data)]
        made = self._order_new(received, data, fresh, visit)
        told = []
        for key, one in entries:
            lines = made.get(key) or self._known(received, key, one, at)
            for line in lines:
                told.append((line, one["action"], self._change(received, data, line, one, visit)))
        return self._answer(received, data, told)

    def _answer(self, received, data, told):
        """Remember what the sender is told, and with each new line for when it is repeated.

        :param told: lines with what was asked and why it was not done, in the order of the message
        :return: the first requisition of the message
        """
        lines = []
        for line, action, refusal in told:
            if action == "new" and line.first_answer:
                lines.append(line.first_answer)
                continue
            lines.append(line._integration_answer(action, refusal))
            if action == "new":
                line.first_answer = lines[-1]
        orders = self.env["ehr.requisition"].union(*(line.requisition_id for line, *_ in told))
        answer = {
            "kind": data["kind"],
            "system": self._system(received).code,
            "requisition": orders[:1].name,
            "lines": lines,
        }
        self.env["ehr.requisition.answer"]._keep(received, orders[:1], answer)
        return orders[:1]

    # ------------------------------------------------------------------
    # known lines
    # ------------------------------------------------------------------

    def _key(self, one):
        order = read_identifier(one["order"])
        if order is None:
            raise errors.ContractError(
                "An order has no number. Ask the sender for it.", code="no_order_number"
            )
        # An order of one item needs no position; without one, a change is about all of them.
        position = "1" if one["action"] == "new" else ""
        return Key(order.assigner, order.number, (one.get("set_id") or "").strip() or position)

    def _lines(self, received, key):
        """Lines of an order; the one at a position, or all of them."""
        domain = (
            Domain("company_id", "=", self.env.company.id)
            & Domain("system_id", "=", received.system_id)
            & Domain("order_assigner", "=", key.assigner)
            & Domain("order_number", "=", key.number)
        )
        if key.set_id:
            domain &= Domain("set_id", "=", key.set_id)
        return self.env["ehr.requisition.line"].search(domain)

    def _is_new(self, received, entry, data):
        """Whether a line is to be made.

        :raises errors.ConflictError: the number was used for something else
        """
        key, one = entry
        if one["action"] != "new":
            return False
        known = self._lines(received, key)
        if not known:
            return True
        if not content_marks.is_marked(known, known.digest, requisition.digest(one, data)):
            raise errors.ConflictError(
                "An order that is known already comes as new, with another content. Ask the sender "
                "which is right: a change has to come as a change (XO). Then cancel this message.",
                code="order_reused",
            )
        return False

    def _known(self, received, key, one, at):
        """The lines that a message is about.

        :raises errors.ConflictError: ``unknown_order``, ``late_change``, ``ambiguous_order``
        """
        lines = self._lines(received, key)
        if one["action"] == "new":
            return lines
        if not lines:
            raise errors.ConflictError(
                "An order is changed or cancelled that Odoo does not know. Retry when it has "
                "come, or cancel this message.",
                code="unknown_order",
            )
        if len(lines) > 1 and one["action"] in ("change", "replace"):
            raise errors.ConflictError(
                "A change of an order does not say which of its positions it means. Ask the sender "
                "for the position (RQD-1), then cancel this message.",
                code="ambiguous_order",
            )
        if any(line.changed_at and at < line.changed_at for line in lines):
            raise errors.ConflictError(
                "A change of an order is older than what is known of it. Compare the order with "
                "the sender's, then cancel this message.",
                code="late_change",
            )
        return lines

    # ------------------------------------------------------------------
    # new lines
    # ------------------------------------------------------------------

    def _order_new(self, received, data, entries, visit):
        """Make requisitions of new lines, one for each number and place, and decide them.

        :return: the line of each key
        """
        grouped, found = {}, {}
        for key, one in entries:
            number = (one.get("group") or "").strip() or key.number
            grouped.setdefault((number, self._route(received, one, data, visit)), []).append(
                (key, one)
            )
        routes = self.env["ehr.supply.route"].union(*(route for _number, route in grouped))
        routes._await_hand()
        for (number, route), mine in grouped.items():
            order = self.env["ehr.requisition"].create(
                self._order_values(received, data, number, route, mine, visit)
            )
            lines = self.env["ehr.requisition.line"].create(
                [
                    self._line_values(received, order, place, key, one, data)
                    for place, (key, one) in enumerate(mine, 1)
                ]
            )
            Supply(order).supply(lines - order._hold_for_hand(received))
            found.update(zip((key for key, _one in mine), lines, strict=True))
        return found

    def _order_values(self, received, data, number, route, entries, visit):
        needed = [one["needed_by"] for _key, one in entries if one.get("needed_by")]
        return {
            "kind": data["kind"],
            "group_number": number,
            "system_id": received.system_id,
            "route_id": route.id,
            "encounter_id": visit.id,
            "ordered_at": clinical.moment(data["sent_at"]),
            "needed_by": clinical.moment(min(needed)) if needed else False,
            "company_id": self.env.company.id,
        }

    def _line_values(self, received, order, place, key, one, data):
        product = self._product(received, one)
        unit = self._find_unit(product, one["unit"])
        centre = self._centre(received, order.route_id, one, place)
        supplier = one.get("supplier")
        return {
            "requisition_id": order.id,
            "number": place,
            "order_assigner": key.assigner,
            "order_number": key.number,
            "set_id": key.set_id,
            "product_id": product.id,
            "item_code": self._item_code(received, one["items"], product),
            "quantity": self._quantity(unit, one["quantity"]),
            "unit_id": unit.id,
            "cost_centre_id": centre.id,
            "supplier_id": self._find_contact(received, supplier).id if supplier else False,
            "expected_price": float(one.get("price") or 0),
            "substitutes": bool(one.get("substitutes")),
            "deliver_to": (one.get("deliver_to") or "").strip() or False,
            "needed_by": clinical.moment(one.get("needed_by")) or False,
            "digest": content_marks.mark(order.line_ids, requisition.digest(one, data)),
            "changed_at": clinical.moment(data["sent_at"]),
        }

    def _product(self, received, one):
        """The product of an order, by whichever of its codes is known.

        One that is archived is found as well: its line is rejected, and the others go on.

        :raises errors.ConflictError: none, or several of them
        """
        found, problem = self.env["product.product"], None
        for code in one.get("items") or ():
            try:
                found |= self._find_product(received, code, archived=True)
            except errors.ConflictError as exc:
                problem = exc
        if len(found) > 1:
            raise errors.ConflictError(
                "The codes of an item mean several products in Odoo. Mend the references of the "
                "products, or ask the sender, then retry.",
                code="ambiguous_item",
            )
        if not found:
            raise problem or errors.ContractError(
                "An order names no item. Ask the sender for its code.", code="no_item"
            )
        if found.type != "consu":
            raise errors.ConflictError(
                "An item is a service or a set in Odoo, which no store hands out. Correct the "
                "product or its reference, then retry.",
                code="not_goods",
            )
        return found

    def _item_code(self, received, codes, product):
        """The first code by which an item is known: what is no code may be any text."""
        for code in codes[:-1]:
            with suppress(errors.ConflictError):
                if self._find_product(received, code, archived=True) == product:
                    return code
        return codes[-1]

    def _centre(self, received, route, one, place):
        if code := (one.get("cost_centre") or "").strip():
            return self._find_cost_centre(received, code, place)
        # sudo: whose cost it is needs no right to see what is booked there
        return route.sudo()._cost_centre()

    def _route(self, received, one, data, visit):
        """The supply route to where an order says, else to where the patient is."""
        code = (one.get("deliver_to") or "").strip()
        place = visit.location_id
        told = read_place(data.get("location"))
        if told and not code:
            place = self.env["ehr.location"]._resolve([told])[told]
        return self.env["ehr.supply.route"]._find(received.system_id, code, place)

    # ------------------------------------------------------------------
    # the visit
    # ------------------------------------------------------------------

    def _account(self, data):
        """:raises errors.ConflictError: the orders of one visit name several"""
        found = {one for order in data["orders"] if (one := read_identifier(order.get("account")))}
        if len(found) > 1:
            raise errors.ConflictError(
                "The orders of one visit are to be charged to several accounts. Ask the sender to "
                "send one message for each, then cancel this one.",
                code="account_differs",
            )
        return next(iter(found), None)

    def _visit(self, data):
        """The visit that is named, by its number or its account; empty for stock of a place.

        :raises errors.ConflictError: it is unknown, called off, or has another account
        """
        visits = self.env["ehr.encounter"]
        account = self._account(data)
        if number := read_identifier(data.get("visit")):
            visit = visits._resolve([number]).get(number, visits)
        elif account:
            visit = visits.search(
                Domain("company_id", "=", self.env.company.id)
                & Domain("account_number", "=", account.number)
                & Domain("account_assigner", "in", (account.assigner, False, "")),
                limit=2,
            )
        else:
            return visits
        # What was admitted by hand may be another one by now.
        visit = visit.mapped(lambda one: one.joined_into_id or one)
        if len(visit) != 1:
            raise errors.ConflictError(
                "The visit or the account of an order is unknown, or not the only one. Retry when "
                "its admission has come, or ask the sender.",
                code="unknown_visit" if number else "unknown_account",
            )
        if visit.state == "cancelled":
            raise errors.ConflictError(
                "An order is for a visit that was cancelled. Ask the sender, then cancel this "
                "message, or retry when the visit was admitted.",
                code="visit_cancelled",
            )
        if account and visit.account_number and not same(account.number, visit.account_number):
            raise errors.ConflictError(
                "An order is to be charged to another account than that of its visit. Ask the "
                "sender which is right, then retry or cancel this message.",
                code="account_differs",
            )
        return visit

from odoo import models
from odoo.fields import Domain

from odoo.addons.integration_ehr_bridge.tools import clinical
from odoo.addons.integration_ehr_bridge.tools.census_told import read_place

from ..engine import requisition_changes, requisition_moving
from .ehr_requisition_hand import LATE


class IntegrationHandlerEhrRequisition(models.AbstractModel):
    """Changes and cancellations of what was ordered.

    A change says what is to be. What it does not say stays as it was.
    """

    _inherit = "integration.handler.ehr_requisition"  # pylint: disable=consider-merging-classes-inherited

    def _change(self, received, data, line, one, visit):
        """Do what is asked of a known line; why not, if it stays."""
        action = one["action"]
        if action == "new":
            return None
        if action == "cancel" or (action == "replace" and "quantity" not in one):
            refusal = requisition_changes.cancel(line)
        elif action == "discontinue":
            refusal = requisition_changes.discontinue(line)
        else:
            refusal = self._alter(received, data, line, one, visit)
        line.changed_at = clinical.moment(data["sent_at"])
        if refusal and refusal != requisition_changes.CANCELLED:
            self._ask(received, line, action, refusal)
        elif not refusal:
            line._late_no_more()
            if line.decision != "held":
                line.requisition_id._ask_no_more(line)
        return refusal

    def _alter(self, received, data, line, one, visit):
        """Let a line be as a change says, all of it or nothing."""
        product = self._product(received, one)
        if product != line.product_id:
            return "item_changed"
        unit = self._find_unit(product, one["unit"])
        quantity = self._quantity(unit, one["quantity"])
        order = line.requisition_id
        route = self._route_of_change(received, data, line, one)
        supplier = self._supplier_of_change(received, line, one)
        centre = self._centre_of_change(received, line, one, route)
        visit = visit or order.encounter_id
        if refusal := requisition_moving.fixed(
            line, route=route, visit=visit, centre=centre, supplier=supplier
        ):
            return refusal
        moving = requisition_moving.moves(line, route=route, visit=visit, supplier=supplier)
        if not moving and (refusal := requisition_changes.resize(line, quantity, unit)):
            return refusal
        line.write(self._values_of_change(one, centre, supplier))
        if moving:
            line.write({"quantity": quantity, "unit_id": unit.id})
            requisition_moving.move(line, self._home(line, route, visit))
        else:
            requisition_moving.tell_documents(line, due=bool(one.get("needed_by")))
        return None

    def _values_of_change(self, one, centre, supplier):
        values = {"cost_centre_id": centre.id, "supplier_id": supplier.id}
        if needed := clinical.moment(one.get("needed_by")):
            values["needed_by"] = needed
        if one.get("price") is not None:
            values["expected_price"] = float(one["price"])
        if one.get("substitutes") is not None:
            values["substitutes"] = one["substitutes"]
        if code := (one.get("deliver_to") or "").strip():
            values["deliver_to"] = code
        return values

    def _route_of_change(self, received, data, line, one):
        """Where a change wants it to be. Where the patient lies does not change what was named."""
        routes = self.env["ehr.supply.route"]
        if code := (one.get("deliver_to") or "").strip():
            return routes._find(received.system_id, code, self.env["ehr.location"])
        told = read_place(data.get("location"))
        if told and not line.deliver_to:
            place = self.env["ehr.location"]._resolve([told])[told]
            return routes._find(received.system_id, "", place)
        return line.requisition_id.route_id

    def _supplier_of_change(self, received, line, one):
        if code := one.get("supplier"):
            return self._find_contact(received, code)
        return line.supplier_id

    def _centre_of_change(self, received, line, one, route):
        before = line.requisition_id.route_id
        # sudo: whose cost it is needs no right to see what is booked there
        kept = line.cost_centre_id and line.cost_centre_id != before.sudo()._cost_centre()
        if (one.get("cost_centre") or "").strip() or not (kept or route == before):
            return self._centre(received, route, one, line.number)
        return line.cost_centre_id

    def _home(self, line, route, visit):
        """The requisition of a line that goes to another place or visit: its own if it is alone."""
        order = line.requisition_id
        if len(order.line_ids) == 1:
            order.write({"route_id": route.id, "encounter_id": visit.id})
            return order
        if (route, visit) == (order.route_id, order.encounter_id):
            return order
        found = order.search(
            Domain("company_id", "=", order.company_id.id)
            & Domain("system_id", "=", order.system_id.id)
            & Domain("group_number", "=", order.group_number)
            & Domain("route_id", "=", route.id)
            & Domain("encounter_id", "=", visit.id)
            & Domain("id", "!=", order.id),
            limit=1,
        )
        return found or order.create(
            {
                "kind": order.kind,
                "group_number": order.group_number,
                "system_id": order.system_id.id,
                "route_id": route.id,
                "encounter_id": visit.id,
                "ordered_at": order.ordered_at,
                "needed_by": order.needed_by,
                "company_id": order.company_id.id,
            }
        )

    def _ask(self, received, line, action, refusal):
        """A storekeeper decides on what the sender was refused."""
        reasons = line._refusals()
        self.env["integration.exception"]._raise_for(
            received,
            line.requisition_id,
            LATE,
            self.env._(
                "%(line)s, %(product)s, is to be changed or cancelled: %(reason)s.",
                line=line.display_name,
                product=line.product_id.display_name,
                reason=reasons[refusal],
            ),
            area="stock",
            key=str(line.id),
            proposal={
                "line": line.id,
                "action": action,
                "picked": str(line._progress().picked),
            },
        )

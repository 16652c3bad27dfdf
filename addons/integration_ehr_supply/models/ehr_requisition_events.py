from decimal import Decimal

from odoo import models

from odoo.addons.integration_core.engine.capture import Snapshot
from odoo.addons.integration_core.engine.snapshots import rfc3339
from odoo.addons.integration_core.tools import decimals
from odoo.addons.integration_ehr_bridge.tools import clinical

from ..tools import requisition

CONTRACT = "ehr.requisition_answer"


class EhrRequisition(models.Model):
    """What others are told of a requisition: how far each of its lines is."""

    _inherit = "ehr.requisition"  # pylint: disable=consider-merging-classes-inherited

    # Changes of its lines are changes of the requisition.
    _integration_parts = {"ehr.requisition.line": "requisition_id"}

    def _integration_snapshots(self, contract_code):
        if contract_code != CONTRACT:
            return super()._integration_snapshots(contract_code)
        told = self.filtered(lambda one: one.line_ids and one.state != "draft")
        return {
            one.id: Snapshot(one._integration_answer(), one.company_id.id, subject=one.name)
            for one in told
        }

    def _integration_answer(self):
        """This requisition as ``ehr.requisition_answer`` 1.1.0."""
        self.ensure_one()
        return {
            "kind": self.kind,
            # sudo: who ordered is known by its code to whoever is told
            "system": self.sudo().system_id.code or None,
            "requisition": self.name,
            "lines": [line._integration_answer() for line in self.line_ids],
        }


class EhrRequisitionLine(models.Model):
    """One line of what others are told."""

    _inherit = "ehr.requisition.line"  # pylint: disable=consider-merging-classes-inherited

    def _integration_answer(self, action=None, refusal=None):
        """This line as it stands.

        :param action: what was asked for; ``None``: nothing, its status is told
        :param refusal: code of why that was not done
        """
        self.ensure_one()
        code = refusal or self.reason or None
        # Columns alone: what was told before is read from the database, where documents are newer.
        waiting = max(self.open_quantity - self.reserved_quantity, 0)
        if self.decision == "held":
            waiting = self.product_quantity - self.cancelled_quantity
        quantities = {
            "quantity": self._number(self.product_quantity),
            "supplied": self._number(self.reserved_quantity + self.delivered_quantity),
            "back_ordered": self._number(waiting),
            "refused": self._number(self.rejected_quantity),
            "delivered": self._number(self.delivered_quantity),
        }
        return {
            "order": clinical.identifier(self.order_number, self.order_assigner),
            "group": self.requisition_id.group_number or None,
            "filler": {"number": self.display_name},
            "set_id": self.set_id or None,
            "action": action,
            "outcome": "refused"
            if refusal
            else self.decision
            if action in (None, "new")
            else "done",
            "status": self.state,
            "reason": code,
            "item": self.item_code or self.product_id.default_code or None,
            **self._told(quantities),
            "needed_by": rfc3339(self.needed_by) if self.needed_by else None,
            **self._told_of_record(),
        }

    def _told_of_record(self):
        """What systems want to know that keep orders, and deliveries for them, as records."""
        # sudo: the code of the place alone, for those who see the requisition
        route = self.requisition_id.route_id.sudo()
        handed_out = self._handed_out_at()
        return {
            "record": self.order_record or None,
            "place": self.deliver_to or route.place_id.point_of_care or route.code or None,
            "delivered_at": rfc3339(handed_out) if handed_out else None,
        }

    def _handed_out_at(self):
        """When the last of what was delivered came; ``None``: nothing has."""
        if self.delivered_quantity <= 0:
            return None
        # sudo: dates alone, for those who see the requisition
        line = self.sudo()
        moves = line.move_ids | line.purchase_line_ids.move_ids
        return max(moves.filtered(lambda one: one.state == "done").mapped("date"), default=None)

    def _told(self, quantities):
        """Quantities in the unit that was ordered if whole in it, else in the product's."""
        unit, own = self.unit_id, self.product_id.uom_id
        factor = self._number(unit._compute_quantity(1, own, round=False))
        if not requisition.shared_unit(list(quantities.values()), factor):
            unit, factor = own, Decimal(1)
        return {
            **{
                name: decimals.to_text(quantity / factor, 6)
                for name, quantity in quantities.items()
            },
            # None breaks the contract on purpose: a quantity without its unit means nothing.
            "unit": unit._integration_unit_code(),
        }

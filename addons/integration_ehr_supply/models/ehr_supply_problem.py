import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.integration_core.engine.capture import Snapshot
from odoo.addons.integration_core.engine.snapshots import rfc3339
from odoo.addons.integration_ehr_bridge.tools import clinical

from ..tools import supply_problems

CONTRACT = "ehr.supply_problem"
KINDS = [
    ("refused", "Refused"),
    ("short", "Not enough stock"),
    ("held", "To decide"),
    ("unhandled", "Cannot be handled"),
]

#: States of items of which something is to come that may be missing.
WAITING = ("held", "waiting", "partly_ready", "partly_delivered")
#: What was refused before that is known.
LATELY = timedelta(days=1)


class EhrSupplyProblem(models.Model):
    """An order that cannot be supplied as it is, of which the system that ordered is told.

    It is one task at that system, from when the problem is seen until it is none any more.
    """

    _name = "ehr.supply.problem"
    _description = "Order That Cannot Be Supplied"
    _order = "id desc"
    _rec_name = "number"
    _check_company_auto = True

    number = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: f"SP-{secrets.token_hex(6).upper()}",
        help="By which the system that ordered recognises the problem.",
    )
    kind = fields.Selection(KINDS, string="Problem", required=True, readonly=True)
    reason = fields.Char(readonly=True, help="Code of why.")
    state = fields.Selection(
        [("open", "Open"), ("solved", "Solved"), ("withdrawn", "No longer wanted")],
        required=True,
        readonly=True,
        default="open",
        index=True,
    )
    line_id = fields.Many2one(
        "ehr.requisition.line",
        string="Item",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        help="Empty: the order could not be handled, and is no requisition yet.",
    )
    order_record = fields.Char(
        string="Record of the order", required=True, readonly=True, help="Such as SupplyRequest/7."
    )
    message_uuid = fields.Char(
        readonly=True, index="btree_not_null", help="Which message could not be handled."
    )
    system_id = fields.Many2one(
        "integration.system", string="Ordered by", required=True, readonly=True, ondelete="restrict"
    )
    raised_at = fields.Datetime(
        string="Seen", required=True, readonly=True, default=fields.Datetime.now
    )
    closed_at = fields.Datetime(string="Over since", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)

    _number_unique = models.UniqueIndex("(number)")
    _line_unique = models.UniqueIndex("(line_id) WHERE state = 'open' AND line_id IS NOT NULL")
    _message_unique = models.UniqueIndex("(message_uuid) WHERE message_uuid IS NOT NULL")

    # ------------------------------------------------------------------
    # what the system that ordered is told
    # ------------------------------------------------------------------

    def _integration_snapshots(self, contract_code):
        if contract_code != CONTRACT:
            return super()._integration_snapshots(contract_code)
        return {
            one.id: Snapshot(one._integration_problem(), one.company_id.id, subject=one.number)
            for one in self
        }

    def _integration_problem(self):
        """This problem as ``ehr.supply_problem`` 1.0.0."""
        self.ensure_one()
        line = self.line_id
        changed = self.closed_at or self.raised_at
        return {
            "number": self.number,
            # sudo: who ordered is known by its code to whoever is told
            "system": self.sudo().system_id.code,
            "state": self.state,
            "kind": self.kind,
            "reason": self.reason or None,
            "text": self._in_words(),
            "record": self.order_record,
            "order": clinical.identifier(line.order_number, line.order_assigner),
            "item": line.item_code or None,
            "raised_at": rfc3339(self.raised_at),
            "changed_at": rfc3339(changed),
        }

    def _in_words(self):
        """What is wrong, for people who know the order. Nothing of the patient."""
        return self._words().get(self.reason) or self._words()[self.kind]

    def _words(self):
        return {
            "refused": self.env._("The store does not supply it."),
            "short": self.env._("The store has not enough of it; it comes later."),
            "held": self.env._("Somebody in the store has to decide about the order."),
            "unhandled": self.env._("The store cannot handle the order; its staff looks at it."),
            "not_stocked": self.env._("The item is not kept in stock, and is not bought."),
            "archived_item": self.env._("The item is not supplied any more."),
            "bought": self.env._("The store has not enough of it; it is bought and comes later."),
            "maybe_by_hand": self.env._("It may have been ordered by telephone before."),
            "unknown_item": self.env._("The store does not know the item."),
            "ambiguous_item": self.env._("The codes of the item mean several items."),
            "missing_value": self.env._("The store does not know a code of the order."),
            "missing_required": self.env._("Something that the order needs is missing."),
            "unknown_unit": self.env._("The store does not know the unit."),
            "unit_differs": self.env._("The store cannot count the item in this unit."),
            "unknown_location": self.env._("The store does not supply the place."),
            "no_location": self.env._("The order does not say where it is to go."),
            "unknown_visit": self.env._("The store does not know the visit."),
            "no_supplier": self.env._("The item has to be bought, and nobody sells it."),
            "repeated_order": self.env._("An order cannot be for several times."),
            "item_parameters": self.env._("The item is not named by a code alone."),
        }

    # ------------------------------------------------------------------
    # looking for problems
    # ------------------------------------------------------------------

    @api.model
    def _look_soon(self):
        """Let the job look. It alone raises problems, so that none is raised twice."""
        # sudo: whoever handles orders needs no right on jobs
        self.sudo().env.ref("integration_ehr_supply.ir_cron_supply_problems")._trigger()

    def _look_at_items(self, lines):
        """Raise and end the problems of items, by how they stand."""
        told = self.search([("line_id", "in", lines.ids)], order="id")
        last = {one.line_id: one for one in told}
        fresh = []
        for line in lines.filtered(lambda one: one.order_record and one.system_id):
            found, before = line._supply_problem(), last.get(line, told.browse())
            same = bool(found) and found == (before.kind, before.reason or "")
            if same and before.state == "open":
                continue
            before._end(supply_problems.ending(line.state, line.order_over))
            if found:
                fresh.append(
                    {
                        "kind": found.kind,
                        "reason": found.reason or False,
                        "line_id": line.id,
                        "order_record": line.order_record,
                        "system_id": line.system_id.id,
                        "company_id": line.company_id.id,
                    }
                )
        # What ended is over before it begins anew: one is open for each item.
        self.flush_model()
        self.create(fresh)

    def _end(self, state):
        if ending := self.filtered(lambda one: one.state == "open"):
            ending.write({"state": state, "closed_at": fields.Datetime.now()})

    @api.model
    def _handled(self, system_id, record, company):
        """A version of an order was handled: what could not be before is of no concern."""
        # sudo: problems follow from orders, whoever handles these
        self.sudo().search(
            [
                ("system_id", "=", system_id),
                ("company_id", "=", company.id),
                ("order_record", "=", record),
                ("line_id", "=", False),
                ("state", "=", "open"),
            ]
        )._end(supply_problems.SOLVED)

    @api.model
    def _cron_look(self):
        """Items that have a problem or had one, and messages that could not be handled."""
        lately = fields.Datetime.now() - LATELY
        lines = self.env["ehr.requisition.line"].search(
            Domain("order_record", "!=", False)
            & (
                Domain("state", "in", WAITING)
                | (Domain("rejected_quantity", ">", 0) & Domain("write_date", ">=", lately))
            )
        )
        told = self.search([("state", "=", "open"), ("line_id", "!=", False)])
        self._look_at_items(lines | told.line_id)
        self._look_at_messages()


class EhrRequisitionLine(models.Model):
    """Items that cannot be supplied as they were ordered."""

    _inherit = "ehr.requisition.line"

    def _supply_problem(self):
        """What is wrong with this item; ``None``: nothing."""
        self.ensure_one()
        return supply_problems.problem(
            supply_problems.Line(
                state=self.state,
                decision=self.decision or "",
                reason=self.reason or "",
                missing=self._number(self.open_quantity - self.reserved_quantity),
                rejected=self._number(self.rejected_quantity),
                over=self.order_over,
            )
        )

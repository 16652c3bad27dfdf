from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.integration_core.tools import errors

from ..tools.requisition import Policy

SHORTAGE = [
    ("backorder", "It waits until stock is there"),
    ("purchase", "It is bought, and waits for it"),
    ("reject", "The missing quantity is refused"),
]
NOT_STOCKED = [
    ("purchase", "It is bought for the place"),
    ("supply", "It is handed out without counting"),
    ("reject", "It is refused"),
]


class EhrSupplyRoute(models.Model):
    """How a clinical place is supplied: which stock location it is, and where that is filled from.

    A message names the place by a code (deliver to), or by where the patient lies.
    """

    _name = "ehr.supply.route"
    _description = "Supply Route"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, help="As storekeepers call it, such as “Ward 4W”.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    code = fields.Char(
        string="Deliver-to code",
        index="btree_not_null",
        help="How messages name the place that is delivered to. Empty: by its clinical place.",
    )
    system_id = fields.Many2one(
        "integration.system",
        string="Of the system",
        ondelete="restrict",
        groups="integration_core.group_observer",
        help="Whose code it is. Empty: of all systems.",
    )
    place_id = fields.Many2one(
        "ehr.location",
        string="Clinical place",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="The unit, clinic or theatre that is supplied, with all rooms and beds in it.",
    )
    source_location_id = fields.Many2one(
        "stock.location",
        string="Supplied from",
        required=True,
        ondelete="restrict",
        check_company=True,
        domain="[('usage', '=', 'internal')]",
        help="What is ordered is reserved and picked here.",
    )
    destination_location_id = fields.Many2one(
        "stock.location",
        string="Stock location of the place",
        required=True,
        ondelete="restrict",
        check_company=True,
        domain="[('usage', 'in', ('internal', 'inventory', 'production', 'customer'))]",
        help="Its own stock, or where what it gets counts as used up.",
    )
    picking_type_id = fields.Many2one(
        "stock.picking.type",
        string="Operation type",
        required=True,
        ondelete="restrict",
        check_company=True,
        domain="[('code', 'in', ('internal', 'outgoing'))]",
        help="Of the transfers that bring it to the place.",
    )
    receipt_type_id = fields.Many2one(
        "stock.picking.type",
        string="Receipts of what is bought",
        ondelete="restrict",
        check_company=True,
        domain="[('code', '=', 'incoming')]",
        help="Empty: those of the warehouse that it is supplied from.",
    )
    shortage = fields.Selection(
        SHORTAGE,
        string="Without enough stock",
        required=True,
        default="backorder",
        help="Of products whose stock is counted.",
    )
    not_stocked = fields.Selection(
        NOT_STOCKED,
        string="What is not kept in stock",
        required=True,
        default="purchase",
        help="Of products whose stock is not counted.",
    )
    cost_centre_id = fields.Many2one(
        "account.analytic.account",
        string="Cost centre",
        ondelete="restrict",
        check_company=True,
        help="For orders that name none. Empty: that of the clinical place.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )

    _code_unique = models.UniqueIndex(
        "(company_id, code, coalesce(system_id, 0)) WHERE active AND code IS NOT NULL",
        "Another supply route of the company has this code.",
    )
    _place_unique = models.UniqueIndex(
        "(company_id, place_id) WHERE active AND place_id IS NOT NULL AND code IS NULL",
        "Another supply route supplies this place.",
    )

    @api.constrains("code", "place_id")
    def _check_found(self):
        for route in self:
            if not (route.code or route.place_id):
                raise ValidationError(
                    self.env._(
                        "Enter the code by which messages name the place, or its clinical place: "
                        "without either no order finds the route “%s”.",
                        route.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._trimmed(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._trimmed(vals))

    def _trimmed(self, vals):
        if "code" not in vals:
            return vals
        return {**vals, "code": (vals["code"] or "").strip() or False}

    def _policy(self) -> Policy:
        self.ensure_one()
        return Policy(self.shortage, self.not_stocked)

    def _receipts(self):
        """The operation type of what is bought."""
        self.ensure_one()
        return self.receipt_type_id or self.source_location_id.warehouse_id.in_type_id

    def _cost_centre(self):
        self.ensure_one()
        return self.cost_centre_id or self.place_id.analytic_account_id

    @api.model
    def _find(self, system_id, code, place):
        """The route that a message means.

        :param code: deliver to, as the message names it; empty: where the patient lies
        :param place: where that is, ``ehr.location``, perhaps empty
        :raises errors.ConflictError: ``unknown_location``, ``ambiguous_location``
        """
        mine = Domain("company_id", "=", self.env.company.id)
        found = self._by_code(mine, system_id, code) if code else self._above(mine, place)
        if len(found) == 1:
            return found
        if found:
            raise errors.ConflictError(
                "The place that is delivered to fits several supply routes. Give each a code of "
                "its own (Clinical supply / Configuration / Supply routes), then retry.",
                code="ambiguous_location",
            )
        raise errors.ConflictError(
            "No supply route leads to the place that is delivered to. Make one for its code or "
            "its clinical place (Clinical supply / Configuration / Supply routes), then retry."
            if code or place
            else "The order does not say where it is to be delivered, and the place of its visit "
            "is not known. Ask the sender for it, or let the mapping take it from another field.",
            code="unknown_location" if code or place else "no_location",
        )

    def _by_code(self, mine, system_id, code):
        # sudo: whose code it is, which whoever orders need not be allowed to read
        named = self.sudo().search(mine & Domain("code", "=", code))
        own = named.filtered(lambda route: route.system_id.id == system_id)
        found = own or named.filtered(lambda route: not route.system_id)
        if not found:
            found = self.sudo().search(  # sudo: as above
                mine
                & Domain("code", "=", False)
                & Domain("place_id.point_of_care", "=", code)
                & Domain("place_id.room", "=", "")
            )
        return found.sudo(False)

    def _above(self, mine, place):
        """The route of a place, or of the nearest one that it is part of."""
        while place:
            found = self.search(mine & Domain("place_id", "=", place.id))
            if found:
                return found
            place = place.parent_id
        return self.browse()

    # ------------------------------------------------------------------
    # the feed and people at the same moment
    # ------------------------------------------------------------------

    def _take_turn(self):
        """Let a person supply what was entered by hand before or after an order of the feed.

        Waits for those that are being handled; whoever handles another one waits for this.
        """
        self.flush_recordset()
        self.env.cr.execute(
            SQL("UPDATE ehr_supply_route SET sequence = sequence WHERE id = ANY(%s)", self.ids)
        )

    def _await_hand(self):
        """Wait for people who are supplying what was entered by hand for these places.

        The transaction then fails and is begun again, since it does not see what they did
        (REPEATABLE READ). Orders of the feed do not wait for each other.
        """
        self.env.cr.execute(
            SQL(
                "SELECT id FROM ehr_supply_route WHERE id = ANY(%s) ORDER BY id FOR SHARE", self.ids
            )
        )

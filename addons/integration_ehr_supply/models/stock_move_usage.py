from odoo import api, fields, models


class StockMove(models.Model):
    """Moves that take what was used, borne by a cost centre."""

    _inherit = "stock.move"  # pylint: disable=consider-merging-classes-inherited

    ehr_consumption_ids = fields.One2many("ehr.consumption", "move_id", string="Clinical usage")
    ehr_consumption_count = fields.Integer(compute="_compute_ehr_consumption_count")
    ehr_cost_centre_id = fields.Many2one(
        "account.analytic.account",
        string="Cost centre of usage",
        readonly=True,
        copy=False,
        ondelete="restrict",
        check_company=True,
    )
    ehr_kit_part = fields.Integer(
        string="Item of the kit",
        readonly=True,
        # Not which line of which kit: that is the procedure, and storekeepers read moves.
        help="The how many-th item of its kit it reserves. Items of a kit stay apart.",
    )
    ehr_stands_in_id = fields.Many2one(
        "ehr.consumption",
        string="Stands in for",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="This usage was booked out of the kit and was of the place: so much of the place took "
        "its place in the store.",
    )
    ehr_released_qty = fields.Float(
        string="Released",
        readonly=True,
        copy=False,
        digits="Product Unit",
        help="How much of it was reserved when its kit was over, in the unit in which the product "
        "is kept: what is told to have been used later is of that.",
    )

    @api.depends("ehr_consumption_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ehr_consumption_count(self):
        consumptions = self.env["ehr.consumption"]
        counts = {}
        if consumptions.has_access("read"):
            counts = dict(
                consumptions._read_group([("move_id", "in", self.ids)], ["move_id"], ["__count"])
            )
        for move in self:
            move.ehr_consumption_count = counts.get(move._origin, 0)

    def _prepare_merge_moves_distinct_fields(self):
        """Lines of kits and cost centres stay apart."""
        return [
            *super()._prepare_merge_moves_distinct_fields(),
            "ehr_kit_part",
            "ehr_cost_centre_id",
        ]

    def _prepare_move_split_vals(self, qty):
        """A back order is of the same kit and at the same cost."""
        return {
            **super()._prepare_move_split_vals(qty),
            "ehr_kit_part": self.ehr_kit_part,
            "ehr_cost_centre_id": self.ehr_cost_centre_id.id,
        }

    def _get_analytic_distribution(self):
        if self.ehr_cost_centre_id:
            # sudo: who bears it is told by the document, not by the reader's rights
            return {str(self.sudo().ehr_cost_centre_id.id): 100.0}
        return super()._get_analytic_distribution()

    def action_open_ehr_consumptions(self):
        """What this move took, line by line as it was told."""
        return self.env["ehr.consumption"]._open_list([("move_id", "in", self.ids)])

    # ------------------------------------------------------------------
    # kits
    # ------------------------------------------------------------------

    def _ehr_missing(self):
        """What of these moves could not be reserved, in words."""
        for move in self:
            left = move.product_uom_qty - move.quantity
            if move.state in ("confirmed", "waiting", "partially_available") and left > 0:
                yield f"{left:g} {move.product_uom.display_name} {move.product_id.display_name}"

    def _ehr_free_reserved(self, by_lot):
        """So much of a kit is used, and not reserved any more.

        What is picked already stays picked, less what was used of it.

        :param by_lot: quantities by lot, in the unit in which the product is kept
        """
        self.ensure_one()
        if self.state == "done":
            return
        if self.state == "cancel":
            self.ehr_released_qty -= sum(by_lot.values())
            return
        unit = self.product_id.uom_id
        left = unit.round(self.product_qty - sum(by_lot.values()))
        if unit.compare(left, 0) <= 0:
            self._action_cancel()
            return
        if self.picked or any(self.move_line_ids.mapped("picked")):
            self._ehr_take_picked(dict(by_lot))
        else:
            self._do_unreserve()
        self.write({"product_uom": unit.id, "product_uom_qty": left})

    def _ehr_take_picked(self, by_lot):
        unit = self.product_id.uom_id
        for line in self.move_line_ids:
            part = min(by_lot.get(line.lot_id, 0), line.quantity_product_uom)
            if unit.compare(part, 0) <= 0:
                continue
            by_lot[line.lot_id] -= part
            rest = unit.round(line.quantity_product_uom - part)
            if unit.is_zero(rest):
                line.unlink()
            else:
                line.quantity = unit._compute_quantity(rest, line.product_uom_id, round=False)

    def _ehr_lower_back(self, by_lot):
        """So much of what this move takes back was used, as was told after the kit was over.

        Whoever carries it out reads on the transfer why it is less.

        :param by_lot: as of :meth:`_ehr_free_reserved`
        """
        self.ensure_one()
        if self.state in ("done", "cancel"):
            return
        unit = self.product_id.uom_id
        used = unit.round(sum(by_lot.values()))
        left = unit.round(self.product_qty - used)
        if unit.compare(left, 0) > 0:
            # Not anew: Odoo would take whatever lot lies there.
            self._ehr_take_picked(dict(by_lot))
            self.write({"product_uom": unit.id, "product_uom_qty": left})
        else:
            self._action_cancel()
        self.picking_id.message_post(
            body=self.env._(
                "%(quantity)s %(unit)s %(product)s less: used, as was told after the kit was over.",
                quantity=f"{used:g}",
                unit=unit.name,
                product=self.product_id.display_name,
            )
        )

    def _ehr_unused_lines(self):
        """What was brought with kits and not used: ``{move: {(lot, where it lies): quantity}}``,
        in the unit in which the product is kept."""
        used = self._ehr_used_by_lot()
        unused = {}
        for line in self.filtered(lambda one: one.state == "done").move_line_ids:
            key = line.picking_id, line.product_id, line.lot_id
            part = min(used.get(key, 0), line.quantity_product_uom)
            used[key] = used.get(key, 0) - part
            left = line.product_id.uom_id.round(line.quantity_product_uom - part)
            if line.product_id.uom_id.compare(left, 0) > 0:
                of_move = unused.setdefault(line.move_id, {})
                where = line.lot_id, line.location_dest_id
                of_move[where] = of_move.get(where, 0) + left
        return unused

    def _ehr_used_by_lot(self):
        """What was used of what was brought, and kept, by kit, product and lot.

        What was taken out of a reservation was never brought: it made the transfer smaller.
        """
        used = {}
        for one in self.env["ehr.consumption"].search(
            [("kit_picking_id", "in", self.picking_id.ids), ("returns_id", "=", False)]
        ):
            theatre = one.kit_picking_id.location_dest_id
            taken_there = one.stock_location_id.parent_path.startswith(theatre.parent_path)
            if not (one.kit_brought or taken_there):
                continue
            key = one.kit_picking_id, one.product_id, one.lot_id
            used[key] = used.get(key, 0) + one._kept()
        return used

    def _ehr_rest_lines(self):
        """What is still to be taken back of kits that were brought, as :meth:`_ehr_unused_lines`:
        what a transfer takes back already, or has, is not taken twice."""
        rest = self._ehr_unused_lines()
        for move, of_move in rest.items():
            for line in move.returned_move_ids.move_line_ids:
                where = line.lot_id, line.location_id
                if line.state != "cancel" and where in of_move:
                    of_move[where] -= line.quantity_product_uom
        positive = (
            (move, {w: q for w, q in of_move.items() if move.product_id.uom_id.compare(q, 0) > 0})
            for move, of_move in rest.items()
        )
        return {move: of_move for move, of_move in positive if of_move}

    def _ehr_rest_values(self, by_lot):
        """Values of a move that takes back what is left of this one, of the lots that it is."""
        self.ensure_one()
        common = {
            "product_id": self.product_id.id,
            "location_dest_id": self.location_id.id,
            "company_id": self.company_id.id,
        }
        return {
            **common,
            "product_uom": self.product_id.uom_id.id,
            "product_uom_qty": sum(by_lot.values()),
            "location_id": self.location_dest_id.id,
            "origin_returned_move_id": self.id,
            # These lots, and not what Odoo would reserve: others of the place may be somebody's.
            "move_line_ids": [
                fields.Command.create(
                    {
                        **common,
                        "product_uom_id": self.product_id.uom_id.id,
                        "quantity": quantity,
                        "lot_id": lot.id,
                        "location_id": place.id,
                    }
                )
                for (lot, place), quantity in by_lot.items()
            ],
        }

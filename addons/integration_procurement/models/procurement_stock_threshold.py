from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.integration_core.engine.capture import Snapshot

from ..tools import canonical, thresholds

THRESHOLD = "procurement.stock_threshold"
# What is watched. It stays: whoever was told of a breach must be told of its end.
IDENTITY = frozenset({"product_id", "location_id", "company_id", "watched"})
# A change of these makes the stock be looked at again.
LIMITS = frozenset({"minimum", "refilled_at", "active"})


class ProcurementStockThreshold(models.Model):
    """A minimum of stock of one product at one place, of which other systems are told.

    Its state changes once when the stock falls below the minimum, and once when it is refilled;
    both are events. Orders are made by Odoo's own reordering rules; this only tells. The model is
    not one of ``integration.*``: those cannot have events.
    """

    _name = "procurement.stock.threshold"
    _description = "Stock Threshold"
    _order = "product_id, location_id, id"
    _check_company_auto = True

    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    product_id = fields.Many2one(
        "product.product",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
        domain="[('is_storable', '=', True)]",
    )
    location_id = fields.Many2one(
        "stock.location",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
        domain="[('usage', 'in', ('internal', 'view'))]",
        help="With all places inside of it.",
    )
    watched = fields.Selection(
        [("on_hand", "On hand"), ("forecast", "Forecast")],
        required=True,
        default="on_hand",
        help="On hand: what is there now; looked at as soon as the product was moved. Forecast: "
        "with what is confirmed to come and to leave; looked at every ten minutes.",
    )
    minimum = fields.Float(
        digits="Product Unit",
        required=True,
        help="Below this quantity the threshold is breached. In the unit of the product.",
    )
    refilled_at = fields.Float(
        string="Refilled at",
        digits="Product Unit",
        compute="_compute_refilled_at",
        store=True,
        readonly=False,
        precompute=True,
        help="From this quantity on a breach is over. Above the minimum it keeps a stock that "
        "hovers around the minimum from being told of again and again.",
    )
    product_uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    state = fields.Selection(
        [("unknown", "Not looked at yet"), ("ok", "Sufficient"), ("breached", "Below minimum")],
        required=True,
        default="unknown",
        readonly=True,
        copy=False,
    )
    since = fields.Datetime(readonly=True, copy=False, help="Since when it is in this state.")
    breached_at = fields.Datetime(
        string="Last breach", readonly=True, copy=False, help="When it was last breached."
    )
    last_quantity = fields.Float(
        digits="Product Unit", readonly=True, copy=False, help="Found at the last look."
    )
    evaluated_at = fields.Datetime(string="Last look", readonly=True, copy=False, index=True)
    problem = fields.Char(
        readonly=True, copy=False, help="Why the stock cannot be looked at, until it is mended."
    )

    _one_of_a_kind = models.UniqueIndex(
        "(product_id, location_id, watched, company_id) WHERE active",
        "There is a threshold for this product and place already.",
    )

    @api.depends("minimum")
    def _compute_refilled_at(self):
        for threshold in self:
            threshold.refilled_at = max(threshold.refilled_at, threshold.minimum)

    @api.depends("product_id", "location_id", "watched")
    @api.depends_context("lang")
    def _compute_display_name(self):
        names = dict(self._fields["watched"]._description_selection(self.env))
        for threshold in self:
            threshold.display_name = self.env._(
                "%(product)s at %(location)s (%(watched)s)",
                product=threshold.product_id.display_name,
                location=threshold.location_id.display_name,
                watched=names.get(threshold.watched, ""),
            )

    @api.constrains("minimum", "refilled_at")
    def _check_refilled_at(self):
        if any(threshold.refilled_at < threshold.minimum for threshold in self):
            raise ValidationError(
                self.env._("A stock cannot be refilled below its minimum. Raise “Refilled at”.")
            )

    # ------------------------------------------------------------------
    # what is watched
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        found = super().create(vals_list)
        self._watched_changed()
        return found

    def write(self, vals):
        if IDENTITY & set(vals):
            self._raise_if_evaluated(vals)
        if LIMITS & set(vals):
            vals = {**vals, "evaluated_at": False}
        for some, values in self._parts_of_write(vals):
            super(ProcurementStockThreshold, some).write(values)
        if (IDENTITY | LIMITS) & set(vals):
            self._watched_changed()
        return True

    def unlink(self):
        res = super().unlink()
        self._watched_changed()
        return res

    def _parts_of_write(self, vals):
        """Who is archived or restored begins anew.

        Whoever was told of a breach is told that it is over, since nobody watches it any more.
        """
        if "active" not in vals:
            return [(self, vals)]
        ended = self.browse()
        if not vals["active"]:
            ended = self.filtered(lambda one: one.active and one.state == thresholds.BREACHED)
        anew = {"state": "unknown", "breached_at": False, "since": False}
        return [
            (ended, {**vals, "state": thresholds.OK, "since": fields.Datetime.now()}),
            (self - ended, {**vals, **anew}),
        ]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_breached(self):
        if any(threshold.state == thresholds.BREACHED for threshold in self):
            raise UserError(
                self.env._(
                    "Other systems know that the stock is below this minimum. Archive the "
                    "threshold: they are told that it is over. Then it may be deleted."
                )
            )

    def _raise_if_evaluated(self, vals):
        for threshold in self.filtered("evaluated_at"):
            now = threshold._convert_to_write({name: threshold[name] for name in IDENTITY})
            if any(name in vals and vals[name] != now[name] for name in IDENTITY):
                raise UserError(
                    self.env._(
                        "Other systems may know “%s” already. Archive it, and make a new one for "
                        "another product or place.",
                        threshold.display_name,
                    )
                )

    # ------------------------------------------------------------------
    # the event
    # ------------------------------------------------------------------

    def _integration_snapshots(self, contract_code):
        if contract_code != THRESHOLD:
            return super()._integration_snapshots(contract_code)
        return {
            threshold.id: Snapshot(
                data=threshold._integration_canonical(),
                company_id=threshold.company_id.id,
                subject=threshold.display_name,
                # our own matter: not for systems that belong to another contact
                partner_id=threshold.company_id.partner_id.commercial_partner_id.id,
            )
            for threshold in self
            if threshold.state != "unknown"
        }

    def _integration_canonical(self) -> dict:
        """This threshold as the canonical object ``procurement.stock_threshold`` 1.1.0."""
        self.ensure_one()
        return {
            "threshold_reference": str(self.id),
            "state": self.state,
            "ended": not self.active,
            "since": canonical.moment(self.since),
            "watched": self.watched,
            "item": self.product_id._integration_item(),
            "location": self.location_id._integration_place(),
            "quantity": canonical.number(self.last_quantity),
            "minimum": canonical.number(self.minimum),
            "refilled_at": canonical.number(self.refilled_at),
            # None breaks the contract on purpose: a quantity without its unit means nothing.
            "unit": self.product_uom_id._integration_unit_code(),
        }

    # ------------------------------------------------------------------
    # looking at the stock
    # ------------------------------------------------------------------

    def _look_now(self):
        """Look at the stock now."""
        self.check_access("write")
        self._evaluate(self._quantities())

    def _evaluate(self, quantities):
        """Set the state by what was found.

        The ORM writes only what changes; what every look leaves behind is one statement.

        :param quantities: by id, in the unit of the product; see ``_quantities``
        """
        now = fields.Datetime.now()
        problems = {threshold: threshold._find_problem() for threshold in self}
        found = {
            threshold: threshold.product_uom_id.round(quantities.get(threshold.id, 0.0))
            for threshold, problem in problems.items()
            if not problem
        }
        self._keep_books(found, now)
        for threshold, problem in problems.items():
            values = {} if threshold.problem == problem else {"problem": problem}
            if threshold in found:
                values |= threshold._judged(found[threshold], now)
            if values:
                threshold.write(values)
        self.flush_recordset()

    def _keep_books(self, found, now):
        self.flush_recordset(["last_quantity", "evaluated_at"])
        self.env.cr.execute(
            """
            UPDATE procurement_stock_threshold t
               SET evaluated_at = %s, last_quantity = coalesce(f.quantity, t.last_quantity)
              FROM (SELECT unnest(%s) AS id) looked
              LEFT JOIN (SELECT unnest(%s) AS id, unnest(%s::numeric[]) AS quantity) f USING (id)
             WHERE t.id = looked.id
            """,
            [now, self.ids, [one.id for one in found], list(found.values())],
        )
        self.invalidate_recordset(["last_quantity", "evaluated_at"])

    def _judged(self, quantity, now) -> dict:
        state = thresholds.judge(self.state, quantity, self.minimum, self.refilled_at)
        if state == self.state:
            return {}
        return {"state": state, "since": now} | (
            {"breached_at": now} if state == thresholds.BREACHED else {}
        )

    def _find_problem(self) -> str | bool:
        """Why the stock cannot be judged, as the one who has to mend it reads it."""
        if not self.product_id.active:
            return self.env._("The product is archived. Archive the threshold, too.")
        if not self.location_id.active:
            return self.env._("The location is archived. Archive the threshold, too.")
        if self.location_id.usage not in ("internal", "view"):
            return self.env._(
                "The location is no place of our own stock any more. Archive the threshold."
            )
        return False

    def _due_domain(self, products, cutoff) -> Domain:
        """Thresholds to be looked at: never looked at, their product was moved, or long ago."""
        return (
            Domain("evaluated_at", "=", False)
            | Domain("evaluated_at", "<=", cutoff)
            | Domain("product_id", "in", list(products))
        )

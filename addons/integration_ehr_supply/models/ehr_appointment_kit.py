from odoo import api, fields, models

from ..engine.kit_planner import OVERDUE_DAYS

#: What decides which kits are reserved, where and when.
FACTS = frozenset({"status", "start_at", "resource_ids", "encounter_id"})
STATES = [
    ("missing", "Not reserved"),
    ("short", "Something is missing"),
    ("reserved", "Reserved"),
    ("there", "In the theatre"),
    ("over", "Used or released"),
]


class EhrAppointment(models.Model):
    """Appointments reserve the kits of their procedures."""

    _inherit = "ehr.appointment"

    kit_picking_ids = fields.One2many(
        "stock.picking",
        "ehr_appointment_id",
        string="Case kits",
        domain=[("ehr_usage", "=", "kit")],
        groups="integration_ehr_bridge.group_feed,integration_ehr_bridge.group_census_user",
    )
    kit_count = fields.Integer(
        compute="_compute_kits",
        compute_sudo=True,  # that something is reserved may be known by those who see the schedule
    )
    kit_state = fields.Selection(STATES, string="Kits", compute="_compute_kits", compute_sudo=True)
    kit_missing = fields.Char(
        string="Missing", compute="_compute_kits", compute_sudo=True,
        help="What of the kits could not be reserved.",
    )  # fmt: skip
    kit_consumption_count = fields.Integer(compute="_compute_kits", compute_sudo=True)

    @api.depends("kit_picking_ids.state", "status", "resource_ids.code", "resource_ids.staff_id")
    def _compute_kits(self):
        counts = dict(
            self.env["ehr.consumption"]._read_group(
                [("kit_picking_id", "in", self.kit_picking_ids.ids)],
                ["kit_picking_id"],
                ["__count"],
            )
        )
        kits = self.env["ehr.case.kit"]
        known = {
            company: kits._for_codes(company, set(some.resource_ids.mapped("code")) - {False})
            for company, some in self.grouped("company_id").items()
        }
        used = self.kit_picking_ids._ehr_used()
        # At once for all: below they are looked at one by one.
        self.kit_picking_ids.move_ids.mapped("state")
        for one in self:
            pickings = one.kit_picking_ids
            one.kit_count = len(pickings)
            one.kit_state = one._kit_state(pickings, pickings & used, known[one.company_id])
            kept = pickings.filtered(lambda picking: not picking.ehr_kit_closed)
            one.kit_missing = ", ".join(kept.move_ids._ehr_missing()) or False
            one.kit_consumption_count = sum(counts.get(picking._origin, 0) for picking in pickings)

    def _kit_state(self, pickings, used, known):
        """What became of the kits.

        :param used: those of the transfers that something was used of
        :param known: kits, as of ``_for_codes``
        """
        open_ = pickings.filtered(lambda one: not one.ehr_kit_closed)
        live = open_.filtered(lambda one: one.state != "cancel")
        # Of these a person cancelled the transfer, and nothing was used.
        lost = (open_ - live - used).ehr_kit_id - (live | used).ehr_kit_id
        if lost and self._wants_kits():
            return "short" if live else "missing"
        if not live:
            if self._wants_kits() and not open_ and self._kits(known):
                return "missing"
            return "over" if pickings else False
        waiting = live.filtered(lambda one: one.state != "done")
        if not waiting:
            return "there"
        # Not the state of the transfer: to Odoo it is ready when a part of it is.
        moves = waiting.move_ids.filtered(lambda one: one.state not in ("done", "cancel"))
        return "reserved" if set(moves.mapped("state")) <= {"assigned"} else "short"

    def _wants_kits(self):
        """Whether it takes place, as far as is known."""
        return (
            self.status in ("booked", "started")
            and bool(self.start_at)
            and not self._kits_overdue()
        )

    def _kits_overdue(self):
        """Whether it is taken to be over, because nobody told anything more."""
        begin = fields.Datetime.subtract(fields.Datetime.now(), days=OVERDUE_DAYS)
        return (
            self.status in ("booked", "started") and bool(self.start_at) and self.start_at < begin
        )

    def _kits(self, known=None):
        """The kits of its services; that of its surgeon where there is one.

        :param known: as of ``_for_codes``; read if left out
        """
        self.ensure_one()
        needs = self.resource_ids
        codes = set(needs.filtered(lambda one: one.kind == "service" and one.code).mapped("code"))
        kits = self.env["ehr.case.kit"]
        if known is None:
            known = kits._for_codes(self.company_id, codes)
        for code in sorted(codes):
            own = [known[code, one.id] for one in needs.staff_id if (code, one.id) in known]
            kits |= own[0] if own else known.get((code, 0), kits)
        return kits

    # ------------------------------------------------------------------
    # what the feed writes
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        appointments = super().create(vals_list)
        appointments._kits_due()
        return appointments

    def write(self, vals):
        res = super().write(vals)
        if not FACTS.isdisjoint(vals):
            self._kits_due()
        return res

    def _kits_due(self):
        """Let the kits of these appointments be planned when the transaction is over."""
        kits = self.env["ehr.case.kit"]
        due = self.filtered(lambda one: kits._any(one.company_id.id))
        if due:
            self.env["ehr.kit.due"]._remember(due)

    # ------------------------------------------------------------------
    # screen
    # ------------------------------------------------------------------

    def action_open_kits(self):
        """The transfers that reserve its kits."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Case kits"),
            "res_model": "stock.picking",
            "view_mode": "list,form",
            "views": [
                (self.env.ref("integration_ehr_supply.stock_picking_view_list_kits").id, "list"),
                (False, "form"),
            ],
            "domain": [("id", "in", self.kit_picking_ids.ids)],
        }

    def action_open_kit_usage(self):
        """What was used out of its kits."""
        self.ensure_one()
        return self.env["ehr.consumption"]._open_list(
            [("kit_picking_id", "in", self.kit_picking_ids.ids)]
        )

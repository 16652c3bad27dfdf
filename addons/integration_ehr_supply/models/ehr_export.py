from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..tools import on_hand

#: Rows of items, and products of whose stock is told, in one message.
ITEMS, PRODUCTS = 500, 250
#: Code of the event type of each kind of export.
TYPES = {"items": "ehr.item.full", "stock": "ehr.stock_on_hand.full"}
#: States of interfaces through which exports leave.
OPEN = ("active", "deprecated")
CRON = "integration_ehr_supply.ir_cron_ehr_export"


class EhrExport(models.Model):
    """All items, or all stock on hand, for one interface, in parts with control totals.

    Which items these are is fixed when it begins. Parts are made one after the other, each in a
    transaction of its own, and leave as messages of the interface, in its order, with its retries.
    """

    _name = "ehr.export"
    _description = "Full Export of Items or Stock"
    _order = "id desc"
    _check_company_auto = True

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="interface_id.company_id", store=True, index=True)
    kind = fields.Selection(
        [("items", "Item master"), ("stock", "Stock on hand")], required=True, readonly=True
    )
    started_by = fields.Selection(
        [("night", "Each night"), ("hand", "By hand")],
        string="Occasion",
        required=True,
        readonly=True,
        default="hand",
    )
    user_id = fields.Many2one("res.users", string="Started by", readonly=True)
    started_at = fields.Datetime(
        string="Started", required=True, readonly=True, default=fields.Datetime.now
    )
    ended_at = fields.Datetime(string="Parts made", readonly=True)
    state = fields.Selection(
        [
            ("running", "Under way"),
            ("made", "All parts made"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="running",
    )
    tries = fields.Integer(
        string="Failed tries", readonly=True, help="How often the next part could not be made."
    )
    failure = fields.Char(string="Why it failed", readonly=True)
    part_ids = fields.One2many("ehr.export.part", "export_id", string="Parts", readonly=True)
    part_count = fields.Integer(string="Parts in all", readonly=True)
    made_count = fields.Integer(compute="_compute_progress", string="Made")
    sent_count = fields.Integer(
        compute="_compute_progress", string="Acknowledged", help="Parts that the partner has."
    )
    failed_count = fields.Integer(
        compute="_compute_progress", string="Failed", help="Parts that wait for somebody."
    )
    progress = fields.Float(compute="_compute_progress", help="Acknowledged parts, in percent.")
    confirmed = fields.Boolean(
        readonly=True, help="It was complete. What the partner acknowledged may be deleted since."
    )
    is_complete = fields.Boolean(
        compute="_compute_progress",
        string="Complete",
        help="All parts were made, and the partner has acknowledged each.",
    )
    row_count = fields.Integer(string="Rows", readonly=True)
    control_total = fields.Char(
        string="Control total",
        readonly=True,
        help="Sum of all quantities, whatever their units: a check for the receiver.",
    )
    left_out_count = fields.Integer(
        string="Left out",
        readonly=True,
        help="Items that no other system could understand, for lack of a unit code.",
    )

    _one_running = models.UniqueIndex(
        "(interface_id, kind) WHERE state = 'running'",
        "An export of this interface is under way already. Wait for its end, or cancel it.",
    )

    @api.depends("interface_id", "kind", "started_at")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for export in self:
            export.display_name = f"{kinds.get(export.kind, '')} {export._origin.id or ''}".strip()

    @api.depends("part_ids.event_uuid", "part_count", "state", "confirmed")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_progress(self):
        for export in self:
            # Its messages have a retention of their own.
            whole = ["done"] * export.part_count
            states = whole if export.confirmed else export._part_messages().mapped("state")
            export.made_count = len(export.part_ids.filtered("event_uuid"))
            export.sent_count = states.count("done")
            export.failed_count = sum(state in ("quarantined", "dead") for state in states)
            export.progress = 100 * export.sent_count / (export.part_count or 1)
            export.is_complete = (
                export.state == "made" and export.sent_count == export.part_count > 0
            )

    def _part_messages(self):
        """The messages of the parts; no replays.

        Not by the id of the event: what was refused is sent anew with an event of its own.
        """
        return self.env["integration.message"].search(
            Domain("res_model", "=", "ehr.export.part")
            & Domain("res_id", "in", self.part_ids.ids)
            & Domain("message_type", "in", list(TYPES.values()))
            & Domain("original_id", "=", False)
        )

    # ------------------------------------------------------------------
    # beginning
    # ------------------------------------------------------------------

    @api.model
    def _records(self, interface, kind):
        """What an export tells of: items of the interface's company, and those that all share."""
        products = self.env["product.product"].with_context(active_test=False)
        if kind == "items":
            return products.search(self._items_domain(interface), order="id")
        quants = self.env["stock.quant"]._read_group(self._stock_domain(interface), ["product_id"])
        return products.browse(sorted(product.id for (product,) in quants))

    @api.model
    def _record_count(self, interface, kind):
        """How many :meth:`_records` there are, without reading them."""
        if kind == "items":
            products = self.env["product.product"].with_context(active_test=False)
            return products.search_count(self._items_domain(interface))
        [[count]] = self.env["stock.quant"]._read_group(
            self._stock_domain(interface), [], ["product_id:count_distinct"]
        )
        return count

    @api.model
    def _items_domain(self, interface):
        company = Domain("company_id", "in", (False, interface.company_id.id))
        return company & Domain("type", "!=", "combo")

    @api.model
    def _stock_domain(self, interface):
        return (
            Domain("location_id.usage", "=", "internal")
            & Domain("company_id", "=", interface.company_id.id)
            & Domain("owner_id", "=", False)
            & Domain("quantity", "!=", 0)
        )

    @api.model
    def _parted(self, kind, ids):
        """Ids of products by the part in which they are told of."""
        return list(on_hand.chunks(ids, self._part_size(kind)))

    @api.model
    def _part_size(self, kind):
        return ITEMS if kind == "items" else PRODUCTS

    @api.model
    def _problem(self, interface, kind):
        """Why an interface may not send a kind of export; ``None`` if it may."""
        name = interface.display_name
        if TYPES[kind] not in interface.event_type_ids.mapped("code"):
            return self.env._(
                "“%s” does not subscribe to the event of full exports. Add it to its event "
                "types, and have that approved.",
                name,
            )
        if interface.state not in OPEN or not interface.activated_at:
            return self.env._("“%s” is not active. Have it approved and activated first.", name)
        # sudo: whose system it is, and nothing else of the contacts
        contact = interface.system_id.sudo().partner_id.commercial_partner_id
        own = interface.company_id.sudo().partner_id.commercial_partner_id  # sudo: as above
        if kind == "stock" and contact and contact != own:
            return self.env._(
                "“%s” leads to a system of another contact, who must not see all stock. Take the "
                "contact off the system if it is one of ours, or the event of full exports off "
                "the interface.",
                name,
            )
        return None

    @api.model
    def _begin(self, interface, kind, started_by="hand"):
        """Fix what is exported, and let the parts be made.

        :raises UserError: the interface may not send this (see :meth:`_problem`)
        """
        if problem := self._problem(interface, kind):
            raise UserError(problem)
        # sudo: exports are begun by operators and by the night, and written by nobody else
        exports = self.sudo()
        parts = self._parted(kind, exports._records(interface, kind).ids)
        export = exports.create(
            {
                "interface_id": interface.id,
                "kind": kind,
                "started_by": started_by,
                "user_id": self.env.uid if started_by == "hand" else False,
                "part_count": len(parts),
                "part_ids": [
                    fields.Command.create({"number": number, "record_ids": chunk})
                    for number, chunk in enumerate(parts, 1)
                ],
            }
        )
        self.env.ref(CRON).sudo()._trigger()  # sudo: whoever may begin lets it run
        return export.sudo(False)

    # ------------------------------------------------------------------
    # making the parts
    # ------------------------------------------------------------------

    def _part_made(self, totals, left_out):
        """Take note of the totals of a part; the last one ends the export."""
        self.ensure_one()
        values = {
            "row_count": totals.rows,
            "control_total": on_hand.written(totals.control),
            "left_out_count": self.left_out_count + left_out,
        }
        if not self.part_ids.filtered(lambda part: not part.event_uuid):
            values |= {"state": "made", "ended_at": fields.Datetime.now()}
        if self.tries:
            values |= {"tries": 0, "failure": False}
        self.write(values)

    # ------------------------------------------------------------------
    # what people do
    # ------------------------------------------------------------------

    def action_cancel(self):
        """Make no further parts. What was made already leaves: the receiver sees it is cut."""
        self.check_access("read")
        if not self.env.user.has_group("integration_core.group_operator"):
            raise AccessError(self.env._("Only operators of integrations cancel an export."))
        running = self.filtered(lambda export: export.state == "running")
        # sudo: an operator may cancel, and writes nothing else
        running.sudo().write({"state": "cancelled", "ended_at": fields.Datetime.now()})

    def action_open_messages(self):
        """The messages of the parts, in their list."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_message"
        )
        domain = [("id", "in", self._part_messages().ids)]
        return {**action, "domain": domain, "context": {}}

    def action_open_left_out(self):
        """The items that were left out."""
        self.ensure_one()
        # sudo: which items these are is told to who may see the export; he reads them as himself
        ids = [one for part in self.sudo().part_ids for one in part.left_out_ids or ()]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Left out: the unit has no code"),
            "res_model": "product.product",
            "view_mode": "list,form",
            "domain": [("id", "in", ids)],
        }

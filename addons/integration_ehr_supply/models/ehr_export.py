from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..tools import on_hand

#: Rows of items, and products of whose stock is told, in one message.
ITEMS, PRODUCTS = 500, 250
#: Code of the event type of each kind of export.
TYPES = {"items": "ehr.item.full", "stock": "ehr.stock_on_hand.full"}
#: What is exported again by night if it went out so many hours ago at least.
_NIGHT_HOURS = 12
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
        [("running", "Under way"), ("made", "All parts made"), ("cancelled", "Cancelled")],
        required=True,
        readonly=True,
        default="running",
    )
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

    @api.depends("part_ids.event_uuid", "part_count", "state")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_progress(self):
        for export in self:
            states = export._part_messages().mapped("state")
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
        company = interface.company_id
        products = self.env["product.product"].with_context(active_test=False)
        domain = Domain("company_id", "in", (False, company.id))
        if kind == "items":
            return products.search(domain & Domain("type", "!=", "combo"), order="id")
        quants = self.env["stock.quant"]._read_group(
            Domain("location_id.usage", "=", "internal")
            & Domain("company_id", "=", company.id)
            & Domain("owner_id", "=", False)
            & Domain("quantity", "!=", 0),
            ["product_id"],
        )
        return products.browse(sorted(product.id for (product,) in quants))

    @api.model
    def _parted(self, kind, ids):
        """Ids of products by the part in which they are told of."""
        return list(on_hand.chunks(ids, ITEMS if kind == "items" else PRODUCTS))

    @api.model
    def _begin(self, interface, kind, started_by="hand"):
        """Fix what is exported, and let the parts be made.

        :raises UserError: the interface does not subscribe to the event type of this kind
        """
        if TYPES[kind] not in interface.event_type_ids.mapped("code"):
            raise UserError(
                self.env._(
                    "“%s” does not subscribe to the event of full exports. Add it to its event "
                    "types, and have that approved.",
                    interface.display_name,
                )
            )
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

    @api.model
    def _cron_night(self):
        """Begin what each interface sends in full by night."""
        interfaces = self.env["integration.interface"].search(
            Domain("direction", "=", "outbound")
            & Domain("state", "in", ("active", "deprecated"))
            & Domain("ehr_nightly_export", "=", True)
            & Domain("event_type_ids.code", "in", list(TYPES.values()))
        )
        since = fields.Datetime.now() - timedelta(hours=_NIGHT_HOURS)
        for interface in interfaces:
            codes = interface.event_type_ids.mapped("code")
            for kind in (kind for kind, code in TYPES.items() if code in codes):
                known = self.search_count(
                    Domain("interface_id", "=", interface.id)
                    & Domain("kind", "=", kind)
                    & (Domain("state", "=", "running") | Domain("started_by", "=", "night"))
                    & (Domain("state", "=", "running") | Domain("started_at", ">", since)),
                    limit=1,
                )
                if not known:
                    self._begin(interface, kind, "night")

    # ------------------------------------------------------------------
    # making the parts
    # ------------------------------------------------------------------

    @api.model
    def _cron_run(self):
        """Make parts until none is left, each in a transaction of its own."""
        commit_progress = self.env["ir.cron"]._commit_progress
        while part := self._next_part():
            part._make()
            left = self.env["ehr.export.part"].search_count(self._open_parts())
            if not commit_progress(1, remaining=left):
                return

    @api.model
    def _open_parts(self):
        return Domain("export_id.state", "=", "running") & Domain("event_uuid", "=", False)

    @api.model
    def _next_part(self):
        return self.env["ehr.export.part"].search(
            self._open_parts(), order="export_id, number", limit=1
        )

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

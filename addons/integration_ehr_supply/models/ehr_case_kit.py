from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError


class EhrCaseKit(models.Model):
    """A preference card: what a procedure takes, or a test; with a surgeon, what that one takes."""

    _name = "ehr.case.kit"
    _description = "Case Kit"
    _order = "kind, code, id"
    _rec_names_search = ["name", "code"]
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(
        [("procedure", "Procedure"), ("test", "Test")], required=True, default="procedure"
    )
    code = fields.Char(
        required=True,
        help="Of the service in appointments (AIS-3), or of the test in orders, as the value map "
        "of tests translates it.",
    )
    staff_id = fields.Many2one(
        "ehr.staff",
        string="Surgeon",
        ondelete="restrict",
        check_company=True,
        help="The kit of this one alone. Empty: of all who have none of their own.",
    )
    place_id = fields.Many2one(
        "ehr.location",
        string="Done at",
        ondelete="restrict",
        check_company=True,
        help="Whose stock a test takes its items from, and whose cost centre bears them. Empty: "
        "where the patient is.",
    )
    line_ids = fields.One2many("ehr.case.kit.line", "kit_id", string="Items", copy=True)
    active = fields.Boolean(default=True)
    revision = fields.Integer(
        readonly=True, copy=False, help="Goes up when the items change: reservations follow."
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    picking_count = fields.Integer(
        string="Reservations",
        compute="_compute_picking_count",
        compute_sudo=True,  # how many there are is no secret
    )

    _code_unique = models.UniqueIndex(
        "(company_id, kind, code, COALESCE(staff_id, 0)) WHERE active",
        "There is a kit for this code and surgeon already.",
    )

    def _compute_picking_count(self):
        counts = dict(
            self.env["stock.picking"]._read_group(
                [("ehr_kit_id", "in", self.ids), ("state", "not in", ("done", "cancel"))],
                ["ehr_kit_id"],
                ["__count"],
            )
        )
        for kit in self:
            kit.picking_count = counts.get(kit._origin, 0)

    @api.constrains("kind", "staff_id")
    def _check_staff_id(self):
        if any(kit.kind == "test" and kit.staff_id for kit in self):
            raise ValidationError(self.env._("A test has one kit, whoever orders it."))

    def action_open_reservations(self):
        """The transfers that reserve this kit."""
        return {
            **self.env["ir.actions.actions"]._for_xml_id("stock.action_picking_tree_all"),
            # By the rights of who asks: storekeepers do not learn which kit a transfer reserves.
            "domain": [("ehr_kit_id", "in", self.ids)],
            "context": {},
        }

    # ------------------------------------------------------------------
    # for appointments
    # ------------------------------------------------------------------

    @api.model
    @tools.ormcache("company_id")
    def _any(self, company_id):
        """Whether a company has kits at all: if not, its appointments need not be looked at."""
        # sudo: asked with the rights of a feed
        return bool(
            self.sudo().search_count(
                [("company_id", "=", company_id), ("kind", "=", "procedure")], limit=1
            )
        )

    @api.model
    def _for_codes(self, company, codes, kind="procedure"):
        """Kits of codes: ``{(code, staff id): kit}``, staff id 0 for everybody's."""
        found = self.search(
            [
                ("company_id", "=", company.id),
                ("kind", "=", kind),
                ("code", "in", list(codes)),
            ]
        )
        return {(kit.code, kit.staff_id.id or 0): kit for kit in found}

    @api.model_create_multi
    def create(self, vals_list):
        kits = super().create(vals_list)
        self.env.registry.clear_cache()
        kits._plan_again()
        return kits

    def write(self, vals):
        before = self._named()
        res = super().write(vals)
        if vals.keys() & {"code", "kind", "staff_id", "active", "company_id"}:
            self.env.registry.clear_cache()
            self._plan_again(before)
        return res

    def unlink(self):
        before = self._named()
        res = super().unlink()
        self.env.registry.clear_cache()
        self._plan_again(before)
        return res

    def _items_changed(self):
        """What is reserved and nobody works on yet is reserved anew."""
        for kit in self:
            kit.revision += 1
        self._plan_again()

    def _named(self):
        """Codes and companies of these kits."""
        return {(kit.code, kit.company_id.id) for kit in self}

    def _plan_again(self, before=frozenset()):
        """Appointments to come are looked at again.

        :param before: codes and companies of before, of which something may be reserved
        """
        named = self.exists()._named() | set(before)
        # sudo: who keeps kits need not see appointments
        appointments = self.env["ehr.appointment"].sudo().search(
            [
                ("company_id", "in", [company for _code, company in named]),
                ("resource_ids.code", "in", [code for code, _company in named]),
                ("start_at", ">=", fields.Datetime.now()),
            ]
        )  # fmt: skip
        appointments._kits_due()

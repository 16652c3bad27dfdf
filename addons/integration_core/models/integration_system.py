from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.base.models.res_partner import _tz_get

from ..engine import uses

KINDS = [
    ("ehr", "Electronic health record"),
    ("lis", "Laboratory"),
    ("ris", "Radiology"),
    ("pacs", "Image archive"),
    ("pharmacy", "Pharmacy"),
    ("payer", "Payer"),
    ("portal", "Patient portal"),
    ("supplier", "Supplier"),
    ("logistics", "Logistics provider"),
    ("hr", "HR and payroll"),
    ("billing", "Billing"),
    ("crm", "CRM"),
    ("analytics", "Analytics"),
    ("identity", "Identity provider"),
    ("documents", "Document management"),
    ("middleware", "Middleware"),
    ("broker", "Message broker"),
    ("siem", "Security monitoring (SIEM)"),
    ("other", "Other"),
]


class IntegrationSystem(models.Model):
    """An external party or application that exchanges messages with Odoo."""

    _name = "integration.system"
    _description = "Integration System"
    _inherit = ["mail.thread", "mail.activity.mixin", "integration.audited"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(
        required=True,
        help="Short technical name, used in audit records and as the sender of mapped messages.",
    )
    kind = fields.Selection(
        KINDS,
        required=True,
        default="other",
        tracking=True,
        help="What sort of application it is. Used for grouping only.",
    )
    domain = fields.Selection(
        [
            ("clinical", "Clinical"),
            ("administrative", "Administrative"),
            ("integration", "Integration"),
            ("observability", "Observability"),
        ],
        required=True,
        default="administrative",
        tracking=True,
        help="Clinical systems hold data about patients; see the data class of their interfaces.",
    )
    environment = fields.Selection(
        [("production", "Production"), ("test", "Test"), ("development", "Development")],
        required=True,
        default="test",
        tracking=True,
        help="Whether the other side is its production or a test installation.",
    )
    location = fields.Selection(
        [("cloud", "Cloud"), ("on_premises", "On premises"), ("hybrid", "Hybrid")],
        required=True,
        default="cloud",
        help="Where it runs: in the hospital's own network, at a provider, or both.",
    )
    tz = fields.Selection(
        _tz_get,
        string="Time zone",
        required=True,
        default=lambda self: self.env.user.tz or "UTC",
        help="Timestamps that this system sends without an offset are read in this time zone.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    partner_id = fields.Many2one(
        "res.partner",
        check_company=True,
        help="The organisation behind the system. Documents of this partner, such as purchase "
        "orders, are sent through the interfaces of this system.",
    )
    business_owner_id = fields.Many2one(
        "res.users",
        string="Business owner",
        tracking=True,
        help="Who answers for the system in the hospital, and is told when its interfaces change.",
    )
    support_contact_id = fields.Many2one(
        "res.partner",
        string="Support contact",
        check_company=True,
        help="Whom to call at the other side when an exchange fails.",
    )
    description = fields.Html()
    active = fields.Boolean(default=True)
    interface_ids = fields.One2many("integration.interface", "system_id")
    interface_count = fields.Integer(compute="_compute_interface_count")
    ownership_ids = fields.One2many(
        "integration.ownership",
        "system_id",
        string="Master data",
        help="What this system is the system of record for.",
    )

    _code_unique = models.Constraint(
        "UNIQUE(company_id, code)", "Another system of this company has this code already."
    )

    @api.depends("interface_ids")
    def _compute_interface_count(self):
        for system in self:
            system.interface_count = len(system.interface_ids)

    def action_open_interfaces(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_interface"
        )
        action["domain"] = [("system_id", "=", self.id)]
        action["context"] = {"default_system_id": self.id}
        return action

    def write(self, vals):
        if "company_id" in vals and any(
            # sudo: interfaces that its editor may not see count as well
            (system.sudo().with_context(active_test=False).interface_ids or system.ownership_ids)
            and system.company_id.id != vals["company_id"]
            for system in self
        ):
            raise UserError(
                self.env._("A system with interfaces keeps its company. Create another system.")
            )
        self._check_in_use(vals)
        self._check_owns_nothing(vals)
        return super().write(vals)

    def _check_owns_nothing(self, vals):
        """An archived system would lock data that nobody sends any more."""
        if vals.get("active", True) or self.env.su:  # su: installation and upgrade
            return
        # sudo: what its editor may not see counts as well
        owned = self.sudo().ownership_ids.filtered(lambda one: one.state != "ended")
        if owned:
            raise UserError(
                self.env._(
                    "“%(system)s” is the system of record for %(what)s. End that ownership first; "
                    "until then these data stay locked in Odoo.",
                    system=owned[0].system_id.name,
                    what=", ".join(owned.mapped("model_label")),
                )
            )

    def _check_in_use(self, vals):
        """What decides whose documents travel, and how, was approved with the interfaces."""
        # su: installation and upgrade
        fixed = [name for name in ("partner_id", "code", "tz", "active") if name in vals]
        if self.env.su or not fixed:
            return
        for system in self:
            changed = any(
                (system[name].id if name == "partner_id" else system[name]) != vals[name]
                for name in fixed
            )
            used = changed and uses.approved_interfaces(
                self.env, [("system_id", "=", system.id)], retired=False, limit=1
            )
            if used:
                raise UserError(
                    self.env._(
                        "“%(interface)s” was approved with this system: its partner, code and time "
                        "zone stay, and it is not archived. Create another system and propose it "
                        "as a change of the interface, or retire the interface.",
                        interface=used.display_name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_interfaces(self):
        # sudo: archived interfaces count as well, and those that the user may not see
        for system in self.sudo().with_context(active_test=False):
            system.interface_ids._raise_keep_history(system)
        if owned := self.sudo().ownership_ids:  # sudo: as above
            raise UserError(
                self.env._(
                    "“%(system)s” is, or was, the system of record for %(what)s. Archive it "
                    "instead.",
                    system=owned[0].system_id.name,
                    what=", ".join(owned.mapped("model_label")),
                )
            )
        links = self.env["integration.record.link"].sudo()  # sudo: as above
        if linked := links.search([("system_id", "in", self.ids)], limit=1).system_id:
            raise UserError(
                self.env._(
                    "“%s” has given its identifiers to documents of Odoo. Archive it instead.",
                    linked.display_name,
                )
            )

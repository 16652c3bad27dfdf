from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine import contract_impact, uses
from ..tools import semver
from ..tools.semver import Level


class IntegrationContract(models.Model):
    """A canonical object or event that systems agree on; its shape lives in versions."""

    _name = "integration.contract"
    _description = "Integration Contract"
    _inherit = ["mail.thread", "integration.audited"]
    _order = "code"

    name = fields.Char(required=True, translate=True, tracking=True)
    code = fields.Char(required=True, help="Such as “procurement.order_confirmation”.")
    description = fields.Html(translate=True)
    active = fields.Boolean(default=True)
    version_ids = fields.One2many("integration.contract.version", "contract_id")
    current_version_id = fields.Many2one(
        "integration.contract.version",
        string="Version in force",
        compute="_compute_current_version_id",
        help="The highest approved version. Event types and handlers follow it by themselves; an "
        "interface with a wire contract stays with the version that was chosen for it.",
    )
    event_type_ids = fields.One2many("integration.event.type", "contract_id", string="Event types")
    follower_ids = fields.Many2many(
        "integration.interface",
        string="Interfaces that follow",
        compute="_compute_consumers",
        help="They use the version in force, whichever that is.",
    )
    pinned_ids = fields.Many2many(
        "integration.interface",
        string="Interfaces with a fixed version",
        compute="_compute_consumers",
        help="Their wire contract names a version of this contract and stays with it.",
    )
    handler_names = fields.Char(
        string="Handlers",
        compute="_compute_consumers",
        help="Programs of Odoo that take documents of this shape.",
    )

    _code_unique = models.Constraint("UNIQUE(code)", "Another contract has this code already.")

    @api.depends("version_ids.state", "version_ids.version")
    def _compute_current_version_id(self):
        for contract in self:
            approved = contract.version_ids.filtered(lambda v: v.state == "approved")
            contract.current_version_id = approved.sorted(lambda v: v._semver())[-1:]

    @api.depends("code", "version_ids", "event_type_ids")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_consumers(self):
        for contract in self:
            contract.follower_ids = contract_impact.followers(contract)
            contract.pinned_ids = contract_impact.chosen_by(contract.version_ids)
            names = contract_impact.handlers(contract)
            contract.handler_names = ", ".join(
                self.env._(self.env[name]._description) for name in sorted(names)
            )

    def write(self, vals):
        # su: updates of addons
        if not self.env.su:
            if not vals.get("active", True):
                self.filtered("active")._raise_if_relied_on(
                    self.env._("is not archived. Retire these interfaces first")
                )
            if "code" in vals:
                self.filtered(lambda c: c.code != vals["code"])._raise_if_relied_on(
                    self.env._("keeps its code: interfaces find it by this name")
                )
        return super().write(vals)

    def _raise_if_relied_on(self, consequence):
        """A contract with an approved version stays as it is for those who use it."""
        # sudo: interfaces of other companies count as well
        for contract in self.sudo().with_context(active_test=False):
            if all(version.state != "approved" for version in contract.version_ids):
                continue
            used = uses.approved_interfaces(
                self.env,
                Domain("contract_version_id", "in", contract.version_ids.ids)
                | contract_impact.following(contract),
                retired=False,
            )
            if used:
                raise UserError(
                    self.env._(
                        "%(interfaces)s use “%(contract)s”, so it %(consequence)s.",
                        interfaces=", ".join(f"“{name}”" for name in used.mapped("display_name")),
                        contract=contract.name,
                        consequence=consequence,
                    )
                )

    def action_new_version(self):
        """A draft with the schema and the example of the version in force, opened at once."""
        self.ensure_one()
        base = self.current_version_id or self.version_ids[:1]
        taken = {version._semver() for version in self.version_ids}
        values = {"contract_id": self.id, "version": "1.0.0"}
        if base:
            number = semver.next_free(base._semver(), Level.MINOR, taken)
            values |= {
                "version": semver.text(number),
                "schema": base.schema,
                "example": base.example,
            }
        version = self.env["integration.contract.version"].create(values)
        return {
            "type": "ir.actions.act_window",
            "res_model": version._name,
            "res_id": version.id,
            "view_mode": "form",
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for contract in self:
            # sudo: uses in other companies count as well
            everything = contract.sudo()
            if (
                any(version.state != "draft" for version in everything.version_ids)
                or everything.event_type_ids
                or contract_impact.followers(everything)
            ):
                raise UserError(
                    self.env._(
                        "“%s” has approved versions or is used. Archive it instead.",
                        contract.display_name,
                    )
                )

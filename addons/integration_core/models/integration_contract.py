import json
import re

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..tools import contracts

SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


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
        "integration.contract.version", compute="_compute_current_version_id"
    )

    _code_unique = models.Constraint("UNIQUE(code)", "Another contract has this code already.")

    @api.depends("version_ids.state", "version_ids.version")
    def _compute_current_version_id(self):
        for contract in self:
            approved = contract.version_ids.filtered(lambda v: v.state == "approved")
            contract.current_version_id = approved.sorted(lambda v: v._semver())[-1:]


class IntegrationContractVersion(models.Model):
    """One version of a contract: JSON Schema 2020-12 and an example that it accepts."""

    _name = "integration.contract.version"
    _description = "Integration Contract Version"
    _inherit = ["mail.thread", "integration.audited"]
    _order = "contract_id, id desc"

    contract_id = fields.Many2one(
        "integration.contract", required=True, index=True, ondelete="cascade"
    )
    version = fields.Char(required=True, default="1.0.0", help="Semantic version, such as 1.2.0.")
    schema = fields.Text(required=True, default="{}", help="JSON Schema, draft 2020-12.")
    example = fields.Text(help="A document that the schema accepts.")
    state = fields.Selection(
        [("draft", "Draft"), ("approved", "Approved"), ("retired", "Retired")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    interface_ids = fields.One2many("integration.interface", "contract_version_id")

    _version_unique = models.Constraint(
        "UNIQUE(contract_id, version)", "This version of the contract exists already."
    )

    @api.depends("contract_id.code", "version")
    def _compute_display_name(self):
        for version in self:
            version.display_name = f"{version.contract_id.code or ''} {version.version or ''}"

    def _semver(self) -> tuple[int, ...]:
        self.ensure_one()
        return tuple(int(part) for part in self.version.split("."))

    @api.constrains("version")
    def _check_version(self):
        for version in self:
            if not SEMVER.fullmatch(version.version or ""):
                raise ValidationError(
                    self.env._("“%s” is not a semantic version such as 1.2.0.", version.version)
                )

    @api.constrains("schema", "example")
    def _check_schema(self):
        for version in self:
            try:
                validator = contracts.compile_schema(json.loads(version.schema or ""))
                found = validator.violations(json.loads(version.example)) if version.example else []
            except ValueError as exc:  # malformed JSON, or contracts.SchemaError
                raise ValidationError(
                    self.env._(
                        "%(version)s: %(reason)s", version=version.display_name, reason=str(exc)
                    )
                ) from exc
            if found:
                raise ValidationError(
                    self.env._(
                        "The example of %(version)s breaks its own schema:\n%(violations)s",
                        version=version.display_name,
                        violations="\n".join(found),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(vals.get("state", "draft") != "draft" for vals in vals_list):
            raise AccessError(self.env._("A new version begins as a draft."))
        return super().create(vals_list)

    def write(self, vals):
        # su: the actions below write it after their checks; a remote call never is superuser
        if "state" in vals and not self.env.su:
            raise AccessError(self.env._("The state is set by the buttons only."))
        fixed = {"schema", "version", "contract_id"} & set(vals)
        if fixed and any(version.state != "draft" for version in self):
            raise UserError(
                self.env._("What is approved does not change. Make a new version instead.")
            )
        return super().write(vals)

    def action_approve(self):
        self.check_access("write")
        if any(version.state != "draft" for version in self):
            raise UserError(self.env._("Only a draft can be approved."))
        self.sudo().state = "approved"  # sudo: the state is closed to writes of people

    def action_retire(self):
        used = self.interface_ids.filtered(lambda i: i._carries_traffic())
        if used:
            raise UserError(
                self.env._(
                    "Still used by %s. Move these interfaces to another version first.",
                    ", ".join(used.mapped("display_name")),
                )
            )
        self.check_access("write")
        self.sudo().state = "retired"  # sudo: the state is closed to writes of people

    @api.ondelete(at_uninstall=False)
    def _unlink_except_approved(self):
        if any(version.state != "draft" for version in self):
            raise UserError(self.env._("An approved version is kept. Retire it instead."))

    def _validator(self):
        """The compiled validator (:class:`tools.contracts.Validator`)."""
        self.ensure_one()
        return contracts.compile_schema(json.loads(self.schema))

    def _optional_validator(self):
        """The validator, or ``None`` for an empty record: there is nothing to check."""
        return self._validator() if self else None

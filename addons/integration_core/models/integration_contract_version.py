import json

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine import audit, contract_impact
from ..mixins.governed import IntegrationGoverned, lifecycle
from ..tools import contracts, semver

# What the review is about; nothing of it changes once a version was submitted.
FIXED = frozenset({"schema", "example", "version", "contract_id"})
# Written by actions alone.
CLOSED = frozenset(
    {"base_version_id", "sampled_at", "sample_text", "waiver_ended_at", "waiver_ended_why"}
)


class IntegrationContractVersion(models.Model):
    """One version of a contract: JSON Schema 2020-12 and an example that it accepts.

    The highest approved version is in force. What it changes, and for whom, is found out in
    ``integration_contract_version_report``.
    """

    _name = "integration.contract.version"
    _description = "Integration Contract Version"
    _inherit = ["integration.governed", "integration.contract.version.waiver.ended"]
    _order = "contract_id, id desc"

    _audit_excluded = (*IntegrationGoverned._audit_excluded, *CLOSED)
    _closed_fields = CLOSED
    _reason_acts = ("action_send_back", "action_retire", "action_confirm_moved")

    contract_id = fields.Many2one(
        "integration.contract",
        required=True,
        index=True,
        ondelete="cascade",
        help="Of which object or event this is the shape.",
    )
    version = fields.Char(
        required=True,
        default="1.0.0",
        help="Semantic version: the first number rises when somebody may break, the second when "
        "something is added, the third when only the wording changes.",
    )
    schema = fields.Text(required=True, default="{}", help="JSON Schema, draft 2020-12.")
    example = fields.Text(help="A document that the schema accepts.")
    state = lifecycle(
        ("retired", "Retired"),
    )
    interface_ids = fields.One2many("integration.interface", "contract_version_id")
    rule_ids = fields.One2many("integration.routing.line", "contract_version_id")
    base_version_id = fields.Many2one(
        "integration.contract.version",
        string="Compared with",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="The approved version before, at the time of the approval.",
    )

    _version_unique = models.Constraint(
        "UNIQUE(contract_id, version)", "This version of the contract exists already."
    )

    @api.depends("contract_id.code", "version")
    def _compute_display_name(self):
        for version in self:
            version.display_name = f"{version.contract_id.code or ''} {version.version or ''}"

    def _semver(self) -> semver.Version:
        self.ensure_one()
        return semver.parse(self.version)

    def _base(self):
        """The approved version that comes right before this one, or an empty record."""
        self.ensure_one()
        if self.base_version_id or self.state == "retired":
            return self.base_version_id
        lower = self.contract_id.version_ids.filtered(
            lambda other: other.state == "approved" and other._semver() < self._semver()
        )
        return lower.sorted(lambda other: other._semver())[-1:]

    @api.constrains("version")
    def _check_version(self):
        for version in self:
            try:
                semver.parse(version.version or "")
            except ValueError as exc:
                raise ValidationError(
                    self.env._("“%s” is not a semantic version such as 1.2.0.", version.version)
                ) from exc

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

    def write(self, vals):
        if FIXED & set(vals) and any(version.state != "draft" for version in self):
            raise UserError(
                self.env._(
                    "What is in review or approved does not change. Have it sent back to draft, "
                    "or make a new version."
                )
            )
        return super().write(vals)

    # ------------------------------------------------------------------
    # lifecycle
    # ------------------------------------------------------------------

    def action_submit(self):
        self._require_right_number()
        res = super().action_submit()
        self._try_samples()
        return res

    def action_approve(self):
        """Put the version in force if it is the highest; consumers are told."""
        self._lock_contracts()
        res = super().action_approve()
        self._require_right_number()
        self._require_consumers()
        for version in self:
            # sudo: an approver decides, but does not configure
            version.sudo().base_version_id = version._base()
            version._tell_consumers()
        return res

    def action_ask_retire(self):
        self.ensure_one()
        self._require_unused()
        return self._ask_reason(
            "action_retire", self.env._("Retire"), warning=self._retirement_text()
        )

    def action_retire(self, reason):
        """Take an approved version out of force; the former one is in force again.

        One person may do this: it is the way back when a version does harm.
        """
        self._governance_require_reason(reason)
        self.check_access("write")
        self._lock_contracts()
        self._governance_require("approved", self.env._("Only an approved version is retired."))
        self._require_unused()
        for version in self:
            text = version._retirement_text()
            # sudo: the state is closed to writes of people
            version.sudo().state = "retired"
            audit.record(version, "retire", reason=reason)
            version.message_post(body=self.env._("Retired: %s", reason))
            version._settle_ended_waiver()
            version._tell_of_retirement(text)

    def _require_unused(self):
        for version in self:
            # sudo: interfaces of other companies count as well
            pinned = contract_impact.chosen_by(version.sudo())
            left = version.contract_id.version_ids.filtered(lambda v: v.state == "approved")
            if left == version:
                pinned |= version.contract_id.sudo().follower_ids  # sudo: as above
            used = pinned.filtered(lambda interface: interface._is_open())
            if used:
                raise UserError(
                    self.env._(
                        "Still used by %s. Move these interfaces to another version first.",
                        ", ".join(used.mapped("display_name")),
                    )
                )

    def _lock_contracts(self):
        """Two decisions on one contract happen one after the other, each seeing the one before."""
        self.env.flush_all()
        # Touched, not only locked: who waited must start again with a fresh snapshot.
        self.env.cr.execute(
            "UPDATE integration_contract SET write_date = now() AT TIME ZONE 'UTC' "
            "WHERE id = ANY(%s)",
            [sorted(self.contract_id.ids)],
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_approved(self):
        if any(version.state != "draft" for version in self):
            raise UserError(self.env._("An approved version is kept. Retire it instead."))

    # ------------------------------------------------------------------
    # what the engine asks
    # ------------------------------------------------------------------

    def _validator(self):
        """The compiled validator (:class:`tools.contracts.Validator`)."""
        self.ensure_one()
        return contracts.compile_schema(json.loads(self.schema))

    def _optional_validator(self):
        """The validator, or ``None`` for an empty record: there is nothing to check."""
        return self._validator() if self else None

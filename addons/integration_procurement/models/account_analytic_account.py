from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from odoo.addons.integration_core.engine.capture import Snapshot

from ..tools import canonical

CONTRACT = "procurement.cost_centre"


class AccountAnalyticAccount(models.Model):
    """Analytic accounts as cost centres: valid for a time, told to others, and maintained by a
    finance system."""

    _name = "account.analytic.account"
    _inherit = [
        "account.analytic.account",
        "mail.activity.mixin",
        "integration.sync.mixin",
        "integration.exception.mixin",
    ]

    valid_from = fields.Date(
        tracking=True, help="First day on which it is used. Until then it is archived."
    )
    valid_to = fields.Date(
        tracking=True, help="Last day on which it is used. It is archived on the day after."
    )
    closed_by_validity = fields.Boolean(
        readonly=True,
        copy=False,
        help="It is archived only because its first day has not come, or its last has passed. It "
        "opens by itself as soon as it is valid.",
    )
    kept_though_missing = fields.Boolean(
        readonly=True,
        copy=False,
        help="Somebody decided to keep it, though a complete list of the finance system lacked it.",
    )

    @api.constrains("valid_from", "valid_to")
    def _check_validity(self):
        for account in self:
            if account.valid_from and account.valid_to and account.valid_to < account.valid_from:
                raise ValidationError(
                    self.env._("The last day of “%s” is before its first.", account.display_name)
                )

    # ------------------------------------------------------------------
    # validity
    # ------------------------------------------------------------------

    def _integration_is_valid(self, day) -> bool:
        """Whether the cost centre is used on a day."""
        self.ensure_one()
        return (not self.valid_from or self.valid_from <= day) and (
            not self.valid_to or day <= self.valid_to
        )

    def _integration_today(self):
        """The day where the company is."""
        zone = (self.company_id or self.env.company).partner_id.tz or self.env.user.tz
        return fields.Date.context_today(self.with_context(tz=zone))

    def _integration_open(self, wanted=True):
        """Open or close a cost centre, as far as its validity allows.

        One that is to be open but is not valid opens by itself when it is.
        """
        self.ensure_one()
        valid = self._integration_is_valid(self._integration_today())
        values = {"active": wanted and valid, "closed_by_validity": wanted and not valid}
        changed = {name: value for name, value in values.items() if self[name] != value}
        if changed:
            self.write(changed)

    @api.model
    def _cron_validity(self):
        """Close what is not valid any more, and open what has become valid."""
        # A day ahead of UTC is the furthest that any place can be.
        horizon = fields.Date.add(fields.Date.today(), days=1)
        ended = Domain("active", "=", True) & Domain("valid_to", "<", horizon)
        early = Domain("active", "=", True) & Domain("valid_from", ">", fields.Date.today())
        closed = Domain("active", "=", False) & Domain("closed_by_validity", "=", True)
        begun = closed & Domain("valid_from", "<=", horizon)
        for account in self.with_context(active_test=False).search(ended | early | begun):
            account._integration_open()

    # ------------------------------------------------------------------
    # business events
    # ------------------------------------------------------------------

    def _integration_snapshots(self, contract_code):
        if contract_code != CONTRACT:
            return super()._integration_snapshots(contract_code)
        return {
            account.id: Snapshot(
                data=account._integration_canonical(),
                company_id=account.company_id.id or None,
                subject=account.display_name,
                # our own matter: not for systems that belong to another contact
                partner_id=(
                    (account.company_id or self.env.company).partner_id.commercial_partner_id.id
                ),
                problem=account._integration_problem(),
            )
            for account in self
        }

    def _integration_canonical(self) -> dict:
        """This account as the canonical object ``procurement.cost_centre`` 1.0.0."""
        self.ensure_one()
        company = self.company_id
        return {
            "number": canonical.text(self.code),
            "name": self.name,
            "plan": str(self.plan_id.id),
            **(
                {"company": {"name": company.name, "vat": canonical.text(company.partner_id.vat)}}
                if company
                else {}
            ),
            "valid_from": canonical.day(self.valid_from),
            "valid_to": canonical.day(self.valid_to),
            "active": self.active,
        }

    def _integration_problem(self) -> str | None:
        """Why no other system could understand this cost centre; ``None`` if one can."""
        if self.code:
            return None
        return "The analytic account has no reference. Enter it on its form, then retry."

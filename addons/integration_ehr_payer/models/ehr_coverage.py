import base64

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.integration_core.engine import audit, keys
from odoo.addons.integration_core.engine.sealed_columns import SealedColumn
from odoo.addons.integration_core.mixins.revealed import MIN_REASON
from odoo.addons.integration_core.tools import keyring

#: How a member number is shown.
MASK = "••••"
#: Seconds for which it is shown to somebody who gave a reason.
SHOWN_SECONDS = 60


class EhrCoverage(models.Model):
    """That a payer covers a patient, as a clinical system or the payer tells it.

    Whose cover it is stands here as a pseudonym. The member number, by which the payer knows the
    patient, is kept encrypted, for claims alone: no field shows it, and to see it takes a reason.
    """

    _name = "ehr.coverage"
    _description = "Cover by a Payer"
    _order = "rank, id desc"
    _check_company_auto = True
    _integration_data_class = "clinical"
    _inherit = ["integration.reason.mixin"]
    _reason_acts = ("action_reveal_member",)
    _sealed_columns = (
        SealedColumn(
            column="member_sealed",
            key_column="member_key",
            context="'ehr.coverage|' || t.id || '|member'",
            base64=True,
        ),
    )

    system_id = fields.Many2one(
        "integration.system", string="Told by", required=True, readonly=True, ondelete="restrict"
    )
    name_key = fields.Char(
        required=True,
        readonly=True,
        groups="integration_ehr_bridge.group_feed",
        help="Stands for what its system calls the cover, which cannot be calculated from it.",
    )
    patient_id = fields.Many2one(
        "ehr.patient",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        groups="integration_ehr_bridge.group_feed,integration_ehr_bridge.group_census_manager",
    )
    payer_id = fields.Many2one(
        "ehr.payer", required=True, readonly=True, ondelete="restrict", check_company=True
    )
    plan_code = fields.Char(string="Plan", readonly=True)
    status = fields.Selection(
        [
            ("active", "Active"),
            ("cancelled", "Cancelled"),
            ("draft", "Draft"),
            ("error", "Entered in error"),
        ],
        required=True,
        readonly=True,
    )
    rank = fields.Integer(readonly=True, default=1, help="1: this payer pays first.")
    valid_from = fields.Date(string="Valid from", readonly=True)
    valid_until = fields.Date(string="Valid until", readonly=True)
    told_at = fields.Datetime(
        string="As of",
        readonly=True,
        help="When its system wrote what is known; older news count not.",
    )
    arrived = fields.Integer(readonly=True, groups="integration_ehr_bridge.group_feed")
    member_sealed = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    member_key = fields.Char(
        readonly=True, copy=False, index="btree_not_null", groups=fields.NO_ACCESS
    )
    member_shown = fields.Char(
        string="Member number",
        compute="_compute_member_shown",
        compute_sudo=True,
        help="Kept encrypted. “Show the member number” asks for a reason, which is recorded.",
    )
    message_uuid = fields.Char(string="Message", readonly=True)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )

    _name_unique = models.UniqueIndex("(company_id, system_id, name_key)")

    @api.depends("payer_id", "plan_code")
    def _compute_display_name(self):
        for cover in self:
            cover.display_name = " ".join(filter(None, (cover.payer_id.code, cover.plan_code)))

    @api.depends("member_sealed")
    def _compute_member_shown(self):
        for cover in self:
            cover.member_shown = MASK if cover.member_sealed else False

    # ------------------------------------------------------------------
    # the member number
    # ------------------------------------------------------------------

    def _set_member(self, number):
        """Keep a member number, or none.

        :raises keyring.KeyRingError: there is no key to encrypt it with
        """
        self.ensure_one()
        # sudo: as in _member; one that cannot be read any more can still be erased
        known = bool(self.sudo().member_sealed)
        if known == bool(number) and (not known or self._member() == number):
            return
        sealed, key_id = False, False
        if number:
            keys.remember(self.env.cr)
            ring = keys.require_encryption(self.env.cr)
            sealed = base64.b64encode(
                ring.encrypt(number.encode(), self._member_context())
            ).decode()
            key_id = ring.current_id
        # sudo: closed to everybody, so that no list, form or export has it
        self.sudo().write({"member_sealed": sealed, "member_key": key_id})

    def _member(self):
        """The member number in clear, for what is sent at once; ``None`` for none.

        :raises keyring.KeyRingError: its key is missing, or it was changed
        """
        self.ensure_one()
        # sudo: closed to everybody; callers are claims and questions to the payer, and the reveal
        sealed = self.sudo().member_sealed
        if not sealed:
            return None
        ring = keys.ring(self.env.cr)
        return ring.decrypt(base64.b64decode(sealed), self._member_context()).decode()

    def _member_context(self):
        return f"ehr.coverage|{self.id}|member"

    def action_ask_reveal_member(self):
        self._require_reveal()
        return self._ask_reason(
            "action_reveal_member",
            self.env._("Show the member number"),
            warning=self.env._(
                "It is shown for a minute. Your reason is recorded with your name. Auditors read "
                "it: no name, no number."
            ),
        )

    def action_reveal_member(self, reason):
        """Show the member number of one cover, once, for a minute; audited. It is stored nowhere
        by that.
        """
        self.ensure_one()
        self._require_reveal()
        if len(reason.strip()) < MIN_REASON:
            raise UserError(
                self.env._("Say in at least %s characters why you need the number.", MIN_REASON)
            )
        try:
            number = self._member()
        except keyring.KeyRingError as exc:
            raise UserError(exc.message) from None
        if not number:
            raise UserError(self.env._("There is no member number of this cover."))
        if number.casefold() in reason.casefold():
            raise UserError(self.env._("The reason is kept. Leave the member number out of it."))
        audit.record(self, "reveal", reason=reason, changes={"member": ("", self.env._("shown"))})
        return {
            "type": "ir.actions.client",
            "tag": "integration_ehr_payer.show_member_number",
            "params": {
                "title": self.env._("Member number, for %s seconds", SHOWN_SECONDS),
                "number": number,
                "seconds": SHOWN_SECONDS,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _require_reveal(self):
        self.check_access("read")
        if not self.env.user.has_group("integration_core.group_clinical_viewer"):
            raise AccessError(
                self.env._(
                    "Member numbers are shown to people with the role “Clinical content viewer” "
                    "only. Ask an administrator for it."
                )
            )

    # ------------------------------------------------------------------
    # for the feed
    # ------------------------------------------------------------------

    @api.model
    def _key_of(self, system_id, name):
        """Under which pseudonyms a cover may be kept, that of the present key first."""
        ring = keys.require(self.env.cr)
        context = f"ehr.coverage|{self.env.company.id}|{system_id}"
        found = ring.pseudonyms(name, context)
        return [ring.pseudonym(name, context), *found.values()]

    @api.model
    def _named(self, system_id, name):
        """The cover that a system calls so, in the present company; empty if it is not known."""
        return self.search(
            [
                ("company_id", "=", self.env.company.id),
                ("system_id", "=", system_id),
                ("name_key", "in", self._key_of(system_id, name)),
            ],
            limit=1,
        )

    @api.model
    def _of(self, visit, payer, day):
        """The cover of a visit's patient by a payer on a day; empty if none is known.

        Callers are superuser: who bills need not see whose cover it is.
        """
        if not (visit.patient_id and payer):
            return self.browse()
        by_payer = Domain("payer_id", "=", payer.id)
        found = self.search(self._in_force(visit.patient_id, payer.company_id, day) & by_payer)
        named = found.filtered(lambda one: one.plan_code == visit.plan_code)
        return (named or found)[:1]

    @api.model
    def _first(self, visit):
        """The payer that comes first of those that cover a visit's patient on its day."""
        if not visit.patient_id:
            return self.env["ehr.payer"]
        day = self.env["ehr.eligibility"]._cover_day(visit)
        domain = self._in_force(visit.patient_id, visit.company_id, day)
        return self.search(domain, limit=1).payer_id

    def _in_force(self, patient, company, day):
        kept = patient._kept()
        return (
            Domain("company_id", "=", company.id)
            & Domain("patient_id", "in", (kept | kept.merged_ids).ids)
            & Domain("status", "=", "active")
            & (Domain("valid_from", "=", False) | Domain("valid_from", "<=", day))
            & (Domain("valid_until", "=", False) | Domain("valid_until", ">=", day))
        )

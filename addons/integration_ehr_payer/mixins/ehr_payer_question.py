import secrets

from odoo import api, fields, models

from odoo.addons.integration_core.engine.capture import Snapshot
from odoo.addons.integration_core.tools import keyring
from odoo.addons.integration_procurement.tools import canonical


class EhrPayerQuestion(models.AbstractModel):
    """What a payer is asked about a visit, and what it answers.

    It is asked by an event, which names the patient by the member number of the cover alone, and
    answered by messages. A payer answers when it likes, several times, and not always in order: an
    answer says how things stand, and an older one changes nothing.
    """

    _name = "ehr.payer.question"
    _description = "Asked of a Payer"
    _inherit = ["ehr.visit.document", "integration.sync.mixin", "integration.reason.mixin"]
    _check_company_auto = True
    _integration_data_class = "clinical"

    #: What numbers begin with.
    _number_prefix = ""
    #: Code of the event by which the payer is asked.
    _asking_event = ""
    #: Names of the methods that tell, by code of the contract.
    _payer_tellers: dict[str, str] = {}

    number = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: self._new_number(),
        help="Drawn at random: no other hospital tells its payers the same.",
    )
    payer_id = fields.Many2one(
        "ehr.payer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    coverage_id = fields.Many2one(
        "ehr.coverage", string="Cover", readonly=True, ondelete="restrict", check_company=True
    )
    asked_at = fields.Datetime(string="Asked", readonly=True)
    answered_at = fields.Datetime(string="Latest answer", readonly=True)
    answered_place = fields.Integer(
        readonly=True,
        groups="integration_ehr_bridge.group_feed",
        help="Of the latest answer among all messages: which of two of one moment is the later.",
    )
    reason_codes = fields.Char(
        string="Payer's reasons", readonly=True, help="Codes, as the payer writes them."
    )
    message_uuid = fields.Char(string="Message", readonly=True, help="Of the latest answer.")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )

    @api.model
    def _new_number(self):
        """By which a payer recognises what we ask, among those of all hospitals."""
        return f"{self._number_prefix}-{secrets.token_hex(6).upper()}"

    # ------------------------------------------------------------------
    # asking
    # ------------------------------------------------------------------

    @api.model
    def _cover_day(self, visit):
        """The day on which a visit is to be covered: when it begins, or today."""
        begins = visit.admitted_at or visit.expected_at
        return fields.Date.context_today(self, begins or None)

    @api.model
    def _lacking_of_cover(self, payer, cover):
        """What keeps a payer from knowing whom it is asked about: a sentence, or nothing."""
        if not payer.claim_member:
            return ""
        if not cover:
            return self.env._("No active cover of the patient by this payer is known.")
        try:
            member = cover._member()
        except keyring.KeyRingError as exc:
            return exc.message
        return "" if member else self.env._("The cover has no member number.")

    @api.model
    def _lacking_of_way(self, company):
        """That nobody would send it: a sentence, or nothing. What does not leave was not asked."""
        # sudo: whether there is one; who asks need not see interfaces
        found = (
            self.env["integration.interface"]
            .sudo()
            .search_count(
                [
                    ("direction", "=", "outbound"),
                    ("company_id", "=", company.id),
                    ("event_type_ids.code", "=", self._asking_event),
                    ("activated_at", "!=", False),
                    ("state", "!=", "retired"),
                ],
                limit=1,
            )
        )
        if found:
            return ""
        return self.env._(
            "No interface sends it. Let an administrator activate one with the event “%s”.",
            self._asking_event,
        )

    def _reached(self, before=None):
        """Those of these that have reached another system.

        :param before: at this moment at the latest
        """
        self.env.cr.execute(
            "SELECT DISTINCT res_id FROM integration_record_sync WHERE res_model = %s "
            "AND res_id = ANY(%s) AND state IN ('waiting', 'synchronised') "
            "AND changed_at <= coalesce(%s, timestamp 'infinity')",
            [self._name, self.ids, before],
        )
        found = {row[0] for row in self.env.cr.fetchall()}
        return self.filtered(lambda one: one.id in found)

    # ------------------------------------------------------------------
    # hearing
    # ------------------------------------------------------------------

    def _is_late(self, at, place):
        """Whether a later answer is known than one of this moment and place of arrival."""
        self.ensure_one()
        if not self.answered_at:
            return False
        return (at, place) < (self.answered_at, self.answered_place)

    def _take_over(self, values, received, at):
        """Write what an answer says, unless it says nothing new.

        :param received: the message that brought it
        :param at: when the payer answered
        """
        self.ensure_one()
        changed = {
            name: value
            for name, value in values.items()
            if self._fields[name].convert_to_write(self[name], self) != value
        }
        if changed or self.answered_at != at:
            self.write(
                {
                    **changed,
                    "answered_at": at,
                    "answered_place": received.arrived,
                    "message_uuid": received.uuid,
                }
            )

    # ------------------------------------------------------------------
    # telling: least fields; the member number alone names somebody
    # ------------------------------------------------------------------

    def _payer_common(self):
        """Who asks whom about which cover. The visit is named by its random reference alone."""
        self.ensure_one()
        # sudo: snapshots follow the contract, not the rights of whoever saved the record
        full = self.sudo()
        company, cover = full.company_id, full.coverage_id
        return {
            "number": full.number,
            "payer": full.payer_id.code,
            "plan": canonical.text(cover.plan_code),
            "member": (cover._member() if cover else None) or None,
            "provider": {
                "name": company.name,
                "number": canonical.text(company.company_registry or company.vat),
            },
            "reference": canonical.text(full.visit_reference),
        }

    def _integration_snapshots(self, contract_code):
        tell = self._payer_tellers.get(contract_code)
        if tell is None:
            return super()._integration_snapshots(contract_code)
        return {
            one.id: Snapshot(
                {**one._payer_common(), **getattr(one, tell)()}, one.company_id.id, subject=""
            )
            for one in self
        }

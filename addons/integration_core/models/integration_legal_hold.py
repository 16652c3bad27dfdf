from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..engine import audit, holds, retention_clocks

# What is covered does not change: less would be a lifting that nobody approved.
FIXED = frozenset(
    {
        "scope", "interface_id", "system_id", "res_model", "res_id", "correlation_id",
        "message_ids", "date_from", "date_to", "company_id", "reason", "record_ref",
    }
)  # fmt: skip
# Messages of one selection; more are better named by a rule.
SELECTION_LIMIT = 10_000
COUNTED = 10_000


class IntegrationLegalHold(models.Model):
    """What must not be removed, because a court, an authority or an inquiry may ask for it.

    In force as soon as it is placed. What is governed is the lifting: ``draft`` means in force,
    ``in_review`` that somebody asked to lift it, ``approved`` that a second person agreed.
    """

    _name = "integration.legal.hold"
    _description = "Legal Hold"
    _inherit = ["integration.governed"]
    _order = "id desc"
    _check_company_auto = True

    _closed_fields = frozenset({"lift_reason"})
    _reason_acts = ("action_send_back", "action_request_lifting")

    name = fields.Char(
        string="Subject", required=True, help="What the matter is, in a few words that may be read."
    )
    reference = fields.Char(
        string="Case reference",
        required=True,
        help="File number of the legal department, the court or the authority.",
    )
    reason = fields.Text(required=True, help="Why this has to be kept, and who demands it.")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, readonly=True
    )
    scope = fields.Selection(
        [
            ("interface", "All messages of an interface"),
            ("system", "All messages of a system"),
            ("record", "All messages about a document"),
            ("correlation", "All messages of one business case (correlation id)"),
            ("selection", "Selected messages"),
            ("company", "All messages of the company"),
        ],
        string="Covers",
        required=True,
        default="interface",
        help="But for selected messages, what comes later is covered as well.",
    )
    interface_id = fields.Many2one(
        "integration.interface", index="btree_not_null", ondelete="restrict", check_company=True
    )
    system_id = fields.Many2one(
        "integration.system", index="btree_not_null", ondelete="restrict", check_company=True
    )
    res_model = fields.Char(string="Document model")
    res_id = fields.Many2oneReference(string="Document id", model_field="res_model")
    record_ref = fields.Reference(
        selection="_selection_models",
        string="Document",
        compute="_compute_record_ref",
        inverse="_inverse_record_ref",
        help="Choose its kind first, then the document.",
    )
    correlation_id = fields.Char()
    message_ids = fields.Many2many(
        "integration.message",
        "integration_legal_hold_message_rel",
        "hold_id",
        "message_id",
        string="Messages",
    )
    date_from = fields.Date(
        string="From", help="First day (UTC) on which a message came into being. Empty: any."
    )
    date_to = fields.Date(
        string="Until", help="Last day (UTC) on which a message came into being. Empty: any."
    )
    state = fields.Selection(
        [("draft", "In force"), ("in_review", "Lifting requested"), ("approved", "Lifted")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    lift_reason = fields.Text(string="Why it may be lifted", readonly=True, copy=False)
    covered = fields.Char(compute="_compute_covered", string="Messages covered")

    @api.model
    def _selection_models(self):
        return self.env["integration.record.link"]._selection_models()

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_record_ref(self):
        for hold in self:
            record = hold.res_model in self.env and self.env[hold.res_model].browse(hold.res_id)
            shown = record and record.exists() and record.has_access("read")
            hold.record_ref = f"{hold.res_model},{hold.res_id}" if shown else False

    def _inverse_record_ref(self):
        pass  # create() has translated it already

    @api.depends("scope", "interface_id", "system_id", "res_id", "date_from", "date_to")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_covered(self):
        for hold in self:
            count = self.env["integration.message"].search_count(hold._domain(), limit=COUNTED + 1)
            hold.covered = (
                self.env._("more than %s", f"{COUNTED:,}") if count > COUNTED else f"{count:,}"
            )

    def _domain(self):
        """Messages that the hold covers now; the same as ``engine.holds`` says in SQL."""
        self.ensure_one()
        parts = {
            "interface": [("interface_id", "=", self.interface_id.id)],
            "system": [("interface_id.system_id", "=", self.system_id.id)],
            "record": [("res_model", "=", self.res_model), ("res_id", "=", self.res_id)],
            "correlation": [("correlation_id", "=", self.correlation_id)],
            "selection": [("id", "in", self.message_ids.ids)],
            "company": [],
        }
        domain = Domain(parts.get(self.scope, [])) & Domain("company_id", "=", self.company_id.id)
        if self.date_from:
            domain &= Domain("created_at", ">=", fields.Datetime.to_datetime(self.date_from))
        if self.date_to:
            end = fields.Date.add(self.date_to, days=1)
            domain &= Domain("created_at", "<", fields.Datetime.to_datetime(end))
        return domain

    @api.constrains("scope", "interface_id", "system_id", "res_id", "correlation_id", "message_ids")
    def _check_scope(self):
        for hold in self:
            subject = {
                "interface": hold.interface_id,
                "system": hold.system_id,
                "record": hold.res_model and hold.res_id,
                "correlation": hold.correlation_id,
                "selection": hold.message_ids,
                "company": True,
            }
            if not subject[hold.scope]:
                raise ValidationError(self.env._("Say what the hold covers."))
            if hold.message_ids.company_id - hold.company_id:
                raise ValidationError(
                    self.env._("Messages of several companies need a hold in each of them.")
                )

    @api.constrains("date_from", "date_to")
    def _check_period(self):
        for hold in self:
            if hold.date_from and hold.date_to and hold.date_from > hold.date_to:
                raise ValidationError(self.env._("The period ends before it begins."))

    # ------------------------------------------------------------------
    # placing
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        # A batch of retention that runs ends first; the next one sees this hold.
        holds.exclude(self.env.cr)
        created = super().create([self._with_record(dict(vals)) for vals in vals_list])
        for hold in created:
            audit.record(hold, "hold", reason=hold.reason)
            if hold.scope == "selection":
                audit.record(hold.message_ids, "hold", reason=f"{hold.reference}: {hold.reason}")
        return created

    @api.model
    def _with_record(self, vals):
        if ref := vals.pop("record_ref", None):
            model, _comma, res_id = ref.partition(",")
            vals.update(res_model=model, res_id=int(res_id))
        return vals

    def write(self, vals):
        if FIXED & set(vals):
            raise UserError(
                self.env._(
                    "What a legal hold covers and why does not change. Place another one, and ask "
                    "to lift this one."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Legal holds are kept as evidence. Ask to lift it instead."))

    # ------------------------------------------------------------------
    # lifting
    # ------------------------------------------------------------------

    def action_submit(self):
        if not all(hold.lift_reason for hold in self):
            raise UserError(self.env._("Say why the hold may be lifted: use “Ask to lift”."))
        return super().action_submit()

    def action_ask_lifting(self):
        return self._ask_reason(
            "action_request_lifting",
            self.env._("Ask to lift"),
            warning=self.env._(
                "The hold stays in force until an approver agrees. Then everything that is overdue "
                "is removed within hours, and cannot be brought back."
            ),
        )

    def action_request_lifting(self, reason):
        """Ask an approver to lift it."""
        self._governance_require_reason(reason)
        self.check_access("write")
        self._governance_require("draft", self.env._("Lifting was requested already."))
        self.sudo().lift_reason = reason  # sudo: closed to writes of people; rights checked above
        self.action_submit()
        for hold in self.sudo():  # sudo: the chatter
            hold.message_post(body=self.env._("Lifting requested: %s", reason))

    def action_approve(self):
        """Lift it; by an approver who neither placed it nor asked."""
        res = super().action_approve()
        for hold in self:
            audit.record(hold, "unhold", reason=hold.lift_reason)
        retention_clocks.restart(self.env.cr)
        return res

    def action_ask_send_back(self):
        return self._ask_reason("action_send_back", self.env._("Keep the hold"))

    def action_open_messages(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_message"
        )
        return {**action, "domain": list(self._domain()), "context": {}}

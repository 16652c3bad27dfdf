from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from odoo.addons.integration_core.engine import audit

from ..engine.incident_book import seconds
from ..tools.maintenance import Window

#: What is longer is no maintenance, and hides what nobody has looked after for weeks.
LONGEST = timedelta(days=31)


class IntegrationMaintenance(models.Model):
    """Announced work. Incidents are recorded meanwhile, and told only if they outlast it."""

    _name = "integration.maintenance"
    _description = "Maintenance Window"
    _inherit = ["integration.audited"]
    _order = "begin_at desc, id desc"

    name = fields.Char(required=True, help="What is done, as others should read it.")
    reason = fields.Text(help="Why, and whom to ask.")
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self._default_company_id(),
        index=True,
        help="Empty: it concerns all companies, and what is behind all of them.",
    )
    everything = fields.Boolean(
        string="All interfaces", help="All interfaces of the company; without one, the whole suite."
    )
    # No check_company: without a company it may be about systems of any.
    system_ids = fields.Many2many("integration.system", string="Systems")
    interface_ids = fields.Many2many("integration.interface", string="Interfaces")
    begin_at = fields.Datetime(
        string="From", required=True, default=lambda self: fields.Datetime.now()
    )
    end_at = fields.Datetime(
        string="To",
        required=True,
        default=lambda self: fields.Datetime.now() + timedelta(hours=1),
    )
    user_id = fields.Many2one(
        "res.users",
        string="Announced by",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
    )
    incident_ids = fields.One2many("integration.incident", "maintenance_id", readonly=True)
    incident_count = fields.Integer(compute="_compute_incident_count")
    state = fields.Selection(
        [("planned", "Planned"), ("running", "Under way"), ("over", "Over")],
        compute="_compute_state",
        search="_search_state",
    )

    @api.model
    def _default_company_id(self):
        # sudo: whether there are several, and nothing of them
        several = self.env["res.company"].sudo().search_count([], limit=2) > 1
        return self.env.company if several else False

    @api.depends("begin_at", "end_at")
    def _compute_state(self):
        now = fields.Datetime.now()
        for window in self:
            if not window.begin_at or now < window.begin_at:
                window.state = "planned"
            else:
                window.state = "running" if now < window.end_at else "over"

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        now = fields.Datetime.now()
        domains = {
            "planned": fields.Domain("begin_at", ">", now),
            "running": fields.Domain("begin_at", "<=", now) & fields.Domain("end_at", ">", now),
            "over": fields.Domain("end_at", "<=", now),
        }
        return fields.Domain.OR([domains[one] for one in value if one in domains])

    @api.depends("incident_ids")
    def _compute_incident_count(self):
        for window in self:
            window.incident_count = len(window.incident_ids)

    @api.constrains("begin_at", "end_at")
    def _check_length(self):
        for window in self:
            if window.end_at <= window.begin_at:
                raise ValidationError(self.env._("A maintenance window ends after it begins."))
            if window.end_at - window.begin_at > LONGEST:
                raise ValidationError(
                    self.env._("A maintenance window is at most %s days long.", LONGEST.days)
                )

    @api.constrains("everything", "system_ids", "interface_ids")
    def _check_scope(self):
        for window in self:
            if not (window.everything or window.system_ids or window.interface_ids):
                raise ValidationError(
                    self.env._("Choose systems or interfaces, or “All interfaces”.")
                )

    @api.constrains("company_id", "system_ids", "interface_ids")
    def _check_companies(self):
        for window in self.filtered("company_id"):
            others = (window.system_ids.company_id | window.interface_ids.company_id) - (
                window.company_id
            )
            if others:
                raise ValidationError(
                    self.env._(
                        "Choose systems and interfaces of %(company)s, or leave the company empty.",
                        company=window.company_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        windows = super().create(vals_list)
        windows._check_reach()
        return windows

    def write(self, vals):
        self._check_reach()
        res = super().write(vals)
        self._check_reach()
        return res

    def _check_reach(self):
        """Alerts are muted, and unmuted, by people of all companies that they are of.

        :raises AccessError: a window without a company concerns others than those of the user
        """
        if self.env.su:
            return
        mine = self.env.user.company_ids
        # sudo: whose systems these are, which others must not be read for
        for window in self.sudo().filtered(lambda one: not one.company_id):
            concerned = window.system_ids.company_id | window.interface_ids.company_id
            if window.everything:
                # sudo: as above
                concerned = self.env["res.company"].sudo().search([("active", "=", True)])
            if concerned - mine:
                raise AccessError(
                    self.env._(
                        "This concerns companies that you do not work for: nobody there would be "
                        "told of trouble. Choose your company, or ask somebody who has all of them."
                    )
                )

    def _window(self):
        """The pure value (:class:`..tools.maintenance.Window`)."""
        self.ensure_one()
        chosen = not self.everything
        return Window(
            seconds(self.begin_at),
            seconds(self.end_at),
            frozenset(self.system_ids.ids if chosen else ()),
            frozenset(self.interface_ids.ids if chosen else ()),
        )

    def action_end(self):
        """It is over earlier; what still lasts is told within a minute."""
        self.check_access("write")
        now = fields.Datetime.now()
        for window in self:
            if window.state != "running":
                raise UserError(self.env._("Only what is under way can be ended."))
            # A window that was over before it was a second old would end before it begins.
            window.end_at = max(now, window.begin_at + timedelta(seconds=1))
        audit.record(self, "finish")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_begun(self):
        if any(window.state != "planned" for window in self):
            raise UserError(self.env._("When nobody was told is part of the history. End it."))

    def action_open_incidents(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitoring.action_integration_incident"
        )
        return {**action, "domain": [("maintenance_id", "=", self.id)], "context": {}}

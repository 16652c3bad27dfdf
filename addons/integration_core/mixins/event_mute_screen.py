from odoo import api, fields, models

from ..engine import documents


class IntegrationEventMuteScreen(models.AbstractModel):
    """What the form of a mute and the warning on the overview show: nothing of it is stored."""

    _name = "integration.event.mute.screen"
    _description = "Integration Muted Events: Screen"

    scope_label = fields.Char(string="Muted events", compute="_compute_scope_label")
    waiting_count = fields.Integer(
        string="Still to be told",
        compute="_compute_waiting_count",
        help="Changed records, counted once for each event type.",
    )
    progress = fields.Float(compute="_compute_waiting_count")
    subscriber_count = fields.Integer(
        string="Interfaces", compute="_compute_subscribers", help="Interfaces that hear nothing."
    )
    minutes_left = fields.Integer(string="Minutes to catch up", compute="_compute_minutes_left")

    @api.depends("event_type_ids", "model_name")
    def _compute_scope_label(self):
        for mute in self:
            kind = documents.kind_name(self.env, mute.model_name)
            mute.scope_label = (
                self.env._("All events about %s", kind)
                if mute.model_name
                else ", ".join(mute.event_type_ids.mapped("name"))
            )

    @api.depends("scope_label")
    def _compute_display_name(self):
        for mute in self:
            mute.display_name = mute.scope_label or self.env._("Muted events")

    @api.depends("state", "told_count", "gone_count")
    def _compute_waiting_count(self):
        self.env.cr.execute(
            "SELECT mute_id, count(*) FROM integration_event_muted WHERE mute_id = ANY(%s) "
            "GROUP BY mute_id",
            [self.ids],
        )
        counts = dict(self.env.cr.fetchall())
        for mute in self:
            mute.waiting_count = counts.get(mute.id, 0)
            done = mute.told_count + mute.gone_count
            mute.progress = 100 * done / ((done + mute.waiting_count) or 1)

    @api.depends("event_type_ids", "model_name")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_subscribers(self):
        for mute in self:
            types = mute.event_type_ids or self.env["integration.event.type"].search(
                [("model_name", "=", mute.model_name or "")]
            )
            mute.subscriber_count = len(types.interface_ids)

    @api.depends("waiting_count", "rate")
    def _compute_minutes_left(self):
        for mute in self:
            mute.minutes_left = -(-mute.waiting_count // max(mute.rate, 1))

    @api.model
    def current(self):
        """What is muted now, for the warning on the overview.

        :return: list of dict with id, name, state, until (UTC text), who and waiting
        """
        return [
            {
                "id": mute.id,
                "name": mute.display_name,
                "state": mute.state,
                "until": fields.Datetime.to_string(mute.until),
                # sudo: the name of a colleague whom company rules may hide
                "who": mute.sudo().muted_by_id.name or "",
                "waiting": mute.waiting_count,
            }
            for mute in self.search([("state", "in", ("active", "catching_up"))])
        ]

    def action_open_events(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_event"
        )
        action["domain"] = [("mute_id", "=", self.id)]
        action["context"] = {}
        return action

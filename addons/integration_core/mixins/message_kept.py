from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime

from ..engine import holds

# Messages of one hold by selection.
LIMIT = 10_000


class IntegrationMessageKept(models.AbstractModel):
    """Why a message is kept, and what retention has taken of it: nothing of it is stored."""

    _name = "integration.message.kept"
    _description = "Retention of a Message"

    on_hold = fields.Boolean(
        string="On legal hold",
        compute="_compute_on_hold",
        search="_search_on_hold",
        help="Neither the message nor its content is removed while the hold is in force.",
    )
    content_remark = fields.Char(compute="_compute_content_remark")

    def _compute_on_hold(self):
        held = self._held_ids()
        for message in self:
            message.on_hold = message.id in held

    def _held_ids(self):
        # Below the rights on holds: that a message is held is no secret to those who may see it.
        self.env["integration.legal.hold"].flush_model()
        self.env.cr.execute(
            SQL(
                "SELECT m.id FROM integration_message m WHERE m.id = ANY(%s) AND %s",
                self.ids,
                SQL(holds.of_message("m")),
            )
        )
        return {row[0] for row in self.env.cr.fetchall()}

    @api.model
    def _search_on_hold(self, operator, value):
        if operator != "in":
            return NotImplemented
        # sudo: as in _held_ids. The rule of each hold is served by an index of the ledger; one
        # question about all holds would be put to each message.
        in_force = self.env["integration.legal.hold"].sudo().search([("state", "!=", "approved")])
        held = Domain.OR(hold._domain() for hold in in_force)
        return held if True in value else ~held

    @api.depends("payload_ids", "state")
    def _compute_content_remark(self):
        self.content_remark = False
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT ON (m.id) m.id, l.purged_at, l.policy_id
                  FROM integration_message m
                  JOIN integration_retention_line l
                    ON l.interface_id = m.interface_id AND l.kind = 'payload'
                   AND m.finished_at BETWEEN l.first_at AND l.last_at
                   AND l.track = CASE WHEN m.state = 'done' THEN 'done' ELSE 'closed' END
                 WHERE m.id = ANY(%s) AND m.state IN ('done', 'filtered', 'cancelled')
                   AND NOT EXISTS (SELECT 1 FROM integration_payload p WHERE p.message_id = m.id)
                   AND NOT %s
                 ORDER BY m.id, l.id
                """,
                self.ids,
                SQL(holds.of_message("m", at="l.purged_at")),
            )
        )
        found = {row[0]: row[1:] for row in self.env.cr.fetchall()}
        for message in self.filtered(lambda m: m.id in found):
            purged_at, policy_id = found[message.id]
            # sudo: the name of the policy that decided is no secret to who may see the message
            policy = self.env["integration.policy"].sudo().browse(policy_id or []).exists()
            message.content_remark = self.env._(
                "Content removed on %(when)s by the retention of policy “%(policy)s”.",
                when=format_datetime(self.env, purged_at),
                policy=policy.name or "?",
            )

    def action_open_new_hold(self):
        """A form to put these messages on legal hold."""
        if not self.env["integration.legal.hold"].has_access("create"):
            raise AccessError(
                self.env._("Only operators, administrators and auditors place legal holds.")
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Put on legal hold"),
            "res_model": "integration.legal.hold",
            "view_mode": "form",
            "target": "current",
            "context": {
                "default_scope": "selection",
                "default_message_ids": [fields.Command.set(self.ids[:LIMIT])],
                "default_company_id": self.company_id[:1].id,
            },
        }

    def action_open_holds(self):
        """The legal holds that cover this message."""
        self.ensure_one()
        held = self.env["integration.legal.hold"].search([("state", "!=", "approved")])
        covering = held.filtered(lambda hold: self.filtered_domain(hold._domain()))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_legal_hold"
        )
        return {**action, "domain": [("id", "in", covering.ids)], "context": {}}

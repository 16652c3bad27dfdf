import logging

from odoo import fields, models
from odoo.tools import plaintext2html

_logger = logging.getLogger(__name__)

ACTIVITY = "integration_core.mail_activity_blocked"


class IntegrationInterfaceBlocked(models.AbstractModel):
    """An interface that our own set-up keeps from working. Part of ``integration.interface``.

    Written by the drains (see ``engine.obstacles``) in SQL: the ORM's write would count as a change
    of the configuration and empty the caches of all workers.
    """

    _name = "integration.interface.blocked"
    _description = "Interface That Cannot Work"

    blocked_reason = fields.Char(
        string="Cannot work because",
        readonly=True,
        copy=False,
        help="Messages wait. As soon as it is mended they go on by themselves.",
    )

    def _set_obstacle(self, reason):
        """Say why messages wait, and ask the owner once."""
        self.ensure_one()
        if self.blocked_reason == reason:
            return
        known = bool(self.blocked_reason)
        self._write_obstacle(reason)
        _logger.warning("Interface %s (%s) cannot work: %s", self.id, self.name, reason)
        if known or self.activity_search([ACTIVITY]):
            return
        owner = self.owner_id or self.create_uid
        self.with_context(mail_activity_quick_update=True).activity_schedule(
            ACTIVITY,
            user_id=owner.id,
            summary=self.env._("Messages wait: %s", self.name),
            note=plaintext2html(reason),
        )

    def _clear_obstacle(self):
        """Nothing stands in the way any more."""
        self.ensure_one()
        if not self.blocked_reason:
            return
        self._write_obstacle(None)
        _logger.info("Interface %s (%s) can work again", self.id, self.name)
        self.activity_search([ACTIVITY]).action_feedback(feedback=self.env._("It works again."))

    def _write_obstacle(self, reason):
        self.env.cr.execute(
            "UPDATE integration_interface SET blocked_reason = %s WHERE id = %s", [reason, self.id]
        )
        self.invalidate_recordset(["blocked_reason"])

from odoo import models
from odoo.exceptions import AccessError

from odoo.addons.integration_core.engine import operations
from odoo.addons.integration_core.tools.acts import Act

#: So many messages are taken up again at once.
MOST = 1000


class EhrWaitsFor(models.AbstractModel):
    """Configuration that messages wait for: once it is there, they are handled."""

    _name = "ehr.waits.for"
    _description = "Configuration that Charges Wait for"

    #: Error codes of messages that this configuration lets go on.
    _waiting_codes: tuple[str, ...] = ()

    def action_reprocess_waiting(self):
        """Handle the messages once more that waited for something of this list.

        Those of which nothing has changed are put aside again, with the same reason.
        """
        if not self.env.user.has_group("integration_core.group_operator"):
            raise AccessError(
                self.env._("Only integration operators may handle messages once more.")
            )
        messages = self.env["integration.message"].search(
            [("state", "=", "quarantined"), ("error_code", "in", self._waiting_codes)],
            order="id",
            limit=MOST,
        )
        moved = len(operations.operate(messages, Act.RETRY).moved) if messages else 0
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": self.env._("Messages that are handled once more: %s", moved),
                "type": "success" if moved else "info",
            },
        }

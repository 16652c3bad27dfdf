from odoo import models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from odoo.addons.integration_core.engine import operations
from odoo.addons.integration_core.tools.acts import Act

#: So many messages are taken up again in one go.
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
        moved = sum(
            len(operations.operate(messages, Act.RETRY).moved) for messages in self._waiting()
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": self.env._("Messages that are handled once more: %s", moved),
                "type": "success" if moved else "info",
            },
        }

    def _waiting(self):
        """All messages of the reader's companies that wait for something of this list, by parts.

        What a message waits for is not known outside it, so none may stand in the way of others.
        """
        waiting = (
            Domain("state", "=", "quarantined")
            & Domain("error_code", "in", self._waiting_codes)
            & Domain("company_id", "in", self.env.companies.ids)
        )
        last = 0
        while messages := self.env["integration.message"].search(
            waiting & Domain("id", ">", last), order="id", limit=MOST
        ):
            yield messages
            last = messages[-1].id

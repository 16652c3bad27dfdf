from odoo import models
from odoo.http import request

from ..controllers.dispatcher import IntegrationDispatcher


class IrHttp(models.AbstractModel):
    """Spares partner systems what Odoo prepares for browsers."""

    _inherit = "ir.http"

    def session_info(self):
        """Tell people with a role, on every screen, that traffic is held."""
        info = super().session_info()
        info["integration_held"] = self._integration_is_held()
        return info

    def _integration_is_held(self):
        arming = self.env["integration.arming"]
        return bool(
            self.env.user.has_group("integration_core.group_observer")
            # Nothing released yet is no state that anybody must hear of.
            and arming._current()
            and arming._held_lately()
        )

    @classmethod
    def _pre_dispatch(cls, rule, args):
        if rule.endpoint.routing["type"] != IntegrationDispatcher.routing_type:
            return super()._pre_dispatch(rule, args)
        # The route's own limits, but no language, debug mode, editor or signup token: a
        # machine has none of them, and its query string must not reach a session.
        return request.dispatcher.pre_dispatch(rule, args)

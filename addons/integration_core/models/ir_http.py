from odoo import models
from odoo.http import request

from ..controllers.dispatcher import IntegrationDispatcher


class IrHttp(models.AbstractModel):
    """Spares partner systems what Odoo prepares for browsers."""

    _inherit = "ir.http"

    @classmethod
    def _pre_dispatch(cls, rule, args):
        if rule.endpoint.routing["type"] != IntegrationDispatcher.routing_type:
            return super()._pre_dispatch(rule, args)
        # The route's own limits, but no language, debug mode, editor or signup token: a
        # machine has none of them, and its query string must not reach a session.
        return request.dispatcher.pre_dispatch(rule, args)

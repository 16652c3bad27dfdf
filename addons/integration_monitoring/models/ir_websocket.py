from odoo import models

from ..mixins.overview_parts import CHANNEL, OBSERVER


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Let observers, and nobody else, hear when the screens of monitoring have to load anew.

        The name that a page asks for is no channel itself: anybody could listen to a name. What is
        sent goes to a channel of the group of observers, which no page can name.
        """
        asked = CHANNEL in channels
        channels = [one for one in channels if one != CHANNEL]
        if asked and self.env.user and self.env.user.has_group(OBSERVER):
            channels.append((self.env.ref(OBSERVER), CHANNEL))
        return super()._build_bus_channel_list(channels)

import time

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import routes, trials, unmapped
from ..tools import data_classes

MAX_MESSAGES = 200
# Seconds that one call may convert messages.
SECONDS = 5.0


class IntegrationMessageUnmapped(models.AbstractModel):
    """The part of a message that has to do with mappings: values that it waits for, trials."""

    _name = "integration.message.unmapped"
    _description = "Integration Message Waiting for a Value"

    waits_for_value = fields.Boolean(compute="_compute_waits_for_value")
    has_mapping = fields.Boolean(compute="_compute_has_mapping")

    @api.depends(
        "message_type", "interface_id.mapping_id", "interface_id.routing_id.line_ids.mapping_id"
    )
    def _compute_has_mapping(self):
        for message in self:
            message.has_mapping = bool(message._own_mapping())

    def _own_mapping(self):
        """The mapping that its interface uses for a message of this type."""
        self.ensure_one()
        interface = self.interface_id
        if not interface.routing_id:
            return interface.mapping_id
        route = routes.of_type(interface, self.message_type)
        return route.mapping if route else self.env["integration.mapping"]

    @api.depends("state", "error_code")
    def _compute_waits_for_value(self):
        for message in self:
            message.waits_for_value = (
                message.state == "quarantined" and message.error_code == unmapped.CODE
            )

    def _moment(self):
        """When this happened, for value maps with dates: arrival, or the event that is sent."""
        self.ensure_one()
        return self.event_id.occurred_at or self.created_at

    def action_map_values(self):
        """Open the dialog in which the missing values are mapped."""
        self._require_mapper()
        return {
            "type": "ir.actions.client",
            "tag": "integration_core.map_values",
            "params": {"message_ids": self.ids},
        }

    def action_try_mapping(self):
        """Open the try-it panel of the interface's mapping with this message."""
        self.ensure_one()
        # sudo: which mapping it is; the panel checks the rights of the user
        mapping = self.sudo()._own_mapping()
        if not mapping:
            raise UserError(self.env._("The interface has no mapping for this message."))
        return {
            "type": "ir.actions.client",
            "tag": "integration_core.try_mapping",
            "params": {"mapping_id": mapping.id, "message_id": self.id},
        }

    def unmapped_values(self, reason=""):
        """The values of these messages that value maps lack.

        :param reason: why private content is looked at; asked for when there is some that the
            user has not revealed
        :return: dict with ``values`` (map_id, map_name, value, place, message_id, count),
            ``needs_reason``, ``refused``, a sentence about what is not shown, and ``more`` if there
            was no time to look at all messages
        """
        self._require_mapper()
        found = {
            "values": [],
            "needs_reason": False,
            "refused": "",
            "more": len(self) > MAX_MESSAGES,
        }
        found["may_confirm"] = self.env["integration.value.map.line"]._may_confirm()
        if not self.env.user.has_group("integration_core.group_content_viewer"):
            found["refused"] = self.env._(
                "The values are content. Ask an administrator for the role “Content viewer”, or "
                "to map them."
            )
            return found
        messages = self[:MAX_MESSAGES]
        refused = messages.filtered(lambda m: not m._may_see_class())
        if refused:
            found["refused"] = self._role_sentence(refused[0]._effective_class())
        messages -= refused
        masked = messages.filtered(lambda m: m._effective_class() in data_classes.PRIVATE)
        masked -= masked._revealed()
        if masked and not reason.strip():
            found["needs_reason"] = True
            return found
        if masked:
            masked._reveal(reason)
        with trials.charged(self.env):
            found["values"], complete = messages._unmapped_rows()
        found["more"] = found["more"] or not complete
        return found

    def _unmapped_rows(self):
        """``(rows, whether all messages were looked at)``."""
        end = time.monotonic() + SECONDS
        # sudo: content was released above; converting also needs contracts and the handler
        env = self.env(su=True)
        reconversion = unmapped.Reconversion(env)
        maps = {m.code: m for m in self.env["integration.value.map"].search([])}
        rows = {}
        complete = True
        for stored in unmapped.stored(env, self.ids):
            if rows and time.monotonic() > end:
                complete = False
                break
            for one in reconversion.unmapped(stored):
                if one.map_name not in maps:
                    continue
                row = rows.setdefault(
                    (one.map_name, one.value),
                    {
                        "map_id": maps[one.map_name].id,
                        "map_name": maps[one.map_name].name,
                        "value": one.value,
                        "place": one.place,
                        "message_id": stored.id,
                        "count": 0,
                    },
                )
                row["count"] += 1
        return list(rows.values()), complete

    def _effective_class(self) -> str:
        """How sensitive the content of this message is: as stored, or as its interface is today."""
        self.ensure_one()
        # sudo: the classification decides what is shown, whatever else of it may be read
        message = self.sudo()
        return data_classes.strictest(
            [
                message.interface_id.data_class,
                message.event_id.data_class,
                *message.payload_ids.mapped("data_class"),
            ]
        )

    def _may_see_class(self) -> bool:
        """Whether the role of the user allows to reveal the content, or nothing is private."""
        data_class = self._effective_class()
        return data_class not in data_classes.PRIVATE or self._may_reveal(data_class)

    def _require_mapper(self):
        self.check_access("read")
        if not self.env.user.has_group("integration_core.group_operator"):
            raise AccessError(self.env._("Only integration operators may do this."))

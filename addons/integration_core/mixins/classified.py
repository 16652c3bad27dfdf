from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import data_classes


class IntegrationInterfaceClassified(models.AbstractModel):
    """What follows from the data class of an interface, and from changing it.

    Part of ``integration.interface``, in a file of its own.
    """

    _name = "integration.interface.classified"
    _description = "Interface with a Data Class"

    content_progress = fields.Char(
        compute="_compute_content_progress",
        help="Content from before the interface became confidential or clinical is encrypted bit "
        "by bit in the background.",
    )

    def _compute_content_progress(self):
        progress = self.env["integration.content.sweep"]._progress()
        for interface in self:
            private = interface.data_class in data_classes.PRIVATE
            concerned = progress and private and interface._may_hold_content()
            interface.content_progress = progress if concerned else False

    def _may_hold_content(self):
        """Whether content is stored for this interface: of its messages, or of its events."""
        of_this = [("interface_id", "=", self._origin.id)]
        of_types = [("type_id", "in", self.event_type_ids.ids)]
        # sudo: that there is something, whoever may read it
        return bool(
            self.env["integration.message"].sudo().search_count(of_this, limit=1)
            or self.env["integration.event"].sudo().search_count(of_types, limit=1)
        )

    @api.constrains("data_class", "event_type_ids")
    def _check_event_classes(self):
        """What tells of patients, say, leaves by a clinical interface only.

        The class of an interface decides who sees its messages and how they travel.
        """
        for interface in self:
            for event_type in interface.event_type_ids:
                least = event_type.least_class
                together = data_classes.strictest((least, interface.data_class))
                if least and together != interface.data_class:
                    raise ValidationError(
                        self.env._(
                            "“%(event_type)s” tells of documents that are %(least)s, and "
                            "“%(interface)s” is not. Choose that data class for the interface, or "
                            "leave the event type out.",
                            event_type=event_type.name,
                            least=dict(
                                event_type._fields["least_class"]._description_selection(self.env)
                            )[least].lower(),
                            interface=interface.name,
                        )
                    )

    def write(self, vals):
        before = {interface: interface.data_class for interface in self}
        res = super().write(vals)
        if "data_class" in vals:
            self._check_stays_clinical(before)
        raised = self.filtered(lambda i: i.data_class in data_classes.PRIVATE and i.activated_at)
        if raised.filtered(lambda i: before[i] != i.data_class or "event_type_ids" in vals):
            self.env["integration.content.sweep"]._request()
        return res

    def _check_stays_clinical(self, before):
        """Clinical is for good: lowering it would show patients' data to more people, and the
        pseudonyms of former messages could not be told from the ids of new ones.
        """
        for interface in self:
            used = interface.revision_of_id or interface
            was = before[interface] if used == interface else used.data_class
            if (
                used.activated_at
                and was == data_classes.CLINICAL
                and interface.data_class != data_classes.CLINICAL
            ):
                raise UserError(
                    self.env._(
                        "“%s” has carried clinical content, so it stays clinical. Make another "
                        "interface for other content.",
                        used.display_name,
                    )
                )

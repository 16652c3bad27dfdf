from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import disclosure, triggers
from ..tools import field_paths


class IntegrationEventType(models.Model):
    """What happens more than once while a field keeps its value, such as each part of a payment."""

    _inherit = "integration.event.type"  # pylint: disable=consider-merging-classes-inherited

    repeat_field_name = fields.Char(
        string="Again when",
        help="While the field above keeps its value, a change of this one tells of it again: of a "
        "bill that is paid in parts, say, what is still open.",
    )

    @api.constrains("model_name", "trigger", "repeat_field_name")
    def _check_repeat_field_name(self):
        for event_type in self.filtered("repeat_field_name"):
            if event_type.trigger == "reaches" and not triggers.is_watchable(
                event_type._model(), event_type.repeat_field_name, triggers.REPEATABLE
            ):
                raise ValidationError(
                    self.env._(
                        "“%s” cannot tell of it again. Choose a field of the document that is "
                        "stored once, for all languages and companies.",
                        event_type.repeat_field_name,
                    )
                )

    def _require_rights(self):
        res = super()._require_rights()
        for event_type in self.filtered("repeat_field_name"):
            try:
                disclosure.check_watched(event_type._model(), event_type.repeat_field_name)
            except field_paths.PathError as exc:
                raise ValidationError(
                    self.env._("Events cannot depend on this: %s.", str(exc))
                ) from exc
        return res

from odoo import fields, models

from ..tools import schedule


class EhrTold(models.AbstractModel):
    """A record whose facts a feed tells, late and in the wrong order as feeds do."""

    _name = "ehr.told"
    _description = "Told by a Clinical Feed"

    clocks = fields.Json(
        readonly=True,
        copy=False,
        groups="integration_ehr_bridge.group_feed",
        help="When what is newest of each fact was said: what is older does not replace it.",
    )

    def _hear(self, said, at, arrived):
        """Take over facts that nothing newer contradicts.

        :param said: values by field
        :param at: since when they are true, naive UTC
        :param arrived: the place of the message among all that arrived, for equal times
        """
        self.ensure_one()
        fresh, clocks = schedule.news(said, schedule.tick(at, arrived), self.clocks or {})
        changed = self._differing(fresh)
        if clocks != (self.clocks or {}):
            changed["clocks"] = clocks
        if changed:
            self.write(changed)

    def _differing(self, values):
        """Those values that the record does not have already."""
        return {
            name: value
            for name, value in values.items()
            if not self or self._fields[name].convert_to_write(self[name], self) != value
        }

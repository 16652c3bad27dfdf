from odoo import api, models

from ..tools import readings


class IntegrationWatchTriage(models.Model):
    """The watch hears of kinds of failure that nobody has looked at.

    It loads after the look of the watch, which knows of none.
    """

    _inherit = "integration.watch"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _error_group_readings(self, interface_ids):
        """See the watch: new and regressed groups in which something waits."""
        self.env.cr.execute(
            """
            SELECT interface_id, count(*) FILTER (WHERE state = 'new'),
                   count(*) FILTER (WHERE state = 'regressed'), sum(waiting_count)
              FROM integration_error_group
             WHERE interface_id = ANY(%s) AND state IN ('new', 'regressed') AND waiting_count > 0
             GROUP BY interface_id
            """,
            [list(interface_ids)],
        )
        return {
            interface: readings.ErrorGroups(new, regressed, int(messages))
            for interface, new, regressed, messages in self.env.cr.fetchall()
        }

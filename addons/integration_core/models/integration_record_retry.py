from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..engine import operations
from ..tools.acts import Act
from .integration_record_sync import status_rows


class IntegrationRecordSync(models.Model):
    """Sending again what failed of a selection of documents, from their list."""

    _inherit = "integration.record.sync"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def retry_failed(self, res_model, res_ids):
        """Send again the failed messages of documents that the operator may read.

        Only what the status of a document speaks of: an older message of it is not sent again
        behind a newer one.

        :return: a notification that says how many were sent again, and why the others were not
        :raises AccessError: the user is no operator, or may not read one of the documents
        """
        if not self.env.user.has_group("integration_core.group_operator"):
            raise AccessError(self.env._("Only integration operators may do this."))
        records = self.env[res_model].browse(res_ids)
        records.check_access("read")
        failed = self._failed_messages(records)
        messages = self.env["integration.message"].search([("id", "in", sorted(failed))])
        report = operations.operate(messages, Act.RETRY)
        lines = [
            self.env._("%s queued again.", len(report.moved)),
            *messages._refusal_lines(report.refused),
        ]
        if hidden := len(failed) - len(messages):
            lines.append(self.env._("%s not possible: messages that you may not see.", hidden))
        if idle := len(records) - len(set().union(*failed.values())):
            lines.append(self.env._("%s selected without a failed message.", idle))
        return self._retry_notification(lines, len(messages) == len(report.moved) and not hidden)

    def _failed_messages(self, records) -> dict[int, set[int]]:
        """Ids of records by the failed message that their status speaks of."""
        self.env.cr.execute(
            SQL(
                "SELECT s.message_id, array_agg(s.res_id) %s AND s.res_id = ANY(%s) "
                "AND s.state = 'failed' AND s.message_id IS NOT NULL GROUP BY s.message_id",
                status_rows(records),
                records.ids,
            )
        )
        return {message_id: set(ids) for message_id, ids in self.env.cr.fetchall()}

    @api.model
    def _retry_notification(self, lines, all_well):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if all_well else "warning",
                "message": "\n".join(lines),
                "sticky": not all_well,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

from datetime import timedelta

from odoo import api, fields, models

#: Answers go out within seconds; afterwards they stand with their messages.
KEPT = timedelta(days=30)


class EhrRequisitionAnswer(models.Model):
    """What was made of the orders of a message, until its answer has left.

    It is kept as it was decided: what happens to the orders afterwards is told as an event.
    """

    _name = "ehr.requisition.answer"
    _description = "Answer to Requisitions"
    _log_access = False

    message_uuid = fields.Char(required=True, readonly=True)
    requisition_id = fields.Many2one(
        "ehr.requisition", readonly=True, index=True, ondelete="cascade"
    )
    answer = fields.Json(required=True, readonly=True, help="As ehr.requisition_answer.")
    answered_at = fields.Datetime(
        required=True, readonly=True, index=True, default=fields.Datetime.now
    )

    _message_unique = models.UniqueIndex("(message_uuid)")

    @api.model
    def _keep(self, received, order, answer):
        """Remember the answer to a message, in the place of an earlier one."""
        # sudo: nobody but the handler writes answers
        known = self.sudo().search([("message_uuid", "=", received.uuid)])
        known.unlink()
        self.sudo().create(  # sudo: as above
            {"message_uuid": received.uuid, "requisition_id": order.id, "answer": answer}
        )

    @api.autovacuum
    def _gc_answers(self):
        self.search([("answered_at", "<", fields.Datetime.now() - KEPT)]).unlink()

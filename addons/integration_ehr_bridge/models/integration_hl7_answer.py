from odoo import api, models


class IntegrationHl7Answer(models.AbstractModel):
    """What answers to HL7 v2 orders say of each order, beside whether they were handled.

    An addon that handles orders keeps in its own tables what it decides of a message, and writes
    it here when the answer leaves.
    """

    _name = "integration.hl7.answer"
    _description = "Content of HL7 Answers"

    @api.model
    def _document(self, uuid, message_type, interface_id):
        """The segments that follow MSA.

        Called when the message was handled, with all rights; the answer is kept, so a repetition
        of the message does not come here.

        :param uuid: of the message in the ledger
        :param message_type: such as ``OMS^O05``
        :param interface_id: at which it arrived
        :return: the JSON form of segments without a header (:mod:`..tools.hl7.document`); empty:
            there is nothing to say
        """
        return {}

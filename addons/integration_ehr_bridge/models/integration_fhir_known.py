from odoo import api, fields, models

from ..engine import fhir_known


class IntegrationFhirKnown(models.Model):
    """What a FHIR server calls the resource of a document, and at which version it was last.

    Written by ``engine.fhir_known`` in SQL, with the attempt that brought it. The name itself is a
    record link as well, by which references in what the server sends find the document.
    """

    _name = "integration.fhir.known"
    _description = "Resource at a FHIR Server"
    _log_access = False
    _order = "told_at desc, id desc"
    _rec_name = "fhir_id"

    system_id = fields.Many2one(
        "integration.system", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="system_id.company_id")
    interface_id = fields.Many2one(
        "integration.interface",
        readonly=True,
        ondelete="set null",
        help="Through which it was heard last.",
    )
    res_model = fields.Char(string="Document model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Document id", model_field="res_model", required=True, readonly=True
    )
    resource_type = fields.Char(string="Resource type", required=True, readonly=True)
    place = fields.Char(
        readonly=True,
        default="",
        help="Which entry of a transaction it was; empty if it was alone.",
    )
    fhir_id = fields.Char(string="Id at the server", required=True, readonly=True)
    version = fields.Char(
        readonly=True, help="The latest version that we made. An update may be made over it only."
    )
    conflict_version = fields.Char(
        string="Version there instead",
        readonly=True,
        help="What the server had when an update was refused. A retry of that message is made over "
        "it.",
    )
    conflict_uuid = fields.Char(readonly=True)
    told_at = fields.Datetime(string="Heard at", readonly=True)

    _document_unique = models.UniqueIndex("(system_id, res_model, res_id, resource_type, place)")

    @api.model
    def _merged(self, survivor, ids):
        """Records were merged into another one."""
        fhir_known.merged(self.env.cr, survivor._name, ids, survivor.id)
        self.invalidate_model()

    @api.model
    def _note(self, interface, message, learned):
        """Take note of what an answer told, in the transaction that records the attempt.

        :param learned: :class:`engine.fhir_sender.Learned`
        :raises integration_core.tools.errors.ConflictError: the server means a resource that
            belongs to another document
        """
        record = (message.res_model, message.res_id)
        if not message.res_id or message.res_model not in self.env:
            return
        system_id, cr = interface.system_id.id, self.env.cr
        document = self.env[message.res_model].browse(message.res_id).exists()
        for made in learned.made:
            if document:
                self.env["integration.record.link"]._link(
                    system_id, document, f"{made.type}/{made.id}", alias=True
                )
            fhir_known.note(cr, system_id, interface.id, record, made)
        if learned.gone:
            fhir_known.forget(cr, system_id, record, learned.gone)
        if learned.conflict:
            fhir_known.note_conflict(cr, system_id, record, learned.conflict, message.uuid)


class IntegrationRecordLink(models.Model):
    """What a FHIR server calls records goes with them."""

    _inherit = "integration.record.link"

    @api.model
    def _records_merged(self, survivor, ids):
        res = super()._records_merged(survivor, ids)
        self.env["integration.fhir.known"]._merged(survivor, ids)
        return res

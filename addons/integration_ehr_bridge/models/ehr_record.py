from odoo import api, fields, models

from odoo.addons.integration_core.engine import keys


class EhrRecord(models.Model):
    """A record of a clinical system that tells states: which version was handled last, and what it
    is in Odoo.

    Its name there may be a number of a patient, so a pseudonym stands for it.
    """

    _name = "ehr.record"
    _description = "Record of a Clinical System"
    _order = "id desc"
    _log_access = False
    _check_company_auto = True
    _integration_data_class = "clinical"

    system_id = fields.Many2one(
        "integration.system", required=True, readonly=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [
            ("visit", "Visit"),
            ("patient", "Patient"),
            ("place", "Place"),
            ("organization", "Organization"),
            ("staff", "Staff"),
            ("appointment", "Appointment"),
            ("schedule", "Schedule"),
            ("slot", "Slot"),
        ],
        required=True,
        readonly=True,
    )
    name_key = fields.Char(
        string="Name",
        required=True,
        readonly=True,
        help="Stands for what the system calls the record, which cannot be calculated from it.",
    )
    version = fields.Char(readonly=True, help="Which version of it was handled last.")
    written_at = fields.Char(readonly=True, help="When that version was written: UTC, to the µs.")
    arrived = fields.Integer(readonly=True, help="Which message brought that version.")
    res_model = fields.Char(string="Document model", readonly=True)
    res_id = fields.Many2oneReference(string="Document id", model_field="res_model", readonly=True)
    told = fields.Json(
        readonly=True,
        groups="integration_ehr_bridge.group_feed",
        help="What its versions have told so far, and what is taken back if a later one does not.",
    )
    code = fields.Char(readonly=True, help="Of a hospital or a department: its code in messages.")
    company_id = fields.Many2one("res.company", required=True, readonly=True)

    _name_unique = models.UniqueIndex("(company_id, system_id, name_key)")

    @api.model
    def _named(self, system_id, names, company):
        """``{name: row}`` of those that are known.

        :raises keyring.KeyRingError: no key, no pseudonym
        """
        names = set(names)
        if not names:
            return {}
        ring = keys.require(self.env.cr)
        context = self._context_of(system_id, company)
        made = {name: ring.pseudonyms(name, context) for name in names}
        by_key = {key: name for name, found in made.items() for key in found.values()}
        rows = self.search_fetch(
            [
                ("company_id", "=", company.id),
                ("system_id", "=", system_id),
                ("name_key", "in", list(by_key)),
            ],
            ["name_key", "kind", "version", "written_at", "arrived", "res_model", "res_id", "code"],
        )
        found = {by_key[row.name_key]: row for row in rows}
        for name, row in found.items():
            # Known by the pseudonym of an older key: that may leave the ring.
            if row.name_key != (key := made[name][ring.pseudonym_id]):
                row.name_key = key
        return found

    @api.model
    def _key(self, system_id, name, company):
        """The pseudonym under which a name is kept now."""
        ring = keys.require(self.env.cr)
        return ring.pseudonym(name, self._context_of(system_id, company))

    @api.model
    def _context_of(self, system_id, company):
        return f"ehr.record|{company.id}|{system_id}"

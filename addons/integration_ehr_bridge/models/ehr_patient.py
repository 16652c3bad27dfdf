from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.integration_core.engine import keys
from odoo.addons.integration_core.tools.keyring import KeyRingError

SHOWN = 8  # characters of a pseudonym that people read


class EhrPatient(models.Model):
    """Somebody whom clinical systems know, of whom Odoo knows that he is the same one.

    A record number is never stored: a pseudonym made of it with a key outside the database stands
    in its place. Names, birth dates and all else stay where they are needed.
    """

    _name = "ehr.patient"
    _description = "Patient (Pseudonym)"
    _order = "id desc"
    _check_company_auto = True
    _log_access = False
    _integration_data_class = "clinical"

    pseudonym = fields.Char(
        required=True,
        readonly=True,
        help="Stands for the record number, which cannot be calculated from it.",
    )
    key_id = fields.Char(
        required=True,
        readonly=True,
        help="Name of the key that made the pseudonym. Patients are found with all keys of the "
        "ring, and get a pseudonym of the present key when a message speaks of them.",
    )
    assigner = fields.Char(
        string="Assigned by",
        required=True,
        readonly=True,
        default="",
        help="Whose record number it is: the code of the hospital or register that gave it.",
    )
    merged_into_id = fields.Many2one(
        "ehr.patient",
        string="Merged into",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        help="The record that is kept. What is said of the retired one goes there.",
    )
    merged_ids = fields.One2many("ehr.patient", "merged_into_id", string="Retired records")
    encounter_ids = fields.One2many("ehr.encounter", "patient_id", string="Visits")
    merge_ids = fields.One2many("ehr.merge", "kept_id", string="Merges")
    active = fields.Boolean(default=True, readonly=True)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )

    _number_unique = models.UniqueIndex("(company_id, assigner, pseudonym)")

    @api.depends("pseudonym", "assigner")
    def _compute_display_name(self):
        for patient in self:
            shown = (patient.pseudonym or "")[:SHOWN]
            patient.display_name = f"{shown} ({patient.assigner})" if patient.assigner else shown

    # ------------------------------------------------------------------
    # found by record number
    # ------------------------------------------------------------------

    @api.model
    def _of_number(self, number):
        """Patients with exactly this number, whoever assigned it and whichever key named them; if
        their record was retired, the one that is kept.

        For :class:`..wizards.ehr_patient_lookup.EhrPatientLookup` alone: nothing is told of it.
        """
        # sudo: which registers there are, and nothing of their patients
        assigners = self.sudo()._read_group(
            [("company_id", "in", self.env.companies.ids)], ["company_id", "assigner"]
        )
        try:
            ring = keys.require(self.env.cr)
        except KeyRingError as error:
            raise UserError(error.message) from None
        named = Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("assigner", "=", assigner or "")
            & Domain("pseudonym", "in", list(pseudonyms.values()))
            for company, assigner in assigners
            if (pseudonyms := ring.pseudonyms(number.strip(), _context(company, assigner or "")))
        )
        patients = self.with_context(active_test=False).search(named)
        return patients._kept()

    def _has_number(self, number):
        """Whether this number is that of one of these records, as they are known themselves.

        Retired records are not looked at beside them.

        :raises keyring.KeyRingError: no key, no pseudonym
        """
        ring = keys.require(self.env.cr)
        return any(
            one.pseudonym
            in ring.pseudonyms(number, _context(one.company_id, one.assigner or "")).values()
            for one in self
        )

    @api.model
    def _is_record_number(self, number, company):
        """Whether a patient of a company is known by a number, whoever assigned it.

        For what is refused because of it: nothing else may be told of it. Without a key ring nobody
        can say, and nobody is.
        """
        ring = keys.working_ring(self.env.cr)
        if ring is None:
            return False
        # sudo: which registers there are, and nothing of their patients
        everybody = self.sudo().with_context(active_test=False)
        mine = Domain("company_id", "=", company.id)
        assigners = [one for (one,) in everybody._read_group(mine, ["assigner"])]
        named = Domain.OR(
            Domain("assigner", "=", one) & Domain("pseudonym", "in", list(pseudonyms.values()))
            for one in assigners
            if (pseudonyms := ring.pseudonyms(number, _context(company, one or "")))
        )
        return bool(everybody.search_count(mine & named, limit=1))

    def _claim(self):
        """Let no merge have retired these records since this transaction began, nor do so now.

        A merge looks for all that is of the patient, and cannot see what another transaction is
        about to add. It writes the row of the patient; so does who adds something, if only as it
        is. The second of them then fails, as any two do who write the same row, and is run again.
        A lock would not do: who only waited for it goes on with what was the case before.
        """
        if self:
            self.env.cr.execute(
                "UPDATE ehr_patient SET active = active WHERE id IN ("
                "SELECT id FROM ehr_patient WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE)",
                [self.ids],
            )

    def _kept(self):
        """The record that is kept of each of these: themselves, unless they were retired."""
        return self.browse(dict.fromkeys((one.merged_into_id or one).id for one in self))

    @api.model
    def _resolve(self, identifiers, company=None):
        """The patients with these record numbers; who is not known yet is created.

        Whoever was named by an older key of the ring gets a pseudonym of the present one.

        :param identifiers: pairs of assigner and number
        :return: ``{(assigner, number): patient}``, retired records among them (:meth:`_kept`)
        :raises keyring.KeyRingError: no key, no pseudonym
        """
        company = company or self.env.company
        wanted = list(dict.fromkeys(identifiers))
        if not wanted:
            return {}
        ring = keys.require(self.env.cr)
        names = {tuple(one): ring.pseudonyms(one[1], _context(company, one[0])) for one in wanted}
        known = self._by_pseudonym(company, names)
        found, missing = {}, []
        for one, pseudonyms in names.items():
            records = [
                known[one[0], name] for name in pseudonyms.values() if (one[0], name) in known
            ]
            if records:
                found[one] = records[0]._renamed(pseudonyms, records[1:])
            else:
                missing.append(one)
        created = self.create(
            [
                {
                    "pseudonym": names[one][ring.pseudonym_id],
                    "key_id": ring.pseudonym_id,
                    "assigner": one[0],
                    "company_id": company.id,
                }
                for one in missing
            ]
        )
        return {**found, **dict(zip(missing, created, strict=True))}

    def _by_pseudonym(self, company, names):
        """``{(assigner, pseudonym): patient}`` of those that are known."""
        by_assigner = defaultdict(set)
        for (assigner, _number), pseudonyms in names.items():
            by_assigner[assigner].update(pseudonyms.values())
        records = self.with_context(active_test=False).search_fetch(
            Domain("company_id", "=", company.id)
            & Domain.OR(
                Domain("assigner", "=", assigner) & Domain("pseudonym", "in", list(pseudonyms))
                for assigner, pseudonyms in by_assigner.items()
            ),
            ["assigner", "pseudonym", "key_id", "merged_into_id"],
        )
        return {(one.assigner or "", one.pseudonym): one for one in records}

    def _renamed(self, pseudonyms, others):
        """This record under the present key; ``others`` have the same number under older keys.

        There are two if one was made while the key of the other was missing in the ring.
        """
        self.ensure_one()
        key_id, pseudonym = next(iter(pseudonyms.items()))
        if self.key_id != key_id:
            self.write({"pseudonym": pseudonym, "key_id": key_id})
        for other in others:
            # Each may have been merged meanwhile: those that are left turn out to be one.
            if other._kept() != self._kept():
                self.env["ehr.merge"]._merge(self._kept(), other._kept(), fields.Datetime.now())
        return self


def _context(company, assigner):
    """Keeps the pseudonyms of hospitals apart: the same number has another one in each."""
    return f"ehr.patient|{company.id}|{assigner}"

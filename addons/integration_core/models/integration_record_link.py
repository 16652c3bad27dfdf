from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine import audit, documents
from ..tools import errors


class IntegrationRecordLink(models.Model):
    """The name under which a system knows an Odoo record.

    Handlers use the private methods below. They work whatever the rights of the service user: which
    record a message means is no secret to the interface that brought it. What the handler may
    then do with the record is decided by its user's rights.
    """

    _name = "integration.record.link"
    _description = "Integration Record Link"
    _rec_name = "external_id"
    _order = "system_id, res_model, external_id, id"

    system_id = fields.Many2one(
        "integration.system",
        required=True,
        index=True,
        ondelete="cascade",
        help="Whose identifier it is.",
    )
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    res_model = fields.Char(string="Document model", required=True)
    res_id = fields.Many2oneReference(string="Document id", model_field="res_model", required=True)
    external_id = fields.Char(
        string="External identifier",
        required=True,
        help="How the system calls the record, letter by letter as it writes it in its messages.",
    )
    record_ref = fields.Reference(
        selection="_selection_models",
        string="Record",
        compute="_compute_record_ref",
        inverse="_inverse_record_ref",
        help="The record in Odoo. Choose its kind first, then the record.",
    )
    record_name = fields.Char(string="Record name", compute="_compute_record_name")
    model_name = fields.Char(string="Kind of record", compute="_compute_record_name")
    is_gone = fields.Boolean(
        string="Record is gone",
        compute="_compute_is_gone",
        search="_search_is_gone",
        help="The record was deleted behind Odoo's back, or its app is not installed. The link has "
        "no effect: the next message makes a new one.",
    )

    _external_unique = models.UniqueIndex(
        "(system_id, res_model, external_id)",
        "This system knows another record under this identifier already.",
    )
    _record_idx = models.Index("(res_model, res_id)")

    # ------------------------------------------------------------------
    # the record
    # ------------------------------------------------------------------

    @api.model
    def _selection_models(self):
        # sudo: names of models are not secret; only those that the user may read are offered
        found = self.env["ir.model"].sudo().search([("transient", "=", False)], order="name")
        return [
            (model.model, model.name)
            for model in found
            if model.model in self.env
            and self.env[model.model]._auto
            and self.env[model.model].has_access("read")
        ]

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_record_ref(self):
        names = documents.readable_names(self)
        for link in self:
            shown = (link.res_model, link.res_id) in names
            link.record_ref = f"{link.res_model},{link.res_id}" if shown else False

    def _inverse_record_ref(self):
        # create() and write() have translated it already
        pass

    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_record_name(self):
        names = documents.readable_names(self)
        for link in self:
            link.model_name = documents.kind_name(self.env, link.res_model) or False
            link.record_name = names.get((link.res_model, link.res_id), False)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_is_gone(self):
        gone = self.search([("id", "in", self.ids), ("is_gone", "=", True)])
        for link in self:
            link.is_gone = link in gone

    @api.model
    def _search_is_gone(self, operator, value):
        if operator != "in":
            return NotImplemented
        self.env.cr.execute("SELECT DISTINCT res_model FROM integration_record_link")
        gone = Domain.OR(
            Domain("res_model", "=", model) & self._gone_domain(model)
            for (model,) in self.env.cr.fetchall()
        )
        wanted = set(value)
        if wanted == {True}:
            return gone
        return ~gone if wanted == {False} else Domain(bool(wanted))

    def _gone_domain(self, model) -> Domain:
        if model not in self.env:
            return Domain.TRUE
        return Domain.custom(
            to_sql=lambda _model, alias, _query: SQL(
                "NOT EXISTS (SELECT FROM %s r WHERE r.id = %s)",
                SQL.identifier(self.env[model]._table),
                SQL.identifier(alias, "res_id"),
            )
        )

    # ------------------------------------------------------------------
    # consistency
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        links = super().create([self._from_picker(vals) for vals in vals_list])
        self.env["integration.record.sync"]._touched_changed()
        return links

    def write(self, vals):
        res = super().write(self._from_picker(vals))
        self.env["integration.record.sync"]._touched_changed()
        return res

    def _from_picker(self, vals):
        vals = dict(vals)
        reference = vals.pop("record_ref", None)
        if reference:
            model, _comma, res_id = reference.partition(",")
            vals.update(res_model=model, res_id=int(res_id))
        if isinstance(vals.get("external_id"), str):
            vals["external_id"] = vals["external_id"].strip()
        return vals

    @api.constrains("res_model", "res_id", "system_id")
    def _check_record(self):
        for link in self:
            if link.res_model not in self.env or self.env[link.res_model]._abstract:
                raise ValidationError(self.env._("There is no model “%s”.", link.res_model))
            # sudo: a record of another company must be found to be refused
            record = self.env[link.res_model].sudo().browse(link.res_id).exists()
            if not record:
                raise ValidationError(self.env._("Choose the record that the identifier names."))
            if not _same_company(link.system_id, record):
                raise ValidationError(
                    self.env._(
                        "“%(record)s” belongs to another company than the system “%(system)s”.",
                        record=record.display_name,
                        system=link.system_id.name,
                    )
                )

    @api.constrains("external_id")
    def _check_external_id(self):
        if not all(self.mapped("external_id")):
            raise ValidationError(self.env._("Enter the identifier that the system uses."))

    def action_open_record(self):
        self.ensure_one()
        if self.is_gone:
            raise UserError(self.env._("This record is gone, so there is nothing to open."))
        return self.env[self.res_model].browse(self.res_id).get_formview_action()

    # ------------------------------------------------------------------
    # for handlers
    # ------------------------------------------------------------------

    @api.model
    def _find_record(self, system_id, model, external_id):
        """The record that a system calls ``external_id``; empty if there is none (any more).

        :param system_id: id of the system, such as ``received.system_id`` of a handler
        :return: a recordset of ``model`` with the rights of the present user
        """
        link = self._find_link(system_id, model, external_id)
        return self.env[model].browse(link.res_id).exists()

    @api.model
    def _find_external_id(self, system_id, record):
        """How a system calls a record, or ``None``; the oldest name if it has several."""
        # sudo: see the class
        link = self.sudo().search(self._of(system_id, record), order="id", limit=1)
        return link.external_id or None

    @api.model
    def _link(self, system_id, record, external_id, *, alias=False):
        """Remember that a system calls ``record`` by ``external_id``; saying so twice is harmless.

        Of two transactions that link one identifier at the same time, one wins. The other fails
        with a serialization error, which Odoo and the engine repeat, and then gets the conflict.

        :param alias: the record may have another identifier in this system already
        :return: the link
        :raises errors.ConflictError: the identifier names another record, the record has another
            identifier, or it belongs to another company than the system
        """
        record.ensure_one()
        external_id = self._checked(system_id, record, external_id)
        link = self._find_link(system_id, record._name, external_id)
        if not link:
            self._refuse_second_name(system_id, record, alias)
            link = self._insert(system_id, record, external_id)
        if link.res_id != record.id:
            if self.env[record._name].browse(link.res_id).exists():
                raise errors.ConflictError(
                    "The system calls another record by this identifier. Decide which of the two "
                    "is meant, change the record link, then retry.",
                    code="external_id_taken",
                )
            link.res_id = record.id  # what it named is gone
        return link.sudo(self.env.su)

    @api.model
    def _find_records(self, system_id, model, external_ids):
        """As :meth:`_find_record`, for many identifiers at once.

        :return: ``{identifier: record}`` of those that name a record
        """
        # sudo: see the class
        links = self.sudo().search_fetch(
            [
                ("system_id", "=", system_id),
                ("res_model", "=", model),
                ("external_id", "in", list(external_ids)),
            ],
            ["external_id", "res_id"],
        )
        existing = self.env[model].browse(links.mapped("res_id")).exists()
        records = {record.id: record for record in existing}
        return {link.external_id: records[link.res_id] for link in links if link.res_id in records}

    @api.model
    def _link_all(self, system_id, records):
        """As :meth:`_link`, for many records at once.

        :param records: ``{identifier: record}``, all of one model
        :raises errors.ConflictError: as :meth:`_link`
        """
        if not records:
            return
        found = next(iter(records.values())).browse(one.id for one in records.values())
        # sudo: see the class
        named = self.sudo().search_count(
            Domain([("system_id", "=", system_id), ("res_model", "=", found._name)])
            & Domain.OR([[("external_id", "in", list(records))], [("res_id", "in", found.ids)]]),
            limit=1,
        )
        if named:
            for external_id, record in records.items():
                self._link(system_id, record, external_id)
            return
        ids = {self._checked(system_id, one, key): one.id for key, one in records.items()}
        self._insert_all(system_id, ids, found._name)

    @api.model
    def _relink(self, system_id, record, external_id, reason=""):
        """Let ``external_id`` name ``record`` from now on, whatever it named before; audited.

        For messages that say so, such as the merger of two patients or items.

        :raises errors.ConflictError: as :meth:`_link`, but not for an identifier that is taken
        """
        external_id = self._checked(system_id, record, external_id)
        link = self._find_link(system_id, record._name, external_id)
        if not link:
            return self._link(system_id, record, external_id, alias=True)
        if link.res_id != record.id:
            changes = {"res_id": (str(link.res_id), str(record.id))}
            link.res_id = record.id
            audit.record(link.sudo(self.env.su), "change", reason=reason, changes=changes)
        return link.sudo(self.env.su)

    @api.model
    def _records_merged(self, survivor, ids):
        """Records were merged into another one; for addons that know more of them than their names.

        :param ids: of the records that are gone, or about to go
        """

    @api.model
    def _unlink_record(self, system_id, record):
        """The system knows ``record`` no more. (Deleting a record removes its links.)"""
        # sudo: see the class
        self.sudo().search(self._of(system_id, record)).unlink()

    def _of(self, system_id, record) -> Domain:
        return Domain(
            [
                ("system_id", "=", system_id),
                ("res_model", "=", record._name),
                ("res_id", "=", record.id),
            ]
        )

    def _find_link(self, system_id, model, external_id):
        # sudo: see the class
        return self.sudo().search(
            [
                ("system_id", "=", system_id),
                ("res_model", "=", model),
                ("external_id", "=", str(external_id).strip()),
            ]
        )

    def _checked(self, system_id, record, external_id) -> str:
        """The identifier without surrounding blanks, if it may name this record."""
        external_id = str(external_id or "").strip()
        if not external_id:
            raise errors.ConflictError(
                "An identifier is empty, so it names no record.", code="external_id_empty"
            )
        # sudo: see the class
        system = self.env["integration.system"].sudo().browse(system_id)
        if not _same_company(system, record.sudo()):
            raise errors.ConflictError(
                "The record belongs to another company than the system that names it.",
                code="other_company",
            )
        return external_id

    def _refuse_second_name(self, system_id, record, alias):
        if not alias and self._find_external_id(system_id, record):
            raise errors.ConflictError(
                "The system calls this record by another identifier already. Decide which is "
                "right, change the record link, then retry.",
                code="record_named_otherwise",
            )

    def _insert(self, system_id, record, external_id):
        """The new link, or the one of whoever was faster."""
        self._insert_all(system_id, {external_id: record.id}, record._name)
        return self._find_link(system_id, record._name, external_id)

    def _insert_all(self, system_id, records, model):
        """New links of identifiers, by identifier, as far as nobody was faster."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            INSERT INTO integration_record_link (system_id, company_id, res_model, res_id,
                external_id, create_uid, write_uid, create_date, write_date)
            SELECT s.id, s.company_id, %(model)s, v.res_id, v.external_id, %(uid)s, %(uid)s,
                   now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
              FROM integration_system s,
                   unnest(%(external_ids)s::varchar[], %(ids)s::int[]) v(external_id, res_id)
             WHERE s.id = %(system)s
            ON CONFLICT (system_id, res_model, external_id) DO NOTHING
            """,
            {
                "system": system_id,
                "model": model,
                "ids": list(records.values()),
                "external_ids": list(records),
                "uid": self.env.uid,
            },
        )
        self.env["integration.record.sync"]._touched_changed()


def _same_company(system, record) -> bool:
    company = record.company_id if "company_id" in record._fields else record.browse()
    return not company or company == system.company_id

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG

from ..engine import capture, newborn, owned_form, owned_values, ownership, snapshots
from ..tools import owner_widget, sync_widget


class Base(models.AbstractModel):
    """Every column change of every model passes here; models without events pay a look-up."""

    _inherit = "base"

    #: Parts whose changes are changes of a document of this model, for events whose content
    #: :meth:`_integration_snapshots` makes: part model to the field that leads to the document,
    #: such as ``{"purchase.order.line": "order_id"}``; dots follow further links. Each addon
    #: declares its own.
    _integration_parts = {}

    #: Whether what a new record of this model becomes in the transaction that creates it is a
    #: change. Not where its creation is told of; but where records come to be by being mentioned,
    #: and what is told of them is what was mentioned.
    _integration_changes_when_new = False

    #: How sensitive the records of this model are, one of ``tools.data_classes.ORDER``; None: as
    #: the interfaces that take their events say. Events that tell of such records are at least
    #: that private, whoever defines them, and interfaces of a lower class cannot take them.
    _integration_data_class: str | None = None

    def write(self, vals):
        capture.writing(self, vals)
        book = ownership.rules_of(self)
        if book is None:
            return super().write(vals)
        verdict = ownership.judge(self, vals, book)
        with verdict.carried_out(self.env.cr):
            for records, admitted in verdict.parts:
                super(Base, records).write(admitted)
        return True

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        """Translations of an owned field are its values, too, and they are written at once."""
        if watch := capture.watch_of(self):
            capture.touched(self, watch)
        book = ownership.rules_of(self)
        if book is None:
            return super()._update_field_translations(field_name, translations, digest, source_lang)
        said = owned_values.Translations(translations)
        # what the audit trail says of an override is in the language that changes
        there = self.with_context(lang=next(iter(said), None))
        verdict = ownership.judge(there, {field_name: said}, book)
        if not verdict.parts:
            return False
        with verdict.carried_out(self.env.cr):
            return super()._update_field_translations(field_name, translations, digest, source_lang)

    def _create(self, data_list):  # pylint: disable=method-required-super  # in _create_judged
        watch = capture.watch_of(self)
        if not watch:
            return self._create_judged(data_list)
        coming = [data["stored"] for data in data_list]
        capture.touched(self.browse(), watch, coming, whole=False)
        with capture.creating(self, watch):
            records = self._create_judged(data_list)
        capture.created(records, watch.triggers)
        return records

    def _create_judged(self, data_list):
        """The part of ``_create`` that makes the records, where somebody may own them."""
        book = ownership.rules_of(self)
        if book is None:
            records = super()._create(data_list)  # pylint: disable=super-method-mismatch
            newborn.count(records)
            return records
        with ownership.judge_links(self, data_list, book).carried_out(self.env.cr):
            records = super()._create(data_list)  # pylint: disable=super-method-mismatch
            newborn.count(records)
            newborn.remember(records)
            ownership.judge_creation(records, data_list, book)
        return records

    def _write_multi(self, vals_list):  # pylint: disable=missing-return
        watch = capture.watch_of(self)
        if not watch:
            super()._write_multi(vals_list)
            return
        capture.touched(self, watch, vals_list)
        hits = capture.reached(self, vals_list, watch.triggers)
        super()._write_multi(vals_list)
        capture.updated(self, hits, watch.triggers)

    def unlink(self):  # pylint: disable=method-required-super  # _unlink_captured calls it
        book = ownership.rules_of(self)
        if book is None:
            return self._unlink_captured()
        verdict = ownership.judge_deletion(self, book)
        with verdict.carried_out(self.env.cr):
            for records, _nothing in verdict.parts:
                records._unlink_captured()
        return True

    def _unlink_captured(self):
        """The part of ``unlink`` that deletes, and tells of it."""
        ids = self.ids
        watch = capture.watch_of(self) if ids else None
        if watch:
            capture.touched(self, watch, whole=False)
            doomed = capture.deleting(self, watch.triggers)
        res = super().unlink()  # pylint: disable=super-method-mismatch
        if watch:
            capture.deleted(self, ids, doomed, watch.triggers)
        if ids and self._integration_is_touched():
            self.env["integration.record.sync"]._forget(self._name, ids)
        return res

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Forms of models that an interface touches show the sync status of their record, and
        those of models with an owner lock what is owned.

        Views are cached once built, so other models pay one look-up when a form is built.
        """
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form":
            if self._integration_is_touched():
                sync_widget.insert(arch)
            if owned := self._integration_owned():
                owner_widget.lock(arch, owned)
        return arch, view

    @api.model
    def _integration_owned(self):
        """Names of the fields that a system may own; none while modules load or go."""
        if not self.pool.ready or self._transient or self.env.context.get(MODULE_UNINSTALL_FLAG):
            return ()
        return owned_form.owned_fields(self)

    @api.model
    def _integration_is_touched(self) -> bool:
        if not self.pool.ready or self._transient or self.env.context.get(MODULE_UNINSTALL_FLAG):
            return False
        return self._name in self.env["integration.record.sync"]._touched_models()

    def _integration_responsible(self):
        """Who works with this document and is told when it does not get through.

        An active employee who may read the document; empty if it names none.
        """
        user = self.sudo()._integration_responsible_user()  # sudo: whoever asks, it is the same one
        if len(user) == 1 and user.active and user._is_internal() and not user._is_superuser():
            document = self.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
            if document.has_access("read"):
                return user.with_env(self.env)
        return self.env["res.users"]

    def _integration_responsible_user(self):
        """The user whom this document names as its own; models with another field extend this."""
        field = self._fields.get("user_id")
        if field is None or field.type != "many2one" or field.comodel_name != "res.users":
            return self.env["res.users"]
        return self.user_id

    @api.model
    def _integration_sync_table(self) -> SQL:
        """Status rows of the records of this model, as a table of a statement."""
        return SQL("(SELECT * FROM integration_record_sync WHERE res_model = %s)", self._name)

    def _integration_sync_documents(self):
        """``{model: ids}``: the records whose messages are messages of these ones.

        A model whose parts are told of on their own extends this and
        :meth:`_integration_sync_table`.
        """
        return {self._name: self._origin.ids}

    def _integration_snapshots(self, contract_code):
        """Canonical JSON of these records, for the contract ``contract_code``.

        Addons extend this for their models and fall back to ``super()``.

        :return: ``{record id: engine.capture.Snapshot}``; a record left out makes no event
        """
        return {
            record.id: capture.Snapshot(
                data={"id": record.id, "name": record.display_name},
                company_id=snapshots.company_of(record),
                subject=record.display_name,
            )
            for record in self
        }

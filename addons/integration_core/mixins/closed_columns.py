from odoo import api, models
from odoo.exceptions import AccessError


class IntegrationClosedColumns(models.AbstractModel):
    """Columns that the buttons write, or Odoo itself, and that people do not.

    ``_closed_fields`` names them. Actions write them as superuser after their checks; a remote call
    never is superuser, whoever sends it.
    """

    _name = "integration.closed.columns"
    _description = "Columns That Are Closed to People"

    _closed_fields: frozenset[str] = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [self._with_closed_columns(vals) for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._refuse_closed(self._closed_names() & set(vals))
        return super().write(vals)

    def _closed_names(self) -> set[str]:
        return set(self._closed_fields)

    def _refuse_closed(self, names):
        if names:
            raise AccessError(
                self.env._("%s is set by the buttons only.", ", ".join(sorted(names)))
            )

    @api.model
    def _with_closed_columns(self, vals):
        """``vals`` of a new record with the beginning of all closed columns spelled out.

        A column that is left out would take its default from the context of a remote call, or from
        the defaults that every user may keep for himself.
        """
        beginning = {
            name: field.default(self) if field.default else False
            for name in self._closed_names()
            if (field := self._fields.get(name)) and field.store and not field.compute
        }
        # a form sends the beginning along
        self._refuse_closed(
            {name for name in self._closed_names() if vals.get(name) not in (False, None)}
            - {name for name, value in beginning.items() if vals.get(name) == value}
        )
        return {**vals, **beginning}

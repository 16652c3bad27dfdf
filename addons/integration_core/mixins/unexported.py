from odoo import models
from odoo.exceptions import AccessError

#: Columns that nobody reads anyway.
CLOSED_FIELDS = ("body",)


class IntegrationUnexported(models.AbstractModel):
    """Records whose content leaves Odoo by “Download content” only.

    Odoo's own export asks for no reason. It follows paths from any model (a message's payloads'
    content), which is why the rows are guarded, and not the call of the export.
    """

    _name = "integration.unexported"
    _description = "Records with Content That Is Not Exported"

    #: Fields with content.
    _content_fields: frozenset[str] = frozenset()

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        if any(path[0] in self._content_fields for path in fields if path):
            raise AccessError(
                self.env._(
                    "Content is not exported with lists. Use “Download content”, which asks for a "
                    "reason."
                )
            )
        return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

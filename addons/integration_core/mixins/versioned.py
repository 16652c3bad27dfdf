from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine import audit, uses
from ..tools.text_diff import line_diff

_LOOKS = {"added": ("text-success", "+"), "removed": ("text-danger", "-")}


class IntegrationVersioned(models.AbstractModel):
    """What is approved once and then stays: each record is one version.

    Out of draft its content does not change: a new version is made from it, reviewed, and chosen by
    the interfaces. A model that inherits this has fields ``previous_id`` and ``interface_ids``, and
    a ``state`` that can become ``retired``.
    """

    _name = "integration.versioned"
    _description = "Governed in Versions"
    _inherit = ["integration.governed"]

    _closed_fields = frozenset({"version", "previous_id"})
    #: What all versions of one thing have in common.
    _version_key = "name"
    #: What is reviewed, and what an interface relies on.
    _version_content: frozenset[str] = frozenset()
    #: Xmlid of the action that lists all of them.
    _version_action = ""

    version = fields.Integer(default=1, readonly=True, copy=False)
    version_count = fields.Integer(compute="_compute_version_count")
    behind_ids = fields.Many2many(
        "integration.interface",
        string="On another version",
        compute="_compute_behind_ids",
        help="Interfaces, of those that you may see, that use another version of the same. They go "
        "on with it until a change of theirs, which names this one, is approved.",
    )
    diff = fields.Html(string="Changes", compute="_compute_diff", sanitize=False)

    @api.depends("name", "version")
    def _compute_display_name(self):
        for record in self:
            record.display_name = f"{record.name or ''} v{record.version}"

    @api.depends(lambda self: (self._version_key,))
    def _compute_version_count(self):
        key = self._version_key
        counts = dict(self._read_group([(key, "in", self.mapped(key))], [key], ["__count"]))
        for record in self:
            record.version_count = counts.get(record[key], 0)

    @api.depends(lambda self: (self._version_key, "interface_ids"))
    @api.depends_context("uid")
    def _compute_behind_ids(self):
        interfaces = self.env["integration.interface"]
        for record in self:
            record.behind_ids = interfaces
            if others := record._other_versions():
                used = Domain(others._used_domain()) & Domain("state", "!=", "retired")
                record.behind_ids = interfaces.search(used)

    def _other_versions(self):
        versions = self.with_context(active_test=False)
        return versions.search([(self._version_key, "=", self[self._version_key])]) - self._origin

    @api.depends(lambda self: (*sorted(self._version_content), "previous_id"))
    @api.depends_context("lang")
    def _compute_diff(self):
        for record in self:
            lines = line_diff(record.previous_id._as_text(), record._as_text())
            rows = [
                Markup('<div class="{}">{} {}</div>').format(
                    _LOOKS.get(kind, ("text-muted", " "))[0],
                    _LOOKS.get(kind, ("", " "))[1],
                    "…" if kind == "gap" else text or " ",
                )
                for kind, text in lines
            ]
            record.diff = (
                Markup('<div class="o_integration_diff font-monospace">{}</div>').format(
                    Markup("").join(rows)
                )
                if rows and record.previous_id
                else False
            )

    def _as_text(self):
        """The whole content as lines that a person can compare; nothing of no record."""
        raise NotImplementedError

    # ------------------------------------------------------------------
    # consistency
    # ------------------------------------------------------------------

    def write(self, vals):
        if self._version_content & set(vals):
            self._raise_unless_draft()
        if self._version_key in vals:
            self._raise_if_versioned(vals[self._version_key])
        return super().write(vals)

    def _raise_unless_draft(self):
        for record in self:
            if record.state != "draft":
                raise UserError(
                    self.env._(
                        "“%s” is not a draft, so its content does not change. Make a new version "
                        "of it.",
                        record.display_name,
                    )
                )

    def _raise_if_versioned(self, key):
        for record in self:
            if record[self._version_key] != key and record.version_count > 1:
                raise UserError(
                    self.env._(
                        "%(field)s joins all versions of “%(record)s” and stays.",
                        field=self._fields[self._version_key]._description_string(self.env),
                        record=record.display_name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_reviewed(self):
        if any(record.state != "draft" for record in self):
            raise UserError(
                self.env._("What was reviewed is kept. Retire or archive it instead of that.")
            )

    # ------------------------------------------------------------------
    # lifecycle
    # ------------------------------------------------------------------

    def _used_domain(self):
        """Interfaces that use this version, as a domain."""
        raise NotImplementedError

    def action_retire(self):
        """No interface can choose it any more."""
        self.check_access("write")
        for record in self:
            if record.state != "approved":
                raise UserError(self.env._("Only an approved version can be retired."))
            used = uses.approved_interfaces(self.env, record._used_domain(), retired=False)
            if used:
                raise UserError(
                    self.env._(
                        "Still used by %s. Let these interfaces use another version first.",
                        ", ".join(used.mapped("display_name")),
                    )
                )
        self.sudo().write({"state": "retired"})  # sudo: the state is closed to writes of people
        audit.record(self, "retire")

    def action_new_version(self):
        """A draft with the same content and the next number."""
        self.ensure_one()
        self.browse().check_access("create")
        key = self._version_key
        newest = self.with_context(active_test=False).search(
            [(key, "=", self[key])], order="version desc", limit=1
        )
        vals = self.copy_data(
            {
                "name": self.name,
                key: self[key],
                "version": newest.version + 1,
                "previous_id": self.id,
            }
        )
        # sudo: number and origin are closed to writes of people; the right was checked above
        version = self.browse(self.sudo().create(vals).id)
        version._governance_remember_author()
        return version._get_records_action()

    def copy_data(self, default=None):
        return [
            {**vals, "name": self.env._("%s (copy)", record.name), **(default or {})}
            for record, vals in zip(self, super().copy_data(default), strict=True)
        ]

    def action_open_versions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(self._version_action)
        action["domain"] = [(self._version_key, "=", self[self._version_key])]
        action["context"] = {"active_test": False}
        return action

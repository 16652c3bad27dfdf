import base64
import binascii

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command

from ..engine import audit, package_export, package_import, package_records
from ..tools import package_diff, package_text
from ..tools.package_diff import Status

# More of a text is not shown: a person compares, the file has it all.
SHOWN = 400


class IntegrationPackageImport(models.TransientModel):
    """Shows what a package would change here, asks what belongs to this environment, imports it.

    Nothing that it brings is in force: drafts and proposals are submitted and approved as always.
    A package holds no secret; its text is deleted with this dialog.
    """

    _name = "integration.package.import"
    _description = "Import Interface Package"
    _transient_max_hours = 1.0

    file = fields.Binary(string="Package file", attachment=False)
    text = fields.Text(string="or its text")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, string="For company"
    )
    sha256 = fields.Char(string="SHA-256 of the content", readonly=True)
    suite = fields.Char(string="Made by version", readonly=True)
    difference_html = fields.Html(string="What it changes", readonly=True, sanitize=False)
    line_ids = fields.One2many("integration.package.import.line", "import_id")
    checked = fields.Boolean(readonly=True)

    # ------------------------------------------------------------------
    # reading
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._within_limits(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._within_limits(vals))

    @api.model
    def _within_limits(self, vals):
        """Nothing is stored that is larger than a package; what people see is made here alone."""
        if not self.env.su:
            vals = {name: value for name, value in vals.items() if name != "difference_html"}
        for name, most in (("text", package_text.MAX_BYTES), ("file", package_text.MAX_BYTES * 2)):
            if len(vals.get(name) or "") > most:
                raise UserError(
                    self.env._(
                        "A package has %s KiB at most. Export fewer interfaces at once.",
                        package_text.MAX_BYTES // 1024,
                    )
                )
        return vals

    def _raw(self):
        if not self.file:
            return self.text or ""
        try:
            return base64.b64decode(self.file, validate=False).decode()
        except (binascii.Error, UnicodeDecodeError) as exc:
            raise UserError(self.env._("This is no interface package: it is not text.")) from exc

    def _package(self):
        self.ensure_one()
        if not self.env.user.has_group("integration_core.group_administrator"):
            raise AccessError(self.env._("Only integration administrators may do this."))
        if self.company_id not in self.env.companies:
            raise AccessError(self.env._("Work in this company first, then import for it."))
        version = self.env["integration.package.export"]._suite_version()
        try:
            return package_text.load(self._raw(), version)
        except package_text.PackageError as exc:
            raise UserError(str(exc)) from exc

    def action_check(self):
        """Read the package and show what it would change."""
        package = self._package()
        here = package_export.content_here(self.env, self.company_id, package.content)
        entries = package_diff.compare(here, package.content)
        # sudo: written by this method alone; see _within_limits
        self.sudo().write(
            {
                "sha256": package.sha256,
                "suite": package.suite,
                "checked": True,
                "difference_html": self._render(entries),
                "line_ids": [
                    Command.clear(),
                    *(Command.create(vals) for vals in self._line_values(package, entries)),
                ],
            }
        )
        return self._reopen()

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import a package"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def _render(self, entries):
        sections = {
            "value_maps": self.env._("Value map"),
            "mappings": self.env._("Mapping"),
            "contracts": self.env._("Contract"),
            "event_types": self.env._("Event type"),
            "routings": self.env._("Routing"),
            "policies": self.env._("Policy"),
            "credentials": self.env._("Credential"),
            "systems": self.env._("System"),
            "interfaces": self.env._("Interface"),
        }
        lines = [
            {
                "kind": sections[entry.section],
                "key": entry.key,
                "status": str(entry.status),
                "note": self._note(entry),
                "changes": [
                    (change.path, _short(change.before), _short(change.after))
                    for change in entry.changes
                ],
            }
            for entry in entries
        ]
        return self.env["ir.qweb"]._render(
            "integration_core.package_differences", {"entries": lines}
        )

    def _note(self, entry):
        """What importing does to it, in a sentence."""
        if entry.section == "credentials":
            if entry.status is Status.NEW:
                return self.env._("Choose a credential below: the package has no secrets.")
            return self.env._("A credential of this name is here.")
        if entry.status is Status.UNCHANGED:
            return self.env._("The same is here.")
        if entry.status is Status.NEW:
            return self.env._("Becomes a draft.")
        notes = {
            "value_maps": self.env._("New values are proposed; an administrator confirms them."),
            "mappings": self.env._("Becomes a new version in draft."),
            "contracts": self.env._("New versions become drafts."),
            "event_types": self.env._("Is changed, unless an interface was approved with it."),
            "routings": self.env._("Becomes a new version in draft."),
            "policies": self.env._("Becomes a policy of its own, which the interfaces propose."),
            "systems": self.env._("Stays as it is here."),
            "interfaces": self.env._("A draft is changed; what is approved gets a proposal."),
        }
        return notes[entry.section]

    def _line_values(self, package, entries):
        statuses = {e.key: e.status for e in entries if e.section == "interfaces"}
        for key, record in sorted(package.content["interfaces"].items()):
            one = package_records.find(self.env, "interfaces", key, self.company_id)
            place = record.get("environment")
            place = place if isinstance(place, dict) else {}
            yield {
                "key": key,
                "status": str(statuses[key]),
                "interface_id": one.id,
                "slot": str(record.get("credential") or "")[:80],
                "apply_environment": not one,
                "url": one.url if one else str(place.get("url") or ""),
                "allowed_networks": one.allowed_networks
                if one
                else str(place.get("allowed_networks") or ""),
                "credential_id": (one.credential_id or self._credential(record)).id,
                "user_id": (one.user_id or self._user(place)).id,
            }

    def _credential(self, record):
        """The credential here that has the name of the slot, if its kind is right, too."""
        name = record.get("credential")
        credentials = self.env["integration.credential"]
        if not isinstance(name, str) or not name:
            return credentials
        return package_records.find(self.env, "credentials", name, self.company_id)

    def _user(self, place):
        login = place.get("service_user")
        users = self.env["res.users"]
        if not isinstance(login, str) or not login:
            return users
        return users.search(
            [("login", "=", login), ("company_ids", "in", self.company_id.ids)], limit=1
        )

    # ------------------------------------------------------------------
    # importing
    # ------------------------------------------------------------------

    def action_import(self):
        """Import what was shown, all of it or nothing."""
        package = self._package()
        if not self.checked or package.sha256 != self.sha256:
            raise UserError(self.env._("Check the package first: look at what it changes."))
        company = self.company_id.with_company(self.company_id)
        importer = package_import.Importer(company, package, self._environments())
        try:
            report = importer.run()
        except package_text.PackageError as exc:
            raise UserError(self.env._("Nothing was imported. %s", str(exc))) from exc
        except ValidationError as exc:
            raise UserError(self.env._("Nothing was imported. %s", exc.args[0])) from exc
        changes = {"sha256": ("", package.sha256), "suite": ("", package.suite)}
        for _what, record in report.made:
            audit.record(record, "import", changes=changes)
        self.sudo().write({"text": False, "file": False})  # sudo: as in action_check
        return self._done(report)

    def _environments(self):
        return {
            line.key: package_import.Environment(
                url=line.url or "",
                allowed_networks=line.allowed_networks or "",
                credential_id=line.credential_id.id,
                user_id=line.user_id.id,
                apply=line.apply_environment,
            )
            for line in self.line_ids
        }

    def _done(self, report):
        if not report.made:
            message = self.env._("Everything in the package is here already.")
        else:
            words = {
                "new": self.env._("new, as a draft"),
                "version": self.env._("new version, as a draft"),
                "proposed": self.env._("values proposed"),
                "changed": self.env._("changed"),
                "revision": self.env._("change proposed"),
            }
            message = "\n".join(
                f"{record._description}: {record.display_name} ({words[what]})"
                for what, record in report.made
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": self.env._("Imported. Now have it reviewed"),
                "message": message,
                "sticky": True,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


class IntegrationPackageImportLine(models.TransientModel):
    """What belongs to this environment, for one interface."""

    _name = "integration.package.import.line"
    _description = "Interface of a Package"

    import_id = fields.Many2one("integration.package.import", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="import_id.company_id")
    key = fields.Char(string="Interface", required=True, readonly=True)
    status = fields.Selection(
        [("new", "New"), ("changed", "Changed"), ("unchanged", "Unchanged")], readonly=True
    )
    interface_id = fields.Many2one("integration.interface", string="Is here", readonly=True)
    slot = fields.Char(string="Credential there", readonly=True)
    apply_environment = fields.Boolean(
        string="Write these values",
        help="A new interface always gets them. One that is here keeps its own, unless you tick.",
    )
    url = fields.Char(string="URL")
    allowed_networks = fields.Char(string="Allowed networks")
    credential_id = fields.Many2one(
        "integration.credential", domain="[('company_id', 'in', [company_id, False])]"
    )
    user_id = fields.Many2one("res.users", string="Service user")


def _short(text):
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)})"

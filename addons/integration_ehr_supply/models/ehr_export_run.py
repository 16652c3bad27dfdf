import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_ERRORS_TO_RETRY

from odoo.addons.integration_core.tools.errors import IntegrationError

from .ehr_export import CRON, OPEN, TYPES

_logger = logging.getLogger(__name__)

#: An export ends as failed when one of its parts could not be made so often.
TRIES = 3
#: What is exported again by night if it went out so many hours ago at least.
_NIGHT_HOURS = 12
#: How long exports are kept; what they told goes as soon as all is acknowledged.
KEEP_DAYS = 180


class EhrExport(models.Model):
    """What scheduled actions do: begin exports by night, and make their parts.

    What fails concerns one export alone: the others begin and go on.
    """

    _inherit = "ehr.export"

    # ------------------------------------------------------------------
    # by night
    # ------------------------------------------------------------------

    @api.model
    def _cron_night(self):
        """Begin what each interface sends in full by night."""
        interfaces = self.env["integration.interface"].search(
            Domain("direction", "=", "outbound")
            & Domain("state", "in", OPEN)
            & Domain("activated_at", "!=", False)
            & Domain("ehr_nightly_export", "=", True)
            & Domain("event_type_ids.code", "in", list(TYPES.values()))
        )
        for interface in interfaces:
            codes = interface.event_type_ids.mapped("code")
            for kind in (kind for kind, code in TYPES.items() if code in codes):
                self._begin_by_night(interface, kind)

    @api.model
    def _begin_by_night(self, interface, kind):
        since = fields.Datetime.now() - timedelta(hours=_NIGHT_HOURS)
        known = self.search_count(
            Domain("interface_id", "=", interface.id)
            & Domain("kind", "=", kind)
            & (
                Domain("state", "=", "running")
                | (Domain("started_by", "=", "night") & Domain("started_at", ">", since))
            ),
            limit=1,
        )
        if known:
            return
        try:
            with self.env.cr.savepoint():
                self._begin(interface, kind, "night")
                self.env.flush_all()
        except Exception as exc:  # the other interfaces have their night all the same
            _logger.warning(
                "No export of %s by interface %s this night: %s", kind, interface.id, _why(exc)
            )
            interface._tell_owner_of_export(
                self.env._("Nothing was sent in full this night: %s", interface.name), _why(exc)
            )

    # ------------------------------------------------------------------
    # what is kept
    # ------------------------------------------------------------------

    @api.autovacuum
    def _gc_exports(self):
        """Keep the proof that an export was complete, not its content; and nothing for ever."""
        exports = self.sudo()  # sudo: nobody may write exports
        made = exports.search([("state", "=", "made"), ("confirmed", "=", False)])
        whole = made.filtered("is_complete")
        whole.confirmed = True
        whole.part_ids.write({"record_ids": False, "told": False})
        end = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        exports.search([("ended_at", "<", end)]).unlink()

    # ------------------------------------------------------------------
    # making the parts
    # ------------------------------------------------------------------

    @api.model
    def _cron_run(self):
        """Make parts until none is left, each in a transaction of its own.

        An export whose part fails is left alone until the next run.
        """
        commit_progress = self.env["ir.cron"]._commit_progress
        failed = self.browse()
        while part := self._next_part(failed):
            if not part._try():
                failed |= part.export_id
            left = self.env["ehr.export.part"].search_count(self._open_parts(failed))
            if not commit_progress(1, remaining=left):
                return

    @api.model
    def _open_parts(self, failed):
        return (
            Domain("export_id.state", "=", "running")
            & Domain("export_id", "not in", failed.ids)
            & Domain("event_uuid", "=", False)
        )

    @api.model
    def _next_part(self, failed=()):
        """The next part of the export that began first."""
        return self.env["ehr.export.part"].search(
            self._open_parts(self.browse(one.id for one in failed)),
            order="export_id.id, number",
            limit=1,
        )

    def _part_failed(self, exc):
        """Take note that a part could not be made; too often, and the export ends."""
        self.ensure_one()
        self.write({"tries": self.tries + 1, "failure": _why(exc)})
        if self.tries < TRIES:
            return
        self.write({"state": "failed", "ended_at": fields.Datetime.now()})
        self.interface_id._tell_owner_of_export(
            self.env._("A full export failed: %s", self.interface_id.name),
            self.env._(
                "%(export)s: a part could not be made, so that the receiver has not all. "
                "%(reason)s Mend it, then send in full again.",
                export=self.display_name,
                reason=self.failure,
            ),
        )


class EhrExportPart(models.Model):
    """A part that cannot be made concerns its export alone."""

    _inherit = "ehr.export.part"

    def _try(self):
        """Make this part, and whether that worked."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._make()
                self.env.flush_all()
        except psycopg2.Error as exc:
            if exc.pgcode in PG_CONCURRENCY_ERRORS_TO_RETRY:
                # Somebody was faster, such as who cancels: nothing is wrong with the part.
                self.env.invalidate_all()
                self.env.ref(CRON).sudo()._trigger()  # sudo: to look again, nothing else
                return False
            self._note_failure(exc)
        except Exception as exc:  # whatever it is, it must not hold up other exports
            self._note_failure(exc)
        else:
            return True
        return False

    def _note_failure(self, exc):
        self.env.invalidate_all()
        _logger.warning("Part %s of export %s: %s", self.number, self.export_id.id, _why(exc))
        self.export_id._part_failed(exc)


def _why(exc):
    """What to tell people of an error: no content, which texts of others may have."""
    if isinstance(exc, UserError | IntegrationError):
        return str(exc)
    return type(exc).__name__

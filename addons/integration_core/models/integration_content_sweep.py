import logging
import time

from odoo import api, fields, models

from ..engine import keys, sweeping
from ..engine.cursors import own_cursor
from ..engine.drain import fault_point

_logger = logging.getLogger(__name__)

# One run of the cron; the next one goes on.
SECONDS = 50.0


class IntegrationContentSweep(models.Model):
    """How far the encryption of content that was stored in clear has come, by table.

    Content is encrypted when it is stored. What was stored before an upgrade, or before its
    interface became confidential or clinical, is encrypted in batches; a row is gone when its table
    is done.
    """

    _name = "integration.content.sweep"
    _description = "Encryption of Stored Content"
    _order = "kind"
    _rec_name = "kind"
    _log_access = False

    kind = fields.Selection(
        [("event", "Events"), ("message", "Keys of messages"), ("payload", "Payloads")],
        required=True,
        readonly=True,
    )
    position = fields.Integer(readonly=True, help="Last id that was looked at.")
    last = fields.Integer(readonly=True, help="Last id that there was when it began.")
    requested_at = fields.Datetime(readonly=True)

    _kind_unique = models.UniqueIndex("(kind)")

    @api.model
    def _request(self):
        """Look through all stored content once more, in the background."""
        self.env.flush_all()
        sweeping.request(self.env.cr)
        ring = keys.working_ring(self.env.cr)
        if ring is not None:
            keys.remember(self.env.cr)
            sweeping.rekey_live(self.env.cr, ring)
            self.env["integration.message"].invalidate_model()
        # sudo: the caller changed an interface, and need not know of crons
        self.env.ref("integration_core.ir_cron_content_sweep").sudo()._trigger()

    @api.model
    def _progress(self):
        """A sentence while stored content is looked through, or ``False``.

        Whether any of it is in clear is known when that is done.
        """
        # sudo: whoever reads an interface may know that this is under way
        sweeps = self.sudo().search([("last", ">", 0)])
        if not sweeps:
            return False
        if keys.working_ring(self.env.cr) is None:
            return self.env._(
                "Stored content cannot be looked through for what is still in clear: the key ring "
                "is missing or lacks a key. See “Encryption keys”."
            )
        done = sum(min(sweep.position, sweep.last) for sweep in sweeps)
        return self.env._(
            "Stored content is looked through, and encrypted where it is still in clear: %s %% "
            "looked through.",
            100 * done // max(sum(sweeps.mapped("last")), 1),
        )

    @api.model
    def _cron_sweep(self):
        """Encrypt for some seconds; each batch is committed on its own."""
        ring = keys.working_ring(self.env.cr)
        if ring is None:
            if self.search_count([], limit=1):
                _logger.warning("Stored content cannot be encrypted: see “Encryption keys”")
            return
        end = time.monotonic() + SECONDS
        going_on = True
        while going_on and time.monotonic() < end:
            with own_cursor(self.env.registry) as cr:
                going_on = sweeping.step(api.Environment(cr, self.env.uid, {}), ring)
            fault_point("content_sweep_committed")
        if going_on:
            self.env.ref("integration_core.ir_cron_content_sweep")._trigger()

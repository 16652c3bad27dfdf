from contextlib import suppress

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..engine import audit, keys, sealed_columns
from ..tools import keyring


class IntegrationEncryptionKey(models.Model):
    """A key of the key ring as this database knows it: its name and how much needs it. The key
    itself never gets here."""

    _name = "integration.encryption.key"
    _description = "Integration Encryption Key"
    _order = "registered_at desc, id desc"
    _rec_name = "key_id"
    _log_access = False

    key_id = fields.Char(string="Name", required=True, readonly=True)
    check_value = fields.Char(
        string="Check value",
        readonly=True,
        help="Tells this key from another one of the same name, and discloses nothing of it.",
    )
    registered_at = fields.Datetime(string="Known since", readonly=True)
    makes_pseudonyms = fields.Boolean(
        string="Makes pseudonyms",
        readonly=True,
        help="Repeated deliveries of clinical messages, and the order of those about the same "
        "patient, are recognised by pseudonyms, which are made with this key. Keep it in the ring.",
    )
    state = fields.Selection(
        [
            ("current", "Encrypts"),
            ("older", "In the ring"),
            ("missing", "Missing"),
            ("wrong", "Another key"),
            ("removed", "Removed"),
        ],
        compute="_compute_state",
    )
    value_count = fields.Integer(string="Encrypted values", compute="_compute_state")
    places = fields.Char(string="Where", compute="_compute_state")
    advice = fields.Char(string="What to do", compute="_compute_state")

    _key_id_unique = models.UniqueIndex("(key_id)")
    _makes_pseudonyms_unique = models.UniqueIndex("(makes_pseudonyms) WHERE makes_pseudonyms")

    @api.depends("key_id", "check_value", "makes_pseudonyms")
    @api.depends_context("uid", "lang")
    def _compute_state(self):
        self._require_administrator()
        ring = keys.optional_ring(self.env.cr)
        wrong = keys.wrong_keys(self.env.cr, ring) if ring else []
        found = sealed_columns.places(self.env)
        for key in self:
            places = found.get(key.key_id, {})
            key.value_count = sum(places.values())
            key.places = ", ".join(f"{label}: {count}" for label, count in places.items())
            if key.key_id in wrong:
                key.state = "wrong"
            elif ring and key.key_id in ring.key_ids:
                key.state = "current" if key.key_id == ring.current_id else "older"
            else:
                key.state = "missing" if places or key.makes_pseudonyms else "removed"
            key.advice = key._advice()

    def _advice(self) -> str:
        if self.makes_pseudonyms:
            return self._advice_of_pseudonyms()
        if self.state == "wrong":
            return self.env._(
                "The ring has another key of this name. Put the right one back; nothing is "
                "encrypted or read with it until then."
            )
        if self.state == "missing":
            return self.env._("These values cannot be read. Put the key back into the ring.")
        if self.state == "current":
            return self.env._("New values are encrypted with it.")
        if self.state == "removed":
            return self.env._("Nothing needs it.")
        if self.value_count:
            return self.env._("Re-encrypt before you remove it from the ring.")
        return self.env._("Nothing needs it any more: it may be removed from the ring.")

    def _advice_of_pseudonyms(self) -> str:
        if self.state == "missing":
            return self.env._("Put it back: repeated deliveries are not recognised without it.")
        if self.state == "wrong":
            return self.env._(
                "The ring has another key of this name. Put the right one back: repeated "
                "deliveries are not recognised without it."
            )
        if self.state == "current":
            return self.env._(
                "New values are encrypted with it. Keep it for good: pseudonyms are made with it."
            )
        return self.env._(
            "Keep it in the ring, also when nothing is encrypted with it: the pseudonyms of "
            "clinical messages are made with it."
        )

    def _make_pseudonyms(self, reason):
        """Let another key make the pseudonyms: the last resort when the former one is lost or
        became known (``docs/keys.md``). To be called in a shell; restart all servers after it.

        Deliveries from before are not recognised any more, and the order between messages from
        before and after is lost.
        """
        self.ensure_one()
        self.env.flush_all()
        keys.bind_pseudonyms(self.env.cr, self.key_id)
        audit.record(self, "change", reason=reason)
        self.env.invalidate_all()

    def _require_administrator(self):
        if not self.env.su and not self.env.user.has_group("integration_core.group_administrator"):
            raise AccessError(self.env._("Only administrators look after encryption keys."))

    @api.model
    def _refresh(self):
        """Let every key of the ring and of the data have its row."""
        self.env.flush_all()
        # Without a ring there are only the keys of the data.
        with suppress(keyring.KeyRingError):
            keys.register(self.env.cr, keys.ring(self.env.cr))
        # Names only: this runs every few minutes, and counting takes as long as there are values.
        found = {
            key_id
            for sealed in sealed_columns.declared(self.env)
            for key_id in sealed_columns.key_ids(self.env.cr, sealed)
        }
        for key_id in sorted(found):
            self.env.cr.execute(
                "INSERT INTO integration_encryption_key (key_id, registered_at) "
                "VALUES (%s, now() AT TIME ZONE 'UTC') ON CONFLICT (key_id) DO NOTHING",
                [key_id],
            )
        self.invalidate_model()

    @api.model
    def action_open_keys(self):
        """The page of the menu: keys of the ring and of the data."""
        self._require_administrator()
        self._refresh()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_encryption_key"
        )

    def action_open_reencryption(self):
        """Open the run that is under way, or the screen that starts one."""
        self._require_administrator()
        runs = self.env["integration.reencryption"]
        open_run = runs.search([("state", "in", ("running", "paused"))], limit=1)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Re-encryption"),
            "res_model": runs._name,
            "res_id": (open_run or runs._prepare()).id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

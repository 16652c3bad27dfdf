from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.models import integration_credential_version
from odoo.addons.integration_core.tools import errors

from .common import EngineCase

OLD = "whsec_" + "b2xkIHNlY3JldCBvbGQgc2VjcmV0IG9sZCBzZWNyZXQg"
NEW = "whsec_" + "bmV3IHNlY3JldCBuZXcgc2VjcmV0IG5ldyBzZWNyZXQg"


@tagged("post_install", "-at_install")
class TestCredentialRotation(EngineCase):
    """One secret follows another without a moment in which neither works."""

    def setUp(self):
        super().setUp()
        self.administrator = new_test_user(
            self.env, "rotation.administrator", "integration_core.group_administrator"
        )
        self.credential = (
            self.env["integration.credential"]
            .with_user(self.administrator)
            .create({"name": "Hospital HMAC", "kind": "hmac"})
        )
        self.credential.rotate({}, OLD)

    def at(self, **delta):
        """Let the credential see another time."""
        moment = fields.Datetime.now() + timedelta(**delta)
        self.env.invalidate_all()
        return patch.object(fields.Datetime, "now", lambda *_args: moment)

    def states(self):
        self.env.invalidate_all()
        return self.credential.version_ids.mapped("state")  # newest first

    def sending(self):
        return [proof.secret for proof in self.credential.sudo()._proofs()]

    def test_first_secret_is_in_use_at_once(self):
        self.assertEqual(self.states(), ["signing"])
        self.assertEqual(self.sending(), [OLD])
        self.assertFalse(self.credential.rotating)

    def test_rotation_from_beginning_to_end(self):
        result = self.credential.rotate({"lead_hours": 2, "overlap_hours": 24}, NEW)
        self.assertFalse(result["secret"], "what was entered is not given back")
        self.assertEqual(self.states(), ["coming", "signing"])
        self.assertEqual(self.sending(), [OLD])
        self.assertEqual(self.credential._secrets(), [NEW, OLD])
        self.assertEqual(self.credential.status, "rotating")
        with self.at(hours=2, seconds=1):
            self.assertEqual(self.states(), ["signing", "verifying"])
            self.assertEqual(self.sending(), [NEW, OLD])
            self.assertEqual(self.credential._secrets(), [NEW, OLD])
        with self.at(hours=26, seconds=1):
            self.assertEqual(self.states(), ["signing", "expired"])
            self.assertEqual(self.sending(), [NEW])
            self.assertEqual(self.credential._secrets(), [NEW])
            self.assertEqual(self.credential.status, "ok")

    def test_generated_secret_is_returned_once(self):
        made = self.credential.rotate({"generate": True, "overlap_hours": 1})["secret"]
        self.assertEqual(self.credential._secrets(), [made, OLD])
        self.assertNotIn(made, str(self.credential.version_ids.read()))
        self.assertNotIn(made, str(self.credential.rotation_setup()))

    def test_at_once_and_without_overlap(self):
        self.credential.rotate({}, NEW)
        self.assertEqual(self.states(), ["signing", "expired"])
        self.assertEqual(self.sending(), [NEW])

    def test_no_gap_when_the_old_one_ends_first(self):
        old = self.credential.version_ids
        ends = fields.Datetime.now() + timedelta(hours=3)
        old.sudo().not_after = ends
        result = self.credential.rotate({"lead_hours": 72, "overlap_hours": 24}, NEW)
        text = fields.Datetime.to_string(ends)
        self.assertEqual((result["sign_from"], result["old_until"]), (text, text))
        self.assertTrue(result["sooner"])
        with self.at(hours=3):
            self.assertEqual(self.sending(), [NEW])

    def test_chosen_time_stays_when_an_old_one_lasts(self):
        self.credential.version_ids.sudo().not_after = fields.Datetime.now() + timedelta(hours=3)
        self.credential.version_ids.sudo().copy({"secret": OLD, "not_after": False})
        result = self.credential.rotate({"lead_hours": 72, "overlap_hours": 24}, NEW)
        self.assertFalse(result["sooner"])
        self.assertGreater(result["old_until"], result["sign_from"])

    def test_undo_before_it_is_in_use(self):
        before = self.credential.version_ids
        self.credential.rotate({"lead_hours": 2, "overlap_hours": 24}, NEW)
        self.assertTrue(before.not_after)
        self.credential.action_undo_rotation()
        self.assertFalse(before.not_after)
        self.assertEqual(self.states(), ["revoked", "signing"])
        self.assertEqual(self.credential._secrets(), [OLD])
        with self.assertRaisesRegex(UserError, "no rotation to undo"):
            self.credential.action_undo_rotation()

    def test_undo_gives_back_an_end_that_there_was(self):
        version = self.credential.version_ids
        ends = fields.Datetime.now() + timedelta(days=90)
        version.sudo().not_after = ends
        self.credential.rotate({"lead_hours": 2, "overlap_hours": 24}, NEW)
        self.assertLess(version.not_after, ends)
        self.credential.action_undo_rotation()
        self.assertEqual(version.not_after, ends)

    def test_no_undo_once_it_is_in_use(self):
        self.credential.rotate({"lead_hours": 2, "overlap_hours": 24}, NEW)
        with self.at(hours=3), self.assertRaisesRegex(UserError, "in use already"):
            self.credential.action_undo_rotation()

    def test_one_rotation_at_a_time(self):
        self.credential.rotate({"lead_hours": 2}, NEW)
        with self.assertRaisesRegex(UserError, "under way"):
            self.credential.rotate({"generate": True})

    def test_new_secret_has_an_end(self):
        values = {"lead_hours": 2, "overlap_hours": 24}
        until = fields.Datetime.now() + timedelta(days=30)
        text = fields.Datetime.to_string(until)
        self.credential.rotate({**values, "valid_until": text}, NEW)
        new = self.credential._newest_first()[:1]
        self.assertEqual(new.not_after, fields.Datetime.to_datetime(text))
        with self.at(days=31):
            self.assertEqual(self.states(), ["expired", "expired"])
            with self.assertRaisesRegex(errors.CredentialError, "expired on"):
                self.credential.sudo()._proofs()
        self.assertEqual(self.credential.ends_at, new.not_after)

    def test_first_secret_may_have_an_end(self):
        credential = self.credential.create({"name": "New", "kind": "hmac"})
        credential.rotate({"valid_until": "2099-12-31 10:00:00"}, NEW)
        self.assertEqual(str(credential.version_ids.not_after), "2099-12-31 10:00:00")

    def test_an_end_comes_after_the_beginning(self):
        before = self.credential.version_ids
        soon = fields.Datetime.to_string(fields.Datetime.now() + timedelta(hours=1))
        for until in (soon, "2001-01-01 00:00:00", "tomorrow", 7, ["x"]):
            with self.subTest(until), self.assertRaisesRegex(UserError, "Valid until"):
                self.credential.rotate({"lead_hours": 2, "valid_until": until}, NEW)
        self.assertEqual(self.credential.version_ids, before)

    def test_times_have_limits(self):
        for values in ({"lead_hours": -1}, {"lead_hours": 10_000}, {"overlap_hours": "1"}):
            with self.subTest(values), self.assertRaises(UserError):
                self.credential.rotate(values, NEW)

    # -- revoking ----------------------------------------------------------------------------

    def test_revoked_is_neither_used_nor_accepted(self):
        old = self.credential.version_ids
        self.credential.rotate({"lead_hours": 2, "overlap_hours": 24}, NEW)
        old.action_revoke("It was mailed in clear")
        self.assertEqual(self.states(), ["signing", "revoked"], "the coming one takes over")
        self.assertEqual(self.sending(), [NEW])
        self.assertEqual(self.credential._secrets(), [NEW])
        entry = self.env["integration.audit.entry"].search(
            [("res_model", "=", old._name), ("res_id", "=", old.id)], order="id desc", limit=1
        )
        self.assertEqual((entry.act, entry.reason), ("revoke", "It was mailed in clear"))
        acts = dict(entry._fields["act"]._description_selection(self.env))
        self.assertEqual(acts["revoke"], "Revoked", "a secret is no waiver")
        self.assertIn("mailed in clear", self.credential.message_ids[0].body)

    def test_last_one_may_be_revoked_and_says_so_before(self):
        version = self.credential.version_ids
        warning = version.action_ask_revoke()["context"]["default_warning"]
        self.assertIn("last valid one", warning)
        version.action_revoke("Stolen")
        self.assertFalse(self.credential.usable)
        with self.assertRaisesRegex(errors.CredentialError, "was revoked"):
            self.credential._proofs()
        with self.assertRaisesRegex(UserError, "revoked"):
            version.secret = NEW

    def test_a_reason_is_needed(self):
        with self.assertRaises(UserError):
            self.credential.version_ids.action_revoke(" ")

    # -- what is closed ----------------------------------------------------------------------

    def test_columns_of_actions_are_closed(self):
        version = self.credential.version_ids
        now = fields.Datetime.now()
        for name in (*sorted(integration_credential_version.CLOSED), "number", "ciphertext"):
            value = now if version._fields[name].type == "datetime" else "1"
            with self.subTest(name), self.assertRaises(AccessError):
                version.write({name: value})
        with self.assertRaises(AccessError):
            self.credential.write({"version_ids": [(0, 0, {"revoked_at": False, "key_id": "x"})]})
        forged = self.credential.version_ids.with_context(
            default_sign_from="2001-01-01", default_last_used_at="2001-01-01"
        ).create({"credential_id": self.credential.id, "secret": NEW, "number": 99})
        self.assertEqual((forged.sign_from, forged.last_used_at, forged.number), (False, False, 2))

    def test_times_change_by_actions_only(self):
        old = self.credential.version_ids
        self.credential.rotate({}, NEW)
        self.assertEqual(self.states(), ["signing", "expired"])
        new = self.credential.version_ids[0]
        past = fields.Datetime.now() - timedelta(hours=1)
        for act in (
            lambda: old.write({"not_after": False}),
            lambda: new.write({"not_after": past}),
            lambda: new.write({"not_before": fields.Datetime.now() + timedelta(days=1)}),
            lambda: self.credential.write({"version_ids": [(1, old.id, {"not_after": False})]}),
            lambda: new.create(
                {"credential_id": self.credential.id, "secret": NEW, "not_after": past}
            ),
        ):
            with self.assertRaises(AccessError):
                act()
        self.assertEqual(self.states(), ["signing", "expired"])

    def test_where_a_secret_goes_stays_as_it_was_reviewed(self):
        credential = self.env["integration.credential"].create(
            {
                "name": "Tokens",
                "kind": "oauth2",
                "token_url": "https://partner.example/token",
                "client_id": "odoo",
            }
        )
        credential.rotate({}, "a client secret")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_interface SET credential_id = %s WHERE id = %s",
            [credential.id, self.outbound.id],
        )
        self.env.invalidate_all()
        mine = credential.with_user(self.administrator)
        for values in ({"token_url": "https://evil.example/token"}, {"client_id": "other"}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "new credential"):
                mine.write(values)
        mine.write({"token_url": "https://partner.example/token", "name": "Tokens of the partner"})

    def test_kind_stays_once_there_is_a_secret(self):
        with self.assertRaisesRegex(UserError, "another kind"):
            self.credential.kind = "bearer"

    def test_token_address_is_checked(self):
        for url in ("http://partner.example/token", "partner", "https://user:pw@partner.example/"):
            with self.subTest(url), self.assertRaises(ValidationError):
                self.credential.create({"name": "x", "kind": "oauth2", "token_url": url})

    def test_settings_come_before_the_secret(self):
        credential = self.credential.create({"name": "x", "kind": "oauth2"})
        with self.assertRaisesRegex(UserError, "Token address, Client ID"):
            credential.rotate({}, "secret")

    # -- what is shown -----------------------------------------------------------------------

    def test_names_say_which_one(self):
        self.credential.rotate({"lead_hours": 48, "overlap_hours": 24}, NEW)
        new, old = self.credential._newest_first()
        day = fields.Date.to_string(fields.Datetime.now() + timedelta(hours=48))
        self.assertEqual(new.display_name, f"Hospital HMAC, version 2, from {day}")
        self.assertIn("Hospital HMAC, version 1, from 20", old.display_name)

    def test_key_pair_shows_its_public_key_only(self):
        credential = self.credential.create({"name": "Pair", "kind": "ed25519"})
        result = credential.rotate({"generate": True})
        self.assertEqual(result["secret"], "")
        self.assertTrue(result["public"].startswith("whpk_"))
        self.assertEqual(credential.version_ids.public_key, result["public"])
        (proof,) = credential.sudo()._proofs()
        self.assertEqual(len(proof.seed), 32)

    def test_login_belongs_to_its_password(self):
        credential = self.credential.create({"name": "Login", "kind": "basic"})
        with self.assertRaisesRegex(ValidationError, "login"):
            credential.rotate({}, "pass word")
        credential.rotate({"login": "odoo"}, "pass word")
        (proof,) = credential.sudo()._proofs()
        self.assertEqual((proof.login, proof.password), ("odoo", "pass word"))
        with self.assertRaisesRegex(UserError, "rotate"):
            credential.version_ids.login = "other"

    def test_reading_needs_no_secret(self):
        for name in ("status", "ends_at", "last_used_at", "rotating", "undoable"):
            self.credential.read([name])
        self.assertEqual(
            [row["state"] for row in self.credential.version_ids.read(["state"])], ["signing"]
        )

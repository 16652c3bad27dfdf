import base64
import io
import json
import zipfile
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.mixins import revealed

from .content_case import BODY, CLINICAL, EXPORTER, REASON, ContentCase


@tagged("post_install", "-at_install")
class TestDownload(ContentCase):
    def download(self, records, user, reason=REASON):
        found = records.with_user(user).download_content(reason)
        return found["name"], base64.b64decode(found["content"])

    def test_one_piece_is_a_file(self):
        self.classify("clinical")
        message = self.receive("m1", BODY)
        name, raw = self.download(message, self.clinical_exporter)
        self.assertEqual((name, raw), (f"{message.uuid}-received.json", json.dumps(BODY).encode()))
        entry = self.acts(message)
        self.assertEqual((entry.act, entry.reason), ("export", REASON))

    def test_several_are_an_archive(self):
        messages = self.receive("m1", BODY) | self.receive("m2", BODY)
        name, raw = self.download(messages, self.exporter)
        self.assertTrue(name.endswith(".zip"))
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            self.assertEqual(
                set(archive.namelist()), {f"{message.uuid}-received.json" for message in messages}
            )
        for message in messages:
            self.assertIn('"records": ["", "2"]', self.acts(message, "export").changes)

    def test_it_takes_both_rights_and_a_reason(self):
        self.classify("clinical")
        message = self.receive("m1", BODY)
        for user in (self.viewer, self.nurse, self.exporter, self.only_exporter, self.auditor):
            with self.assertRaises(AccessError):
                self.download(message, user)
        with self.assertRaisesRegex(UserError, "recorded"):
            self.download(message, self.clinical_exporter, "short")
        self.assertFalse(self.acts(message, "export"))

    def test_lists_do_not_export_content(self):
        message = self.receive("m1", BODY)
        self.fire()
        event = self.env["integration.event"].search([("type_id", "=", self.event_type.id)])
        user = new_test_user(
            self.env, "content.lists", f"{CLINICAL},{EXPORTER},base.group_allow_export"
        )
        for records, path in (
            (message, "payload_ids/content"),
            (message.payload_ids, "content"),
            (message.payload_ids, "body"),
            (event, "data"),
            (event, "subject"),
            (event.type_id, "event_ids/data"),
        ):
            with self.subTest(path), self.assertRaises(AccessError):
                records.with_user(user).export_data([path])
        self.assertTrue(message.with_user(user).export_data(["uuid", "state"])["datas"])

    def test_too_much_is_refused(self):
        messages = self.receive("m1", BODY) | self.receive("m2", BODY)
        for limit in ("MAX_EXPORTED", "MAX_EXPORTED_BYTES"):
            with patch.object(revealed, limit, 1), self.assertRaises(UserError):
                self.download(messages, self.exporter)

    def test_too_much_is_refused_before_it_is_read(self):
        received = self.receive("m1", BODY)
        self.fire()
        event = self.env["integration.event"].search([("type_id", "=", self.event_type.id)])
        to_send = self.receive("m2", BODY)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_message SET event_id = %s WHERE id = %s", [event.id, to_send.id]
        )
        self.env.invalidate_all()
        self.assertEqual(len(to_send._content_pieces()), 2, "its own and that of its event")
        for records in (received, event, to_send):
            pieces = records.sudo()._content_pieces()
            size = sum(piece.size for piece in pieces)
            self.assertTrue(size)
            self.assertEqual(records._content_size(), size, records)
            with (
                patch.object(revealed, "MAX_EXPORTED_BYTES", size - 1),
                patch.object(type(records), "_content_pieces", side_effect=AssertionError),
                self.assertRaisesRegex(UserError, "Download less"),
            ):
                self.download(records, self.exporter)


@tagged("post_install", "-at_install")
class TestAccessReport(ContentCase):
    def test_who_has_seen_what(self):
        self.classify("clinical")
        partner = self.env["res.partner"].create({"name": "Ward 3"})
        message, other = self.receive("m1", BODY), self.receive("m2", BODY)
        self.env.cr.execute(
            "UPDATE integration_message SET res_model = 'res.partner', res_id = %s WHERE id = %s",
            [partner.id, message.id],
        )
        self.env.invalidate_all()
        message.with_user(self.nurse).reveal_content(REASON)
        other.with_user(self.clinical_exporter).download_content(REASON)
        access = self.env["integration.access"].with_user(self.auditor)

        def found(domain):
            return [(a.actor_login, a.act, a.reason) for a in access.search(domain, order="id")]

        looked, took = (
            (self.nurse.login, "reveal", REASON),
            (self.clinical_exporter.login, "export", REASON),
        )
        everything = [("content_id", "in", (message | other).ids)]
        self.assertEqual(found(everything), [looked, took])
        self.assertEqual(found([("document_key", "=", f"res.partner,{partner.id}")]), [looked])
        self.assertEqual(found([("correlation_id", "=", "corr-m2")]), [took])
        self.assertEqual(found([("actor_id", "=", self.nurse.id)]), [looked])
        row = access.search([("actor_id", "=", self.nurse.id)])
        self.assertEqual((row.interface_id, row.content), (self.inbound, "received"))
        self.assertEqual(row.action_open_content()["res_id"], message.id)
        for screen in ("document", "case", "person"):
            domain = getattr(row, f"action_open_same_{screen}")()["domain"]
            self.assertIn(row, access.search(domain), screen)
        action = message.with_user(self.auditor).action_open_access()
        self.assertIn(row, access.search(action["domain"]))
        self.assertEqual(
            dict(access._read_group(everything, ["actor_login"], ["__count"])),
            {self.nurse.login: 1, self.clinical_exporter.login: 1},
        )
        self.assertTrue(access.search(everything).export_data(["actor_login", "reason"])["datas"])

    def test_it_is_for_auditors(self):
        for user in (self.viewer, self.nurse, self.exporter, self.observer):
            for model in ("integration.access", "integration.reveal"):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])

    def test_other_companies(self):
        self.classify("clinical")
        message = self.receive("m1", BODY)
        message.with_user(self.nurse).reveal_content(REASON)
        other = self.env["res.company"].create({"name": "Another hospital"})
        stranger = new_test_user(
            self.env, "content.foreign", "integration_core.group_auditor",
            company_id=other.id, company_ids=[(6, 0, other.ids)],
        )  # fmt: skip
        for model, field in (
            ("integration.access", "content_id"),
            ("integration.reveal", "res_id"),
        ):
            domain = [(field, "=", message.id)]
            self.assertTrue(self.env[model].with_user(self.auditor).search(domain))
            self.assertFalse(self.env[model].with_user(stranger).search(domain))

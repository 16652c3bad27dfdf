import json
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from odoo.addons.integration_core.engine.capture import Snapshot

from .test_event_changed import ChangedCase


@tagged("post_install", "-at_install")
class TestEventChangedParts(ChangedCase):
    """Lines of a document: bank accounts of a contact, as listed fields or by declaration."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.paths = ("name", "bank_ids.acc_number")

    def entry(self, bank):
        return {"id": bank.id, "acc_number": bank.acc_number}

    def test_a_line_changes(self):
        event_type = self.changed(*self.paths)
        contact = self.contact()
        bank, _other = self.bank(contact, "BE1"), self.bank(contact, "BE2")
        self.next_transaction()
        bank.acc_number = "BE3"
        self.assertEqual(
            self.changes(event_type), [(f"/bank_ids/{bank.id}/acc_number", "BE1", "BE3")]
        )

    def test_lines_are_added_and_removed(self):
        event_type = self.changed(*self.paths)
        contact = self.contact()
        bank = self.bank(contact, "BE1")
        self.next_transaction()
        before = self.entry(bank)
        added = self.bank(contact, "BE2")
        self.env.cr.flush()
        self.assertEqual(
            self.changes(event_type), [(f"/bank_ids/{added.id}", None, self.entry(added))]
        )
        bank.unlink()
        self.assertEqual(
            self.changes(event_type),
            [
                (f"/bank_ids/{before['id']}", before, None),
                (f"/bank_ids/{added.id}", None, self.entry(added)),
            ],
        )
        added.unlink()
        self.next_transaction()

    def test_a_document_that_is_created_with_its_lines_has_not_changed(self):
        """Odoo creates the lines before anybody else knows of the document."""
        event_type = self.changed(*self.paths)
        old = self.contact()
        self.next_transaction()
        line = {"acc_number": "BE1", "allow_out_payment": False}
        new = self.contact(bank_ids=[Command.create(line)])
        self.assertFalse(self.events(event_type))
        new.bank_ids.acc_number = "BE2"
        self.assertFalse(self.events(event_type))
        # while one is created, another one may change all the same
        new.copy({"bank_ids": [Command.create({**line, "acc_number": "BE3"})]})
        self.bank(old, "BE4")
        self.assertEqual(self.events(event_type).mapped("res_id"), old.ids)

    def test_new_documents_that_are_told_by_what_becomes_of_them(self):
        self.patch(type(self.env["res.partner"]), "_integration_changes_when_new", True)
        event_type = self.changed(*self.paths)
        self.next_transaction()
        contact, _other = self.contact(), self.contact()
        self.assertFalse(self.events(event_type), "nothing has become of them")
        bank = self.bank(contact, "BE1")
        self.assertEqual(
            self.changes(event_type), [(f"/bank_ids/{bank.id}", None, self.entry(bank))]
        )

    def test_lines_through_the_document(self):
        event_type = self.changed(*self.paths)
        contact = self.contact()
        bank = self.bank(contact, "BE1")
        self.next_transaction()
        before = self.entry(bank)
        contact.write(
            {"bank_ids": [Command.delete(bank.id), Command.create({"acc_number": "BE2"})]}
        )
        added = contact.bank_ids
        self.assertEqual(
            self.changes(event_type),
            [
                (f"/bank_ids/{before['id']}", before, None),
                (f"/bank_ids/{added.id}", None, self.entry(added)),
            ],
        )

    def test_a_line_that_comes_and_goes_is_nothing(self):
        event_type = self.changed(*self.paths)
        contact = self.old()
        bank = self.bank(contact, "BE1")
        self.env.cr.flush()
        self.assertEqual(len(self.events(event_type)), 1)
        bank.unlink()
        self.assertFalse(self.events(event_type))

    def test_a_line_moves_to_another_document(self):
        event_type = self.changed("child_ids.name")
        one, two = self.contact(is_company=True), self.contact(is_company=True)
        child = self.contact(name="Child", parent_id=one.id)
        self.next_transaction()
        child.parent_id = two
        entry = {"id": child.id, "name": "Child"}
        self.assertEqual(
            {event.res_id: json.loads(event.data)["changes"] for event in self.events(event_type)},
            {
                one.id: [{"path": f"/child_ids/{child.id}", "from": entry, "to": None}],
                two.id: [{"path": f"/child_ids/{child.id}", "from": None, "to": entry}],
            },
        )

    def test_lines_of_lines(self):
        event_type = self.changed("child_ids.bank_ids.acc_number", model_name="res.partner")
        clinic = self.contact(is_company=True)
        child = self.contact(name="Child", parent_id=clinic.id)
        bank = self.bank(child, "BE1")
        self.next_transaction()
        bank.acc_number = "BE3"
        self.assertEqual(self.events(event_type).res_id, clinic.id)
        self.assertEqual(
            self.changes(event_type),
            [(f"/child_ids/{child.id}/bank_ids/{bank.id}/acc_number", "BE1", "BE3")],
        )

    def test_lines_that_are_no_content_touch_nothing(self):
        event_type = self.changed("name")
        contact = self.old()
        statements = self._statements(lambda: self.bank(contact, "BE1"))
        self.assertFalse(self.events(event_type))
        self.changed(*self.paths)
        self.env["integration.event.type"]._watched()
        self.assertGreater(self._statements(lambda: self.bank(contact, "BE2")), statements)

    def test_declared_parts_of_a_coded_snapshot(self):
        event_type = self.changed(model_name="res.country", coded=True)
        country = self.env["res.country"].create({"name": "Zedland", "code": "ZZ"})
        self.next_transaction()
        parts = {"res.country.state": "country_id", "gone.model": "country_id"}

        def snapshots(records, _contract):
            return {
                r.id: Snapshot(
                    {"key": r.name, "states": [{"code": s.code} for s in r.state_ids]}, None, "s"
                )
                for r in records
            }

        with (
            patch.object(type(country), "_integration_parts", parts),
            patch.object(type(country), "_integration_snapshots", snapshots),
        ):
            self.env.registry.clear_cache()
            self.env["res.country.state"].create(
                {"name": "Why", "code": "Y", "country_id": country.id}
            )
            self.assertEqual(self.changes(event_type), [("/states/Y", None, {"code": "Y"})])
        self.env.registry.clear_cache()

    def test_declared_part_that_leads_elsewhere(self):
        event_type = self.changed(coded=True)
        for parts in ({"res.partner.bank": "bank_id"}, {"res.partner.bank": "gone"}):
            with (
                patch.object(type(self.env["res.partner"]), "_integration_parts", parts),
                self.assertLogs("odoo.addons.integration_core", "WARNING"),
            ):
                self.env.registry.clear_cache()
                self.env["integration.event.type"]._watched()
            self.bank(self.old(), "BE1")
            self.assertFalse(self.events(event_type))
        self.env.registry.clear_cache()

    # -- cost ------------------------------------------------------------------------------

    def test_statements_do_not_grow_with_the_documents_and_their_lines(self):
        contacts = self.env["res.partner"].create([{"name": f"C{n}"} for n in range(101)])
        banks = self.env["res.partner.bank"].create(
            [
                {"partner_id": contact.id, "acc_number": f"BE{contact.id}-{n}"}
                for contact in contacts
                for n in range(2)
            ]
        )
        acts = [
            lambda records: records.bank_ids.write({"acc_holder_name": "x"}),
            lambda records: records.bank_ids.write({"sequence": 3}),
            lambda records: records.write({"ref": "x"}),
        ]
        plain = [self._growth(act, contacts) for act in acts]
        event_type = self.changed("bank_ids.sequence", "ref")
        self.next_transaction()
        self.warm_up()
        contacts.write({"ref": "y"})
        banks.write({"sequence": 4, "acc_holder_name": "y"})
        self.next_transaction()
        watched = [self._growth(act, contacts) for act in acts]
        for one, other in zip(watched, plain, strict=True):
            self.assertLessEqual(one - other, 2, (watched, plain))
        told = self.events(event_type)
        self.assertEqual(len(told) - 101, 2 * 101, "one of the line, one of the contact")

    def _growth(self, act, contacts):
        """How many statements more it costs to do something to a hundred than to one."""
        one = self._statements(lambda: act(contacts[0]))
        self.next_transaction()
        many = self._statements(lambda: act(contacts[1:]))
        self.next_transaction()
        return many - one

    def test_nobody_pays_for_what_nobody_wants(self):
        contact = self.contact()
        self.warm_up()
        self._statements(lambda: contact.write({"name": "Z"}))
        plain = self._statements(lambda: contact.write({"name": "D"}))
        event_type = self.changed(*self.paths, subscribe=False)
        self.warm_up()
        self._statements(lambda: contact.write({"name": "Y"}))
        self.assertEqual(self._statements(lambda: contact.write({"name": "E"})), plain)
        self._interface("Takes it", event_type_ids=[(6, 0, event_type.ids)])
        self.next_transaction()
        self.warm_up()
        watched = self._statements(lambda: contact.write({"name": "F"}))
        self.assertGreater(watched, plain)

import json
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import capture, causation, muting
from odoo.addons.integration_core.engine.capture import Snapshot
from odoo.addons.integration_core.engine.causation import Cause
from odoo.addons.integration_core.tools import contracts, masking

from .test_event_capture import EventCase


class ChangedCase(EventCase):
    """Contacts that exist since long, and what is told of their changes."""

    def changed(self, *paths, coded=False, **values):
        return self.define("changed", paths=() if coded else paths or ("name", "ref"), **values)

    def old(self, **values):
        """A contact of an earlier transaction."""
        contact = self.contact(**values)
        self.next_transaction()
        return contact

    def bank(self, contact, number):
        return self.env["res.partner.bank"].create(
            {"partner_id": contact.id, "acc_number": number, "allow_out_payment": False}
        )

    def changes(self, event_type):
        """What the one event says."""
        [data] = self.data(event_type)
        return [(change["path"], change["from"], change["to"]) for change in data["changes"]]


@tagged("post_install", "-at_install")
class TestEventChanged(ChangedCase):
    # -- one event for a transaction -------------------------------------------------------

    def test_a_change_with_both_values(self):
        event_type = self.changed()
        contact = self.old(ref="r")
        contact.name = "Ada King"
        [data] = self.data(event_type)
        change = {"path": "/name", "from": "Ada", "to": "Ada King"}
        expected = {"id": contact.id, "name": "Ada King", "ref": "r", "changes": [change]}
        self.assertEqual(data, expected)

    def test_several_writes_and_flushes_are_one_event_with_the_net_changes(self):
        event_type = self.changed()
        contact, other = self.old(), self.old(name="Bob")
        contact.name = "Ada King"
        self.env.cr.flush()
        with self.env.cr.savepoint():
            contact.write({"name": "Ada Lovelace", "ref": "r"})
        other.ref = "b"
        self.env.cr.flush()
        events = self.events(event_type)
        self.assertEqual(sorted(events.mapped("res_id")), sorted((contact | other).ids))
        told = json.loads(events.filtered(lambda e: e.res_id == contact.id).data)["changes"]
        self.assertEqual(
            told,
            [
                {"path": "/name", "from": "Ada", "to": "Ada Lovelace"},
                {"path": "/ref", "from": None, "to": "r"},
            ],
        )

    def test_each_transaction_has_its_own_changes(self):
        event_type = self.changed()
        contact = self.old()
        contact.name = "Ada King"
        self.next_transaction()
        contact.ref = "r"
        events = self.events(event_type).sorted("id")
        self.assertEqual(
            [json.loads(event.data)["changes"][0]["path"] for event in events], ["/name", "/ref"]
        )

    def test_changed_back_is_nothing(self):
        event_type = self.changed()
        contact = self.old()
        contact.name = "Ada King"
        contact.name = "Ada"
        self.assertFalse(self.events(event_type))
        contact.name = "Ada King"
        self.env.cr.flush()
        self.assertTrue(self.events(event_type))
        contact.name = "Ada"
        self.assertFalse(self.events(event_type), "what was written is withdrawn")
        contact.name = "Ada Byron"
        self.assertEqual(self.changes(event_type), [("/name", "Ada", "Ada Byron")])

    def test_what_is_no_content_is_no_change(self):
        event_type = self.changed()
        self.old().write({"comment": "Nice", "name": "Ada"})
        self.assertFalse(self.events(event_type))

    def test_created_in_the_transaction_is_no_change(self):
        event_type = self.changed("name", "bank_ids.acc_number")
        contact = self.contact()
        self.env.cr.flush()
        contact.name = "Ada King"
        self.bank(contact, "BE1")
        self.assertFalse(self.events(event_type))

    def test_a_rolled_back_savepoint_leaves_what_was_told_before(self):
        event_type = self.changed()
        contact, other = self.old(), self.old(name="Bob")
        contact.name = "Ada King"
        self.env.cr.flush()
        for name in ("Ada", "Eve"):
            with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
                (contact | other).write({"name": name})
                self.env.cr.flush()
                raise ZeroDivisionError
        self.assertEqual(self.changes(event_type), [("/name", "Ada", "Ada King")])
        other.ref = "b"
        told = self.events(event_type).filtered(lambda e: e.res_id == other.id)
        [change] = json.loads(told.data)["changes"]
        self.assertEqual(change["path"], "/ref", "Eve was taken back")

    def test_deletion_alone_is_told(self):
        changed, deleted = self.changed(), self.define("deleted")
        contact, other = self.old(), self.old(name="Bob")
        (contact | other).write({"ref": "r"})
        self.env.cr.flush()
        self.assertEqual(len(self.events(changed)), 2)
        other.name = "Not flushed"
        (contact | other).unlink()
        self.assertFalse(self.events(changed))
        self.assertEqual(len(self.events(deleted)), 2)

    def test_the_first_change_is_the_cause(self):
        event_type = self.changed()
        contact = self.old()
        with causation.caused_by(Cause("first", "corr", None, self.system.id, 3)):
            contact.name = "Ada King"
            self.env.cr.flush()
        with causation.caused_by(Cause("second", "corr", None, self.system.id, 4)):
            contact.ref = "r"
            self.env.cr.flush()
        event = self.events(event_type)
        self.assertEqual((event.causation_id, event.depth), ("first", 3))
        self.dispatch()
        self.assertFalse(self.messages(event_type.interface_ids), "no echo to its system")

    # -- condition -------------------------------------------------------------------------

    def test_condition_before_and_after(self):
        event_type = self.changed(condition="[('ref', '=', 'yes')]")
        stays, begins, ceases = self.old(ref="yes"), self.old(ref="no"), self.old(ref="yes")
        self.next_transaction()
        for contact, ref in ((stays, "yes"), (begins, "yes"), (ceases, "no")):
            contact.write({"name": "Ada King", "ref": ref})
        self.assertEqual(self.events(event_type).mapped("res_id"), stays.ids)
        ceases.ref = "yes"
        self.assertEqual(
            sorted(self.events(event_type).mapped("res_id")), sorted((stays | ceases).ids)
        )

    def test_archived_documents_change_as_well(self):
        event_type = self.changed("active")
        contact = self.old()
        contact.action_archive()
        self.assertEqual(self.changes(event_type), [("/active", True, False)])

    # -- content that nobody writes by hand ------------------------------------------------

    def test_stored_computed_field(self):
        event_type = self.changed("complete_name", condition="[('parent_id', '!=', False)]")
        clinic = self.contact(name="Clinic", is_company=True)
        contact = self.old(parent_id=clinic.id)
        clinic.name = "Hospital"
        self.assertEqual(self.events(event_type).res_id, contact.id)
        self.assertEqual(
            self.changes(event_type), [("/complete_name", "Clinic, Ada", "Hospital, Ada")]
        )

    def test_pending_computations_are_no_part_of_before(self):
        """The new value waits in the cache when the write comes that reads what was before."""
        event_type = self.changed(
            "complete_name", "category_id", condition="[('parent_id', '!=', False)]"
        )
        tag = self.env["res.partner.category"].create({"name": "Tag"})
        clinic = self.contact(name="Clinic", is_company=True)
        contact = self.old(parent_id=clinic.id)
        clinic.name = "Hospital"
        self.assertEqual(contact.complete_name, "Hospital, Ada")
        contact.category_id = tag
        self.assertEqual(
            self.changes(event_type),
            [
                (f"/category_id/{tag.id}", None, {"id": tag.id, "name": "Tag"}),
                ("/complete_name", "Clinic, Ada", "Hospital, Ada"),
            ],
        )

    def test_linked_records_come_and_go(self):
        event_type = self.changed("category_id.name")
        one, two = self.env["res.partner.category"].create([{"name": "One"}, {"name": "Two"}])
        contact = self.old(category_id=one.ids)
        contact.category_id = two
        self.assertEqual(
            self.changes(event_type),
            [
                (f"/category_id/{one.id}", {"id": one.id, "name": "One"}, None),
                (f"/category_id/{two.id}", None, {"id": two.id, "name": "Two"}),
            ],
        )

    def test_what_is_only_related_is_no_change(self):
        event_type = self.changed("category_id.name")
        tag = self.env["res.partner.category"].create({"name": "One"})
        self.old(category_id=tag.ids)
        tag.name = "Another name"
        self.assertFalse(self.events(event_type))

    def test_field_of_a_delegate(self):
        event_type = self.changed("name", model_name="res.users")
        user = new_test_user(self.env, "changed.user", name="Ada")
        self.next_transaction()
        user.name = "Ada King"
        self.assertEqual(self.changes(event_type), [("/name", "Ada", "Ada King")])

    def test_translations_are_written_at_once(self):
        event_type = self.changed("name", model_name="res.country")
        country = self.env["res.country"].create({"name": "Zedland", "code": "ZZ"})
        self.next_transaction()
        country.update_field_translations("name", {"en_US": "Zed"})
        self.assertEqual(self.changes(event_type), [("/name", "Zedland", "Zed")])

    # -- faults and people -----------------------------------------------------------------

    def test_broken_condition_loses_nothing(self):
        event_type = self.changed(condition="[('ref', '=', 'yes')]")
        contact = self.old(ref="yes")
        self.env.cr.execute(
            "UPDATE integration_event_type SET condition = '[(''gone'', ''='', 1)]' WHERE id = %s",
            [event_type.id],
        )
        self.env.registry.clear_cache()
        contact.name = "Ada King"
        self.assertIn("condition", self.events(event_type).problem)

    def test_unknown_before_is_told_without_changes(self):
        event_type = self.changed(coded=True)
        contact = self.old()
        calls = []

        def snapshots(records, _contract):
            calls.append(records)
            if len(calls) == 1:
                raise KeyError("secret content")
            return {r.id: Snapshot({"key": r.name}, None, r.name) for r in records}

        with (
            patch.object(type(contact), "_integration_snapshots", snapshots),
            self.assertLogs("odoo.addons.integration_core", "WARNING"),
        ):
            contact.name = "Ada King"
            self.assertEqual(self.data(event_type), [{"key": "Ada King"}])

    def test_values_of_changes_are_masked_as_all_content(self):
        event_type = self.changed()
        self.old().name = "Augusta"
        shown = masking.mask(self.events(event_type).data.encode())
        self.assertIn('"changes"', shown)
        self.assertNotIn("Augusta", shown)
        self.assertNotIn("Ada", shown)

    def test_confidential_changes_are_encrypted(self):
        event_type = self.changed(subscribe=False)
        self._interface("Clinic", event_type_ids=[(6, 0, event_type.ids)], data_class="clinical")
        self.old().name = "Augusta"
        event = self.events(event_type)
        self.assertFalse(event.data)
        self.assertTrue(event.body)
        self.assertNotIn(b"Augusta", bytes(event.body))

    def test_contract_and_trial(self):
        event_type = self.changed(subscribe=False, contract_id=False)
        contact = self.old()
        event_type.write_contract(contact.id)
        schema = json.loads(event_type.contract_id.version_ids.schema)
        self.assertNotIn("changes", schema["required"])
        result = event_type.try_on(contact.id)
        self.assertEqual(result["violations"], [])
        self.assertEqual(
            json.loads(result["snapshot"])["changes"],
            [{"path": "/name", "from": None, "to": "Ada"}],
        )
        validator = contracts.compile_schema(schema)
        data = {"id": 1, "name": "Ada", "ref": None}
        self.assertFalse(validator.violations(data))
        self.assertTrue(validator.violations(data | {"changes": [{"path": "/name"}]}))

    def test_contract_from_a_coded_example(self):
        event_type = self.changed(subscribe=False, contract_id=False, coded=True)
        contact = self.old()
        event_type.write_contract(contact.id)
        schema = json.loads(event_type.contract_id.version_ids.schema)
        self.assertEqual(schema["required"], ["id", "name"])
        self.assertEqual(schema["properties"]["changes"]["type"], "array")

    def test_content_must_not_be_named_like_the_list_of_changes(self):
        event_type = self.changed(subscribe=False)
        partner = type(self.env["res.partner"])
        with (
            patch.dict(partner._fields__, {"changes": partner._fields["ref"]}),
            self.assertRaisesRegex(ValidationError, "what changed"),
        ):
            event_type.field_ids = [Command.create({"path": "changes"})]

    # -- muted -----------------------------------------------------------------------------

    def test_muted_changes_are_caught_up_as_one_event(self):
        event_type = self.changed()
        contact, same = self.old(), self.old(name="Bob")
        mute = self.env["integration.event.mute"].create(
            {"event_type_ids": [(6, 0, event_type.ids)], "reason": "Load", "user_id": False}
        )
        mute.action_mute()
        for name in ("Ada King", "Ada Lovelace"):
            contact.name = name
            same.write({"name": "Eve"})
            same.write({"name": "Bob"})
            self.next_transaction()
        self.assertFalse(self.events(event_type))
        self.assertEqual(mute.waiting_count, 1, "what did not change is not remembered")
        mute.action_unmute()
        muting.catch_up(self.env, mute.id, 10, capture.caught_up)
        self.assertEqual(
            self.data(event_type), [{"id": contact.id, "name": "Ada Lovelace", "ref": None}]
        )

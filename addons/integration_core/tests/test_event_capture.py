import json
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.integration_core.engine import causation
from odoo.addons.integration_core.engine.capture import Snapshot
from odoo.addons.integration_core.engine.causation import Cause

from .common import EngineCase, delivered


class EventCase(EngineCase):
    """Events defined as an administrator does it: without code, on contacts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company

    def define(self, trigger="reaches", subscribe=True, paths=("name",), **values):
        """An event type on contacts that an active interface subscribes to."""
        number = self.env["integration.event.type"].search_count([])
        event_type = self.env["integration.event.type"].create(
            {
                "name": f"Contact {trigger}",
                "code": f"test.contact.{trigger}.{number}",
                "model_name": "res.partner",
                "trigger": trigger,
                "contract_id": self.contract.id,
                "field_ids": [(0, 0, {"path": path}) for path in paths],
                **(
                    {"field_name": "type", "field_value": "delivery"}
                    if trigger == "reaches"
                    else {}
                ),
                **values,
            }
        )
        if subscribe:
            self._interface(f"Takes {event_type.code}", event_type_ids=[(6, 0, event_type.ids)])
        return event_type

    def contact(self, **values):
        return self.env["res.partner"].create({"name": "Ada", **values})

    def events(self, event_type):
        self.env.cr.flush()
        self.env.invalidate_all()
        return self.env["integration.event"].search([("type_id", "=", event_type.id)])

    def data(self, event_type):
        return [json.loads(event.data) for event in self.events(event_type)]

    def next_transaction(self):
        """Let what follows be another transaction, as far as capturing can tell."""
        self.env.cr.flush()
        self.env.cr.postcommit.data.clear()
        self.env.cr.execute("UPDATE integration_event SET tx = uuid")
        self.env.invalidate_all()

    def _statements(self, act):
        self.env.cr.flush()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        act()
        self.env.cr.flush()
        return self.env.cr.sql_log_count - before

    def warm_up(self):
        """What each worker reads once after a change of the configuration."""
        self.env["integration.event.type"]._watched()
        self.env["integration.event.mute"]._muting()
        self.env["integration.ownership"]._rules()


@tagged("post_install", "-at_install")
class TestEventCapture(EventCase):
    # -- created and reaches ----------------------------------------------------------------

    def test_created(self):
        event_type = self.define("created")
        contacts = self.contact() | self.contact(name="Bob")
        self.assertEqual(
            {row["name"] for row in self.data(event_type)}, set(contacts.mapped("name"))
        )

    def test_reaches_once(self):
        event_type = self.define()
        contact = self.contact()
        self.next_transaction()
        self.assertFalse(self.events(event_type))
        contact.type = "delivery"
        self.assertEqual(len(self.events(event_type)), 1)
        self.next_transaction()
        contact.type = "delivery"
        self.assertEqual(len(self.events(event_type)), 1, "it had the value already")

    def test_created_at_the_value(self):
        event_type = self.define()
        self.contact(type="delivery")
        self.assertEqual(len(self.events(event_type)), 1)

    def test_several_changes_are_one_event_with_the_last_snapshot(self):
        event_type = self.define()
        contact = self.contact()
        contact.type = "delivery"
        with self.env.cr.savepoint():  # which flushes, and so writes the event a first time
            contact.name = "Ada King"
        contact.name = "Ada Lovelace"
        self.assertEqual([row["name"] for row in self.data(event_type)], ["Ada Lovelace"])

    def test_what_a_savepoint_takes_back_did_not_happen(self):
        event_type = self.define()
        contact = self.contact()
        self.env.cr.flush()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            contact.type = "delivery"
            self.env.cr.flush()
            raise ZeroDivisionError
        contact.name = "Ada King"
        self.assertFalse(self.events(event_type))
        contact.type = "delivery"
        self.assertEqual(len(self.events(event_type)), 1)

    def test_renewed_event_keeps_its_first_cause(self):
        event_type = self.define()
        contact = self.contact()
        with causation.caused_by(Cause("first", "corr", None, self.system.id, 3)):
            contact.type = "delivery"
            self.env.cr.flush()
        with causation.caused_by(Cause("second", "corr", None, self.system.id, 4)):
            contact.name = "Ada King"
            self.env.cr.flush()
        event = self.events(event_type)
        self.assertEqual((event.causation_id, event.depth), ("first", 3))
        self.assertIn("Ada King", event.data)

    # -- condition ---------------------------------------------------------------------------

    def test_condition(self):
        event_type = self.define("created", condition="[('parent_id.name', '=', 'Clinic')]")
        clinic = self.contact(name="Clinic")
        inside = self.contact(name="Inside", parent_id=clinic.id)
        self.contact(name="Outside")
        self.assertEqual(self.events(event_type).mapped("res_id"), inside.ids)

    def test_condition_counts_at_the_end_of_the_transaction(self):
        event_type = self.define("created", condition="[('ref', '=', 'yes')]")
        becomes, ceases = self.contact(), self.contact(ref="yes")
        self.env.cr.flush()
        becomes.ref = "yes"
        ceases.ref = "no"
        self.assertEqual(self.events(event_type).mapped("res_id"), becomes.ids)

    def test_condition_of_an_archived_record(self):
        event_type = self.define(
            field_name="active", field_value="False", condition="[('ref', '=', 'yes')]"
        )
        contact = self.contact(ref="yes")
        contact.action_archive()
        self.assertEqual(self.events(event_type).mapped("res_id"), contact.ids)

    def test_broken_condition_loses_nothing(self):
        event_type = self.define("created", condition="[('ref', '=', 'yes')]")
        self.env.cr.execute(
            "UPDATE integration_event_type SET condition = '[(''gone'', ''='', 1)]' WHERE id = %s",
            [event_type.id],
        )
        self.env.registry.clear_cache()
        self.contact()
        self.assertIn("condition", self.events(event_type).problem)

    # -- deleted -----------------------------------------------------------------------------

    def test_deleted(self):
        event_type = self.define("deleted", condition="[('name', '!=', 'Nobody')]")
        contact, nobody = self.contact(), self.contact(name="Nobody")
        self.next_transaction()
        (contact | nobody).unlink()
        event = self.events(event_type)
        self.assertEqual(event.res_id, contact.id)
        self.assertEqual(json.loads(event.data), {"id": contact.id, "name": "Ada"})
        self.assertEqual(event.subject, "Ada")

    def test_created_and_deleted_is_nothing(self):
        types = [self.define("created"), self.define("deleted")]
        contact = self.contact()
        self.env.cr.flush()
        self.contact(name="Never flushed").unlink()
        contact.unlink()
        for event_type in types:
            self.assertFalse(self.events(event_type), event_type.code)

    def test_changed_and_deleted_is_deleted(self):
        reaches, deleted = self.define(), self.define("deleted", paths=("name", "type"))
        contact = self.contact()
        self.next_transaction()
        contact.type = "delivery"
        self.env.cr.flush()
        contact.unlink()
        self.assertFalse(self.events(reaches))
        self.assertEqual([row["type"] for row in self.data(deleted)], ["delivery"])

    def test_cascade_of_the_orm(self):
        event_type = self.define("deleted", model_name="mail.activity", paths=("summary",))
        contact = self.contact()
        activity = contact.activity_schedule("mail.mail_activity_data_todo", summary="Call")
        self.next_transaction()
        contact.unlink()
        self.assertEqual(self.events(event_type).res_id, activity.id)

    def test_refused_deletion_tells_nothing(self):
        event_type = self.define("deleted", model_name="res.lang")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.env.ref("base.lang_en").unlink()
        self.assertFalse(self.events(event_type))

    # -- cost --------------------------------------------------------------------------------

    def test_statements_do_not_grow_with_the_records(self):
        country = self.env.ref("base.be")
        values = [{"name": f"C{n}", "country_id": country.id} for n in range(202)]
        contacts = self.env["res.partner"].create(values)
        self.env.registry.clear_cache()
        one, other = contacts[0], contacts[1]
        many, others = contacts[2:102], contacts[102:]

        def deliver(records):
            return lambda: records.write({"type": "delivery"})

        plain = self._statements(deliver(other)), self._statements(deliver(others))
        event_type = self.define(
            paths=("name", "country_id.code", "child_ids.name"), condition="[('name', '!=', 'x')]"
        )
        self.warm_up()
        watched = self._statements(deliver(one)), self._statements(deliver(many))
        self.assertEqual(len(self.events(event_type)), 101)
        extra = watched[0] - plain[0], watched[1] - plain[1]
        # old values, condition and insert; the rest is the snapshot: contact, its children,
        # country, company and display name.
        self.assertLessEqual(extra[1], extra[0] + 1, extra)
        self.assertLessEqual(extra[1], 3 + 6, extra)

    def test_coded_snapshot_without_reads_costs_three_statements(self):
        contacts = self.env["res.partner"].create([{"name": f"C{n}"} for n in range(200)])
        plain = self._statements(lambda: contacts[:100].write({"type": "delivery"}))
        self.define(paths=())
        self._statements(lambda: contacts.write({"type": "other"}))  # fills Odoo's own caches
        self.warm_up()
        with self.snapshot_of("res.partner"):
            watched = self._statements(lambda: contacts[100:].write({"type": "delivery"}))
        self.assertLessEqual(watched - plain, 3)

    def snapshot_of(self, model):
        return patch.object(
            type(self.env[model]),
            "_integration_snapshots",
            lambda records, _contract: {r.id: Snapshot({"key": "k"}, None, "s") for r in records},
        )

    def test_models_without_events_pay_nothing(self):
        banks = self.env["res.bank"].create([{"name": "B"}, {"name": "C"}])
        plain = self._statements(lambda: banks[0].write({"name": "D"}))
        self.define()
        self.warm_up()
        self.assertEqual(self._statements(lambda: banks[1].write({"name": "E"})), plain)

    # -- who gets it -------------------------------------------------------------------------

    def test_no_echo_to_the_causing_system(self):
        event_type = self.define()
        contact = self.contact()
        with causation.caused_by(Cause("in", "corr", None, self.system.id, 1)):
            contact.type = "delivery"
            self.env.cr.flush()
        self.dispatch()
        self.assertTrue(self.events(event_type).dispatched_at)
        self.assertFalse(self.messages(event_type.interface_ids))

    def test_other_company_stays_out(self):
        event_type = self.define()
        other = self.env["res.company"].create({"name": "Another hospital"})
        self.contact(type="delivery", company_id=other.id, name="Theirs")
        ours = self.contact(type="delivery", company_id=self.company.id)
        shared = self.contact(type="delivery")
        self.env.cr.flush()
        self.dispatch()
        self.assertEqual(
            sorted(self.messages(event_type.interface_ids).mapped("res_id")),
            sorted((ours | shared).ids),
        )

    def test_concerned_contact_alone(self):
        event_type = self.define(partner_field="parent_id")
        mine, yours = self.contact(name="Mine"), self.contact(name="Yours")
        self.system.partner_id = mine
        child = self.contact(type="delivery", parent_id=mine.id)
        self.contact(type="delivery", parent_id=yours.id)
        self.env.cr.flush()
        self.dispatch()
        self.assertEqual(self.messages(event_type.interface_ids).mapped("res_id"), child.ids)

    # -- faults ------------------------------------------------------------------------------

    def test_failing_snapshot_does_not_stop_the_business(self):
        event_type = self.define(paths=())
        self.send_with(delivered)
        contacts = self.contact(name="Bad") | self.contact(name="Good")

        def snapshots(records, _contract):
            if "Bad" in records.mapped("name"):
                raise KeyError("secret content")
            return {r.id: self.snapshot(r) for r in records}

        with (
            patch.object(type(contacts), "_integration_snapshots", snapshots),
            self.assertLogs("odoo.addons.integration_core", "WARNING") as log,
        ):
            contacts.type = "delivery"
            self.env.cr.flush()
        self.assertNotIn("secret content", str(log.output))
        bad, good = self.events(event_type).sorted(lambda e: bool(not e.problem))
        self.assertEqual(contacts.browse((bad.res_id, good.res_id)).mapped("name"), ["Bad", "Good"])
        self.dispatch()
        message = bad.message_ids
        self.assertEqual((message.state, message.error_code), ("quarantined", "snapshot_failed"))
        with patch.object(
            type(contacts),
            "_integration_snapshots",
            lambda records, _contract: {r.id: self.snapshot(r) for r in records},
        ):
            message.action_retry()
        self.drain(event_type.interface_ids)
        message.invalidate_recordset()
        self.assertEqual(message.state, "done")

    @staticmethod
    def snapshot(record):
        return Snapshot({"key": record.name}, None, record.name)

    def test_vanished_field_stops_nothing(self):
        event_type = self.define()
        self.env.cr.execute(
            "UPDATE integration_event_type SET field_name = 'gone' WHERE id = %s", [event_type.id]
        )
        self.env.registry.clear_cache()
        self.contact(type="delivery")
        self.assertFalse(self.events(event_type))

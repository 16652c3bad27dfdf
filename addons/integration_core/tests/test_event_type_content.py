import json

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import snapshots
from odoo.addons.integration_core.tools import contracts

from .common import delivered
from .event_type_case import EventTypeCase


@tagged("post_install", "-at_install")
class TestEventTypeContent(EventTypeCase):
    """What an event says, tried and checked before it is sent."""

    def test_snapshot_of_listed_fields(self):
        event_type = self.define(
            subscribe=False,
            paths=(
                "name",
                "active",
                "color",
                "country_id",
                "child_ids.name",
                "child_ids.country_id.code",
                "category_id",
                "partner_latitude",
                "create_date",
                "ref",
                "type",
            ),
        )
        belgium = self.env.ref("base.be")
        contact = self.contact(
            country_id=belgium.id,
            partner_latitude=50.85,
            category_id=[Command.create({"name": "Gold"})],
            child_ids=[Command.create({"name": "Child", "country_id": belgium.id})],
        )
        self.env.flush_all()
        (snapshot,) = snapshots.strict(event_type._trigger(), contact).values()
        created = f"{contact.create_date.isoformat(timespec='seconds')}Z"
        self.assertEqual(
            snapshot.data,
            {
                "id": contact.id,
                "name": "Ada",
                "active": True,
                "color": 0,
                "country_id": {"id": belgium.id, "name": "Belgium"},
                "child_ids": [
                    {
                        "id": contact.child_ids.id,
                        "name": "Child",
                        "country_id": {"id": belgium.id, "code": "BE"},
                    }
                ],
                "category_id": [{"id": contact.category_id.id, "name": "Gold"}],
                "partner_latitude": "50.85",
                "create_date": created,
                "ref": None,
                "type": "contact",
            },
        )

    def test_too_long_a_list_is_not_cut(self):
        event_type = self.define(paths=("child_ids",))
        self.patch(snapshots, "MAX_ITEMS", 2)
        contact = self.contact(child_ids=[Command.create({"name": f"C{n}"}) for n in range(3)])
        with self.assertLogs("odoo.addons.integration_core", "WARNING"):
            contact.type = "delivery"
            event = self.events(event_type)
        self.assertIn("child_ids has more than 2", event.problem)

    def test_canonical_mapping_goes_first_when_sent(self):
        event_type = self.define(mapping_id=self.mapping("{key: root.name}").id)
        sent = []
        self.send_with(lambda outgoing: sent.append(outgoing.document) or delivered(outgoing))
        self.contact(type="delivery")
        self.env.cr.flush()
        self.dispatch()
        self.drain(event_type.interface_ids)
        message = self.messages(event_type.interface_ids)
        self.assertEqual(message.state, "done", message.error_message)
        self.assertEqual(sent, [{"key": "Ada"}])

    def test_content_against_the_contract_waits_in_quarantine(self):
        event_type = self.define()  # the contract wants a key
        self.send_with(delivered)
        self.contact(type="delivery")
        self.env.cr.flush()
        self.dispatch()
        self.drain(event_type.interface_ids)
        message = self.messages(event_type.interface_ids)
        self.assertEqual((message.state, message.error_class), ("quarantined", "contract"))

    # -- try ---------------------------------------------------------------------------------

    def test_try(self):
        contact = self.contact()
        event_type = self.as_administrator(
            contract_id=self.contract.id,
            condition="[('name', '!=', 'Ada')]",
            field_ids=[Command.create({"path": "name"})],
        )
        result = event_type.try_on(contact.id)
        self.assertEqual(json.loads(result["snapshot"]), {"id": contact.id, "name": "Ada"})
        self.assertEqual(result["violations"], ["/: key is required"])
        self.assertEqual(result["contract"], "test.thing 1.0.0")
        self.assertFalse(result["matches"])
        self.assertFalse(self.events(event_type))
        event_type.sudo().mapping_id = self.mapping("{key: root.name}")
        result = event_type.try_on(contact.id)
        self.assertEqual(json.loads(result["canonical"]), {"key": "Ada"})
        self.assertFalse(result["violations"])
        event_type.sudo().mapping_id = self.mapping("{key: lookup('units', root.name)}")
        self.assertTrue(event_type.try_on(contact.id)["problem"])

    def test_try_reads_with_the_rights_of_who_tries(self):
        event_type = self.as_administrator(field_ids=[Command.create({"path": "name"})])
        other = self.env["res.company"].create({"name": "Another hospital"})
        contact = self.contact(company_id=other.id)
        with self.assertRaises(AccessError):
            event_type.try_on(contact.id)
        user = new_test_user(self.env, "just.a.user", "base.group_user")
        with self.assertRaises(AccessError):
            event_type.with_user(user).try_on(self.contact().id)

    def test_contract_from_the_fields(self):
        event_type = self.as_administrator(
            field_ids=[
                Command.create({"path": path})
                for path in ("name", "type", "country_id.code", "child_ids", "create_date", "ref")
            ]
        )
        contact = self.contact(ref="SECRET-REF")
        action = event_type.write_contract(contact.id)
        self.assertEqual(action["res_id"], event_type.contract_id.id)
        version = event_type.contract_id.version_ids
        self.assertNotIn("SECRET-REF", version.schema)
        self.assertEqual(event_type.try_on(contact.id)["violations"], [])
        validator = contracts.compile_schema(json.loads(version.schema))
        country = {"country_id": self.env.ref("base.be").id}
        child = {"child_ids": [Command.create({"name": "Child"})]}
        for values in (country, child, {"type": "invoice"}):
            example = self.contact(**values)
            self.env.flush_all()
            data = snapshots.strict(event_type._trigger(), example)[example.id].data
            self.assertEqual(validator.violations(data), [], values)
        self.assertTrue(validator.violations({"id": 1}))
        event_type.write_contract(contact.id)
        self.assertEqual(len(event_type.contract_id.version_ids), 1, "the draft is rewritten")

    def test_contract_from_an_example_of_a_mapping(self):
        event_type = self.as_administrator(
            mapping_id=self.mapping("{key: root.name, ids: [root.id]}").id,
            field_ids=[Command.create({"path": "name"})],
        )
        event_type.write_contract(self.contact().id)
        schema = json.loads(event_type.contract_id.version_ids.schema)
        self.assertEqual(schema["properties"]["key"], {"type": "string"})
        self.assertEqual(schema["properties"]["ids"]["items"], {"type": "integer"})

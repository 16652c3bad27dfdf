"""Messages about visits through the engine: in batches, with bad ones among them."""

from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import audit, operations
from odoo.addons.integration_core.tests.common import EngineCase
from odoo.addons.integration_core.tools.acts import Act

from .census_case import bed, moment


@tagged("post_install", "-at_install")
class TestCensusDrain(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.ehr_create_locations = True
        cls.service_user.group_ids += cls.env.ref("integration_ehr_bridge.group_feed")
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE integration_interface SET handler = 'integration.handler.ehr_encounter', "
            "data_class = 'clinical', ordering_key_path = 'patient.number' WHERE id = %s",
            [cls.inbound.id],
        )
        cls.env.invalidate_all()
        cls.inbound._configuration_changed()

    def adt(self, event, clock, visit, place=None, **said):
        body = {
            "event": event,
            "occurred_at": moment(clock),
            "visit": {"number": visit},
            "patient": {"number": f"P-{visit}"},
            **said,
        }
        if place:
            body["location"] = bed(place)
        return self.receive(f"{visit}-{event}-{clock}", body)

    def visit(self, number):
        self.env.invalidate_all()
        return self.env["ehr.encounter"].search([("visit_number", "=", number)])

    def test_a_bad_message_holds_nobody_up(self):
        self.adt("admit", "8:00", "V1", 1)
        self.drain(self.inbound)
        self.env.company.ehr_create_locations = False
        good = [self.adt("update", "9:00", "V1", 1)]
        bad = self.adt("admit", "9:00", "V2", 2)
        good.append(self.adt("discharge", "10:00", "V1", 1))
        good.append(self.adt("admit", "10:30", "V3", 1))
        self.drain(self.inbound)
        for message in good:
            self.assertEqual(self.message(message.uuid).state, "done")
        bad = self.message(bad.uuid)
        self.assertEqual((bad.state, bad.error_code), ("quarantined", "unknown_location"))
        self.assertNotIn("401", bad.error_message)
        self.assertFalse(self.visit("V2"))
        self.assertEqual(self.visit("V3").state, "present")
        # Somebody creates the bed, and the message is handled late.
        self.env["ehr.location"].create({**bed(2), "kind": "bed"})
        operations.operate(bad, Act.RETRY, "the bed is there")
        self.drain(self.inbound)
        self.assertEqual(self.message(bad.uuid).state, "done")
        self.assertEqual(self.visit("V2").location_id.bed, "2")

    def test_the_census_tells_of_messages_that_wait(self):
        """A feed whose messages all fail is not silent."""
        self.env.company.ehr_create_locations = False
        self.env.cr.execute(
            "UPDATE integration_interface SET activated_at = now() AT TIME ZONE 'UTC' - "
            "interval '2 hours' WHERE id = %s",
            [self.inbound.id],
        )
        self.env.invalidate_all()
        reader = new_test_user(
            self.env, "ehr.notice.reader", "integration_ehr_bridge.group_census_user"
        )

        def why():
            notices = self.env["ehr.location"].with_user(reader).feed_notices()
            return [one["why"] for one in notices if one["id"] == self.inbound.id]

        self.assertEqual(why(), ["silent"])
        self.adt("admit", "8:00", "V1", 1)
        self.drain(self.inbound)
        self.assertEqual(why(), ["waiting"])
        self.adt("admit", "9:00", "V2")
        self.drain(self.inbound)
        self.assertFalse(why())

    def test_a_message_knows_its_visit(self):
        message = self.adt("admit", "8:00", "V1", 1)
        self.drain(self.inbound)
        visit, message = self.visit("V1"), self.message(message.uuid)
        self.assertEqual((message.res_model, message.res_id), ("ehr.encounter", visit.id))
        self.assertEqual(visit.move_ids.message_uuid, message.uuid)

    def test_who_has_seen_messages_of_a_visit(self):
        seen = self.adt("admit", "8:00", "V1", 1)
        other = self.adt("admit", "8:00", "V2", 2)
        self.drain(self.inbound)
        for message in (seen, other):
            audit.record(self.message(message.uuid), "reveal", reason="A call of the ward")
        auditor = new_test_user(
            self.env,
            "ehr.report.auditor",
            "integration_core.group_auditor,integration_ehr_bridge.group_census_user",
        )
        action = self.visit("V1").with_user(auditor).action_open_access()
        found = self.env["integration.access"].with_user(auditor).search(action["domain"])
        self.assertEqual(found.mapped("content_id"), [seen.id])
        self.assertEqual(found.reason, "A call of the ward")

    def test_a_visit_number_finds_its_messages_for_those_who_may_see_the_census(self):
        told = self.adt("admit", "8:00", "V1", 1)
        self.adt("admit", "8:00", "V2", 2)
        self.drain(self.inbound)
        roles = {
            "integration_core.group_observer,integration_ehr_bridge.group_census_user": [told.uuid],
            "integration_core.group_observer": [],
        }
        for number, (groups, expected) in enumerate(roles.items()):
            user = new_test_user(self.env, f"ehr.trace.{number}", groups)
            messages = self.env["integration.message"].with_user(user)
            found = [messages.search(domain) for _label, domain in messages._trace_ways("V1")]
            with self.subTest(groups=groups):
                self.assertEqual(
                    [one.mapped("uuid") for one in found if one], [expected][: len(expected)]
                )
            self.assertEqual(messages._trace_ways("V"), [])

    def test_the_reference_of_a_visit_does_not_find_the_visit(self):
        self.adt("admit", "8:00", "V1", 1)
        self.drain(self.inbound)
        user = new_test_user(self.env, "ehr.trace.reference", "integration_core.group_observer")
        messages = self.env["integration.message"].with_user(user)
        reference = self.visit("V1").reference
        for _label, domain in messages._trace_ways(reference):
            self.assertFalse(
                messages.search(domain).filtered(lambda m: m.res_model == "ehr.encounter")
            )

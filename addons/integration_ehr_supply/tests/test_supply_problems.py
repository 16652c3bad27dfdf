"""Orders over FHIR that cannot be supplied are tasks of the EHR until that is over."""

from odoo.tests import tagged

from odoo.addons.integration_ehr_bridge.tests.fhir_case import FhirServer

from ..models import integration_fhir_supply_problem
from .fhir_order_case import FhirOrderCase


@tagged("post_install", "-at_install")
class TestSupplyProblems(FhirOrderCase):
    def problems(self, *states):
        self.env["ehr.supply.problem"]._cron_look()
        self.env.invalidate_all()
        found = self.env["ehr.supply.problem"].search([], order="id")
        return [
            (one.order_record, one.kind, one.reason, one.state)
            for one in found
            if one.state in (states or ("open", "solved", "withdrawn"))
        ]

    def test_an_order_that_is_supplied_has_none(self):
        self.set_stock(self.gloves, 50)
        self.taken(self.request())
        self.assertFalse(self.problems())

    def test_what_is_refused_is_told_until_it_is_not_wanted(self):
        self.route.shortage = "reject"
        self.taken(self.request())
        refused = ("SupplyRequest/7", "refused", "no_stock")
        self.assertEqual(self.problems(), [(*refused, "open")])
        self.assertEqual(self.problems(), [(*refused, "open")])
        self.taken(self.request(version=2, status="cancelled"))
        self.assertEqual(self.problems(), [(*refused, "withdrawn")])
        self.assertEqual(self.problems(), [(*refused, "withdrawn")])

    def test_what_is_short_is_told_until_it_is_there(self):
        self.set_stock(self.gloves, 6)
        one = self.taken(self.request())
        short = ("SupplyRequest/7", "short", "no_stock")
        self.assertEqual(self.problems(), [(*short, "open")])
        self.set_stock(self.gloves, 4)
        one.picking_ids.action_assign()
        self.assertEqual(self.problems(), [(*short, "solved")])

    def test_less_is_wanted(self):
        self.set_stock(self.gloves, 6)
        self.taken(self.request())
        self.taken(self.request(version=2, quantity={"value": 6, "code": "1"}))
        self.assertEqual(self.problems("open"), [])

    def test_an_order_of_hl7_is_answered_by_hl7(self):
        self.ordered(self.order("PO1"))
        self.assertFalse(self.problems())

    def test_what_could_not_be_handled(self):
        unknown = {"coding": [{"code": "LATER"}]}
        told = self.tell(self.request(itemCodeableConcept=unknown))
        self.assertEqual(told.error_code, "unknown_item")
        stuck = ("SupplyRequest/7", "unhandled", "unknown_item")
        self.assertEqual(self.problems(), [(*stuck, "open")])
        self.assertEqual(self.problems(), [(*stuck, "open")])
        self.storable("Later", default_code="LATER")
        told.action_retry()
        self.drain(self.ehr)
        self.assertIn((*stuck, "solved"), self.problems())

    def test_a_newer_version_is_handled(self):
        self.set_stock(self.gloves, 50)
        unknown = {"coding": [{"code": "NOPE"}]}
        stuck = ("SupplyRequest/7", "unhandled", "unknown_item")
        told = self.tell(self.request(itemCodeableConcept=unknown))
        self.assertEqual(self.problems(), [(*stuck, "open")])
        told.action_resolve("The item is wrong")
        self.assertEqual(self.problems(), [(*stuck, "withdrawn")])
        self.taken(self.request(version=2))
        self.assertEqual(self.problems("open"), [])

    def test_a_newer_version_ends_what_an_older_one_left(self):
        self.policy.failure_blocks_key = False
        self.set_stock(self.gloves, 50)
        self.tell(self.request(itemCodeableConcept={"coding": [{"code": "NOPE"}]}))
        stuck = ("SupplyRequest/7", "unhandled", "unknown_item")
        self.assertEqual(self.problems(), [(*stuck, "open")])
        self.taken(self.request(version=2))
        self.assertEqual(self.problems(), [(*stuck, "solved")])

    def test_what_is_refused_in_part(self):
        self.route.shortage = "reject"
        self.set_stock(self.gloves, 6)
        one = self.taken(self.request())
        refused = ("SupplyRequest/7", "refused", "no_stock")
        self.assertEqual(self.problems(), [(*refused, "open")])
        self.deliver(one.picking_ids, 6)
        self.assertEqual(self.problems(), [(*refused, "open")])
        self.taken(self.request(version=2, status="completed"))
        self.assertEqual(self.problems(), [(*refused, "withdrawn")])

    def test_another_problem_of_an_item_is_another_task(self):
        self.set_stock(self.gloves, 6)
        one = self.taken(self.request())
        self.problems()
        one.line_ids.reason = "bought"
        short = ("SupplyRequest/7", "short")
        self.assertEqual(
            self.problems(), [(*short, "no_stock", "solved"), (*short, "bought", "open")]
        )

    def test_other_resources_that_are_stuck_are_no_orders(self):
        self.tell({"resourceType": "Encounter", "id": "x", "status": "wrong"})
        self.assertFalse(self.problems())

    def test_other_resources_that_are_stuck_hold_up_no_order(self):
        self.patch(integration_fhir_supply_problem, "_BATCH", 1)
        self.tell({"resourceType": "Encounter", "id": "x", "status": "wrong"})
        self.tell(self.request(itemCodeableConcept={"coding": [{"code": "NOPE"}]}))
        stuck = ("SupplyRequest/7", "unhandled", "unknown_item", "open")
        self.assertEqual(self.problems(), [stuck])


@tagged("post_install", "-at_install")
class TestSupplyTasks(FhirOrderCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.outbound.active = False
        supply = "integration_ehr_supply"
        types = cls.env["integration.event.type"].union(
            *(
                cls.env.ref(f"{supply}.event_type_supply_problem_{one}")
                for one in ("raised", "solved", "withdrawn")
            )
        )
        cls.telling = cls._interface(
            "Tasks",
            direction="outbound",
            transport="fhir",
            url="http://127.0.0.1:1/fhir",
            allowed_networks="127.0.0.0/8",
            data_class="clinical",
            mapping_id=cls.env.ref(f"{supply}.mapping_supply_problem_fhir").id,
            event_type_ids=[(6, 0, types.ids)],
            fhir_types="Task",
            fhir_interaction="conditional_update",
            echo_allowed=True,
        )

    def test_a_problem_is_one_task_from_its_begin_to_its_end(self):
        # The client's own tests are about TLS; this server has none.
        self.patch(type(self.telling), "_plaintext_allowed", lambda _interface: True)
        server = FhirServer(
            lambda _asked: (200, None, {"location": "Task/5/_history/1", "etag": 'W/"1"'})
        )
        self.addCleanup(server.close)
        self.telling._write_approved({"url": server.url})
        self.route.shortage = "reject"
        self.taken(self.request())
        self._send()
        self.taken(self.request(version=2, status="cancelled"))
        self._send()
        first, last = server.asked
        self.assertEqual((first.method, first.path), (last.method, last.path))
        self.assertIn("Task?identifier=urn%3Aodoo%3Asupply-problem%7CSP-", first.path)
        self.assertEqual([one.resource["status"] for one in (first, last)],
                         ["requested", "cancelled"])  # fmt: skip
        task = first.resource
        self.assertEqual(task["focus"], {"reference": "SupplyRequest/7"})
        self.assertEqual(task["businessStatus"]["coding"][0]["code"], "refused")
        self.assertEqual(task["statusReason"]["coding"][0]["code"], "no_stock")
        self.assertEqual(task["description"], "The store does not supply it.")
        self.assertLessEqual(task["authoredOn"], last.resource["lastModified"])

    def _send(self):
        self.env["ehr.supply.problem"]._cron_look()
        self.env.flush_all()
        self.env.cr.flush()
        self.dispatch()
        self.drain(self.telling)
        self.env.cr.postcommit.data.clear()
        self.env.cr.execute("UPDATE integration_event SET tx = uuid")
        self.env.invalidate_all()
        failed = self.messages(self.telling).filtered(lambda one: one.state != "done")
        self.assertFalse(failed, failed.mapped("error_message"))

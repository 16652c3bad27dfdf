from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.integration_core.engine import (
    assessment,
    contract_impact,
    readiness,
    routes,
    unmapped,
)
from odoo.addons.integration_core.tools.acts import Act

from .routing_case import ADMIT, BOOK, RoutingCase


@tagged("post_install", "-at_install")
class TestRouting(RoutingCase):
    """Messages of one interface go by their type to different handlers."""

    def test_each_type_has_its_handler_and_its_mapping(self):
        messages = self.deliver(
            ("ADT^A01", {"ward": "A"}), ("ADT^A08", {"key": "b"}), ("SIU^S12", {"key": "c"})
        )
        self.assertEqual(set(messages.mapped("state")), {"done"})
        self.assertEqual(self.handled, [(ADMIT, "North"), (ADMIT, "b"), (BOOK, "c")])

    def test_what_no_rule_names_is_quarantined_and_the_rest_flows(self):
        first, odd, last = self.deliver(
            ("SIU^S12", {"key": "a"}), ("ORU^R01", {"key": "b"}), ("SIU^S12", {"key": "c"})
        )
        self.assertEqual((first.state, last.state), ("done", "done"))
        self.assertEqual((odd.state, odd.error_code), ("quarantined", "no_handler"))
        self.assertEqual(
            odd.error_message,
            "No rule of the routing says what to do with messages of type ORU^R01.",
        )
        self.assertEqual((odd.error_class, odd.fault), ("configuration", "own"))
        self.assertTrue(odd.advice)

    def test_what_looks_like_no_type_is_not_repeated_in_the_error(self):
        odd = self.deliver(("Jane Doe 1980", {"key": "b"}))
        self.assertNotIn("Jane", odd.error_message)
        nameless = self.deliver((None, {"key": "c"}))[-1:]
        self.assertEqual(nameless.error_code, "no_handler")

    def test_with_a_new_rule_they_are_handled(self):
        odd = self.deliver(("ORU^R01", {"key": "b"}))
        other = self._routing({"message_type": "*", "handler": BOOK}, code="other")
        self._route(self.inbound, other)
        odd.with_user(self.operator).action_retry()
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual((odd.state, self.handled), ("done", [(BOOK, "b")]))

    @property
    def operator(self):
        return new_test_user(self.env, "routing.operator", groups="integration_core.group_operator")

    def test_what_a_rule_filters_is_kept_and_nothing_else(self):
        # not even read: this body is no JSON
        self.receive("m0", b"MSH|", message_type="ACK")
        self.drain(self.inbound)
        message = self.messages(self.inbound)
        self.assertEqual((message.state, self.handled), ("filtered", []))
        self.assertTrue(message.finished_at)
        self.assertFalse(message.error_code)
        self.assertTrue(message.payload_ids)

    def test_a_handler_gets_what_stands_together(self):
        registry = self.env.registry
        self.patch(registry[ADMIT], "_batch_size", 3)
        self.deliver(
            ("ADT^A01", {"ward": "A"}),
            ("ADT^A02", {"key": "b"}),  # by another mapping, and the same handler
            ("SIU^S12", {"key": "c"}),
            ("ADT^A02", {"key": "d"}),
            ("ADT^A02", {"key": "e"}),
            ("ADT^A02", {"key": "f"}),
            ("ADT^A02", {"key": "g"}),
            ("ACK", {}),
            ("SIU^S12", {"key": "h"}),
        )
        self.assertEqual(
            self.handled,
            [
                (ADMIT, "North", "b"),
                (BOOK, "c"),
                (ADMIT, "d", "e", "f"),
                (ADMIT, "g"),
                (BOOK, "h"),
            ],
        )
        self.assertEqual(
            self.messages(self.inbound).mapped("state"),
            [*["done"] * 7, "filtered", "done"],
        )

    def test_a_bad_message_of_a_batch_keeps_its_error(self):
        self.patch(self.env.registry[ADMIT], "_batch_size", 10)
        messages = self.deliver(
            ("ADT^A01", {"ward": "A"}),
            ("ADT^A01", {"ward": "unknown"}),
            ("ADT^A03", {"nothing": 1}),
            ("ADT^A08", {"key": "d"}),
        )
        self.assertEqual(
            messages.mapped("error_code"), [False, "missing_value", "contract_violation", False]
        )
        self.assertEqual(self.handled, [(ADMIT, "North", "d")])

    def test_a_failure_holds_back_its_key_whatever_the_type(self):
        self.inbound.policy_id.write({"ordering": "key", "failure_blocks_key": True})
        spec = {"key_path": "visit"}
        self.receive("a", {"ward": "unknown", "visit": "1"}, message_type="ADT^A01", **spec)
        self.receive("b", {"key": "b", "visit": "1"}, message_type="SIU^S12", **spec)
        self.receive("c", {"key": "c", "visit": "2"}, message_type="SIU^S12", **spec)
        self.drain(self.inbound)
        states = self.messages(self.inbound).mapped("state")
        self.assertEqual(states, ["quarantined", "queued", "done"])

    # -- values that a mapping lacks -------------------------------------------------------

    def test_values_that_a_rule_lacks_are_mapped_and_reprocessed(self):
        waiting, other = self.deliver(("ADT^A01", {"ward": "B"}), ("SIU^S12", {"key": "c"}))
        self.assertEqual(waiting.error_code, "missing_value")
        self.assertIn(self.inbound, unmapped.interfaces_of(self.value_map))
        reconversion = unmapped.Reconversion(self.env)
        [stored] = unmapped.stored(self.env, waiting.ids)
        self.assertEqual([one.value for one in reconversion.unmapped(stored)], ["B"])
        self.assertFalse(reconversion.converts(stored))
        self.env["integration.value.map.line"].create(
            {"map_id": self.value_map.id, "source": "B", "target": "South"}
        )
        self.env.flush_all()
        self.assertTrue(unmapped.Reconversion(self.env).converts(stored))
        value_map = self.value_map.with_user(self.operator)
        self.assertEqual(value_map.count_waiting()["ready"], 1)
        value_map.reprocess_waiting()
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual(waiting.state, "done")
        self.assertEqual(self.handled, [(BOOK, "c"), (ADMIT, "South")])
        self.assertTrue(waiting.has_mapping)
        self.assertFalse(other.has_mapping)
        with self.assertRaisesRegex(UserError, "no mapping for this message"):
            other.action_try_mapping()
        tried = waiting.action_try_mapping()["params"]["mapping_id"]
        self.assertEqual(tried, self.mapping.id)

    def test_values_in_use_are_not_deleted(self):
        with self.assertRaisesRegex(UserError, "Inbound"):
            self.value_map.line_ids.unlink()

    def test_the_trial_knows_messages_and_contracts(self):
        message = self.deliver(("ADT^A01", {"ward": "A"}))
        setup = self.mapping.trial_setup()
        self.assertEqual(setup["domain"], [("interface_id", "in", self.inbound.ids)])
        found = self.mapping.trial_input(message.id)
        self.assertEqual(found["after_id"], self.contract.version_ids.id)
        self.assertFalse(found["before_id"])

    # -- who uses what ---------------------------------------------------------------------

    def test_contracts_know_the_interface(self):
        version = self.contract.version_ids
        self.assertEqual(readiness.contracts_of(self.inbound), ["test.thing"])
        self.assertIn(self.inbound, contract_impact.followers(self.contract))
        self.assertNotIn(self.inbound, contract_impact.chosen_by(version))
        self.routing.line_ids[1].contract_version_id = version
        self.assertIn(self.inbound, contract_impact.chosen_by(version))
        self.assertEqual(self.inbound._bound_versions(), version)

    def test_whether_a_replay_is_possible_depends_on_the_type(self):
        self.patch(self.env.registry[ADMIT], "_repeatable", True)
        messages = self.deliver(
            ("ADT^A08", {"key": "a"}), ("SIU^S12", {"key": "b"}), ("ACK", {"key": "c"})
        )
        found = assessment.assess(messages, Act.REPLAY)
        self.assertEqual(found.possible, messages[0].ids)
        self.assertEqual(found.reasons[messages[1].id], "effect")
        self.assertEqual(found.reasons[messages[2].id], "no_handler")

    def test_the_handler_of_a_type(self):
        self.assertEqual(routes.handler_of(self.inbound, "SIU^S15")._name, BOOK)
        self.assertIsNone(routes.handler_of(self.inbound, "ACK"))
        self.assertIsNone(routes.handler_of(self.inbound, "ORU^R01"))
        self.assertIsNone(self.inbound._inbound_spec()["message_type"])


@tagged("post_install", "-at_install")
class TestRoutingRules(RoutingCase):
    """What a routing may say, and who decides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        administrator = "integration_core.group_administrator"
        cls.ada = new_test_user(cls.env, "routing.ada", groups=administrator)
        cls.bob = new_test_user(cls.env, "routing.bob", groups="integration_core.group_approver")

    def approve(self, routing):
        routing.with_user(self.ada).action_submit()
        routing.with_user(self.bob).action_approve()

    def test_patterns(self):
        for bad in ("", "ADT A01", "*^A01", "ADT**", "A*B"):
            with self.subTest(bad), self.assertRaises(ValidationError):
                self.routing.line_ids[0].message_type = bad
        self.routing.line_ids[0].message_type = "ADT^A0*"

    def test_a_rule_handles_or_keeps(self):
        line = self.routing.line_ids[0]
        for values, told in (
            ({"action": "filter"}, "kept and nothing else"),
            ({"handler": False}, "Choose a handler"),
        ):
            with self.assertRaisesRegex(ValidationError, told), self.env.cr.savepoint():
                line.write(values)
            line.invalidate_recordset()
        line.write({"action": "filter", "handler": False, "mapping_id": False})
        self.assertIsNone(line._route())

    def test_a_routing_takes_the_place_of_a_handler(self):
        draft = self.inbound.copy({"routing_id": False})
        self.assertIn("No handler is chosen", "\n".join(draft._missing_for_traffic()))
        draft.routing_id = self.routing
        self.assertNotIn("No handler is chosen", "\n".join(draft._missing_for_traffic()))
        for values in ({"handler": ADMIT}, {"mapping_id": self.mapping.id}):
            with self.subTest(values), self.assertRaisesRegex(ValidationError, "Leave empty"):
                draft.write(values)
        outbound = self.outbound.copy()
        with self.assertRaisesRegex(ValidationError, "Only what is received"):
            outbound.routing_id = self.routing

    def test_the_form_of_a_routing(self):
        with Form(self.env["integration.routing"].with_user(self.ada)) as form:
            form.name, form.code = "Laboratory", "lab"
            with form.line_ids.new() as line:
                line.message_type, line.handler = "ORU^R01", BOOK
                line.mapping_id = self.mapping
            with form.line_ids.new() as line:
                line.message_type, line.handler = "ACK", BOOK
                line.action = "filter"
        routing = form.record
        self.assertEqual(routing.line_ids.mapped("handler"), [BOOK, False])
        self.assertEqual(routing.line_ids.mapping_id, self.mapping)
        with Form(routing.with_user(self.ada)) as form, form.line_ids.edit(0) as line:
            line.action = "filter"
        self.assertFalse(routing.line_ids.mapping_id)

    def test_the_form_of_an_interface_has_one_of_both(self):
        draft = self.inbound.copy({"routing_id": False})
        draft.handler = ADMIT
        with Form(draft.with_user(self.ada)) as form:
            form.handler = False
            form.mapping_id = self.mapping
            form.routing_id = self.routing
        self.assertEqual(draft.routing_id, self.routing)
        self.assertFalse(draft.mapping_id)

    def test_everything_that_it_names_must_be_approved(self):
        draft = self.inbound.copy({"routing_id": self.routing.id})
        missing = "\n".join(draft._missing_for_traffic())
        self.assertIn("The routing “Messages of the EHR v1” is not approved.", missing)
        self.assertIn("Rule “ADT^A01”: the mapping “Admission v1” is not approved.", missing)
        self.set_state(self.routing | self.routing, "approved")
        self.set_state(self.mapping, "approved")
        self.assertNotIn("approved", "\n".join(draft._missing_for_traffic()))
        self.set_state(self.contract.version_ids, "retired")
        self.contract.invalidate_recordset()
        missing = "\n".join(draft._missing_for_traffic())
        self.assertIn("Rule “SIU^*”: the contract “Thing” of the handler has no approved", missing)

    def test_an_uninstalled_handler_is_told(self):
        draft = self.inbound.copy({"routing_id": self.routing.id})
        self.startPatcher(patch.dict(self.env.registry.models))
        del self.env.registry.models[BOOK]
        missing = "\n".join(draft._missing_for_traffic())
        self.assertIn("Rule “SIU^*”: the handler is not installed.", missing)
        [message] = self.deliver(("SIU^S12", {"key": "a"}))
        self.assertEqual((message.state, message.error_code), ("quarantined", "no_handler"))

    def test_what_was_submitted_does_not_change(self):
        empty = self._routing(code="empty")
        with self.assertRaisesRegex(ValidationError, "no rule"):
            empty.with_user(self.ada).action_submit()
        self.approve(self.routing)
        for change in (
            lambda: self.routing.line_ids[0].unlink(),
            lambda: self.routing.line_ids[0].write({"note": "x"}),
            lambda: self.routing.write(
                {"line_ids": [(0, 0, {"message_type": "Z", "action": "filter"})]}
            ),
            lambda: self.routing.write({"code": "y"}),
        ):
            with self.assertRaisesRegex(UserError, "not a draft"):
                change()

    def test_who_wrote_a_rule_does_not_approve_it(self):
        both = new_test_user(
            self.env,
            "routing.both",
            groups="integration_core.group_administrator,integration_core.group_approver",
        )
        self.routing.line_ids[0].with_user(both).note = "mine"
        self.routing.with_user(self.ada).action_submit()
        with self.assertRaisesRegex(UserError, "yourself"):
            self.routing.with_user(both).action_approve()

    def test_a_new_version_shows_what_is_different(self):
        self.approve(self.routing)
        opened = self.routing.with_user(self.ada).action_new_version()
        new = self.env["integration.routing"].browse(opened["res_id"])
        self.assertEqual((new.code, new.version, new.state), ("test_routing", 2, "draft"))
        self.assertEqual(
            new.line_ids.mapped("message_type"), self.routing.line_ids.mapped("message_type")
        )
        self.assertFalse(new.diff)
        new.line_ids[3].unlink()
        self.assertIn("ACK", new.diff)
        with self.assertRaisesRegex(UserError, "stays"):
            new.code = "another"
        self.assertEqual(self.routing.version_count, 2)

    def test_a_routing_in_use_is_not_retired(self):
        self.approve(self.routing)
        with self.assertRaisesRegex(UserError, "Inbound"):
            self.routing.with_user(self.ada).action_retire()
        self.set_state(self.mapping, "approved")
        with self.assertRaisesRegex(UserError, "Inbound"):
            self.mapping.with_user(self.ada).action_retire()
        self._route(self.inbound, self._routing({"message_type": "*", "handler": BOOK}, code="o"))
        self.routing.with_user(self.ada).action_retire()
        self.mapping.with_user(self.ada).action_retire()
        self.assertEqual((self.routing.state, self.mapping.state), ("retired", "retired"))

    def test_it_is_governed(self):
        other = self._routing({"message_type": "*", "handler": BOOK}, code="o")
        with self.assertRaisesRegex(UserError, "Propose a change"):
            self.inbound.with_user(self.ada).routing_id = other
        self.assertIn("routing_id", self.inbound._configuration())
        self.assertIn("routing_id", self.inbound._governed_names())

    def test_rules_of_another_routing_are_added(self):
        """What has a rule keeps it: the rules of two addons become those of one feed."""
        other = self._routing(
            {"message_type": "SIU^*", "handler": ADMIT},
            {"message_type": "RDS^O13", "handler": BOOK, "note": "Dispense"},
            code="further",
        )
        draft = self._routing({"message_type": "SIU^*", "handler": BOOK}, code="mine")
        # The form tells what was not added.
        warned = self.assertLogs("odoo.tests.form.onchange", "WARNING")
        with warned as said, Form(draft.with_user(self.ada)) as form:
            form.take_from_id = other
            self.assertFalse(form.take_from_id)
        self.assertIn("SIU^*", said.output[0])
        told = {line.message_type: (line.handler, line.note) for line in draft.line_ids}
        self.assertEqual(told["SIU^*"], (BOOK, False))
        self.assertEqual(told["RDS^O13"], (BOOK, "Dispense"))
        self.assertEqual(draft.line_ids[-1].message_type, "RDS^O13")
        self.assertEqual(len(other.line_ids), 2)

from odoo.tests import tagged

from odoo.addons.integration_core.engine import readiness, routing_claims

from .routing_case import ADMIT, BOOK, RoutingCase, handler_model

BOTH = "integration.handler.test_both"


@tagged("post_install", "-at_install")
class TestRoutingClaims(RoutingCase):
    """Two rules that claim one type of messages: people are told which one wins."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tests = cls._routing(
            {"message_type": "OML^O21", "handler": BOOK},
            {"message_type": "OMG^O19", "handler": BOOK},
            code="tests",
        )
        cls.supply = cls._routing(
            {"message_type": "OMS^O05", "handler": ADMIT},
            {"message_type": "OMG^O19", "handler": ADMIT},
            {"message_type": "RDE^O11", "action": "filter"},
            code="supply",
        )

    def put_together(self, *others, code="both"):
        """A routing with the rules of others, the first of them first; its interface has it."""
        found = self._routing(code=code)
        for other in others:
            found._take_rules(other)
        self.set_state(self.tests | self.supply, "approved")
        self._route(self.inbound, found)
        return found

    def findings(self):
        found = [
            one for one in readiness.run(self.inbound) if one.records._name == "integration.routing"
        ]
        self.assertEqual(len(found), 1)
        return found[0]

    def test_the_rule_that_was_left_out_is_found(self):
        both = self.put_together(self.tests, self.supply)
        found = self.findings()
        self.assertEqual((found.records, found.total, found.severity), (both, 1, "advice"))
        (detail,) = found.details.values()
        self.assertEqual(
            detail,
            "OMG^O19: “OMG^O19: integration.handler.test_book” wins, and “OMG^O19: "
            "integration.handler.test_admit” of “Messages of the EHR v1” gets none of "
            "them.",
        )
        self.assertIn("new version of the routing", found.advice)
        other_way = self.put_together(self.supply, self.tests, code="other_way")
        (claim,) = routing_claims.find(other_way)
        self.assertEqual((claim.winner.handler, claim.other.routing_id), (ADMIT, self.tests))

    def test_without_a_second_claim_nothing_is_found(self):
        self.put_together(self.supply)
        self.assertFalse(self.findings().records, "the other routing has nothing to do with it")
        # A dialect is another mapping for the same handler, and what is kept is taken by nobody.
        dialect = self._routing(
            {"message_type": "OMS^O05", "handler": ADMIT, "mapping_id": self.mapping.id},
            {"message_type": "RDE^O11", "handler": BOOK},
            {"message_type": "*", "action": "filter"},
            code="dialect",
        )
        self.put_together(dialect, self.tests, self.supply, code="with_dialect")
        types = {claim.other.message_type for claim in routing_claims.find(self.inbound.routing_id)}
        self.assertEqual(types, {"OMG^O19"})

    def test_of_two_patterns_the_longer_one_wins(self):
        made = self._routing(
            {"message_type": "OMG^*", "handler": ADMIT},
            {"message_type": "OMG^O19", "handler": BOOK},
            {"message_type": "OMG^O27", "action": "filter"},
            {"message_type": "*", "handler": ADMIT},
            code="patterns",
        )
        (claim,) = routing_claims.find(made)
        self.assertEqual((claim.winner.handler, claim.other.message_type), (BOOK, "OMG^*"))

    def test_a_handler_that_decides_by_content_serves_both(self):
        attributes = {"_contract": "test.thing", "_serves": (ADMIT, BOOK)}
        self.env.registry.models[BOTH] = handler_model(self.env.registry, BOTH, attributes)
        self.addCleanup(self.env.registry.models.pop, BOTH)
        content = self._routing({"message_type": "OMG^O19", "handler": BOTH}, code="content")
        self.put_together(content, self.tests, self.supply)
        self.assertFalse(self.findings().records)

    def test_what_is_not_added_is_told_at_once(self):
        draft = self._routing(code="draft")
        draft._take_rules(self.tests)
        draft.take_from_id = self.supply
        warning = draft._onchange_take_from_id()["warning"]
        self.assertIn("OMG^O19", warning["message"])
        self.assertNotIn("OMS^O05", warning["message"])

from unittest.mock import patch

from odoo.addons.integration_core.tools import canonical_json

from .common import EngineCase

ADMIT, BOOK = "integration.handler.test_admit", "integration.handler.test_book"


def handler_model(registry, name, attributes):
    """A handler that exists in this test only."""
    base = registry["integration.handler"]
    own = {"_register": False, "_name": name, "_description": name, **attributes}
    return type(base)(name.rpartition(".")[2], (base,), own)


class RoutingCase(EngineCase):
    """An inbound interface with two handlers, one for admissions and one for bookings.

    ``handled`` notes ``(handler, key)`` of each message, or of each batch with all its keys.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.handled = []
        models = {
            name: handler_model(
                cls.env.registry,
                name,
                {
                    "_contract": "test.thing",
                    "_process": cls._note(name),
                    "_process_batch": cls._note_all(name),
                },
            )
            for name in (ADMIT, BOOK)
        }
        patcher = patch.dict(cls.env.registry.models, models)
        patcher.start()
        cls.addClassCleanup(patcher.stop)
        cls.value_map = cls.env["integration.value.map"].create(
            {
                "name": "Wards",
                "code": "ward",
                "line_ids": [(0, 0, {"source": "A", "target": "North"})],
            }
        )
        cls.mapping = cls.env["integration.mapping"].create(
            {
                "name": "Admission",
                "header": "{key: lookup('ward', root.ward)}",
                "value_map_ids": [(6, 0, cls.value_map.ids)],
            }
        )
        cls.routing = cls._routing(
            {"message_type": "ADT^A01", "handler": ADMIT, "mapping_id": cls.mapping.id},
            {"message_type": "ADT^*", "handler": ADMIT},
            {"message_type": "SIU^*", "handler": BOOK},
            {"message_type": "ACK", "action": "filter"},
        )
        cls._route(cls.inbound)

    @classmethod
    def _note(cls, name):
        def process(handler, received, data):
            cls.handled.append((name, data["key"]))
            return handler.env["res.partner"]

        return process

    @classmethod
    def _note_all(cls, name):
        def process_batch(handler, messages):
            cls.handled.append((name, *(data["key"] for _received, data in messages)))
            return [handler.env["res.partner"] for _one in messages]

        return process_batch

    @classmethod
    def _routing(cls, *rules, code="test_routing"):
        return cls.env["integration.routing"].create(
            {
                "name": "Messages of the EHR",
                "code": code,
                "line_ids": [(0, 0, rule) for rule in rules],
            }
        )

    @classmethod
    def _route(cls, interface, routing=None):
        """As an approved revision would, without its approvals."""
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE integration_interface SET routing_id = %s, handler = NULL WHERE id = %s",
            [(routing or cls.routing).id, interface.id],
        )
        interface.invalidate_recordset()
        cls.env.registry.clear_cache()

    def setUp(self):
        super().setUp()
        self.handled.clear()

    def set_state(self, record, state):
        self.env.flush_all()
        self.env.cr.execute(
            f"UPDATE {record._table} SET state = %s WHERE id = ANY(%s)",
            [state, record.ids],
        )
        record.invalidate_recordset()

    def deliver(self, *messages):
        """Receive ``(type, body)`` and handle them; return them in their order."""
        for message_type, body in messages:
            self.number = getattr(self, "number", 0) + 1
            raw = canonical_json.dumps(body)
            self.receive(f"m{self.number}", raw, message_type=message_type)
        self.drain(self.inbound)
        return self.messages(self.inbound)

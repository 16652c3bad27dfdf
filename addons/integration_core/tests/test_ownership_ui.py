from odoo.tests import HttpCase, tagged

from .owned import OwnedCase


@tagged("post_install", "-at_install")
class TestOwnershipUi(OwnedCase, HttpCase):
    """Deciding a conflict and overriding an owner, in a browser."""

    def test_conflict_tour(self):
        self.own("email", "phone")
        message = self.bring("k1", email="jane@new.example", phone="2", function="Nurse")
        self.assertEqual(message.state, "quarantined")
        self.start_tour("/odoo", "integration_core_conflict", login="admin")
        # The clock of the browser's requests is ahead of that of this test's transaction.
        self.make_due(message)
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual(message.state, "done")
        person = self.person
        self.assertEqual(
            (person.email, person.phone, person.function), ("jane@new.example", "1", "Nurse")
        )

    def test_new_records_tour(self):
        self.own("email", owns_existence=True)

        def process(handler, _received, _data):
            for name in ("Ann", "Bob"):
                handler.env["res.partner"].create({"name": name, "email": f"{name.lower()}@e.x"})

        self.handle_with(process)
        message = self.receive("k1", {"key": "a"})
        self.drain(self.inbound)
        self.assertEqual(self.message(message.uuid).state, "quarantined")
        self.start_tour("/odoo", "integration_core_conflict_new", login="admin")
        self.make_due(message)
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual(message.state, "done")
        self.assertEqual(self.env["res.partner"].search_count([("name", "in", ("Ann", "Bob"))]), 2)

    def test_override_tour(self):
        self.own("email")
        self.start_tour(
            f"/odoo/m-res.partner/{self.person.id}", "integration_core_override", login="admin"
        )
        self.env.invalidate_all()
        self.assertEqual(self.person.email, "typed@by.hand")
        self.assertIn("typed@by.hand", self.audit("override", self.person)[:1].changes)

    def test_mute_tour(self):
        self.event_type._triggers_changed()
        self.start_tour("/odoo", "integration_core_mute", login="admin")
        self.env.invalidate_all()
        mute = self.env["integration.event.mute"].search([], limit=1)
        self.assertEqual((mute.state, mute.reason), ("catching_up", "First load"))

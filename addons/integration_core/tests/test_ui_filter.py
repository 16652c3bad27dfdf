from odoo.tests import HttpCase, tagged

from .common import EngineCase


@tagged("post_install", "-at_install")
class TestFilterUi(EngineCase, HttpCase):
    """A filter is tried in the form of its interface; the catalogue is read in a browser."""

    def test_try_a_filter_before_it_is_saved(self):
        draft = self.outbound.copy(
            {"name": "Tour draft", "event_type_ids": [(6, 0, self.event_type.ids)]}
        )
        self.fire()
        url = f"/odoo/integration-interfaces/{draft.id}"
        self.start_tour(url, "integration_core_try_filter", login="admin")
        self.assertEqual(draft.event_filter, "data.key == 'Zedland'")

    def test_catalogue(self):
        url = f"/odoo/integration-event-types/{self.event_type.id}"
        self.start_tour(url, "integration_core_catalogue", login="admin")

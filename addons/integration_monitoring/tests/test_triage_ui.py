"""The screens of the triage in a browser."""

from odoo.tests import HttpCase, tagged

from .error_group_case import ErrorGroupCase

_OPENED = """
const look = setInterval(() => {
    if (document.querySelector(".o_error_dialog")) {
        clearInterval(look);
        console.error("the form cannot be opened");
    } else if (document.querySelector(".o_form_view .o_field_widget[name=trend]")) {
        clearInterval(look);
        console.log("test successful");
    }
}, 100);
"""


@tagged("post_install", "-at_install")
class TestTriageUi(ErrorGroupCase, HttpCase):
    def test_a_group_can_be_opened(self):
        self.fail()
        group = self.collect()
        self.browser_js(
            f"/odoo/action-integration_monitoring.action_integration_error_group/{group.id}",
            _OPENED,
            login="admin",
        )

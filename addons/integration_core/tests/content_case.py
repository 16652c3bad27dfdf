from odoo.tests import new_test_user

from .common import EngineCase

VIEWER = "integration_core.group_content_viewer"
CLINICAL = "integration_core.group_clinical_viewer"
EXPORTER = "integration_core.group_content_exporter"
BODY = {"key": "Jane Doe", "lines": [{"amount": "12.50"}]}
REASON = "The laboratory asks about this result"


class ContentCase(EngineCase):
    """An interface with private content, and people who may see it or not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name, groups in {
            "viewer": VIEWER,
            "nurse": CLINICAL,
            "exporter": f"{VIEWER},{EXPORTER}",
            "clinical_exporter": f"{CLINICAL},{EXPORTER}",
            "only_exporter": EXPORTER,
            "auditor": "integration_core.group_auditor,base.group_allow_export",
            "observer": "integration_core.group_observer",
        }.items():
            setattr(cls, name, new_test_user(cls.env, f"content.{name}", groups))

    def classify(self, data_class, interface=None):
        interface = interface or self.inbound
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = %s WHERE id = %s",
            [data_class, interface.id],
        )
        self.env.invalidate_all()
        interface._configuration_changed()

    def acts(self, record, *acts):
        entries = self.env["integration.audit.entry"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)], order="id"
        )
        return entries.filtered(lambda entry: not acts or entry.act in acts)

    def text(self, state):
        return "\n".join(piece["text"] for piece in state["pieces"])

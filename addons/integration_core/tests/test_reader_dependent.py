import inspect
import re

from odoo.tests import new_test_user, tagged

from .test_event_capture import EventCase

# What asks for the reader's rights, or looks at records through his rules.
ASKS = re.compile(
    r"_filtered_access|has_access|check_access|has_groups?\(|_has_field_access"
    r"|\.search(_count)?\(|_read_group\("
)
# Through nobody's rules: the superuser's view, or a model without companies and further rules.
ASKED_AS_SUPERUSER = re.compile(r"\.sudo\(\)\s*\.\s*(search|search_count|_read_group)\(")
SAME_FOR_ALL = {
    ("integration.ownership", "covered_count"),
    ("integration.ownership.screen", "covered_count"),
    ("integration.mapping", "version_count"),
    ("integration.routing", "version_count"),
    ("integration.versioned", "version_count"),
    ("integration.value.map", "mapping_count"),
    ("integration.value.map", "proposed_count"),
    ("integration.value.map", "value_count"),
}


@tagged("post_install", "-at_install")
class TestReaderDependent(EventCase):
    """What is computed for one reader is not what the next one gets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.observer = new_test_user(
            cls.env, "reads.metadata", "base.group_user,integration_core.group_observer"
        )
        cls.viewer = new_test_user(
            cls.env, "reads.content", "base.group_user,integration_core.group_content_viewer"
        )

    def test_the_cache_tells_readers_apart(self):
        """Within one transaction the ORM keeps computed values for all users, unless told so."""
        found = {
            (name, field.name)
            for name, model in self.env.registry.items()
            if name.startswith("integration.") and not model._transient
            for field in model._fields.values()
            if field.compute and not field.store and not field.compute_sudo and not field.related
            if self._asks(self.env[name], field)
            if "uid" not in self.env.registry.field_depends_context[field]
        }
        self.assertEqual(found - SAME_FOR_ALL, set())

    def _asks(self, model, field):
        name = field.compute if isinstance(field.compute, str) else field.compute.__name__
        return self._source_asks(type(model), name, set())

    def _source_asks(self, model, name, seen):
        method = getattr(model, name, None)
        if name in seen or not inspect.isfunction(method):
            return False
        seen.add(name)
        if ".addons.integration_" not in method.__module__:
            return False
        source = ASKED_AS_SUPERUSER.sub("", inspect.getsource(method))
        return bool(ASKS.search(source)) or any(
            self._source_asks(model, one, seen) for one in re.findall(r"\.(_\w+)\(", source)
        )

    def _event(self):
        event_type = self.define()
        self.contact(name="Jane Roe", type="delivery")
        event = self.events(event_type)
        self.dispatch()
        return event

    def test_the_name_of_an_event_is_content_wherever_it_is_shown(self):
        """The name of a linked record is read as superuser, on behalf of whoever sees the link."""
        message = self._event().message_ids
        for user, shown in ((self.observer, False), (self.viewer, True)):
            self.env.invalidate_all()
            [row] = message.with_user(user).read(["event_id"])
            self.assertEqual("Jane Roe" in row["event_id"][1], shown, user.login)

    def test_the_name_of_a_document_is_for_those_who_may_read_it(self):
        event = self._event()
        message = event.message_ids
        self.env["ir.rule"].create(
            {
                "name": "Not this one",
                "model_id": self.env["ir.model"]._get("res.partner").id,
                "domain_force": f"[('id', '!=', {event.res_id})]",
            }
        )
        self.assertIn("Jane Roe", message.document_name)
        self.assertIn("Jane Roe", event.document_name)
        # Nothing is invalidated: the superuser's answer is still in the cache.
        self.assertFalse(message.with_user(self.observer).document_name)
        self.assertFalse(event.with_user(self.observer).document_name)

    def test_counts_follow_the_companies_of_the_reader(self):
        event = self._event()
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "reads.elsewhere",
            "integration_core.group_observer",
            company_id=elsewhere.id,
            company_ids=[(6, 0, elsewhere.ids)],
        )
        event_type = event.type_id
        self.assertEqual(event_type.event_count, 1)
        self.assertEqual(event_type.recent_event_ids, event)
        self.assertEqual(event_type.with_user(stranger).event_count, 0)
        self.assertFalse(event_type.with_user(stranger).recent_event_ids)
        self.assertTrue(event_type.contract_id.sudo().follower_ids)
        self.assertFalse(event_type.contract_id.with_user(stranger).follower_ids)

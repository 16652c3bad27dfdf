import inspect
from contextlib import suppress
from importlib import import_module

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import batches

from .access_calls import (
    ARGUMENTS,
    EVERYBODY,
    MAY_CALL,
    ORM,
    OUTSIDERS,
    SCREENS,
    STATES,
    STEWARDS,
)
from .access_matrix import MATRIX, OPERATIONS, ROLES
from .common import EngineCase


def suite_modules(env):
    return env["ir.module.module"].search(
        [("name", "=like", "integration_%"), ("state", "=", "installed")]
    )


def other_addons(env):
    """The modules ``tests/test_access.py`` of the suite's other addons: an addon that adds models
    has a MATRIX there, and one that adds methods MAY_CALL, ARGUMENTS and SAMPLES."""
    for name in suite_modules(env).mapped("name"):
        with suppress(ModuleNotFoundError):
            yield import_module(f"odoo.addons.{name}.tests.test_access")


def _methods_of_odoo(model):
    """Methods of a document that Odoo defines itself: to override one gives nobody a new way in."""
    return {
        method
        for cls in model.__mro__
        if cls.__module__.startswith("odoo.addons.")
        and not cls.__module__.startswith("odoo.addons.integration_")
        for method in vars(cls)
    }


@tagged("post_install", "-at_install")
class TestAccessMethods(EngineCase):
    """What can be called over RPC, and what outsiders can read: walks everything that there is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            role: new_test_user(cls.env, f"methods.{role}", group)
            for role, group in {**ROLES, **OUTSIDERS}.items()
        }
        for role in STEWARDS:  # who overrides must be able to write the record
            cls.users[role].group_ids += cls.env.ref("base.group_partner_manager")

        cls.may_call = {name: dict(methods) for name, methods in MAY_CALL.items()}
        cls.arguments, cls.samples = dict(ARGUMENTS), {}
        for tests in other_addons(cls.env):
            for name, methods in getattr(tests, "MAY_CALL", {}).items():
                # the core's own table is imported by its test module
                cls.may_call[name] = {**cls.may_call.get(name, {}), **methods}
            cls.arguments.update(getattr(tests, "ARGUMENTS", {}))
            cls.samples.update(getattr(tests, "SAMPLES", {}))

    # -- models ----------------------------------------------------------------------------

    def ours(self):
        """Every model that an addon of the suite defines."""
        modules = set(suite_modules(self.env).mapped("name"))
        return {
            name: model
            for name, model in self.env.registry.items()
            if model._original_module in modules and not model._abstract
        }

    def test_every_model_of_the_suite_is_in_a_matrix(self):
        """An addon with models of its own has a MATRIX in its tests/test_access.py."""
        known = {name for models in MATRIX for name in models}
        for tests in other_addons(self.env):
            known |= {name for models in tests.MATRIX for name in models}
        kept = {name for name, model in self.ours().items() if not model._transient}
        self.assertEqual(kept - known, set())

    def test_outsiders_have_no_rights_at_all(self):
        for name in self.ours():
            for role in ("user", *OUTSIDERS):
                model = self.env[name].with_user(self.users[role])
                for operation in OPERATIONS:
                    with self.subTest(model=name, role=role, operation=operation):
                        self.assertFalse(model.has_access(operation))

    def test_nobody_deletes_what_dialogs_keep(self):
        for name, model in self.ours().items():
            if model._transient:
                for role, user in self.users.items():
                    with self.subTest(model=name, role=role):
                        self.assertFalse(self.env[name].with_user(user).has_access("unlink"))

    def test_models_of_a_company_have_a_rule(self):
        """Other companies see nothing: each model with a company is under a global rule."""
        for name, model in self.ours().items():
            field = model._fields.get("company_id")
            if model._transient or field is None or field.type != "many2one":
                continue
            rules = self.env["ir.rule"].search(
                [("model_id.model", "=", name), ("groups", "=", False)]
            )
            with self.subTest(model=name):
                self.assertIn("company_ids", " ".join(rules.mapped("domain_force")))

    # -- methods ---------------------------------------------------------------------------

    def public_methods(self):
        """``{model: methods}`` that the suite defines and RPC can reach."""
        found = {}
        for name, model in self.env.registry.items():
            if model._abstract:
                continue
            odoos = _methods_of_odoo(model)
            for cls in model.__mro__:
                if not cls.__module__.startswith("odoo.addons.integration_"):
                    continue
                for method, function in vars(cls).items():
                    if (
                        inspect.isfunction(function)
                        and not method.startswith("_")
                        and not getattr(function, "_api_private", False)
                        and method not in ORM
                        and method not in odoos
                        and not method.startswith(SCREENS)
                    ):
                        found.setdefault(name, set()).add(method)
        return found

    def sample(self, name):
        makers = {
            "integration.audit.entry": lambda: self.env[name].search([], limit=1),
            "integration.audit.trail": lambda: self.env.ref("integration_core.audit_trail"),
            "integration.audit.verification": lambda: self.env[name].create({"scope": "full"}),
            "integration.interface": lambda: self.inbound,
            "integration.event": self.make_event,
            "integration.message": lambda: self.receive("k1", {"key": "a"}),
            "integration.credential": lambda: self.env[name].create({"name": "Shared"}),
            "integration.credential.version": self.make_secret,
            "integration.reencryption": lambda: self.env[name].create({}),
            "integration.contract": lambda: self.contract,
            "integration.contract.version": lambda: self.contract.version_ids,
            "integration.revision": self.make_revision,
            "integration.mapping": lambda: self.env[name].create({"name": "M", "header": "root"}),
            "integration.routing": lambda: self.env[name].create(
                {
                    "name": "R",
                    "code": "r",
                    "line_ids": [(0, 0, {"message_type": "*", "action": "filter"})],
                }
            ),
            "integration.event.type": lambda: self.event_type,
            "integration.policy": lambda: self.env.ref("integration_core.policy_default"),
            "integration.waiver": self.make_waiver,
            "integration.value.map": self.make_map,
            "integration.value.map.line": lambda: self.make_map().line_ids,
            "integration.record.sync": lambda: self.env[name],
            "integration.retention": lambda: self.env[name]._singleton(),
            "integration.legal.hold": self.make_hold,
            "integration.ownership": self.make_ownership,
            "integration.ownership.override": lambda: self.env[name],
            "integration.conflict": self.make_conflict,
            "integration.duplicate": self.make_duplicate,
            "integration.duplicate.candidate": lambda: self.make_duplicate().candidate_ids,
            "integration.exception": self.make_exception,
            "integration.readiness": lambda: self.env[name]._check(self.inbound),
            "integration.event.mute": lambda: self.env[name].create(
                {"model_name": "res.country", "reason": "Import"}
            ),
            "integration.replay.task": lambda: self.env[name].create({"reason": "An outage"}),
            "integration.arming": lambda: self.env[name].search([]),
            "integration.restore.finding": self.make_finding,
            "integration.batch": self.make_batch,
        }
        if name in self.samples:
            return self.samples[name](self)
        return makers[name]()

    def make_finding(self):
        self.env.cr.execute(
            "INSERT INTO integration_restore_finding (kind, interface_id, uuid) "
            "VALUES ('lost', %s, 'u') RETURNING id",
            [self.inbound.id],
        )
        return self.env["integration.restore.finding"].browse(self.env.cr.fetchone()[0])

    def make_batch(self):
        batches.keep(self.env.cr, self.inbound._inbound_spec(), batches.LIST, "k", {1: "u"})
        return self.env["integration.batch"].search([], limit=1)

    def make_secret(self):
        credential = self.env["integration.credential"].create({"name": "Shared"})
        credential.rotate({"generate": True})
        return credential.version_ids

    def make_event(self):
        self.fire()
        return self.env["integration.event"].search([("type_id", "=", self.event_type.id)])

    def make_waiver(self):
        return self.env["integration.waiver"].create(
            {"rule": "plaintext", "interface_id": self.outbound.id, "reason": "Old server"}
        )

    def make_hold(self):
        return self.env["integration.legal.hold"].create(
            {
                "name": "Dispute",
                "reference": "1",
                "reason": "A claim",
                "interface_id": self.inbound.id,
            }
        )

    def make_map(self):
        line = {"source": "PCS", "target": "C62"}
        return self.env["integration.value.map"].create(
            {"name": "Units", "code": "test_units", "line_ids": [(0, 0, line)]}
        )

    def make_ownership(self):
        return self.env["integration.ownership"].create(
            {
                "system_id": self.system.id,
                "model_name": "res.partner",
                "field_ids": [(0, 0, {"name": "name"})],
            }
        )

    def make_conflict(self):
        return self.env["integration.conflict"].create(
            {
                "message_id": self.receive("k1", {"key": "a"}).id,
                "interface_id": self.inbound.id,
                "company_id": self.inbound.company_id.id,
                "kind": "write",
                "res_model": "res.partner",
                "res_id": self.env.ref("base.main_partner").id,
                "state": "open",
                "opened_at": "2026-01-01 00:00:00",
                "line_ids": [(0, 0, {"field_name": "name"})],
            }
        )

    def make_duplicate(self):
        partner = {"res_model": "res.partner", "res_id": self.env.ref("base.main_partner").id}
        return self.env["integration.duplicate"].create(
            {
                "message_id": self.receive("k1", {"key": "a"}).id,
                "interface_id": self.inbound.id,
                "system_id": self.system.id,
                "company_id": self.inbound.company_id.id,
                "res_model": "res.partner",
                "external_id": "P-1",
                "opened_at": "2026-01-01 00:00:00",
                "candidate_ids": [(0, 0, partner)],
            }
        )

    def make_exception(self):
        partner = self.env.ref("base.main_partner")
        return self.env["integration.exception"]._raise_for(
            None, partner, "other", "Another address", area="master"
        )

    def make_revision(self):
        admin = self.inbound.with_user(self.users["administrator"])
        admin.action_propose_change()
        return self.env["integration.revision"].search(
            [("interface_id", "=", self.inbound.id)], order="id desc", limit=1
        )

    def test_every_public_method_is_in_the_table(self):
        """Say in MAY_CALL who may call a new method, or begin its name with an underscore."""
        found = {
            name: methods for name, methods in self.public_methods().items() if self.is_walked(name)
        }
        for name in set(found) | set(self.may_call):
            with self.subTest(model=name):
                self.assertEqual(found.get(name, set()), set(self.may_call.get(name, ())))

    def is_walked(self, name):
        """Whether it stands in the table who may call which methods of a model."""
        if self.env[name]._transient:
            return False
        return name.startswith("integration.") or name in self.may_call

    def test_models_of_others_get_screens_only(self):
        for name, methods in self.public_methods().items():
            if not name.startswith("integration.") and not self.is_walked(name):
                with self.subTest(model=name):
                    self.assertFalse(methods)

    def test_methods_refuse_whoever_may_not_call(self):
        for name, methods in self.may_call.items():
            for method, roles in methods.items():
                for role, found in self.outcomes(name, method, EVERYBODY - roles):
                    with self.subTest(model=name, method=method, role=role):
                        self.assertIsInstance(found, UserError, f"{name}.{method} by {role}")

    def test_methods_accept_whoever_may_call(self):
        """Otherwise the refusals above would prove nothing."""
        for name, methods in self.may_call.items():
            for method, roles in methods.items():
                callers = roles & set(ROLES) if roles != EVERYBODY else set()
                for role, found in self.outcomes(name, method, callers):
                    with self.subTest(model=name, method=method, role=role):
                        self.assertNotIsInstance(found, AccessError, f"{name}.{method} by {role}")

    def outcomes(self, name, method, roles):
        """Pairs of a role and the exception of its call, or None; whatever a call did is undone.

        All call on one record, as it was before: to make one for each would take most of the time.
        """
        if not roles:
            return []
        savepoint = self.env.cr.savepoint()
        try:
            record = self.prepared(name, method)
            return [(role, self.outcome(record, name, method, role)) for role in sorted(roles)]
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def outcome(self, record, name, method, role):
        found = None
        savepoint = self.env.cr.savepoint()
        try:
            record = record.with_user(self.users[role])
            needs = inspect.signature(getattr(type(record), method)).parameters.values()
            given = [
                "because"
                for p in needs
                if p.name != "self" and p.default is inspect.Parameter.empty
            ]
            given = self.arguments.get(method, given)
            getattr(record, method)(*self.arguments.get((name, method), given))
            self.env.flush_all()
        except UserError as exc:  # AccessError and ValidationError as well
            found = exc
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()
        return found

    def prepared(self, name, method):
        record = self.sample(name)
        state = STATES.get(name, {}).get(method)
        if state:
            self.env.flush_all()
            self.env.cr.execute(
                f"UPDATE {record._table} SET state = %s WHERE id = %s",
                [state, record.id],
            )
        # What the cache has would be read without a look at rights; a call over RPC has none.
        self.env.flush_all()
        self.env.invalidate_all()
        return record.with_env(self.env)

    # -- content ---------------------------------------------------------------------------

    def test_content_is_closed_to_those_who_see_metadata_only(self):
        """Fields with content: payloads, and what events carry."""
        self.fire()
        event = self.env["integration.event"].search([("type_id", "=", self.event_type.id)])
        payload = self.receive("k1", {"key": "canary"}).payload_ids
        for role in ("user", "observer", "operator", "approver", "auditor", *OUTSIDERS):
            for record, field in ((event, "data"), (payload, "content"), (payload, "body")):
                with self.subTest(role=role, field=field), self.assertRaises(AccessError):
                    record.with_user(self.users[role]).read([field])

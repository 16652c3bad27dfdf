import json
from contextlib import contextmanager

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import SCHEMA, EngineCase

CLOSED = {**SCHEMA, "additionalProperties": False}
REQUIRED = {**SCHEMA, "required": ["key", "amount"]}
LONGER = {**SCHEMA, "properties": {**SCHEMA["properties"], "colour": {"type": "string"}}}
WITHOUT_AMOUNT = {**SCHEMA, "properties": {"key": {"type": "string"}}}


class ContractCase(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ana, cls.bea, cls.cid = (
            new_test_user(cls.env, f"{name}.contract", f"integration_core.group_{roles}")
            for name, roles in (
                ("ana", "administrator,integration_core.group_approver"),
                ("bea", "approver"),
                ("cid", "approver"),
            )
        )
        cls.first = cls.contract.version_ids
        cls.owner = new_test_user(cls.env, "owner.contract", "integration_core.group_observer")
        cls.outbound.owner_id = cls.owner

    def version(self, number, schema=None, **values):
        return (
            self.env["integration.contract.version"]
            .with_user(self.ana)
            .create(
                {
                    "contract_id": self.contract.id,
                    "version": number,
                    "schema": json.dumps(schema or SCHEMA),
                    **values,
                }
            )
        )

    def approved(self, number, schema=None):
        version = self.version(number, schema)
        version.action_submit()
        version.with_user(self.bea).action_approve()
        return version

    def current(self):
        self.contract.invalidate_recordset()
        return self.contract.current_version_id.version

    def pin(self, interface, version):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_interface SET contract_version_id = %s WHERE id = %s",
            [version.id or None, interface.id],
        )
        self.env.invalidate_all()

    @contextmanager
    def refused(self, words):
        """Like assertRaisesRegex, and rolls back what the refused act did."""
        with self.assertRaises(UserError) as caught:
            yield
        self.assertIn(words, str(caught.exception))

    def audited(self, record):
        return (
            self.env["integration.audit.entry"]
            .search([("res_model", "=", record._name), ("res_id", "=", record.id)], order="id")
            .mapped("act")
        )


@tagged("post_install", "-at_install")
class TestContract(ContractCase):
    def test_current_version_is_the_highest_approved(self):
        self.approved("1.10.0")
        self.approved("1.9.0")
        self.version("2.0.0")
        self.assertEqual(self.current(), "1.10.0")

    def test_bad_schema_example_and_version_are_refused(self):
        for number, values in (
            ("1.1", {}),
            ("1.1.0", {"schema": "{"}),
            ("1.1.0", {"schema": '{"type": "thing"}'}),
            ("1.1.0", {"example": '{"key": 1}'}),
        ):
            with self.subTest(number, **values), self.assertRaises(ValidationError):
                self.version(number).write(values)

    def test_what_is_in_review_or_approved_does_not_change(self):
        version = self.version("1.1.0", example='{"key": "a"}')
        version.schema = json.dumps(LONGER)
        version.action_submit()
        for state in ("in_review", "approved"):
            with self.subTest(state):
                self.assertEqual(version.state, state)
                for values in ({"schema": "{}"}, {"version": "1.2.0"}, {"example": "{}"}):
                    with self.assertRaises(UserError):
                        version.write(values)
                with self.assertRaises(UserError):
                    version.unlink()
            if state == "in_review":
                version.with_user(self.bea).action_approve()

    def test_state_moves_by_buttons_only(self):
        version = self.version("1.1.0")
        for values in ({"state": "approved"}, {"author_ids": [(5,)]}, {"sample_text": "fine"}):
            with self.subTest(values), self.assertRaises(AccessError):
                version.write(values)
        with self.assertRaises(AccessError):
            self.version("1.2.0", state="approved")
        forged = version.with_context(default_base_version_id=version.id, default_state="approved")
        other = forged.create({"contract_id": self.contract.id, "version": "1.3.0"})
        self.assertEqual((other.state, other.base_version_id.id), ("draft", False))
        version.action_submit()
        with self.assertRaises(UserError):
            version.action_submit()

    def test_nobody_approves_what_he_wrote_or_submitted(self):
        version = self.version("1.1.0")
        version.action_submit()
        self.assertFalse(version.may_approve)
        with self.assertRaises(UserError):
            version.action_approve()
        dan = new_test_user(self.env, "dan.contract", "integration_core.group_operator")
        for user in (dan, self.owner):
            with self.subTest(user.login), self.assertRaises(UserError):
                version.with_user(user).action_approve()
        version.with_user(self.bea).action_approve()
        self.assertEqual(version.approved_by_id, self.bea)
        # The second of two approvers comes too late, and is told.
        with self.assertRaises(UserError):
            version.with_user(self.cid).action_approve()
        self.assertEqual(self.audited(version), ["create", "submit", "approve"])

    def test_sent_back_with_a_reason(self):
        version = self.version("1.1.0")
        version.action_submit()
        version.with_user(self.bea).action_send_back("Name the unit.")
        self.assertEqual(version.state, "draft")
        version.schema = json.dumps(LONGER)

    def test_number_that_rises_too_little_is_refused_with_the_right_one(self):
        for number, schema, right in (
            ("1.0.1", LONGER, "1.1.0"),
            ("1.1.0", CLOSED, "2.0.0"),
            ("1.9.0", WITHOUT_AMOUNT, "2.0.0"),
        ):
            with self.subTest(number), self.refused(f"must be {right}"):
                self.version(number, schema).action_submit()
        self.version("1.0.2", {**SCHEMA, "title": "Thing"}).action_submit()

    def test_new_version_begins_with_the_one_in_force(self):
        self.version("1.1.0")
        action = self.contract.with_user(self.ana).action_new_version()
        version = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((version.version, version.state), ("1.2.0", "draft"))
        self.assertEqual(json.loads(version.schema), SCHEMA)

    def test_history_is_kept(self):
        with self.assertRaises(UserError):
            self.contract.with_user(self.ana).unlink()
        unused = (
            self.env["integration.contract"]
            .with_user(self.ana)
            .create({"name": "Unused", "code": "test.unused", "version_ids": [(0, 0, {})]})
        )
        event_type = self.event_type.copy({"code": "test.unused", "contract_id": unused.id})
        with self.assertRaises(UserError):
            unused.unlink()
        event_type.unlink()
        unused.unlink()

    def test_where_used(self):
        self.pin(self.outbound, self.first)
        self.handle_with(lambda *args: None)
        self.assertEqual(self.contract.follower_ids, self.inbound | self.outbound)
        self.assertEqual(self.contract.pinned_ids, self.outbound)
        self.assertIn("Handler", self.contract.handler_names)


@tagged("post_install", "-at_install")
class TestContractConsumers(ContractCase):
    def test_break_of_a_follower_is_refused(self):
        version = self.version("2.0.0", WITHOUT_AMOUNT)
        version.action_submit()
        self.assertIn("Outbound", version.obstacles)
        with self.refused("Outbound"):
            version.with_user(self.bea).action_approve()
        self.outbound.action_pause()
        with self.refused("Outbound"):  # its messages only wait
            version.with_user(self.bea).action_approve()
        self.outbound.sudo().state = "draft"
        version.with_user(self.bea).action_approve()
        self.assertEqual(self.current(), "2.0.0")

    def test_direction_decides_who_breaks(self):
        self.handle_with(lambda *args: None)
        for schema, broken, safe in (
            (WITHOUT_AMOUNT, "Outbound", "Inbound"),  # breaks readers
            (REQUIRED, "Inbound", "Outbound"),  # breaks writers
        ):
            version = self.version("2.0.0", schema)
            with self.subTest(broken):
                self.assertIn(broken, version.obstacles)
                self.assertNotIn(safe, version.obstacles)
                self.assertIn(safe, version.consumers)
            version.unlink()

    def test_odoos_own_side_is_warned_of(self):
        version = self.version("2.0.0", REQUIRED)
        self.assertFalse(version.obstacles)
        self.assertIn("own events", version.warnings)

    def test_fixed_version_stays_and_is_listed(self):
        self.env.cr.execute("DELETE FROM integration_event_type_integration_interface_rel")
        self.pin(self.outbound, self.first)
        version = self.approved("2.0.0", WITHOUT_AMOUNT)
        self.assertIn("stays with", version.consumers)
        self.assertIn("breaks", version.consumers)
        self.assertEqual(self.outbound.contract_version_id, self.first)

    def test_lower_number_does_not_take_over(self):
        self.outbound.sudo().state = "draft"
        self.approved("2.0.0", WITHOUT_AMOUNT)
        self.outbound.sudo().state = "active"
        version = self.version("1.1.0", LONGER)
        self.assertEqual(version.compared_with_id, self.first)
        self.assertIn("stays in force", version.warnings)
        version.action_submit()
        version.with_user(self.bea).action_approve()
        self.assertEqual(self.current(), "2.0.0")

    def test_owner_is_told(self):
        version = self.approved("1.1.0", LONGER)
        note = self.outbound.message_ids[0]
        self.assertIn("test.thing 1.1.0", note.body)
        self.assertIn("/colour", note.body)
        self.assertIn(self.owner.partner_id, note.notified_partner_ids)
        self.assertFalse(self.outbound.activity_ids)
        self.assertEqual(version.base_version_id, self.first)

    def test_owner_gets_a_task_when_it_breaks(self):
        self.outbound.sudo().state = "approved"
        self.approved("2.0.0", WITHOUT_AMOUNT)
        self.assertEqual(self.outbound.activity_ids.user_id, self.owner)

    def test_mail_to_support_contacts_is_prepared(self):
        version = self.version("1.1.0", LONGER)
        with self.assertRaises(UserError):
            version.action_write_to_partners()
        contact = self.env["res.partner"].create({"name": "Support", "email": "s@example.com"})
        self.system.support_contact_id = contact
        action = version.action_write_to_partners()
        self.assertEqual(action["context"]["default_partner_ids"], contact.ids)
        self.assertIn("/colour", action["context"]["default_body"])
        composer = self.env["mail.compose.message"].with_user(self.ana)
        composer.with_context(**action["context"]).create({})._action_send_mail()
        self.assertIn(contact, version.message_ids[0].notified_partner_ids)

    def test_consumers_of_other_companies_count_without_a_name(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        stranger = new_test_user(
            self.env,
            "stranger.contract",
            "integration_core.group_administrator",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        version = self.version("2.0.0", WITHOUT_AMOUNT).with_user(stranger)
        self.assertIn("1 of other companies", version.obstacles)
        self.assertNotIn("Outbound", f"{version.obstacles}{version.consumers}")

    def test_report_is_escaped(self):
        name = "<img src=x onerror=alert(1)>"
        version = self.version("1.1.0", {**SCHEMA, "properties": {name: {"const": name}}})
        for shown in (version.report, version.diff):
            self.assertNotIn("<img", shown)
            self.assertIn("&lt;img", shown)

    def test_report_of_a_schema_being_typed(self):
        version = self.env["integration.contract.version"].new(
            {"contract_id": self.contract.id, "version": "1.", "schema": "{"}
        )
        self.assertFalse(version.report)


@tagged("post_install", "-at_install")
class TestContractSamples(ContractCase):
    def test_recent_messages_are_tried(self):
        self.handle_with(lambda *args: None)
        for number in range(3):
            self.receive(f"m{number}", {"key": "SECRET", "amount": "x" * number})
        self.receive("m4", {"key": 5})  # refused today as well, so it proves nothing
        self.drain(self.inbound)
        schema = {**SCHEMA, "properties": {**SCHEMA["properties"], "amount": {"maxLength": 1}}}
        version = self.version("2.0.0", schema)
        version.action_try_samples()
        self.assertIn("1 of 3", version.sample_text)
        self.assertIn("/amount: 1", version.sample_text)
        self.assertNotIn("SECRET", version.sample_text)
        self.version("1.1.0", LONGER).action_submit()

    def test_names_of_members_may_be_content(self):
        self.handle_with(lambda *args: None)
        self.receive("m1", {"key": "a", "PATIENT": "x"})
        self.drain(self.inbound)
        version = self.version("2.0.0", {**SCHEMA, "additionalProperties": {"maxLength": 0}})
        version.action_try_samples()
        self.assertIn("/…: 1", version.sample_text)
        self.assertNotIn("PATIENT", version.sample_text)

    def test_clinical_interfaces_are_left_out(self):
        self.handle_with(lambda *args: None)
        self.receive("m1", {"key": "a"})
        self.drain(self.inbound)
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = 'clinical' WHERE id = %s",
            [self.inbound.id],
        )
        self.env.invalidate_all()
        version = self.version("2.0.0", CLOSED)
        version.action_try_samples()
        self.assertIn("no recent messages", version.sample_text)

    def test_events_are_tried(self):
        self.fire()
        self.dispatch()
        version = self.version("2.0.0", REQUIRED)
        version.action_submit()
        self.assertIn("1 of 1", version.sample_text)


@tagged("post_install", "-at_install")
class TestContractRollback(ContractCase):
    def test_former_version_is_in_force_again(self):
        version = self.approved("1.1.0", LONGER)
        warning = version.action_ask_retire()["context"]["default_warning"]
        self.assertIn("1.0.0 is in force again", warning)
        self.assertIn("Outbound", warning)  # who got used to the colour misses it
        version.action_retire("The partner is not ready.")
        self.assertEqual(self.current(), "1.0.0")
        self.assertIn("1.0.0 is in force again", self.outbound.message_ids[0].body)
        self.assertEqual(self.audited(version)[-1], "retire")
        # Its number stays taken, and the report what was approved.
        self.assertEqual(version.compared_with_id, self.first)
        self.assertEqual(self.contract.action_new_version()["res_model"], version._name)

    def test_version_in_use_is_not_retired(self):
        version = self.approved("1.1.0")
        self.pin(self.inbound, version)
        with self.assertRaises(UserError):
            version.action_retire("No more.")

    def test_last_version_of_a_live_follower_is_not_retired(self):
        with self.refused("Outbound"):
            self.first.with_user(self.ana).action_retire("No more.")

    def test_only_administrators_retire(self):
        version = self.approved("1.1.0")
        with self.assertRaises(AccessError):
            version.with_user(self.bea).action_retire("No more.")
        version.action_retire("No more.")
        with self.assertRaises(UserError):
            version.action_retire("Again.")

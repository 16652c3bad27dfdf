"""Rights on the models of this addon; the walks over all of them are in the core's tests."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.tests.access_calls import OPERATORS
from odoo.addons.integration_core.tests.access_matrix import ALL, NOTHING, READ, ROLES, Rights

from .census_case import CensusCase, bed

KEPT_BY_FEED = (
    "ehr.appointment",
    "ehr.appointment.resource",
    "ehr.bed.entry",
    "ehr.housekeeping",
    "ehr.merge",
    "ehr.move",
    "ehr.patient",
    "ehr.schedule",
    "ehr.slot",
)
# What partners call their records, and what is known of them: nobody reads that.
KEPT_BACK = ("ehr.record",)
CONFIGURED = ("ehr.location", "ehr.staff")
VISITS = ("ehr.encounter",)
ENTERED = ("integration.census.bed.entry", "integration.census.entry")
LISTED = ("ehr.payer",)
COMING = ("ehr.coming",)
LOOKED_UP = ("ehr.patient.lookup",)
SUBSCRIPTIONS = ("integration.fhir.subscription",)
SUBSCRIBE = ("integration.fhir.subscribe",)
TRIED = ("integration.fhir.trial",)
OBSERVED = (
    "integration.mllp.connection",
    "integration.mllp.listener",
    "integration.mllp.listener.port",
    "integration.mllp.refusal",
)
# fhir client
FHIR_READ = ("integration.fhir.known", "integration.fhir.poll")
FHIR_CHECKED = ("integration.fhir.check", "integration.fhir.check.line")
FHIR_REREAD = ("integration.fhir.reread",)
# Of the roles of integrations none has a right on the census.
MATRIX = {
    KEPT_BY_FEED: dict.fromkeys(ROLES, NOTHING),
    KEPT_BACK: dict.fromkeys(ROLES, NOTHING),
    SUBSCRIBE: {role: "rwc" if role == "administrator" else NOTHING for role in ROLES},
    SUBSCRIPTIONS: {
        role: {"user": NOTHING, "administrator": "rwd"}.get(role, READ) for role in ROLES
    },
    CONFIGURED: dict.fromkeys(ROLES, NOTHING),
    VISITS: dict.fromkeys(ROLES, NOTHING),
    ENTERED: dict.fromkeys(ROLES, NOTHING),
    LISTED: dict.fromkeys(ROLES, NOTHING),
    COMING: dict.fromkeys(ROLES, NOTHING),
    LOOKED_UP: {role: "rwc" if role == "clinical_viewer" else NOTHING for role in ROLES},
    TRIED: {role: "rwc" if role == "administrator" else NOTHING for role in ROLES},
    OBSERVED: {role: NOTHING if role == "user" else READ for role in ROLES},
    FHIR_READ: {role: NOTHING if role == "user" else READ for role in ROLES},
    FHIR_CHECKED: {role: "rc" if role in OPERATORS else NOTHING for role in ROLES},
    FHIR_REREAD: {role: "rwc" if role in OPERATORS else NOTHING for role in ROLES},
}
# Those who keep the census, or decide about it.
MAY_CALL = {
    "ehr.coming": {"action_apply": set(), "action_give_up": set()},
    "ehr.encounter": {"action_join": set(), "action_unjoin": set()},
    "ehr.housekeeping": {"action_done": set(), "action_start": set()},
    "ehr.location": {"feed_notices": set()},
    "ehr.move": {"action_withdraw": set()},
    # fhir client
    "integration.fhir.poll": {"action_poll_now": OPERATORS},
    "integration.interface": {
        "action_poll_now": OPERATORS,
        "action_test_fhir_connection": OPERATORS,
    },
    "integration.fhir.subscription": {
        "action_end": {"administrator"},
        "action_look": {"administrator"},
        "action_poll": {"administrator"},
        "action_request": {"administrator"},
    },
}


def _location(case):
    return case.env["ehr.location"].create({**bed(91, unit="T9"), "kind": "bed"})


def _encounter(case):
    return case.env["ehr.encounter"].create(
        {"visit_number": "T9", "company_id": case.env.company.id}
    )


def _move(case):
    visit = _encounter(case)
    return case.env["ehr.move"].create(
        {
            "encounter_id": visit.id,
            "kind": "admit",
            "occurred_at": "2026-03-02 08:00:00",
            "received_at": "2026-03-02 08:00:00",
            "digest": "0",
            "company_id": visit.company_id.id,
        }
    )


def _coming(case):
    system = case.env["integration.system"].create({"name": "T9", "code": "T9", "kind": "ehr"})
    return case.env["ehr.coming"].create(
        {
            "kind": "staff",
            "name": "D1",
            "effective_at": "2030-03-02 08:00:00",
            "records": [[1, {"action": "delete", "staff": {"number": "D1"}}]],
            "digest": "0",
            "system_id": system.id,
            "user_id": case.env.uid,
            "company_id": case.env.company.id,
        }
    )


def _housekeeping(case):
    place = _location(case)
    return case.env["ehr.housekeeping"].create(
        {
            "location_id": place.id,
            "requested_at": "2026-03-02 08:00:00",
            "reason": "told",
            "company_id": place.company_id.id,
        }
    )


def _fhir_poll(case):
    return case.env["integration.fhir.poll"].create(
        {"interface_id": case.inbound.id, "query": "Encounter"}
    )


def _subscription(case):
    system = case.env["integration.system"].create({"name": "T9", "code": "T9", "kind": "ehr"})
    interface = case.env["integration.interface"].create(
        {"name": "T9", "system_id": system.id, "direction": "inbound", "transport": "fhir"}
    )
    return case.env["integration.fhir.subscription"].create(
        {"interface_id": interface.id, "reference": "Subscription/T9"}
    )


SAMPLES = {
    "integration.fhir.poll": _fhir_poll,
    "integration.fhir.subscription": _subscription,
    "ehr.coming": _coming,
    "ehr.encounter": _encounter,
    "ehr.housekeeping": _housekeeping,
    "ehr.location": _location,
    "ehr.move": _move,
}
PEOPLE = {
    "user": {
        KEPT_BY_FEED: READ,
        KEPT_BACK: NOTHING,
        CONFIGURED: READ,
        VISITS: READ,
        ENTERED: NOTHING,
        LISTED: NOTHING,
        COMING: NOTHING,
        LOOKED_UP: NOTHING,
    },
    "manager": {
        KEPT_BY_FEED: READ,
        KEPT_BACK: NOTHING,
        CONFIGURED[:1]: ALL,
        VISITS: "rwc",
        ENTERED: "rwc",
        LISTED: ALL,
        COMING: READ,
        LOOKED_UP: "rwc",
    },
    "keeper": {
        KEPT_BY_FEED: READ,
        KEPT_BACK: NOTHING,
        CONFIGURED: READ,
        VISITS: "rc",
        ENTERED: "rwc",
        LISTED: NOTHING,
        COMING: NOTHING,
        LOOKED_UP: NOTHING,
    },
}


@tagged("post_install", "-at_install")
class TestEhrAccess(Rights, CensusCase):
    def test_matrix(self):
        for role, group in ROLES.items():
            user = new_test_user(self.env, f"ehr.{role}", group)
            for names, rights in MATRIX.items():
                self.check_rights(names, user, rights[role])

    def test_people(self):
        for role, rights in PEOPLE.items():
            user = new_test_user(
                self.env, f"ehr.people.{role}", f"integration_ehr_bridge.group_census_{role}"
            )
            for names, allowed in rights.items():
                self.check_rights(names, user, allowed)

    def test_the_reader_of_fhir_only_reads(self):
        user = new_test_user(
            self.env, "ehr.fhir.reader", "base.group_user,integration_ehr_bridge.group_fhir_reader"
        )
        self.check_rights(("ehr.location", "ehr.payer"), user, READ)
        closed = (*VISITS, *KEPT_BY_FEED, "ehr.staff", *TRIED)
        self.check_rights(closed, user, NOTHING)

    def test_accounts_are_for_few(self):
        user = new_test_user(
            self.env, "ehr.account.reader", "integration_ehr_bridge.group_census_keeper"
        )
        visit = self.tell("admit", "8:00", place=1, account={"number": "A1"}, payer="AOK")
        self.assertNotIn("account_number", visit.with_user(user).fields_get())
        self.assertNotIn("facts", visit.move_ids.with_user(user).fields_get())
        with self.assertRaises(AccessError):
            visit.with_user(user).read(["payer_code"])

    def test_housekeeping_is_done_by_keepers(self):
        self.tell("admit", "8:00", place=1)
        self.tell("discharge", "9:00")
        groups = "integration_ehr_bridge.group_census_"
        reader = new_test_user(self.env, "ehr.clean.reader", f"{groups}user")
        keeper = new_test_user(self.env, "ehr.clean.keeper", f"{groups}keeper")
        request = self.requests(1)
        with self.assertRaises(AccessError):
            request.with_user(reader).action_start()
        mine = request.with_user(keeper)
        mine.action_start()
        self.assertEqual(self.bed(1).bed_state, "housekeeping")
        with self.assertRaises(UserError):
            mine.action_start()
        mine.action_done()
        self.assertEqual((request.state, request.done_by_id), ("done", keeper))
        self.assertEqual(self.bed(1).bed_state, "free")

    def test_companies_are_apart(self):
        other = self.env["res.company"].create({"name": "Other", "ehr_create_locations": True})
        self.feed.company_ids += other
        told = [self.adt("admit", "8:00", place=1), self.adt("discharge", "9:00")]
        self.process("ehr_encounter", *told, company=other)
        merge = {
            "occurred_at": told[0]["occurred_at"],
            "merges": [{"kept": {"number": "P2"}, "retired": {"number": "P1"}}],
        }
        self.process("ehr_patient_merge", merge, company=other)
        self.env["ehr.payer"].create({"code": "AOK", "name": "AOK", "company_id": other.id})
        self.env["ehr.staff"].with_company(other)._resolve([("", "D1")], other)
        reader = new_test_user(
            self.env, "ehr.company.reader", "integration_ehr_bridge.group_census_manager"
        )
        _coming(self).company_id = other
        taken = self.env["ehr.location"].search(
            [("company_id", "=", other.id), ("kind", "=", "bed")], limit=1
        )
        taken._say_by_hand("closed", "broken")
        kinds = "bed.entry coming encounter housekeeping location merge move patient payer staff"
        for name in kinds.split():
            with self.subTest(model=name):
                every = self.env[f"ehr.{name}"].with_context(active_test=False)
                theirs = every.search([("company_id", "=", other.id)])
                self.assertTrue(theirs)
                mine = theirs.with_user(reader)
                self.assertFalse(mine.search([("company_id", "=", other.id)]))
                with self.assertRaises(AccessError):
                    mine.read(["company_id"])
                with self.assertRaises(AccessError):
                    mine.check_access("write")

    def test_who_has_seen_messages_of_a_visit(self):
        """That is for auditors; what they see is in the test of the drain."""
        visit = self.tell("admit", "8:00", place=1)
        with self.assertRaises(AccessError):
            visit.with_user(
                new_test_user(
                    self.env, "ehr.no.auditor", "integration_ehr_bridge.group_census_manager"
                )
            ).action_open_access()

"""What the laboratory, the health fund and payroll have exchanged with the hospital so far."""

from __future__ import annotations

import json
from datetime import timedelta

from odoo import api
from odoo.models import BaseModel

from ..engine import audit, unmapped
from ..tools.breaker import Breaker
from . import bulk, credentials, governance
from .ledger import Ledger, Story

CONSUMPTION = "material_consumption"
EMPLOYEE = "employee"


def tell(env: api.Environment) -> None:
    """Fill the screens; harmless when it was done before."""
    ledger = Ledger(env)
    if ledger.is_told("lab-1"):
        return
    _laboratory(env, ledger)
    _propose(env)
    _payroll(env, ledger)
    _links(env)
    _history(env)
    governance.tell(env)
    credentials.tell(env)
    bulk.tell(env)
    env["integration.record.sync"]._touched_changed()
    env.invalidate_all()


def _ref(env: api.Environment, name: str) -> BaseModel:
    return env.ref(f"integration_core.{name}")


def _usage(item: str, amount: str, unit: str) -> dict:
    return {
        "analyser": "LAB-CHEMISTRY",
        "used_at": "2026-03-02T08:45:00",
        "reagents": [{"code": item, "amount": amount, "unit": unit}],
    }


def _used(item: str, amount: str, unit: str) -> dict:
    return {
        "location": "LAB-CHEMISTRY",
        "consumed_at": "2026-03-02T07:45:00Z",
        "lines": [{"item": item, "quantity": amount, "unit": unit}],
    }


def _laboratory(env: api.Environment, ledger: Ledger) -> None:
    """Inbound: everything that can happen to what arrives."""
    interface = _ref(env, "interface_lab_consumption")
    for number, (item, amount, unit, code, minutes) in enumerate(
        (
            ("REAGENT-CRP", "2", "KIT", "KT", 1500),
            ("REAGENT-TSH", "1", "KIT", "KT", 1380),
            ("REAGENT-GLU", "250", "ML", "MLT", 190),
            ("REAGENT-CRP", "1", "KIT", "KT", 55),
        ),
        1,
    ):
        ledger.tell(
            interface,
            Story(
                f"lab-{number}",
                "done",
                minutes,
                CONSUMPTION,
                _usage(item, amount, unit),
                canonical=_used(item, amount, code),
                key=item,
            ),
        )
    missing, proposed = (
        ("mapping", unmapped.CODE, f"“{unit}” is not in the value map “demo_lab_units”.")
        for unit in ("BTL", "PKG")
    )
    broken = (
        "contract",
        "contract_violation",
        "The content does not have the agreed shape. /consumed_at: is required",
    )
    conflict = (
        "conflict",
        "key_reused",
        "This id was used before, for another content. Ask the sender which one is right.",
    )
    stories = [
        Story(
            "lab-unmapped-1",
            "quarantined",
            45,
            CONSUMPTION,
            _usage("BUFFER-A", "3", "BTL"),
            error=missing,
        ),
        Story(
            "lab-unmapped-2",
            "quarantined",
            30,
            CONSUMPTION,
            _usage("BUFFER-B", "1", "BTL"),
            error=missing,
        ),
        Story(
            "lab-proposed",
            "quarantined",
            25,
            CONSUMPTION,
            _usage("TUBE-EDTA", "4", "PKG"),
            error=proposed,
        ),
        Story(
            "lab-contract",
            "quarantined",
            120,
            CONSUMPTION,
            {"analyser": "LAB-HEMA", "reagents": []},
            error=broken,
        ),
        Story(
            "lab-conflict",
            "quarantined",
            100,
            CONSUMPTION,
            _usage("REAGENT-CRP", "20", "KIT"),
            attempts=0,
            error=conflict,
        ),
        Story("lab-filtered", "filtered", 300, "heartbeat", {"alive": True}),
        Story(
            "lab-received", "received", 1, CONSUMPTION, _usage("REAGENT-NA", "1", "KIT"), attempts=0
        ),
        Story(
            "lab-processing",
            "processing",
            2,
            CONSUMPTION,
            _usage("REAGENT-K", "1", "KIT"),
            attempts=1,
        ),
        Story(
            "lab-parked",
            "held",
            400,
            CONSUMPTION,
            _usage("REAGENT-LDH", "999", "KIT"),
            attempts=0,
            values={"held_reason": "parked"},
        ),
        Story(
            "lab-cancelled",
            "cancelled",
            2880,
            CONSUMPTION,
            _usage("REAGENT-ALT", "1", "KIT"),
            attempts=0,
            values={"resolution": "A test of the laboratory, not a real usage"},
        ),
    ]
    for story in sorted(stories, key=_oldest_first):
        ledger.tell(interface, story)


def _propose(env: api.Environment) -> None:
    """An operator proposes what a code means; an administrator has not confirmed it yet."""
    olga = _ref(env, "demo_user_olga")
    env["integration.value.map.line"].with_user(olga).create(
        {"map_id": _ref(env, "value_map_lab_units").id, "source": "PKG", "target": "PK"}
    )


def _payroll(env: api.Environment, ledger: Ledger) -> None:
    """Outbound: one interface is paused, the other calls a server that is down."""
    event_type = _ref(env, "event_type_employee_created")
    people = [_ref(env, f"demo_user_{name}") for name in ("ana", "ben", "olga", "aud")]
    paused, down = _ref(env, "interface_payroll_employees"), _ref(env, "interface_payroll_badges")
    for number, person in enumerate(people[:2], 1):
        ledger.tell(
            paused,
            Story(
                f"payroll-done-{number}",
                "done",
                4000 + number,
                EMPLOYEE,
                _person(person),
                person,
                status=200,
                response='{"accepted": true}',
                sync="synchronised",
            ),
            event_type,
        )
    for number, person in enumerate(people[2:], 1):
        ledger.tell(
            paused,
            Story(
                f"payroll-held-{number}",
                "held",
                90 + number,
                EMPLOYEE,
                _person(person),
                person,
                attempts=0,
                values={"held_reason": "paused"},
                sync="pending",
            ),
            event_type,
        )
    ledger.tell(
        _ref(env, "interface_payroll_legacy"),
        Story(
            "legacy-held",
            "held",
            100000,
            EMPLOYEE,
            _person(people[0]),
            people[0],
            attempts=0,
            values={"held_reason": "inactive"},
        ),
        event_type,
    )
    unavailable = ("transient", "http_503", "The partner answers: service unavailable (HTTP 503).")
    refused = ("permanent", "http_422", "The partner refused the message: HTTP 422.")
    lost = ("unknown_outcome", "timeout", "The message left, but no answer came in time.")
    stories = [
        Story(
            "badge-dead-1",
            "dead",
            2000,
            EMPLOYEE,
            _person(people[0]),
            people[0],
            attempts=6,
            error=unavailable,
            status=503,
            sync="failed",
        ),
        Story(
            "badge-dead-2",
            "dead",
            1900,
            EMPLOYEE,
            _person(people[1]),
            people[1],
            error=refused,
            status=422,
            response='{"error": "cost centre missing"}',
            sync="failed",
        ),
        Story(
            "badge-unknown",
            "quarantined",
            300,
            EMPLOYEE,
            _person(people[2]),
            people[2],
            error=lost,
            sync="failed",
        ),
        Story(
            "badge-retry",
            "retry",
            20,
            EMPLOYEE,
            _person(people[3]),
            people[3],
            attempts=3,
            error=unavailable,
            status=503,
            sync="pending",
            # The forced breaker keeps it from being sent, so it need not lie in a far future.
            values={"available_at": ledger.now + timedelta(hours=8)},
        ),
        Story(
            "badge-queued",
            "queued",
            5,
            EMPLOYEE,
            _person(people[3]),
            people[3],
            attempts=0,
            sync="pending",
            values={"available_at": ledger.now},
        ),
        Story("badge-waiting", "waiting", 15, EMPLOYEE, _person(people[1]), people[1], status=202),
        Story("badge-done", "done", 5000, EMPLOYEE, _person(people[0]), people[0], status=200),
    ]
    for story in sorted(stories, key=_oldest_first):
        ledger.tell(down, story, event_type)
    # Forced open by an operator, as the runbook says: nothing is sent until it is reset.
    breaker = Breaker(down.policy_id._breaker_config()).force_open()
    env.cr.execute(
        "INSERT INTO integration_breaker (interface_id, state, data) VALUES (%s, %s, %s)",
        [down.id, str(breaker.state), json.dumps(breaker.to_dict())],
    )


def _oldest_first(story: Story) -> float:
    return -story.minutes


def _person(user: BaseModel) -> dict:
    return {"id": user.id, "name": user.name, "email": user.email}


def _links(env: api.Environment) -> None:
    links = env["integration.record.link"]
    for system, record, external_id in (
        ("system_payer", _ref(env, "partner_payer"), "HF-0404"),
        ("system_medsupply", _ref(env, "partner_medsupply"), "MS-HOSPITAL-17"),
        ("system_payroll", _ref(env, "demo_user_ana"), "E-1001"),
        ("system_payroll", _ref(env, "demo_user_ben"), "E-1002"),
    ):
        links._link(_ref(env, system).id, record, external_id)


def _history(env: api.Environment) -> None:
    """Audit entries, as the people of the story would have left them."""
    as_ana, as_ben, as_olga = (
        env(user=_ref(env, f"demo_user_{name}").id) for name in ("ana", "ben", "olga")
    )
    for own, name, act, reason in (
        (as_ana, "interface_lab_consumption", "submit", ""),
        (as_ben, "interface_lab_consumption", "approve", ""),
        (as_ana, "interface_lab_consumption", "activate", ""),
        (as_ana, "interface_payroll_legacy", "retire", "Replaced by the new payroll"),
        (as_ana, "interface_ehr_admissions", "submit", ""),
        (as_olga, "interface_payroll_employees", "pause", "Payroll closes its month until Friday"),
    ):
        audit.record(_ref(env, name).with_env(own), act, reason=reason)

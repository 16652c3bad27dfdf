"""Credentials in states that one meets in a year: in use, being rotated, about to end.

Only where the server has a key ring: without one no secret is stored, and demo data makes none up.
The secrets are random and nobody's.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from odoo import api, fields
from odoo.models import BaseModel

from ..engine import keys
from .people import named


def tell(env: api.Environment) -> None:
    """Add the credentials; harmless when it was done before."""
    if keys.optional_ring(env.cr) is None or env.ref(f"{_MODULE}.credential_lab", False):
        return
    now = fields.Datetime.now()
    _in_use(env, now)
    _rotating(env, now)
    _ending(env, now)
    env["integration.credential"]._cron_credentials()


_MODULE = "integration_core"


def _make(env: api.Environment, xmlid: str, **values: object) -> BaseModel:
    ana = env.ref(f"{_MODULE}.demo_user_ana")
    credential = env["integration.credential"].create({"user_id": ana.id, **values})
    return named(credential, f"{_MODULE}.{xmlid}")


def _in_use(env: api.Environment, now: datetime) -> None:
    pair = _make(env, "credential_lab", name="Laboratory: signatures", kind="ed25519")
    pair.rotate({"generate": True})
    pair.version_ids.write({"last_used_at": now - timedelta(minutes=4)})


def _rotating(env: api.Environment, now: datetime) -> None:
    token = _make(env, "credential_payer", name="Health fund: claims", kind="bearer")
    token.rotate({}, secrets.token_urlsafe(32))
    token.version_ids.write({"last_used_at": now - timedelta(minutes=20)})
    token.rotate({"lead_hours": 24, "overlap_hours": 72}, secrets.token_urlsafe(32))


def _ending(env: api.Environment, now: datetime) -> None:
    login = _make(env, "credential_payroll", name="Payroll: employees", kind="basic")
    login.rotate({"login": "hospital"}, secrets.token_urlsafe(24))
    login.version_ids.write(
        {"not_after": now + timedelta(days=9), "last_used_at": now - timedelta(hours=5)}
    )

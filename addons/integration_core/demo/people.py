"""Who acts in the story, and names for what they make."""

from __future__ import annotations

from odoo import api
from odoo.models import BaseModel

# People of the story are not sent mails about it.
QUIET = {"mail_activity_quick_update": True, "mail_auto_subscribe_no_notify": True}


def acting(env: api.Environment, login: str) -> api.Environment:
    """``env`` of one of the people of the story, with that person's rights and nothing more."""
    person = env.ref(f"integration_core.demo_user_{login}")
    return env(user=person.id, context={**env.context, **QUIET})


def named(record: BaseModel, xmlid: str) -> BaseModel:
    """Give what the story made a name (``module.name``), by which it is found the next time."""
    module, _dot, name = xmlid.partition(".")
    record.env["ir.model.data"].sudo().create(  # sudo: the people of the story name no records
        {
            "module": module,
            "name": name,
            "model": record._name,
            "res_id": record.id,
            "noupdate": True,
        }
    )
    return record

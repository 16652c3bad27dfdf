"""Who works with a record of the configuration, and so was approved with it as it is."""

from __future__ import annotations

from odoo import api
from odoo.fields import Domain
from odoo.models import BaseModel


def approved_interfaces(
    env: api.Environment, domain: Domain | list, *, retired: bool = True, limit: int | None = None
) -> BaseModel:
    """Interfaces that match ``domain`` and are no drafts, to name them in a refusal.

    Archived ones and those of other companies count as well: they rely on it just as much.

    :param retired: whether retired ones count, which were approved with it but need it no more
    :return: as superuser
    """
    idle = ["draft"] if retired else ["draft", "retired"]
    # sudo: as said above; the caller tells their names and nothing else
    interfaces = env["integration.interface"].sudo().with_context(active_test=False)
    return interfaces.search(Domain(domain) & Domain("state", "not in", idle), limit=limit)

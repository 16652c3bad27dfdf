"""Records that an addon ships approved.

Data files approve them with ``<function … name="action_approve">``. As they are ``noupdate``, Odoo
runs those functions when the addon is installed and never again: what a later version adds would
stay a draft in databases that are updated. That version therefore has a script that approves them.
"""

from __future__ import annotations

from collections.abc import Iterable

from odoo import api


def approve(env: api.Environment, module: str, names: Iterable[str]) -> None:
    """Submit and approve what is still a draft, in this order.

    :param names: external ids without the module: mappings before the routings that use them
    """
    for name in names:
        record = env.ref(f"{module}.{name}", raise_if_not_found=False)
        # What somebody deleted, or decided upon, stays as it is.
        if record and record.state == "draft":
            record.action_submit()
            record.action_approve()

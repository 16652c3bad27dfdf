# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which account a message means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from odoo.addons.integration_ehr_bridge.tools import clinical
from odoo.addons.integration_ehr_bridge.tools.census_told import Identifier


def named(data: Mapping[str, Any]) -> Identifier | None:
    """Assigner and number of the account that a message names; ``None`` for none.

    Where hospitals keep an account for each visit, under the number of the visit (HL7 PID-18 and
    PV1-19 are the same), it is the identifier of the visit, whoever is said to have assigned it.

    :param data: as in the contracts ``ehr.charge`` and ``ehr.account``
    """
    account, visit = clinical.pair(data.get("account")), clinical.pair(data.get("visit"))
    return visit if account and visit and account.number == visit.number else account

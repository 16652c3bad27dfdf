# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Waivers of breaking contract versions ended without any consequence."""

from odoo import SUPERUSER_ID, api, fields


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    over = env["integration.waiver"].search(
        [
            ("rule", "=", "contract_break"),
            ("contract_version_id.state", "=", "approved"),
            ("state", "in", ("expired", "revoked")),
        ],
        order="write_date desc",
    )
    for contract_version, waivers in over.grouped("contract_version_id").items():
        last = waivers[0]
        day = last.valid_until if last.state == "expired" else last.write_date
        contract_version._waiver_ended(
            env._("The waiver ended on %s", fields.Date.to_string(day)), last._owner()
        )

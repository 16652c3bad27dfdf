"""Take numbers of visits and of records out of appointments, where they stood in clear."""

import logging

from odoo import SUPERUSER_ID, api

_logger = logging.getLogger(__name__)


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    _hidden, left = env["ehr.appointment"]._hide_numbers()
    if left:
        _logger.warning(
            "%s appointments may have the number of a visit or a record in clear, and there is no "
            "key ring that is needed to tell. Configure it, then run in `odoo shell`: "
            "env['ehr.appointment']._hide_numbers(); env.cr.commit()",
            left,
        )

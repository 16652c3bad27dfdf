"""Digests of lines of requisitions say nothing of visits any more: whoever tried all numbers could tell which.

Without a key ring they stay as they are, and are recognised.
"""

import logging

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_ehr_bridge.engine import content_marks

_logger = logging.getLogger(__name__)


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    if not content_marks.keep_marks(env["ehr.requisition.line"]):
        _logger.warning(
            "Digests of ehr.requisition.line stay as they were: there is no key ring that could be used."
        )

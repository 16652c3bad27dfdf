from odoo.tests import tagged

from .payer_case import PayerCase


@tagged("post_install", "-at_install")
class TestAuthorization(PayerCase):
    """What payers authorise before it is done."""
